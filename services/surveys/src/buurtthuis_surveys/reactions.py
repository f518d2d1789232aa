"""What surveys does about what others say."""

from uuid import UUID

from buurtthuis.events.sessions import SessionCancelled, SessionHeld, SessionNotHeld, SessionScheduled
from buurtthuis.events.surveys import ThemeRealised, ThemeScheduled, ThemeUnscheduled
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_surveys.domain.themes import Theme, ThemeState

on = Handlers()


@on.event
async def mark_the_theme_scheduled(event: SessionScheduled, work: Work) -> ThemeScheduled | None:
    """A second session about the same theme changes nothing."""
    if event.theme_id is None:
        return None
    theme = await work.get(Theme, event.theme_id)
    return theme.schedule(event.session_id) if theme.awaits_a_session else None


@on.event
async def mark_the_theme_realised(event: SessionHeld, work: Work) -> ThemeRealised | None:
    """The first session that is held realises the theme."""
    if event.theme_id is None:
        return None
    theme = await work.get(Theme, event.theme_id)
    return theme.realise(event.session_id) if theme.state is ThemeState.SCHEDULED else None


@on.event
async def take_the_theme_off_the_calendar(event: SessionCancelled, work: Work) -> list[ThemeUnscheduled]:
    """A theme whose own session is off waits for another one; other sessions about it change nothing."""
    return await _unschedule(event.session_id, work)


@on.event
async def let_the_theme_wait_for_another_session(event: SessionNotHeld, work: Work) -> list[ThemeUnscheduled]:
    """Nobody met, so nothing was realised."""
    return await _unschedule(event.session_id, work)


async def _unschedule(session: UUID, work: Work) -> list[ThemeUnscheduled]:
    themes = await work.find(Theme, session_id=session, state=ThemeState.SCHEDULED)
    return [theme.unschedule() for theme in themes]
