"""Everything personal that the database can hold is in the table of what goes."""

import re

from buurtthuis.persistence import neighbourhoods
from buurtthuis_sessions import storage
from buurtthuis_sessions.domain.personal import PERSONAL
from sqlalchemy import inspect

from tests.personal_columns import PersonalColumns, covered

#: A column named like one of these is about somebody, whatever its type.
SOMEBODY = re.compile(
    r"resident|host|proposer|voter|person|guest|member|actor|needs|called|token|secret|digest"
)
#: Text that is about nobody: what staff call a house or a room, what a calendar needs, and words of our own.
NOBODYS = {
    "corporation",
    "houses.title",
    "houses.town",
    "houses.label",
    "sessions.time_zone",
    "sessions.place",
    "sessions.languages",
    "houses.guest_digest",  # of a code in letters
    "sessions.door_code",  # shown to whoever is there
    "because",  # a word of ours
    "agenda_keys.digest",  # a resident's own, in whatever house; it goes with the person
    "bag_id",  # of a building
    "vera_id",
    "rooms.name",  # the corporation's own, as on the door
    "rooms.address",
    "templates.title",  # somebody has read it before anybody else can
}


COLUMNS = PersonalColumns(storage, SOMEBODY, frozenset(NOBODYS), (neighbourhoods,))


def test_every_column_about_somebody_goes_when_its_house_is_anonymised() -> None:
    personal = COLUMNS.personal()
    assert personal >= {"seats.resident_id", "seats.needs", "sessions.report", "houses.reason"}
    assert personal - covered(PERSONAL) == set(), (
        "put it into PERSONAL, or into NOBODYS where it is about nobody"
    )


def test_documents_in_columns_are_looked_at_by_a_person() -> None:
    """What is inside them no test can know: whoever adds one says here that nobody is in it."""
    assert COLUMNS.documents() - covered(PERSONAL) == {
        "houses.removed",
        "sessions.roles",
        "series.plan",
        "sessions.walked_in",  # ids that somebody made up, and moments
        "rooms.hours",
        "rooms.bookings",
        "templates.entries",
    }


def test_all_that_goes_is_found_by_its_house() -> None:
    assert [part.name for part in PERSONAL if part.by not in inspect(part.kind).local_table.c] == []
