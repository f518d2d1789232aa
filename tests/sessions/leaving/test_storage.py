"""Everything that leads to a resident in the database is in the table of what goes when they ask for it."""

from buurtthuis.eventlog.asyncapi import contract
from buurtthuis.events.sessions import HouseEnded, HousePaused, HouseProposed
from buurtthuis_sessions.domain.personal import TITLED, TRACES, VOTED_ON, WRITTEN
from sqlalchemy import inspect

from tests.personal_columns import is_list_of_ids
from tests.sessions.houses.test_storage import COLUMNS, SOMEBODY

#: Words of the corporation, or the name of a place.
OF_HOUSES = {HouseProposed, HousePaused, HouseEnded}
#: Lists of ids that are nobody's.
NOBODYS = {"follow_up_votes.winners", "follow_up_votes.tied", "houses.guest_digest"}


def test_every_column_that_leads_to_somebody_is_cut_when_they_ask_for_it() -> None:
    columns = {
        str(column) for column in COLUMNS.columns() if SOMEBODY.search(column.name) or is_list_of_ids(column)
    }
    cut = {f"{inspect(trace.kind).local_table.name}.{column}" for trace in TRACES for column in trace.columns}
    assert columns - NOBODYS == cut - {"agenda_keys.id", "wrong_codes.id", "follow_up_voters.known_as"}


def test_all_that_is_cut_is_there() -> None:
    assert all({*one.columns} <= set(inspect(one.kind).local_table.c.keys()) for one in TRACES)


def test_it_is_known_of_every_event_where_its_words_are_kept() -> None:
    with_words = {
        event for name, event in contract().items() if name.startswith("sessions.") and event.erasable()
    }
    assert with_words - OF_HOUSES == WRITTEN.keys() | TITLED.keys() | VOTED_ON
