"""Everything that leads to a resident in the database is in the table of what goes when they ask for it."""

import importlib
import pkgutil
import re

from buurtthuis_surveys import storage
from buurtthuis_surveys.domain.personal import PERSONAL
from sqlalchemy import ARRAY, Column, Enum, String, Table, Uuid, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

#: A column named like one of these is about somebody, whatever its type.
SOMEBODY = re.compile(
    r"resident|proposed_by|claimed_by|entered_by|voter|person|member|actor|token|secret|code$|salt$"
)
#: Text that no resident wrote, or that nobody can tell whose it is.
NOBODYS = {
    "corporation",
    "themes.entered_by",  # staff, who typed it in
    "themes.organisation",  # the word that a corporation calls a chain partner by
    "campaigns.title",
    "campaigns.incentive",
    "cards.number",
    "surveys.seed",
    "ballots.language",
    "answers.text",  # apart from whoever wrote it: that is the promise of a ballot
}


def tables() -> dict[str, Table]:
    """All that surveys keeps."""
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


def covered() -> set[str]:
    """Columns that are emptied, and all those of rows that go."""
    found: set[str] = set()
    for one in PERSONAL:
        table = inspect(one.kind).local_table
        found |= {f"{table.name}.{name}" for name in one.words or table.c.keys()}
    return found


def test_every_column_about_somebody_goes_when_they_ask_for_it() -> None:
    personal = {
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.c
        if is_personal(column)
    }
    assert personal >= {
        "themes.title",
        "themes.proposed_by",
        "cards.claimed_by",
        "theme_supports.resident_id",
    }
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
    assert documents == {
        "campaigns.stands",
        "surveys.form",
        "surveys.corrections",  # words that staff wrote, before and after
        "surveys.results",
    }


def test_a_column_that_nobody_thought_of_is_found() -> None:
    table = Table("guests", next(iter(tables().values())).metadata.__class__(), Column("remark", String))
    assert is_personal(table.c.remark)
