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
    return [SoundAlarm(id) for id in await session.scalars(erasures.overdue(now))]


async def residents_to_forget(session: AsyncSession, now: datetime) -> Sequence[ForgetResident]:
    """Those that are in no house any more, since all their houses are anonymised."""
    return [ForgetResident(id) for id in await session.scalars(residents.in_no_house(now))]


async def announcements_to_conclude(session: AsyncSession, now: datetime) -> Sequence[ConcludeAnnouncement]:
    """Those of which everybody has been told, or cannot be."""
    return [ConcludeAnnouncement(id) for id in await session.scalars(messages.concluded(now))]


async def hand_deliveries_to_drop(session: AsyncSession, now: datetime) -> Sequence[DropHandDelivery]:
    """What nobody brought in time."""
    return [DropHandDelivery(id) for id in await session.scalars(hand_deliveries.stale(now))]


async def hand_deliveries_astray(session: AsyncSession, now: datetime) -> Sequence[BringOtherwise]:
    """What is to be brought by a road that does not lead there any more."""
    return [BringOtherwise(id) for id in await session.scalars(hand_deliveries.astray(now))]


async def sessions_to_remind_of(session: AsyncSession, now: datetime) -> Sequence[RemindOfSession]:
    """Those that come soon."""
    return [RemindOfSession(id) for id in await reminders.sessions_to_remind_of(session, now)]


async def offers_to_remind_of(session: AsyncSession, now: datetime) -> Sequence[RemindOfOffer]:
    """Places that somebody can take for a little while longer."""
    return [RemindOfOffer(id) for id in await reminders.offers_to_remind_of(session, now)]


async def digests_to_send(session: AsyncSession, now: datetime) -> Sequence[SendDigest]:
    """For residents who like several messages in one, at their hour."""
    return [SendDigest(id) for id in await session.scalars(reminders.residents_with_a_digest(now))]


HALF_A_MINUTE, A_MINUTE = timedelta(seconds=30), timedelta(minutes=1)

timers = (
    Timer(sessions_to_remind_of, looks_for=reminders.unsaid_of_sessions, every=HALF_A_MINUTE),
    Timer(offers_to_remind_of, looks_for=reminders.unsaid_of_offers, every=HALF_A_MINUTE),
    Timer(digests_to_send, looks_for=reminders.residents_with_a_digest, every=HALF_A_MINUTE),
    Timer(erasures_to_worry_about, looks_for=erasures.overdue, every=A_MINUTE),
    Timer(residents_to_forget, looks_for=residents.in_no_house, every=timedelta(minutes=10)),
    Timer(announcements_to_conclude, looks_for=messages.concluded, every=timedelta(seconds=5)),
    Timer(hand_deliveries_to_drop, looks_for=hand_deliveries.stale, every=A_MINUTE),
    Timer(hand_deliveries_astray, looks_for=hand_deliveries.astray, every=A_MINUTE),
)
