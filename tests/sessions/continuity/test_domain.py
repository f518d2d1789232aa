"""How it is with a house's rhythm."""

from datetime import date, timedelta

import pytest
from buurtthuis_sessions.domain.continuity import Standing, standing

SINCE = date(2019, 1, 10)
LIMIT = 21


@pytest.mark.parametrize(
    ("day", "next_day", "expected"),
    [
        pytest.param(0, None, "green", id="on the day itself"),
        pytest.param(14, None, "green", id="a third of the days left, nothing planned"),
        pytest.param(15, None, "at_risk", id="less than a third left, nothing planned"),
        pytest.param(15, 21, "green", id="less than a third left, but planned in time"),
        pytest.param(15, 15, "green", id="today is the day"),
        pytest.param(21, None, "at_risk", id="the last day, nothing planned"),
        pytest.param(21, 21, "green", id="the last day is the day"),
        pytest.param(3, 22, "at_risk", id="planned, but too late"),
        pytest.param(21, 22, "at_risk", id="planned for the day after the last"),
        pytest.param(22, None, "broken", id="the day after the last"),
        pytest.param(22, 22, "broken", id="planned for today, too late"),
        pytest.param(400, 500, "broken", id="long ago"),
    ],
)
def test_a_house_stands(day: int, next_day: int | None, expected: str) -> None:
    today = SINCE + timedelta(days=day)
    next_on = None if next_day is None else SINCE + timedelta(days=next_day)
    assert standing(SINCE, today, next_on, LIMIT) is Standing(expected)


@pytest.mark.parametrize(("limit", "last_green"), [(20, 13), (21, 14), (22, 14), (1, 0), (0, 0)])
def test_a_third_of_the_days_is_counted_exactly(limit: int, last_green: int) -> None:
    for day in range(limit + 1):
        expected = Standing.GREEN if day <= last_green else Standing.AT_RISK
        assert standing(SINCE, SINCE + timedelta(days=day), None, limit) is expected
