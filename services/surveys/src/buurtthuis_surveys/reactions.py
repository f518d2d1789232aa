"""What surveys does about what others say."""

from buurtthuis.events.sessions import SessionHeld, SessionScheduled
from buurtthuis.events.surveys import ThemeRealised, ThemeScheduled
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
