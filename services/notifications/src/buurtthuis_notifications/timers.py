"""What notifications does when it is time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from buurtthuis.service import Timer
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.commands.erasures import ForgetResident, SoundAlarm
from buurtthuis_notifications.queries import erasures, residents


async def erasures_to_worry_about(session: AsyncSession, now: datetime) -> Sequence[SoundAlarm]:
    """Those that wait too long for a service's answer."""
    return [SoundAlarm(id) for id in await erasures.overdue(session, now)]


async def residents_to_forget(session: AsyncSession, _now: datetime) -> Sequence[ForgetResident]:
    """Those that are in no house any more, since all their houses are anonymised."""
    return [ForgetResident(id) for id in await residents.in_no_house(session)]


timers = (
    Timer(erasures_to_worry_about, every=timedelta(minutes=1)),
    Timer(residents_to_forget, every=timedelta(minutes=1)),
)
