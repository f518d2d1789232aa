"""Which migrations there are, as their files say: whether a database has all of them is known without loading any.

To load alembic and dozens of migrations takes a tenth of a start, and nearly every start has nothing to do."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from buurtthuis.persistence import history, idempotency, journal, looking, revocation
from buurtthuis.persistence.looking import Look

#: What the library itself looks for, in every service.
LOOKS = (
    journal.UNNUMBERED,
    journal.UNPUBLISHED,
    journal.REDACTED,
    journal.NUMBERED,
    journal.PUBLISHED,
    journal.PARKED,
    history.BEGINS,
    idempotency.EXPIRED,
    revocation.OUTLIVED,
)
LIBRARY = Path(__file__).parent / "migrations"
SAYS = re.compile(r"^(revision|down_revision|depends_on)(?:: [^=]+)? = (.+)$", re.MULTILINE)
QUOTED = re.compile(r"[\"']([^\"']+)[\"']")
APPLIED = text("SELECT version_num FROM alembic_version")
IS_THERE = text("SELECT to_regclass('alembic_version') IS NOT NULL")


async def is_up_to_date(owner_url: str, migrations: Path, looks: Iterable[Look]) -> bool:
    """Whether `schema.migrate` would change nothing."""
    engine = create_async_engine(owner_url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_is_up_to_date, migrations, (*LOOKS, *looks))
    finally:
        await engine.dispose()


def _is_up_to_date(connection: Connection, migrations: Path, looks: Sequence[Look]) -> bool:
    if not connection.scalar(IS_THERE):
        return False
    applied = list(connection.scalars(APPLIED))
    return has_all(applied, migrations) and looking.is_installed(connection, looks)


def has_all(applied: Iterable[str], migrations: Path) -> bool:
    """Whether the library's and a service's migrations are these and what they follow; no, where a file does not say it plainly."""
    follows = _follows(migrations)
    had, to_see = set[str](), list(applied)
    while to_see:
        revision = to_see.pop()
        if revision not in had:
            had.add(revision)
            to_see += follows.get(revision, ())
    return had == follows.keys()


def _follows(migrations: Path) -> Mapping[str, Sequence[str]]:
    """Revision -> those that have to be there before it. One of no name stands for a file that names none."""
    found = {}
    for folder in (LIBRARY / "versions", migrations):
        for file in folder.glob("*.py"):
            said = {name: QUOTED.findall(value) for name, value in SAYS.findall(file.read_text())}
            (revision,) = said.pop("revision", None) or [""]
            found[revision] = [before for named in said.values() for before in named]
    return found
