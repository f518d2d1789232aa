"""Everything that leads to a resident in the database is in the table of what goes when they are forgotten."""

import importlib
import pkgutil
import re

from buurtthuis_notifications import storage
from buurtthuis_notifications.domain.personal import PERSONAL, TITLED
from sqlalchemy import ARRAY, Column, Enum, LargeBinary, MetaData, String, Table, Uuid, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

#: A column named like one of these is about somebody, whatever its type.
SOMEBODY = re.compile(
    r"resident|proposer|said_by|titled_by|person|member|actor|address|secret|digest$|words$"
)
#: What no resident wrote, what is gone in a day, and what stands for a request or another system.
NOBODYS = {
    "corporation",
    "rule",
    "codes.secret",
    "codes.digests",
    "codes.link",
    "codes.digits",
    "erasures.resident_id",  # a pseudonym that leads to nobody any more: the certificate
    "erasures.expects",
    "known_houses.title",
    "known_sessions.time_zone",
    "known_sessions.place",
    "webhooks.url",
    "webhooks.types",
    "webhooks.secret",
    "webhooks.old_secret",
    "webhook_attempts.type",
    "webhook_attempts.why",
}


def tables() -> dict[str, Table]:
    """All that notifications keeps; a module without tables writes to those of others."""
    rooms = [
        importlib.import_module(f"{storage.__name__}.{one.name}")
        for one in pkgutil.iter_modules(storage.__path__)
    ]
    mappers = [room.mapper for room in rooms if hasattr(room, "mapper")]
    return {table.name: table for mapper in mappers for table in mapper.metadata.tables.values()}


def is_personal(column: Column[object]) -> bool:
    """Whether it is named after somebody, is a list of ids, is sealed, or takes whatever a person writes."""
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    free = isinstance(kind, String | LargeBinary) and not isinstance(kind, Enum)
    several = isinstance(kind, Uuid) and kind is not column.type
    listed = {column.name, f"{column.table.name}.{column.name}"} & NOBODYS
    return not listed and (free or several or bool(SOMEBODY.search(column.name)))


def covered() -> set[str]:
    """Columns that are emptied, and all those of rows that go."""
    found = {f"{inspect(kind).local_table.name}.{name}" for kind in TITLED for name in ("title", "titled_by")}
    for one in PERSONAL:
        table = inspect(one.kind).local_table
        found |= {f"{table.name}.{name}" for name in one.words or table.c.keys()}
    return found


def test_every_column_about_somebody_goes_when_they_are_forgotten() -> None:
    personal = {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.c
        if is_personal(column)
    }
    assert personal >= {
        "addresses.secret",
        "announcements.words",
        "known_themes.proposer",
        "known_series.title",
    }
    assert personal - covered() == set(), "put it into PERSONAL, or into NOBODYS where it is about nobody"


def test_documents_in_columns_are_looked_at_by_a_person() -> None:
    """What is inside them no test can know: whoever adds one says here that nobody is in it, or that it goes."""
    documents = {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.c
        if isinstance(column.type, JSONB)
        or (isinstance(column.type, TypeDecorator) and isinstance(column.type.impl, JSONB))
    }
    assert documents == {
        "announcements.data",
        "announcements.words",
        "codes.wish",
        "erasures.answers",
        "sign_ins.earlier",
        "webhooks.cursors",
        "wishes.digests",
        "wishes.off",
    }


def test_a_column_that_nobody_thought_of_is_found() -> None:
    table = Table("guests", MetaData(), Column("remark", String), Column("sealed", LargeBinary))
    assert all(map(is_personal, table.c))
