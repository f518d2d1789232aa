"""What sessions does about what others say."""

from buurtthuis.events.sessions import SessionDrafted
from buurtthuis.events.surveys import ThemeSelected
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.sessions import Session, Source

on = Handlers()


@on.event
async def draft_a_session(event: ThemeSelected, work: Work) -> SessionDrafted | None:
    """In a house that is not known yet too; not in one that has ended."""
    if any(house.is_over for house in await work.find(House, id=event.house_id)):
        return None
    return work.add(Session.draft(event.house_id, event.title, Source(theme=event.theme_id)))
