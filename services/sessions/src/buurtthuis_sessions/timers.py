"""What sessions does when it is time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from buurtthuis.service import Timer
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.commands.seats import SettleSeats
from buurtthuis_sessions.queries import seats


async def seats_to_settle(session: AsyncSession, now: datetime) -> Sequence[SettleSeats]:
    """Sessions where an offer ran out, or where kept seats are kept no longer while somebody waits."""
    return [SettleSeats(id) for id in await seats.to_settle(session, now)]


timers = (Timer(seats_to_settle, every=timedelta(seconds=5)),)
