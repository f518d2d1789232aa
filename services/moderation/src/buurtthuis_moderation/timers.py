"""What moderation does when it is time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from buurtthuis.runtime.timers import Timer
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.commands.appeals import ForgetWhatWasDecidedAbout
from buurtthuis_moderation.commands.pages import AnonymisePage
from buurtthuis_moderation.queries import decisions, pages


async def pages_to_anonymise(session: AsyncSession, now: datetime) -> Sequence[AnonymisePage]:
    """Those whose promised day has come."""
    return [AnonymisePage(id) for id in await session.scalars(pages.to_anonymise(now))]


async def texts_to_forget(session: AsyncSession, now: datetime) -> Sequence[ForgetWhatWasDecidedAbout]:
    """Those that were kept for an appeal which nobody can file any more."""
    return [ForgetWhatWasDecidedAbout(id) for id in await session.scalars(decisions.past_appeal(now))]


timers = (
    Timer(pages_to_anonymise, looks_for=pages.to_anonymise, every=timedelta(minutes=1)),
    Timer(texts_to_forget, looks_for=decisions.past_appeal, every=timedelta(minutes=10)),
)
