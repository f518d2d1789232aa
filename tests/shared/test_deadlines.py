"""How long people have to answer, at every hour of the year and where the clock changes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from buurtthuis.domain.deadlines import awake, by_day, deadline, later_by_day, morning
from hypothesis import example, given
from hypothesis import strategies as st

AMSTERDAM = "Europe/Amsterdam"
SPRING, AUTUMN = datetime(2019, 3, 30, 22, tzinfo=UTC), datetime(2019, 10, 26, 22, tzinfo=UTC)
moments = st.timedeltas(timedelta(), timedelta(days=730)).map(
    lambda on: datetime(2018, 1, 1, tzinfo=UTC) + on
)
spans = st.timedeltas(timedelta(minutes=1), timedelta(hours=60))


def at(clock: str) -> datetime:
    """What the clock on the wall shows, as a moment."""
    return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(AMSTERDAM)).astimezone(UTC)


def clock(moment: datetime) -> time:
    """What it shows then."""
    return moment.astimezone(ZoneInfo(AMSTERDAM)).time()


@given(moments, spans)
@example(SPRING, timedelta(hours=12))
@example(AUTUMN, timedelta(hours=12))
def test_what_is_given_by_day_begins_when_it_can_be_read_and_never_ends_at_night(
    given_at: datetime, lasts: timedelta
) -> None:
    ends = later_by_day(given_at, lasts, AMSTERDAM)
    assert time(8) < clock(ends) <= time(21)
    assert ends - awake(given_at, AMSTERDAM) >= lasts
    assert by_day(given_at, ends, AMSTERDAM) == lasts


@given(moments, st.integers(1, 30))
@example(SPRING, 1)
@example(AUTUMN, 1)
def test_days_are_counted_from_when_it_can_be_read_and_end_at_the_same_time_of_the_day(
    given_at: datetime, days: int
) -> None:
    ends = deadline(given_at, timedelta(days=days), AMSTERDAM)
    read = awake(given_at, AMSTERDAM)
    assert (clock(ends), awake(ends, AMSTERDAM)) == (clock(read), ends)
    there = ZoneInfo(AMSTERDAM)
    assert ends.astimezone(there).date() == read.astimezone(there).date() + timedelta(days=days)


@pytest.mark.parametrize(
    ("given_at", "hours", "ends"),
    [
        ("2019-02-05T10:00", 3, "2019-02-05T13:00"),
        ("2019-02-05T20:30", 3, "2019-02-06T10:30"),
        ("2019-02-05T21:00", 3, "2019-02-06T11:00"),
        ("2019-02-06T03:00", 3, "2019-02-06T11:00"),
        ("2019-02-05T12:00", 12, "2019-02-06T11:00"),
        ("2019-02-05T18:00", 3, "2019-02-05T21:00"),
    ],
)
def test_hours_of_the_night_do_not_count(given_at: str, hours: int, ends: str) -> None:
    assert later_by_day(at(given_at), timedelta(hours=hours), AMSTERDAM) == at(ends)


@pytest.mark.parametrize(
    ("given_at", "ends"),
    [
        ("2019-01-24T20:59", "2019-01-31T20:59"),
        ("2019-01-24T21:00", "2019-02-01T08:00"),
        ("2019-01-25T02:00", "2019-02-01T08:00"),
        ("2019-03-28T12:00", "2019-04-04T12:00"),
    ],
)
def test_a_week_that_begins_at_night_begins_in_the_morning(given_at: str, ends: str) -> None:
    assert deadline(at(given_at), timedelta(days=7), AMSTERDAM) == at(ends)


@pytest.mark.parametrize("moment", ["2019-02-06T03:00", "2019-02-06T08:00", "2019-02-06T22:00"])
def test_the_morning_is_the_one_of_the_same_day(moment: str) -> None:
    assert morning(at(moment), AMSTERDAM) == at("2019-02-06T08:00")
