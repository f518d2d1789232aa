"""How often something may be asked: a burst, then one after the other, and never locked for good."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from buurtthuis.domain.allowances import Allowance, Limit, TooOften
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2018, 12, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
THREE = Limit(3, QUARTER)


def used_up(limit: Limit = THREE) -> Allowance:
    allowance = Allowance(uuid4(), NOW)
    for _ in range(limit.most):
        allowance.take(limit, NOW)
    return allowance


def test_so_many_at_once_are_allowed_and_no_more() -> None:
    with pytest.raises(TooOften):
        used_up().take(THREE, NOW)


def test_one_comes_back_after_its_part_of_the_time() -> None:
    allowance = used_up()
    with pytest.raises(TooOften):
        allowance.take(THREE, NOW + THREE.pause - timedelta(seconds=1))
    allowance.take(THREE, NOW + THREE.pause)
    with pytest.raises(TooOften):
        allowance.take(THREE, NOW + THREE.pause)


def test_a_refusal_says_when_it_is_worth_another_try() -> None:
    with pytest.raises(TooOften) as refused:
        used_up().take(THREE, NOW + timedelta(seconds=30))
    assert (refused.value.seconds, refused.value.facts["minutes"]) == (270, 5)


def test_to_ask_whether_it_is_allowed_uses_nothing_up() -> None:
    allowance = Allowance(uuid4(), NOW)
    for _ in range(10):
        allowance.check(THREE, NOW)


def test_a_clock_that_goes_back_gives_nothing_and_breaks_nothing() -> None:
    with pytest.raises(TooOften):
        used_up().take(THREE, NOW - timedelta(seconds=5))


@given(
    st.integers(1, 20),
    st.lists(st.integers(0, 900), min_size=1, max_size=120),
)
def test_in_any_stretch_of_its_time_there_are_never_more_than_twice_as_many(
    most: int, pauses: list[int]
) -> None:
    """A burst, and what came back meanwhile; and whoever waits for all of it is let in again."""
    limit, allowance, now = Limit(most, QUARTER), Allowance(uuid4(), NOW), NOW
    allowed: list[datetime] = []
    waits: list[int] = []
    for pause in pauses:
        now += timedelta(seconds=pause)
        try:
            allowance.take(limit, now)
            allowed.append(now)
        except TooOften as refused:
            waits.append(refused.seconds or 0)
    assert all(0 < wait <= QUARTER.total_seconds() for wait in waits)
    for moment in allowed:
        assert sum(moment <= one < moment + QUARTER for one in allowed) <= 2 * most
    allowance.take(limit, now + QUARTER)
