"""The register of processing, written from what services keep of people. `python -m tests.papers` writes it anew."""

import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Table, inspect

from tests.personal_columns import PersonalColumns

PRIVACY = Path(__file__).parent.parent / "docs/privacy"
REGISTER = PRIVACY / "register.md"
#: Where each service's columns about people are told apart from others.
SERVICES = {
    "surveys": "tests.surveys.erasure.test_storage",
    "sessions": "tests.sessions.houses.test_storage",
    "notifications": "tests.notifications.residents.test_storage",
    "moderation": "tests.moderation.erasure.test_storage",
}
HEAD = """# Register van verwerkingen

Wat er van mensen wordt bewaard, per dienst en per tabel: bouwstenen voor het register van artikel 30 AVG. Welke kolommen het zijn volgt uit de
code (`make docs` schrijft deze bladzijde; een test mist geen tabel); doel, termijn en wie het ziet staan in [een tabel ernaast](register.toml).
De corporatie vult aan wie verantwoordelijk is, wie de functionaris is, en welke verwerkers zij heeft ([overeenkomst](processing-agreement.md)).
"""
#: These are in every table, and say nothing of anybody by themselves.
PLUMBING = {"id", "corporation", "version"}


def processing() -> dict[str, dict[str, dict[str, str]]]:
    """What is said of each table of each service."""
    return tomllib.loads((PRIVACY / "register.toml").read_text())


def kept(service: str) -> dict[str, list[str]]:
    """The columns about people of each table that has any, or where a row is about one."""
    columns: PersonalColumns = import_module(SERVICES[service]).COLUMNS
    about = columns.personal()
    tables = {table.name: table for table in columns.tables() if about & {str(column) for column in table.c}}
    tables |= {table.name: table for table in _declared(service)}
    return {name: _fields(table, about) for name, table in sorted(tables.items())}


def register() -> str:
    """The page."""
    return "\n".join((HEAD, *(_section(service, said) for service, said in processing().items())))


def _declared(service: str) -> Iterator[Table]:
    """Of whatever the service says that goes with somebody or with a house."""
    personal: Any = import_module(f"buurtthuis_{service}.domain.personal")
    for part in (*personal.PERSONAL, *getattr(personal, "TRACES", ())):
        yield inspect(part.kind).local_table


def _fields(table: Table, about: set[str]) -> list[str]:
    personal = [column.name for column in table.c if str(column) in about]
    return personal or [column.name for column in table.c if column.name not in PLUMBING]


def _section(service: str, said: dict[str, dict[str, str]]) -> str:
    fields = kept(service)
    rows = (
        f"| {of['what']} | `{table}`: {', '.join(f'`{name}`' for name in fields[table])} "
        f"| {of['purpose']} | {of['term']} | {of['seen_by']} |"
        for table, of in said.items()
    )
    head = ("| wat | velden | waarvoor | hoe lang | wie het ziet |", "| --- | --- | --- | --- | --- |")
    return "\n".join((f"## {service}\n", *head, *rows, ""))


if __name__ == "__main__":
    REGISTER.write_text(register())
