"""What sessions does when it is time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from buurtthuis.runtime.timers import Timer
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.commands.check_ins import ShutDoor
from buurtthuis_sessions.commands.follow_ups import DecideVoteInTime, TellBallots
from buurtthuis_sessions.commands.houses import AnonymiseHouse, CarryOutHouseEnd
from buurtthuis_sessions.commands.seats import SettleSeats
from buurtthuis_sessions.commands.series import ExtendSeries, LookAfterSeries
from buurtthuis_sessions.commands.sessions import AskWhoCame, LapseConfirmation
from buurtthuis_sessions.queries import check_ins, follow_ups, houses, seats, series, sessions


async def seats_to_settle(session: AsyncSession, now: datetime) -> Sequence[SettleSeats]:
    """Sessions where an offer ran out, or where kept seats are kept no longer while somebody waits."""
    return [SettleSeats(id) for id in await session.scalars(seats.to_settle(now))]


async def doors_to_shut(session: AsyncSession, now: datetime) -> Sequence[ShutDoor]:
    """Of sessions that have been over for a day."""
    return [ShutDoor(id) for id in await session.scalars(check_ins.of_yesterday(now))]


async def drafts_without_a_host(session: AsyncSession, now: datetime) -> Sequence[LapseConfirmation]:
    """Those that no host took on in time."""
    return [LapseConfirmation(id) for id in await session.scalars(sessions.unconfirmed(now))]


async def sessions_to_note(session: AsyncSession, now: datetime) -> Sequence[AskWhoCame]:
    """Those that are over, and of which nobody said what became of them."""
    return [AskWhoCame(id) for id in await session.scalars(sessions.unnoted(now))]


async def houses_to_end(session: AsyncSession, now: datetime) -> Sequence[CarryOutHouseEnd]:
    """Those whose end was announced, and was not taken back in time."""
    return [CarryOutHouseEnd(id) for id in await session.scalars(houses.to_end(now))]


async def houses_to_anonymise(session: AsyncSession, now: datetime) -> Sequence[AnonymiseHouse]:
    """Those whose promised day has come."""
    return [AnonymiseHouse(id) for id in await session.scalars(houses.to_anonymise(now))]


async def series_to_extend(session: AsyncSession, now: datetime) -> Sequence[ExtendSeries]:
    """Those that have no sessions as far as the horizon."""
    return [ExtendSeries(*ids) for ids in await session.execute(series.to_extend(now))]


async def series_to_look_after(session: AsyncSession, now: datetime) -> Sequence[LookAfterSeries]:
    """Those that are at risk, safe again, or waited long enough."""
    return [LookAfterSeries(*ids) for ids in await session.execute(series.to_look_after(now))]


async def votes_to_decide(session: AsyncSession, now: datetime) -> Sequence[DecideVoteInTime]:
    """Follow-up votes whose closing time has come."""
    return [DecideVoteInTime(id) for id in await session.scalars(follow_ups.past_their_time(now))]


async def ballots_to_tell(session: AsyncSession, now: datetime) -> Sequence[TellBallots]:
    """Follow-up votes that have more ballots, or fewer cards, than were told of."""
    return [TellBallots(id) for id in await session.scalars(follow_ups.untold(now))]


SECONDS, A_MINUTE = timedelta(seconds=5), timedelta(minutes=1)

timers = (
    Timer(seats_to_settle, looks_for=seats.to_settle, every=SECONDS),
    Timer(drafts_without_a_host, looks_for=sessions.unconfirmed, every=A_MINUTE),
    Timer(sessions_to_note, looks_for=sessions.unnoted, every=timedelta(minutes=10)),
    Timer(doors_to_shut, looks_for=check_ins.of_yesterday, every=timedelta(hours=1)),
    Timer(houses_to_end, looks_for=houses.to_end, every=A_MINUTE),
    Timer(houses_to_anonymise, looks_for=houses.to_anonymise, every=A_MINUTE),
    Timer(series_to_extend, looks_for=series.to_extend, every=A_MINUTE),
    Timer(series_to_look_after, looks_for=series.to_look_after, every=A_MINUTE),
    Timer(ballots_to_tell, looks_for=follow_ups.untold, every=timedelta(seconds=2)),
    Timer(votes_to_decide, looks_for=follow_ups.past_their_time, every=SECONDS),
)
