"""What surveys does when it is time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from buurtthuis.runtime.timers import Timer
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.commands.closing import AskWhetherSolved
from buurtthuis_surveys.commands.surveys import CloseSurveyInTime, RemindOfSurvey
from buurtthuis_surveys.queries import closing, surveys


async def surveys_to_close(session: AsyncSession, now: datetime) -> Sequence[CloseSurveyInTime]:
    """Those whose closing time has come."""
    return [CloseSurveyInTime(id) for id in await session.scalars(surveys.past_their_time(now))]


async def surveys_to_remind_of(session: AsyncSession, now: datetime) -> Sequence[RemindOfSurvey]:
    """Those that close within a day."""
    return [RemindOfSurvey(id) for id in await session.scalars(surveys.about_to_close(now))]


async def themes_to_ask_about(session: AsyncSession, now: datetime) -> Sequence[AskWhetherSolved]:
    """Those of which something came a while ago."""
    return [AskWhetherSolved(id) for id in await session.scalars(closing.to_be_asked(now))]


timers = (
    Timer(surveys_to_close, looks_for=surveys.past_their_time, every=timedelta(seconds=5)),
    Timer(themes_to_ask_about, looks_for=closing.to_be_asked, every=timedelta(minutes=1)),
    Timer(surveys_to_remind_of, looks_for=surveys.about_to_close, every=timedelta(minutes=1)),
)
