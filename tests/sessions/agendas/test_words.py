"""A house's agenda in words: in every language that calendars have, and in none by halves."""

from datetime import datetime
from uuid import uuid4

import pytest
from buurtthuis.events.sessions import Kind
from buurtthuis_sessions.api.agenda_words import WORDS, AgendaWords
from buurtthuis_sessions.api.calendars import WORDS as CALENDARS
from buurtthuis_sessions.domain.sessions.states import Phase
from buurtthuis_sessions.queries.public_pages import SessionAhead

STARTS = datetime.fromisoformat("2019-01-10T19:30")  # what the clock on the wall shows


def ahead(state: Phase) -> SessionAhead:
    return SessionAhead(
        id=uuid4(),
        title=None,
        kind=Kind.COFFEE_TABLE,
        state=state,
        starts_at=STARTS,
        ends_at=STARTS,
        time_zone="Europe/Amsterdam",
        place="Wingerd",
        capacity=12,
        places_left=10,
        languages=[],
        theme_id=None,
        series_id=None,
        because=None,
    )


def test_every_language_of_calendars_has_all_words() -> None:
    assert list(WORDS) == list(CALENDARS)
    assert {tuple(words) for words in WORDS.values()} == {tuple(WORDS["nl"])}


@pytest.mark.parametrize(
    ("tag", "when"),
    [
        ("nl", "donderdag 10 januari om 19:30"),
        ("en", "Thursday 10 January at 19:30"),
        ("ar", "الخميس، 10 يناير الساعة 19:30"),
    ],
)
def test_a_moment_is_told_as_people_there_say_it(tag: str, when: str) -> None:
    assert AgendaWords(tag).when(STARTS).replace("\u200f", "") == when


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (Phase.SCHEDULED, "Vrije plaatsen: 10"),
        (Phase.FULL, "Vol"),
        (Phase.RUNNING, "Nu bezig"),
        (Phase.CANCELLED, "Gaat niet door"),
    ],
)
def test_it_is_told_whether_it_is_of_use_to_come(state: Phase, told: str) -> None:
    assert AgendaWords("nl").stands(ahead(state)) == told


def test_what_has_no_title_is_told_in_a_word() -> None:
    assert AgendaWords("tr").called(None) == "Toplantı"
