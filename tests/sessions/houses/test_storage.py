"""Everything personal that the database can hold is in the table of what goes."""

import importlib
import pkgutil
import re

from buurtthuis.persistence import neighbourhoods
from buurtthuis_sessions import storage
from buurtthuis_sessions.domain.personal import PERSONAL
from sqlalchemy import ARRAY, Column, Enum, String, Table, Uuid, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

#: A column named like one of these is about somebody, whatever its type.
SOMEBODY = re.compile(r"resident|host|proposer|voter|person|guest|member|actor|needs|token|secret|digest")
#: Text that is about nobody: what staff call a house or a room, what a calendar needs, and words of our own.
NOBODYS = {
    "corporation",
    "houses.title",
    "houses.town",
    "houses.label",
    "sessions.time_zone",
    "sessions.place",
    "sessions.languages",
    "because",  # a word of ours
    "agenda_keys.digest",  # a resident's own, in whatever house; it goes with the person
    "rooms.name",  # the corporation's own, as on the door
    "rooms.address",
    "templates.title",  # somebody has read it before anybody else can
}


def tables() -> dict[str, Table]:
    """All that sessions keeps."""
    rooms = [
        importlib.import_module(f"{storage.__name__}.{one.name}")
        for one in pkgutil.iter_modules(storage.__path__)
    ]
    rooms.append(neighbourhoods)
    return {table.name: table for room in rooms for table in room.mapper.metadata.tables.values()}


def is_personal(column: Column[object]) -> bool:
    """Whether it is named after somebody, is a list of ids, or takes whatever a person writes."""
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    free = isinstance(kind, String) and not isinstance(kind, Enum)
    several = isinstance(kind, Uuid) and kind is not column.type
    listed = {column.name, f"{column.table.name}.{column.name}"} & NOBODYS
    return not listed and (free or several or bool(SOMEBODY.search(column.name)))


def covered() -> set[str]:
    """Columns that are emptied, and all those of rows that go."""
    found: set[str] = set()
    for one in PERSONAL:
        table = inspect(one.kind).local_table
        found |= {f"{table.name}.{name}" for name in one.words or table.c.keys()}
    return found


def test_every_column_about_somebody_goes_when_its_house_is_anonymised() -> None:
    personal = {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.c
        if is_personal(column)
    }
    assert personal >= {"seats.resident_id", "seats.needs", "sessions.report", "houses.reason"}
    assert personal - covered() == set(), "put it into PERSONAL, or into NOBODYS where it is about nobody"


def test_documents_in_columns_are_looked_at_by_a_person() -> None:
    """What is inside them no test can know: whoever adds one says here that nobody is in it."""
    documents = {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.c
        if isinstance(column.type, JSONB)
        or (isinstance(column.type, TypeDecorator) and isinstance(column.type.impl, JSONB))
    }
    assert documents - covered() == {
        "houses.removed",
        "sessions.roles",
        "series.plan",
        "rooms.hours",
        "rooms.bookings",
        "templates.entries",
    }


def test_all_that_goes_is_found_by_its_house() -> None:
    assert [one.name for one in PERSONAL if one.by not in inspect(one.kind).local_table.c] == []


def test_a_column_that_nobody_thought_of_is_found() -> None:
    table = Table("guests", next(iter(tables().values())).metadata.__class__(), Column("remark", String))
    assert is_personal(table.c.remark)
