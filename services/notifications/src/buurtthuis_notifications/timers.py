"""What notifications does when it is time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from buurtthuis.runtime.timers import Timer
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.commands.erasures import ForgetResident, SoundAlarm
from buurtthuis_notifications.commands.hand_deliveries import DropHandDelivery
from buurtthuis_notifications.commands.messages import BringOtherwise, ConcludeAnnouncement
from buurtthuis_notifications.commands.reminders import RemindOfOffer, RemindOfSession, SendDigest
from buurtthuis_notifications.queries import erasures, hand_deliveries, messages, reminders, residents


async def erasures_to_worry_about(session: AsyncSession, now: datetime) -> Sequence[SoundAlarm]:
    """Those that wait too long for a service's answer."""
    return [SoundAlarm(id) for id in await erasures.overdue(session, now)]


async def residents_to_forget(session: AsyncSession, _now: datetime) -> Sequence[ForgetResident]:
    """Those that are in no house any more, since all their houses are anonymised."""
    return [ForgetResident(id) for id in await residents.in_no_house(session)]


async def announcements_to_conclude(session: AsyncSession, _now: datetime) -> Sequence[ConcludeAnnouncement]:
    """Those of which everybody has been told, or cannot be."""
    return [ConcludeAnnouncement(id) for id in await messages.concluded(session)]


async def hand_deliveries_to_drop(session: AsyncSession, now: datetime) -> Sequence[DropHandDelivery]:
    """What nobody brought in time."""
    return [DropHandDelivery(id) for id in await hand_deliveries.stale(session, now)]


async def hand_deliveries_astray(session: AsyncSession, _now: datetime) -> Sequence[BringOtherwise]:
    """What is to be brought by a road that does not lead there any more."""
    return [BringOtherwise(id) for id in await hand_deliveries.astray(session)]


async def sessions_to_remind_of(session: AsyncSession, now: datetime) -> Sequence[RemindOfSession]:
    """Those that come soon."""
    return [RemindOfSession(id) for id in await reminders.sessions_to_remind_of(session, now)]


async def offers_to_remind_of(session: AsyncSession, now: datetime) -> Sequence[RemindOfOffer]:
    """Places that somebody can take for a little while longer."""
    return [RemindOfOffer(id) for id in await reminders.offers_to_remind_of(session, now)]


async def digests_to_send(session: AsyncSession, now: datetime) -> Sequence[SendDigest]:
    """For residents who like several messages in one, at their hour."""
    return [SendDigest(id) for id in await reminders.residents_with_a_digest(session, now)]


timers = (
    Timer(sessions_to_remind_of, every=timedelta(seconds=30)),
    Timer(offers_to_remind_of, every=timedelta(seconds=30)),
    Timer(digests_to_send, every=timedelta(seconds=30)),
    Timer(erasures_to_worry_about, every=timedelta(minutes=1)),
    Timer(residents_to_forget, every=timedelta(minutes=1)),
    Timer(announcements_to_conclude, every=timedelta(seconds=5)),
    Timer(hand_deliveries_to_drop, every=timedelta(minutes=1)),
    Timer(hand_deliveries_astray, every=timedelta(minutes=1)),
)
