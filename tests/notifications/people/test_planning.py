"""When a message goes and by which road, at every hour of the year."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from buurtthuis.domain.deadlines import on_the_clock
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis_notifications.domain.addresses import AddressKind, roads_to
from buurtthuis_notifications.domain.planning import (
    BY_HAND,
    NO_ROAD,
    Plan,
    PlanState,
    after_quiet,
    midnight,
    next_channel,
    next_digest,
    plan,
    tomorrow,
)
from buurtthuis_notifications.domain.rules import ROADS, Topic, Urgency
from buurtthuis_notifications.domain.wishes import Rhythm, Wishes
from hypothesis import example, given
from hypothesis import strategies as st

HOME = ZoneInfo("Europe/Amsterdam")
ANN = UUID(int=1)
USUAL = Wishes.usual(ANN)
WEEKLY = Wishes(ANN, digests={Topic.HOUSE: Rhythm.WEEKLY})
ALL = frozenset(DeliveryChannel)
NOON = datetime(2018, 12, 3, 11, tzinfo=UTC)  # a Monday
NIGHT = datetime(2018, 12, 3, 22, 30, tzinfo=UTC)

A_DAY = timedelta(days=1)
moments = st.timedeltas(timedelta(), timedelta(days=730)).map(
    lambda on: datetime(2018, 1, 1, tzinfo=UTC) + on
)
clocks = st.times().map(lambda one: one.replace(second=0, microsecond=0))
topics = st.sampled_from([topic for topic in Topic if topic is not Topic.ACCOUNT])
urgencies = st.sampled_from(list(Urgency))
#: What leads to somebody who has some addresses, and agrees to visits or not.
leading = st.builds(
    lambda has, visits: roads_to(has, visits=visits),
    st.frozensets(st.sampled_from(list(AddressKind))),
    st.booleans(),
)
channels = st.lists(st.sampled_from(list(DeliveryChannel)), unique=True).map(tuple)
wishes = st.builds(
    Wishes,
    id=st.just(ANN),
    off=st.dictionaries(topics, channels),
    digests=st.dictionaries(topics, st.sampled_from(list(Rhythm))),
    digest_at=clocks,
    digest_day=st.integers(0, 6),
    quiet_from=clocks,
    quiet_until=clocks,
    at_most=st.integers(1, 50),
)


others = st.lists(moments, max_size=60)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def planned(
    urgency: Urgency,
    topic: Topic,
    one: Wishes,
    has: Collection[DeliveryChannel],
    moment: datetime,
    today: Collection[datetime] = (),
    *,
    expires_at: datetime = FAR,
    wakes: bool = False,
) -> Plan:
    """For somebody in the Netherlands."""
    return plan(urgency, topic, one, has, moment, HOME, today, expires_at=expires_at, wakes=wakes)


def quiet(one: Wishes, moment: datetime) -> bool:
    """Told otherwise than the planning does: by counting minutes since the evening began."""
    begin, end, now = (
        60 * clock.hour + clock.minute
        for clock in (one.quiet_from, one.quiet_until, moment.astimezone(HOME).time())
    )
    return (now - begin) % 1440 < (end - begin) % 1440


SKIPPED = datetime(2019, 3, 31, 0, 30, tzinfo=UTC)  # half past one; at two it is three o'clock
TWICE = datetime(2019, 10, 27, 0, 30, tzinfo=UTC)  # half past two, for the first time
AGAIN = TWICE + timedelta(hours=1)


@given(urgencies, topics, wishes, leading, moments, others)
def test_a_plan_is_never_for_a_road_that_somebody_has_not_or_does_not_want(
    urgency: Urgency,
    topic: Topic,
    one: Wishes,
    has: frozenset[DeliveryChannel],
    moment: datetime,
    today: list[datetime],
) -> None:
    found = planned(urgency, topic, one, has, moment, today)
    if found.channel:
        assert found.channel in has
        assert one.wants(topic, found.channel)
    else:
        assert found.state is PlanState.SUPPRESSED


@given(urgencies, topics, wishes, leading, moments, others)
def test_nothing_is_planned_for_the_past(
    urgency: Urgency,
    topic: Topic,
    one: Wishes,
    has: frozenset[DeliveryChannel],
    moment: datetime,
    today: list[datetime],
) -> None:
    assert planned(urgency, topic, one, has, moment, today).due_at >= moment


@given(st.sampled_from([Urgency.INFO, Urgency.NORMAL, Urgency.URGENT]), wishes, moments, others)
@example(Urgency.URGENT, USUAL, SKIPPED, [])
@example(Urgency.URGENT, USUAL, TWICE, [])
@example(Urgency.URGENT, replace(USUAL, quiet_from=time(1), quiet_until=time(2, 30)), SKIPPED, [])
@example(Urgency.URGENT, replace(USUAL, quiet_from=time(1), quiet_until=time(2, 45)), TWICE, [])
@example(Urgency.URGENT, replace(USUAL, quiet_from=time(1), quiet_until=time(2, 45)), AGAIN, [])
def test_what_is_not_critical_never_goes_in_quiet_hours(
    urgency: Urgency, one: Wishes, moment: datetime, today: list[datetime]
) -> None:
    one = replace(one, off={}, digests={})
    found = planned(urgency, Topic.HOUSE, one, ALL, moment, today)
    assert not quiet(one, found.due_at)


@given(topics, wishes, moments, others)
def test_what_is_critical_waits_for_nothing(
    topic: Topic, one: Wishes, moment: datetime, today: list[datetime]
) -> None:
    found = planned(Urgency.CRITICAL, topic, replace(one, off={}), ALL, moment, today)
    assert (found.state, found.due_at) == (PlanState.QUEUED, moment)


@given(urgencies, wishes, moments, others)
def test_the_account_cannot_be_switched_off_and_does_not_wait(
    urgency: Urgency, one: Wishes, moment: datetime, today: list[datetime]
) -> None:
    off = replace(one, off={Topic.ACCOUNT: tuple(DeliveryChannel)}, digests={Topic.ACCOUNT: Rhythm.WEEKLY})
    found = planned(urgency, Topic.ACCOUNT, off, ALL, moment, today)
    assert (found.state, found.due_at) == (PlanState.QUEUED, moment)


@given(wishes, moments)
def test_quiet_hours_are_a_day_and_an_hour_at_most(one: Wishes, moment: datetime) -> None:
    assert after_quiet(one, moment, HOME) - moment <= timedelta(hours=25)


@given(wishes, moments)
def test_who_has_no_quiet_hours_does_not_wait(one: Wishes, moment: datetime) -> None:
    awake = replace(one, quiet_until=one.quiet_from)
    assert after_quiet(awake, moment, HOME) == moment


@given(wishes, topics, moments, st.sampled_from([Rhythm.DAILY, Rhythm.WEEKLY]))
def test_a_digest_comes_at_its_hour_on_its_day(
    one: Wishes, topic: Topic, moment: datetime, rhythm: Rhythm
) -> None:
    one = replace(one, digests={topic: rhythm})
    found = next_digest(one, topic, moment, HOME)
    here = found.astimezone(HOME)
    assert found == on_the_clock(here.date(), one.digest_at, HOME)
    assert rhythm is Rhythm.DAILY or here.weekday() == one.digest_day
    assert timedelta() < found - moment <= timedelta(days=7 if rhythm is Rhythm.WEEKLY else 1, hours=1)


@given(moments)
def test_a_day_begins_and_ends_at_midnight_there(moment: datetime) -> None:
    begin, end = midnight(moment, HOME), tomorrow(moment, HOME)
    assert begin <= moment < end
    assert {begin.astimezone(HOME).time(), end.astimezone(HOME).time()} == {time()}


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2019, 3, 31), 23), (date(2019, 6, 1), 24), (date(2019, 10, 27), 25)]
)
def test_days_are_as_long_as_they_are(day: date, hours: int) -> None:
    noon = on_the_clock(day, time(12), HOME)
    assert tomorrow(noon, HOME) - midnight(noon, HOME) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        (datetime(2019, 3, 30, 20, 30, tzinfo=UTC), datetime(2019, 3, 31, 6, tzinfo=UTC)),
        (datetime(2019, 10, 26, 20, 30, tzinfo=UTC), datetime(2019, 10, 27, 7, tzinfo=UTC)),
    ],
)
def test_the_morning_is_at_eight_also_after_the_clock_changed(evening: datetime, morning: datetime) -> None:
    assert after_quiet(USUAL, evening, HOME) == morning


def test_at_night_it_waits_for_the_morning() -> None:
    found = planned(Urgency.NORMAL, Topic.HOUSE, USUAL, ALL, NIGHT)
    assert (found.state, found.due_at) == (PlanState.DEFERRED, datetime(2018, 12, 4, 7, tzinfo=UTC))


def test_the_seventh_message_of_a_day_waits_for_tomorrow() -> None:
    found = planned(Urgency.NORMAL, Topic.HOUSE, USUAL, ALL, NOON, [NOON] * 6)
    assert (found.state, found.due_at) == (PlanState.DEFERRED, datetime(2018, 12, 4, 7, tzinfo=UTC))


@given(wishes, moments, st.integers(1, 30))
def test_no_day_brings_more_than_somebody_takes(one: Wishes, moment: datetime, many: int) -> None:
    """However many there are at once: what waits for tomorrow does not come all together."""
    one = replace(one, off={}, digests={})
    coming: list[datetime] = []
    for _ in range(many):
        coming.append(planned(Urgency.NORMAL, Topic.HOUSE, one, ALL, moment, coming).due_at)
    a_day = Counter(due_at.astimezone(HOME).date() for due_at in coming)
    assert max(a_day.values()) <= one.at_most


@given(wishes, moments, others, st.timedeltas(timedelta(minutes=1), timedelta(days=3)))
def test_a_day_that_is_full_never_makes_anything_come_too_late(
    one: Wishes, moment: datetime, today: list[datetime], left: timedelta
) -> None:
    """What can wait for another day does; what cannot comes as if there were no others."""
    one = replace(one, off={}, digests={})
    found = planned(Urgency.NORMAL, Topic.HOUSE, one, ALL, moment, today, expires_at=moment + left)
    assert found.due_at < moment + left or found.due_at == after_quiet(one, moment, HOME)


@given(wishes, moments, others)
def test_what_is_urgent_waits_for_the_morning_and_for_no_other_message(
    one: Wishes, moment: datetime, today: list[datetime]
) -> None:
    one = replace(one, off={})
    found = planned(Urgency.URGENT, Topic.MY_SESSIONS, one, ALL, moment, today)
    assert found.due_at == after_quiet(one, moment, HOME)


@pytest.mark.parametrize(("wakes", "due_at"), [(True, NIGHT), (False, datetime(2018, 12, 4, 7, tzinfo=UTC))])
def test_what_is_worth_waking_somebody_for_comes_at_night_where_the_morning_is_too_late(
    wakes: bool, due_at: datetime
) -> None:
    early = datetime(2018, 12, 4, 6, tzinfo=UTC)
    found = planned(Urgency.URGENT, Topic.HOUSE, USUAL, ALL, NIGHT, expires_at=early, wakes=wakes)
    assert found.due_at == due_at
    in_the_evening = planned(Urgency.URGENT, Topic.HOUSE, USUAL, ALL, NIGHT, wakes=wakes)
    assert in_the_evening.due_at == datetime(2018, 12, 4, 7, tzinfo=UTC)


def test_what_nobody_was_told_in_time_is_not_sent_and_counts_as_that() -> None:
    found = planned(Urgency.URGENT, Topic.HOUSE, USUAL, ALL, NOON, expires_at=NOON)
    assert (found.state, found.reason) == (PlanState.EXPIRED, "too_late")


def test_the_sixth_does_not() -> None:
    assert planned(Urgency.NORMAL, Topic.HOUSE, USUAL, ALL, NOON, [NOON] * 5).state is PlanState.QUEUED


@pytest.mark.parametrize(
    ("urgency", "state"),
    [
        (Urgency.INFO, PlanState.MERGED),
        (Urgency.NORMAL, PlanState.MERGED),
        (Urgency.URGENT, PlanState.QUEUED),
        (Urgency.CRITICAL, PlanState.QUEUED),
    ],
)
def test_only_what_can_wait_waits_for_a_digest(urgency: Urgency, state: PlanState) -> None:
    assert planned(urgency, Topic.HOUSE, WEEKLY, ALL, NOON).state is state


@pytest.mark.parametrize(
    ("useful", "state"), [(8 * A_DAY, PlanState.MERGED), (2 * A_DAY, PlanState.DEFERRED)]
)
def test_what_would_come_too_late_in_a_digest_comes_alone(useful: timedelta, state: PlanState) -> None:
    found = planned(Urgency.NORMAL, Topic.HOUSE, WEEKLY, ALL, NIGHT, expires_at=NIGHT + useful)
    assert found.state is state


def test_what_comes_alone_waits_for_the_morning_all_the_same() -> None:
    found = planned(Urgency.NORMAL, Topic.HOUSE, WEEKLY, ALL, NIGHT, expires_at=NIGHT + 2 * A_DAY)
    assert found.due_at == datetime(2018, 12, 4, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "has", "reason"),
    [
        (USUAL, frozenset(), "unreachable"),
        (replace(USUAL, off={Topic.HOUSE: tuple(DeliveryChannel)}), ALL, "unwanted"),
        (
            replace(USUAL, off={Topic.HOUSE: (DeliveryChannel.EMAIL,)}),
            frozenset({DeliveryChannel.EMAIL}),
            "unwanted",
        ),
    ],
)
def test_what_is_not_sent_has_a_reason(one: Wishes, has: frozenset[DeliveryChannel], reason: str) -> None:
    assert planned(Urgency.NORMAL, Topic.HOUSE, one, has, NOON).reason == reason


@given(urgencies, topics, leading)
def test_every_road_is_tried_once_in_its_order(
    urgency: Urgency, topic: Topic, has: frozenset[DeliveryChannel]
) -> None:
    tried: list[DeliveryChannel] = []
    while channel := next_channel(urgency, topic, USUAL, has, tried=tried):
        tried.append(channel)
    assert tried == [one for one in ROADS[urgency] if one in has]


@pytest.mark.parametrize("urgency", list(Urgency))
def test_who_has_only_a_door_is_reached_by_somebody(urgency: Urgency) -> None:
    assert (
        next_channel(urgency, Topic.HOUSE, USUAL, roads_to({AddressKind.DOOR}, visits=False))
        is DeliveryChannel.LETTER
    )


roads = st.frozensets(st.sampled_from(list(DeliveryChannel))).map(lambda some: some | BY_HAND)


@given(urgencies, topics, wishes, leading, roads)
def test_a_plan_is_never_for_a_road_that_is_not_set_up_and_says_where_one_is_missing(
    urgency: Urgency,
    topic: Topic,
    one: Wishes,
    has: frozenset[DeliveryChannel],
    there: frozenset[DeliveryChannel],
) -> None:
    found = plan(urgency, topic, one, has, NOON, HOME, roads=there, expires_at=FAR)
    if found.channel:
        assert found.channel in there
    else:
        elsewhere = plan(urgency, topic, one, has, NOON, HOME, expires_at=FAR).channel
        assert (found.reason == NO_ROAD) is (elsewhere is not None)


def test_whoever_has_a_door_too_is_brought_what_no_machine_leads_to() -> None:
    has = roads_to({AddressKind.MOBILE, AddressKind.DOOR}, visits=False)
    found = plan(Urgency.NORMAL, Topic.HOUSE, USUAL, has, NOON, HOME, roads=BY_HAND, expires_at=FAR)
    assert found.channel is DeliveryChannel.LETTER
