"""When something comes back, by the clock on the wall."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.events.sessions import Kind
from buurtthuis.http.problem_json import place_of
from buurtthuis_sessions.domain.holidays import Off, Region, days_off
from buurtthuis_sessions.domain.recurrence import normalised, occurrences
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.wall_clocks import moment
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEDNESDAY = datetime.fromisoformat("2019-02-06T19:30")  # what the clock on the wall shows
AMSTERDAM = "Europe/Amsterdam"
FAR = WEDNESDAY + timedelta(days=366)


def a_plan(starts: datetime = WEDNESDAY, rule: str = "FREQ=WEEKLY", minutes: int = 120) -> SeriesPlan:
    return SeriesPlan(Kind.COFFEE_TABLE, starts, minutes, AMSTERDAM, rule, "Wingerd", 12)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY", ["06-02", "13-02", "20-02", "27-02"]),
        ("FREQ=WEEKLY;INTERVAL=2", ["06-02", "20-02", "06-03", "20-03"]),
        ("FREQ=WEEKLY;BYDAY=WE,FR", ["06-02", "08-02", "13-02", "15-02"]),
        ("FREQ=DAILY;INTERVAL=3", ["06-02", "09-02", "12-02", "15-02"]),
        ("FREQ=MONTHLY;BYDAY=1WE", ["06-02", "06-03", "03-04", "01-05"]),
        ("FREQ=MONTHLY;BYDAY=WE;BYSETPOS=1", ["06-02", "06-03", "03-04", "01-05"]),
        ("FREQ=MONTHLY;BYMONTHDAY=6", ["06-02", "06-03", "06-04", "06-05"]),
        ("FREQ=WEEKLY;COUNT=2", ["06-02", "13-02"]),
        ("FREQ=WEEKLY;UNTIL=20190213T235959", ["06-02", "13-02"]),
        ("FREQ=WEEKLY;UNTIL=20190213", ["06-02", "13-02"]),
        ("FREQ=WEEKLY;UNTIL=20190206", ["06-02"]),
        ("FREQ=WEEKLY;UNTIL=20190213T183000Z", ["06-02", "13-02"]),
        ("FREQ=WEEKLY;UNTIL=20190213T182959Z", ["06-02"]),
        ("rrule:freq=weekly;count=1", ["06-02"]),
    ],
)
def test_a_rule_names_its_days(rule: str, days: list[str]) -> None:
    times = occurrences(normalised(rule), WEDNESDAY, AMSTERDAM, WEDNESDAY - timedelta(days=1), FAR)
    assert [f"{one:%d-%m}" for one in times[:4]] == days


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "weekly",
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=YEARLY",
        "FREQ=WEEKLY;BYHOUR=1,2",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=99999999999",
        "FREQ=WEEKLY;COUNT=1000000",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;UNTIL=20190230",
        "FREQ=WEEKLY;UNTIL=20190213Z",
        "FREQ=WEEKLY;UNTIL=20190213T250000Z",
        "FREQ=DAILY;BYDAY=TU",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=2",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=WEEKLY;DTSTART=20190101",
        "FREQ=WEEKLY\nDTSTART:20190101T000000",
        "FREQ=WEEKLY;",
        "FREQ=WEEKLY;X=",
    ],
)
def test_a_rule_that_we_cannot_follow_is_refused_by_name(rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalised(rule)
    assert place_of(refused.value) == "/rule"


@given(st.text(max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    with suppress(Invalid):
        rrulestr(normalised(text), dtstart=WEDNESDAY)


def test_a_first_session_on_another_day_than_the_rules_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        a_plan(rule="FREQ=WEEKLY;BYDAY=TH")
    assert place_of(refused.value) == "/starts_at"


def test_parts_of_a_second_are_left_out() -> None:
    assert a_plan(WEDNESDAY.replace(microsecond=1)).local_start == WEDNESDAY


weekly = st.builds(
    lambda interval, days: f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(days)}",
    st.integers(1, 52),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
)
monthly = st.one_of(
    st.builds(
        lambda interval, nth, day: f"FREQ=MONTHLY;INTERVAL={interval};BYDAY={nth}{day}",
        st.integers(1, 12),
        st.sampled_from((-5, -1, 1, 2, 5)),
        st.sampled_from(DAYS),
    ),
    st.builds(lambda day: f"FREQ=MONTHLY;BYMONTHDAY={day}", st.integers(-31, 31).filter(bool)),
)


@given(rule=st.one_of(weekly, monthly), window=st.integers(0, 800))
def test_a_rule_never_names_a_day_twice_nor_one_outside_what_is_asked(rule: str, window: int) -> None:
    after = WEDNESDAY + timedelta(days=30)
    until = after + timedelta(days=window)
    times = occurrences(normalised(rule), WEDNESDAY, AMSTERDAM, after, until)
    assert len({one.date() for one in times}) == len(times)
    assert all(after < one <= until for one in times)


@pytest.mark.parametrize(
    ("starts", "before", "after"),
    [("2019-03-27T19:30", 18, 17), ("2019-10-23T19:30", 17, 18)],
)
def test_an_evening_stays_an_evening_when_the_clock_changes(starts: str, before: int, after: int) -> None:
    first = datetime.fromisoformat(starts)
    plan = a_plan(first)
    times = plan.between(datetime(2019, 1, 1, tzinfo=UTC), plan.at(first).begins + timedelta(days=8))
    sessions = [plan.at(one) for one in times]
    assert [one.local_start.hour for one in sessions] == [19, 19]
    assert [one.begins.hour for one in sessions] == [before, after]


def test_a_time_that_the_clock_skips_is_an_hour_later_that_night_only() -> None:
    """RFC 5545, 3.3.5."""
    plan = a_plan(datetime.fromisoformat("2019-03-24T02:30"))
    times = plan.between(datetime(2019, 3, 1, tzinfo=UTC), datetime(2019, 4, 8, tzinfo=UTC))
    assert [f"{plan.at(one).local_start:%d %H:%M}" for one in times] == ["24 02:30", "31 03:30", "07 02:30"]


def test_a_time_that_the_clock_shows_twice_is_the_first() -> None:
    plan = a_plan(datetime.fromisoformat("2019-10-27T02:30"))
    assert plan.at(plan.local_start).begins == datetime(2019, 10, 27, 0, 30, tzinfo=UTC)


def test_a_time_that_has_been_does_not_come_again_when_the_clock_shows_it_again() -> None:
    plan = a_plan(datetime.fromisoformat("2019-10-27T02:30"))
    quarter_past_two_again = datetime(2019, 10, 27, 1, 15, tzinfo=UTC)
    assert plan.between(quarter_past_two_again, quarter_past_two_again + timedelta(days=1)) == []


def test_a_rule_that_ends_before_the_first_session_is_refused() -> None:
    with pytest.raises(Invalid):
        a_plan(rule="FREQ=WEEKLY;UNTIL=20190205")


#: Nights and evenings in the weeks around both changes of the clock.
around_changes = st.builds(
    lambda change, days, minutes: datetime.fromisoformat(change) + timedelta(days=days, minutes=minutes),
    st.sampled_from(("2019-03-31", "2019-10-27", "2026-03-29", "2026-10-25")),
    st.integers(-15, 1),
    st.integers(0, 24 * 60 - 1),
)
often = st.sampled_from(("FREQ=DAILY", "FREQ=DAILY;INTERVAL=7", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2"))


@given(first=around_changes, rule=often, number=st.integers(0, 7))
def test_a_rule_ends_with_the_session_that_it_names_as_its_last(
    first: datetime, rule: str, number: int
) -> None:
    """RFC 5545, 3.3.10, also in the nights that the clock changes: by its day, by its moment in UTC."""
    all_of_them = endless(first, rule)
    last = all_of_them[number]
    ends = (f"{last:%Y%m%d}", f"{last:%Y%m%dT%H%M%S}", f"{moment(last, AMSTERDAM):%Y%m%dT%H%M%SZ}")
    for end in ends:
        plan = a_plan(first, f"{rule};UNTIL={end}")
        assert plan.between(*window(first)) == all_of_them[: number + 1]


@given(
    change=st.sampled_from((datetime(2019, 3, 31, tzinfo=UTC), datetime(2019, 10, 27, tzinfo=UTC))),
    clock=st.integers(0, 4 * 60 - 1),
    rule=often,
    minutes=st.lists(st.integers(0, 3 * 60), max_size=4),
)
def test_no_session_is_lost_or_twice_there_however_often_a_series_is_extended(
    change: datetime, clock: int, rule: str, minutes: list[int]
) -> None:
    """Also where that is done while the clock is put forward or back."""
    first = change.replace(tzinfo=None) - timedelta(days=14) + timedelta(minutes=clock)
    begins, ends = window(first)
    steps = [begins, *sorted(change + timedelta(minutes=each) for each in minutes), ends]
    plan = a_plan(first, rule)
    found = [one for step in pairwise(steps) for one in plan.between(*step)]
    assert sorted(found) == endless(first, rule)


def endless(first: datetime, rule: str) -> list[datetime]:
    """Every so many days on the clock on the wall, for a hundred days."""
    parts = dict(part.split("=") for part in rule.split(";"))
    days = int(parts.get("INTERVAL", "1")) * (7 if parts["FREQ"] == "WEEKLY" else 1)
    return [first + timedelta(days=number) for number in range(0, 101, days)]


def window(first: datetime) -> tuple[datetime, datetime]:
    """The same hundred days, as moments."""
    return moment(first, AMSTERDAM) - timedelta(hours=1), moment(first + timedelta(days=100), AMSTERDAM)


@pytest.mark.parametrize("night", ["2019-03-31T01:30", "2019-10-27T01:30"])
def test_a_session_lasts_as_long_in_the_night_that_the_clock_changes(night: str) -> None:
    plan = a_plan(datetime.fromisoformat(night))
    session = plan.at(plan.local_start)
    assert session.ends - session.begins == timedelta(hours=2)


@pytest.mark.parametrize(
    ("day", "region", "found"),
    [
        (date(2019, 2, 20), None, [(Off.SCHOOL, "Voorjaarsvakantie", ("noord",))]),
        (date(2019, 2, 20), Region.MIDDLE, []),
        (date(2019, 4, 22), Region.NORTH, [(Off.PUBLIC, "Tweede paasdag", ())]),
        (date(2019, 2, 6), None, []),
        (date(2150, 2, 6), None, []),
    ],
)
def test_days_on_which_people_are_elsewhere_are_known(
    day: date, region: Region | None, found: list[tuple[Off, str, tuple[str, ...]]]
) -> None:
    assert [(one.kind, one.name, one.regions) for one in days_off(day, region)] == found
