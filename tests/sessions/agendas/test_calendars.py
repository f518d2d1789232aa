"""Calendars that other people's programs read: every one is parsed back by a second library."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import vobject
from buurtthuis_sessions.api.calendars import WORDS, calendar
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.queries.agendas import Entry
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from tests.people import AS_TYPED

HOUSE, SESSION = uuid4(), uuid4()
NOW = datetime(2019, 1, 2, 9, 0, tzinfo=UTC)
AMSTERDAM = "Europe/Amsterdam"
#: What a text may hold, as the edge lets it in: anything but control characters and half characters.
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200)


def wall(clock: str) -> datetime:
    return datetime.fromisoformat(clock)


def entry(starts: str = "2019-01-10T19:30", **more: Any) -> Entry:
    begins = wall(starts)
    facts = {
        "id": SESSION,
        "title": "Koffietafel",
        "state": SessionState.SCHEDULED,
        "starts_at": begins,
        "ends_at": begins + timedelta(hours=2),
        "time_zone": AMSTERDAM,
        "place": "Ontmoetingsruimte Wingerd",
        "sequence": 1,
        **more,
    }
    return Entry(**facts)


def parsed(*entries: Entry) -> Any:
    """By vobject, which shares no code with what wrote it.

    It remembers time zones by name, and knows Amsterdam: under a new name it has only what the file says."""
    content = calendar(HOUSE, "BuurtThuis Wingerd", entries, NOW).decode()
    return vobject.readOne(content.replace(AMSTERDAM, f"Elsewhere/{uuid4().hex}"))


def event(one: Entry) -> Any:
    return parsed(one).vevent


def test_letters_that_nobody_sees_stay_where_they_belong() -> None:
    for text in AS_TYPED:
        found = event(entry(title=text * 9, place=text))
        assert (found.summary.value, found.location.value) == (text * 9, text)


def test_a_session_is_an_event_with_its_own_id_time_and_place() -> None:
    found = event(entry())
    assert (found.uid.value, found.summary.value, found.location.value, found.status.value) == (
        str(SESSION),
        "Koffietafel",
        "Ontmoetingsruimte Wingerd",
        "CONFIRMED",
    )


def test_a_change_keeps_the_id_and_raises_the_sequence() -> None:
    before, after = event(entry()), event(entry("2019-01-11T19:30", sequence=2))
    assert before.uid.value == after.uid.value
    assert (before.sequence.value, after.sequence.value) == ("1", "2")


@pytest.mark.parametrize("state", [SessionState.CANCELLED, SessionState.NOT_HELD])
def test_what_does_not_take_place_is_cancelled_in_the_calendar(state: SessionState) -> None:
    assert event(entry(state=state)).status.value == "CANCELLED"


def test_a_turn_on_the_waiting_list_is_tentative_and_says_so() -> None:
    found = event(entry(seat=SeatState.WAITLISTED))
    assert (found.status.value, found.summary.value) == ("TENTATIVE", "Wachtlijst: Koffietafel")


@pytest.mark.parametrize("language", WORDS)
def test_a_calendar_says_what_is_ours_in_each_language(language: str) -> None:
    words = WORDS[language]
    entries = [entry(title=None, seat=SeatState.WAITLISTED)]
    content = vobject.readOne(calendar(HOUSE, None, entries, NOW, language).decode())
    assert content.contents["name"][0].value == words["own"]
    assert content.vevent.summary.value == words["waiting"].format(title=words["nameless"])


def test_calendars_have_all_seven_languages_and_none_is_that_of_another() -> None:
    assert set(WORDS) == {"nl-x-b1", "nl", "en", "ar", "tr", "pl", "uk"}
    assert len({words["nameless"] for words in WORDS.values()}) == len(WORDS) - 1, "Dutch has it twice"


def test_a_session_whose_words_were_taken_back_has_a_plain_name() -> None:
    assert event(entry(title=None)).summary.value == "Bijeenkomst"


@pytest.mark.parametrize(
    ("starts", "utc"),
    [
        ("2019-03-30T19:30", datetime(2019, 3, 30, 18, 30, tzinfo=UTC)),
        ("2019-03-31T01:30", datetime(2019, 3, 31, 0, 30, tzinfo=UTC)),
        ("2019-03-31T03:30", datetime(2019, 3, 31, 1, 30, tzinfo=UTC)),
        ("2019-03-31T19:30", datetime(2019, 3, 31, 17, 30, tzinfo=UTC)),
        ("2019-10-26T19:30", datetime(2019, 10, 26, 17, 30, tzinfo=UTC)),
        ("2019-10-27T19:30", datetime(2019, 10, 27, 18, 30, tzinfo=UTC)),
        ("2019-10-27T01:30", datetime(2019, 10, 26, 23, 30, tzinfo=UTC)),
        ("2019-10-27T03:30", datetime(2019, 10, 27, 2, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_the_same_moment_around_both_changes_of_the_clock(
    starts: str, utc: datetime
) -> None:
    assert event(entry(starts)).dtstart.value.astimezone(UTC) == utc


@pytest.mark.parametrize(
    ("starts", "offset"), [("2019-07-01T19:30", 2), ("2040-07-01T19:30", 2), ("2040-12-01T19:30", 1)]
)
def test_the_time_zone_reaches_as_far_as_the_sessions(starts: str, offset: int) -> None:
    zone = tzical(io.StringIO(calendar(HOUSE, "x", [entry(), entry(starts)], NOW).decode())).get()
    assert wall(starts).replace(tzinfo=zone).utcoffset() == timedelta(hours=offset)


def test_the_clock_changes_by_a_rule_at_two_in_march_and_at_three_in_october_as_it_showed_before() -> None:
    """RFC 5545, 3.6.5: an onset is in the time that is left behind. Some programs follow no list of days."""
    assert changes(AMSTERDAM) == {
        ("DAYLIGHT", 2, "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"),
        ("STANDARD", 3, "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"),
    }


def test_a_zone_whose_clock_never_changes_has_one_part_and_no_rule() -> None:
    assert changes("Asia/Tokyo") == {("STANDARD", 0, None)}


def test_a_second_sunday_is_a_rule_and_the_first_after_the_second_of_april_is_none() -> None:
    new_york, santiago = changes("America/New_York"), changes("America/Santiago")
    assert ("DAYLIGHT", 2, "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3") in new_york
    assert {rule for _, _, rule in santiago} == {None}


@pytest.mark.parametrize(
    "zone", ["America/New_York", "America/Santiago", "Asia/Tokyo", "Australia/Lord_Howe"]
)
def test_a_time_in_another_zone_is_the_same_moment_on_every_day_of_three_years(zone: str) -> None:
    days = [wall("2019-01-01T12:00") + timedelta(days=number) for number in range(3 * 365)]
    written = calendar(
        HOUSE, "x", [entry(f"{day:%Y-%m-%dT%H:%M}", time_zone=zone) for day in days[::30]], NOW
    )
    found = tzical(io.StringIO(written.decode())).get()
    there = ZoneInfo(zone)
    assert [day for day in days if day.replace(tzinfo=found).utcoffset() != there.utcoffset(day)] == []


def test_a_program_is_told_how_often_to_look_again_in_both_ways_that_there_are() -> None:
    lines = calendar(HOUSE, "x", [entry()], NOW).decode().splitlines()
    assert {"REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"} <= set(lines)


def changes(zone: str) -> set[tuple[str, int, str | None]]:
    """Each part of a time zone: its kind, the hour at which it begins, and its rule."""
    [found] = Calendar.from_ical(calendar(HOUSE, "x", [entry(time_zone=zone)], NOW)).timezones
    parts: list[Any] = found.subcomponents
    rules = [part["RRULE"].to_ical().decode() if "RRULE" in part else None for part in parts]
    return {(part.name, part.DTSTART.hour, rule) for part, rule in zip(parts, rules, strict=True)}


def test_an_empty_calendar_can_be_read_and_has_a_name() -> None:
    found = parsed()
    assert (found.x_wr_calname.value, found.contents.get("vevent", [])) == ("BuurtThuis Wingerd", [])


def test_every_session_is_in_it() -> None:
    found = parsed(*(entry(id=UUID(int=number)) for number in range(1, 40)))
    assert len(found.vevent_list) == 39


@given(title=TEXTS, place=TEXTS)
def test_whatever_people_write_comes_back_and_adds_nothing(title: str, place: str) -> None:
    found = event(entry(title=title, place=place))
    assert (found.summary.value, found.location.value) == (title, place)
    assert len(found.contents) == 8


def test_a_line_break_adds_no_line() -> None:
    content = calendar(HOUSE, "x", [entry(title="Koffie\r\nATTENDEE:mailto:x@example.nl")], NOW)
    assert b"\r\nATTENDEE" not in content
