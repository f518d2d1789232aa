"""Everything that leads to a resident in the database is in the table of what goes."""

import importlib
import pkgutil
import re

from buurtthuis_moderation import storage
from buurtthuis_moderation.domain.personal import PERSONAL, TRACES
from sqlalchemy import ARRAY, Column, Enum, String, Table, Uuid, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

#: A column named like one of these is about somebody, whatever its type.
SOMEBODY = re.compile(r"resident|author|reporter|moderator|guide|person|member|actor|secret|salt$")
#: Text that no resident wrote.
NOBODYS = {
    "corporation",
    "contents.language",
    "trail_entries.what",
    "trail_entries.digest",
    "trails.digest",
}
#: Somebody of the neighbourhood platform.
NO_RESIDENTS = {"pages.guide_id"}


def tables() -> dict[str, Table]:
    """All that moderation keeps."""
    rooms = [
        importlib.import_module(f"{storage.__name__}.{one.name}")
        for one in pkgutil.iter_modules(storage.__path__)
    ]
    return {table.name: table for room in rooms for table in room.mapper.metadata.tables.values()}


def is_personal(column: Column[object]) -> bool:
    """Whether it is named after somebody, is a list of ids, or takes whatever a person writes."""
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    free = isinstance(kind, String) and not isinstance(kind, Enum)
    several = isinstance(kind, Uuid) and kind is not column.type
    listed = {column.name, f"{column.table.name}.{column.name}"} & NOBODYS
    return not listed and (free or several or bool(SOMEBODY.search(column.name)))


def personal() -> set[str]:
    """Every column about somebody."""
    return {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.c
        if is_personal(column)
    }


def of_a_house() -> set[str]:
    """Columns that are emptied, and all those of rows that go."""
    found: set[str] = set()
    for one in PERSONAL:
        table = inspect(one.kind).local_table
        found |= {f"{table.name}.{name}" for name in one.words or table.c.keys()}
    return found


def of_a_resident() -> set[str]:
    """Columns in which nothing of them is left."""
    return {f"{inspect(one.kind).local_table.name}.{column}" for one in TRACES for column in one.columns}


def test_the_columns_about_somebody_are_found() -> None:
    """Else the tests below would compare nothing."""
    assert personal() >= {
        "contents.author_id",
        "contents.text",
        "revisions.text",
        "members.name",
        "pages.moderators",
    }


def test_every_column_about_somebody_goes_with_its_house() -> None:
    assert personal() - of_a_house() == set(), (
        "put it into PERSONAL, or into NOBODYS where it is about nobody"
    )


def test_every_column_about_somebody_goes_when_they_ask_for_it() -> None:
    assert personal() - of_a_resident() - NO_RESIDENTS == set(), "put it into TRACES"


def test_documents_in_columns_are_looked_at_by_a_person() -> None:
    """What is inside them no test can know: whoever adds one says here that nobody is in it."""
    documents = {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.c
        if isinstance(column.type, JSONB)
        or (isinstance(column.type, TypeDecorator) and isinstance(column.type.impl, JSONB))
    }
    assert documents == {
        "contents.findings",
        "pages.rules",
        "pages.removed",
        "cases.why",
        "trail_entries.facts",
    }
