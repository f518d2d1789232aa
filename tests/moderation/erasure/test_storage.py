"""Everything that leads to a resident in the database is in the table of what goes."""

import re

from buurtthuis_moderation import storage
from buurtthuis_moderation.domain.personal import PERSONAL, TRACES
from sqlalchemy import inspect

from tests.personal_columns import PersonalColumns, covered

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


COLUMNS = PersonalColumns(storage, SOMEBODY, frozenset(NOBODYS))


def of_a_resident() -> set[str]:
    """Columns in which nothing of them is left."""
    return {
        f"{inspect(trace.kind).local_table.name}.{column}" for trace in TRACES for column in trace.columns
    }


def test_the_columns_about_somebody_are_found() -> None:
    """Else the tests below would compare nothing."""
    assert COLUMNS.personal() >= {
        "contents.author_id",
        "contents.text",
        "revisions.text",
        "members.name",
        "pages.moderators",
    }


def test_every_column_about_somebody_goes_with_its_house() -> None:
    assert COLUMNS.personal() - covered(PERSONAL) == set(), (
        "put it into PERSONAL, or into NOBODYS where it is about nobody"
    )


def test_every_column_about_somebody_goes_when_they_ask_for_it() -> None:
    assert COLUMNS.personal() - of_a_resident() - NO_RESIDENTS == set(), "put it into TRACES"


def test_documents_in_columns_are_looked_at_by_a_person() -> None:
    """What is inside them no test can know: whoever adds one says here that nobody is in it."""
    assert COLUMNS.documents() == {
        "contents.findings",
        "pages.rules",
        "pages.removed",
        "cases.why",
        "trail_entries.facts",
    }
