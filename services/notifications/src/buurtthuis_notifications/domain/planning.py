"""When a message goes, and by which road: decided from what somebody has, what they want, and the hour."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from buurtthuis.domain import deadlines
from buurtthuis.domain.deadlines import on_the_clock
from buurtthuis.events.notifications import DeliveryChannel

from buurtthuis_notifications.domain.rules import ROADS, Topic, Urgency
from buurtthuis_notifications.domain.wishes import Rhythm, Wishes

#: What a person brings, no machine does.
BY_HAND = frozenset({DeliveryChannel.LETTER, DeliveryChannel.CALL, DeliveryChannel.VISIT})
#: Only these may wait for others, to come in one.
MERGEABLE = frozenset({Urgency.INFO, Urgency.NORMAL})
#: What comes in spite of everything.
PASSES = frozenset({Urgency.CRITICAL})
A_WEEK = 7
UNWANTED, UNREACHABLE, NO_ROAD, TOO_LATE = "unwanted", "unreachable", "no_road", "too_late"
#: What would be there if everything was set up.
EVERY_ROAD = frozenset(DeliveryChannel)


class PlanState(StrEnum):
    """What is to become of a message."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    MERGED = "merged"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Plan:
    """By which road, and when. What is suppressed or expired has a reason."""

    state: PlanState
    channel: DeliveryChannel | None
    due_at: datetime
    reason: str | None = None


def plan(
    urgency: Urgency,
    topic: Topic,
    wishes: Wishes,
    has: Collection[DeliveryChannel],
    moment: datetime,
    zone: ZoneInfo,
    today: Collection[datetime] = (),
    roads: Collection[DeliveryChannel] = EVERY_ROAD,
    *,
    expires_at: datetime,
    wakes: bool = False,
) -> Plan:
    """What becomes of a message that could go at this moment, to somebody who gets others `today`, or later.

    `has` is what leads to them, `roads` are those that are set up here. At `expires_at` it is of no use any more: it does not wait so long for others, nor for
    a day with fewer messages. With `wakes` it does not wait so long for the morning either."""
    if moment >= expires_at:
        return Plan(PlanState.EXPIRED, None, moment, TOO_LATE)
    channel = next_channel(urgency, topic, wishes, has, roads)
    if channel is None:
        reason = _why_not(urgency, topic, wishes, has, roads)
        return Plan(PlanState.SUPPRESSED, None, moment, reason)
    if passes(urgency, topic):
        return Plan(PlanState.QUEUED, channel, moment)
    due_at = awake(wishes, moment, zone, expires_at=expires_at, wakes=wakes)
    if urgency in MERGEABLE:
        digest = next_digest(wishes, topic, moment, zone)
        if wishes.rhythm(topic) is not Rhythm.AT_ONCE and digest < expires_at:
            return Plan(PlanState.MERGED, channel, digest)
        roomy = with_room(wishes, moment, zone, today)
        due_at = roomy if roomy < expires_at else due_at
    return Plan(PlanState.DEFERRED if due_at > moment else PlanState.QUEUED, channel, due_at)


def awake(wishes: Wishes, moment: datetime, zone: ZoneInfo, *, expires_at: datetime, wakes: bool) -> datetime:
    """The end of the quiet hours; this moment where it would be useless by then, and is worth waking somebody for."""
    morning = after_quiet(wishes, moment, zone)
    return moment if wakes and morning >= expires_at else morning


def passes(urgency: Urgency, topic: Topic) -> bool:
    """Whether it waits for nothing, neither for the morning nor for another day."""
    return urgency in PASSES or topic is Topic.ACCOUNT


def next_channel(
    urgency: Urgency,
    topic: Topic,
    wishes: Wishes,
    has: Collection[DeliveryChannel],
    roads: Collection[DeliveryChannel] = EVERY_ROAD,
    tried: Collection[DeliveryChannel] = (),
) -> DeliveryChannel | None:
    """The first of these roads that leads to somebody, that they want, and that did not fail."""
    for channel in ROADS[urgency]:
        open_to_them = channel in roads and channel not in tried
        if open_to_them and channel in has and wishes.wants(topic, channel):
            return channel
    return None


def lacks_a_road(
    urgency: Urgency,
    topic: Topic,
    wishes: Wishes,
    has: Collection[DeliveryChannel],
    roads: Collection[DeliveryChannel],
    tried: Collection[DeliveryChannel] = (),
) -> bool:
    """Whether somebody would be reached by a road that is not set up here."""
    failed = [channel for channel in tried if channel in roads]
    return next_channel(urgency, topic, wishes, has, tried=failed) not in {None, *roads}


def _why_not(
    urgency: Urgency,
    topic: Topic,
    wishes: Wishes,
    has: Collection[DeliveryChannel],
    roads: Collection[DeliveryChannel],
) -> str:
    if lacks_a_road(urgency, topic, wishes, has, roads):
        return NO_ROAD
    return UNWANTED if next_channel(urgency, topic, Wishes.usual(wishes.id), has, roads) else UNREACHABLE


def with_room(wishes: Wishes, moment: datetime, zone: ZoneInfo, others: Collection[datetime]) -> datetime:
    """The first moment from this one on that is not quiet, on a day on which fewer `others` go than somebody takes."""
    a_day = Counter(other.astimezone(zone).date() for other in others)
    due_at = after_quiet(wishes, moment, zone)
    while a_day[due_at.astimezone(zone).date()] >= wishes.at_most:
        due_at = after_quiet(wishes, tomorrow(due_at, zone), zone)
    return due_at


def after_quiet(wishes: Wishes, moment: datetime, zone: ZoneInfo) -> datetime:
    """This moment, or the end of the quiet hours that it falls in."""
    return deadlines.after_quiet(moment, wishes.quiet_from, wishes.quiet_until, zone)


def next_digest(wishes: Wishes, topic: Topic, moment: datetime, zone: ZoneInfo) -> datetime:
    """When several things come in one."""
    here = moment.astimezone(zone)
    weekly = wishes.rhythm(topic) is Rhythm.WEEKLY
    days = (day for day in range(A_WEEK + 1))
    for day in days:
        on = here.date() + timedelta(days=day)
        when = on_the_clock(on, wishes.digest_at, zone)
        if when > moment and (not weekly or on.weekday() == wishes.digest_day):
            return when
    raise AssertionError("a week has every day")


def tomorrow(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the next day there."""
    return on_the_clock(moment.astimezone(zone).date() + timedelta(days=1), time(), zone)


def midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of this day there."""
    return on_the_clock(moment.astimezone(zone).date(), time(), zone)
