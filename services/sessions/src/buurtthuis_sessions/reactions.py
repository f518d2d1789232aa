"""What sessions does about what others say."""

from buurtthuis.events import Event
from buurtthuis.events.notifications import ResidentErasureRequested, ResidentMovedOut
from buurtthuis.events.sessions import ResidentDataErased, SessionDrafted
from buurtthuis.events.surveys import ThemeErased, ThemeSelected
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_sessions.commands.leaving import erase, leave, take_titles_off
from buurtthuis_sessions.domain.follow_ups import FollowUpVote
from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.series import Series
from buurtthuis_sessions.domain.sessions import Session, Source

on = Handlers()


@on.event
async def draft_a_session(event: ThemeSelected, work: Work) -> SessionDrafted | None:
    """In a house that is not known yet too; not in one that has ended."""
    if any(house.is_over for house in await work.find(House, id=event.house_id)):
        return None
    return work.add(Session.draft(event.house_id, event.title, Source(theme=event.theme_id)))


@on.event
async def take_the_themes_words_off(event: ThemeErased, work: Work) -> None:
    """Whatever came out of it is nameless until somebody names it anew; events of it that wait have no words."""
    for vote in await work.find(FollowUpVote, house_id=event.house_id):
        vote.take_title_off(event.theme_id)
    sessions = await work.count(Session, "id", theme_id=event.theme_id)
    series = await work.count(Series, "id", theme_id=event.theme_id)
    await take_titles_off([id for (id,) in sessions], [id for (id,) in series], work)
    await work.redact_about([event.theme_id])


@on.event
async def give_back_their_places(event: ResidentMovedOut, work: Work) -> list[Event]:
    """In that house; what they have in another stays."""
    return await leave(event.resident_id, work, house_id=event.house_id)


@on.event
async def erase_the_resident(event: ResidentErasureRequested, work: Work) -> list[Event]:
    """Every request is answered, also about somebody nobody knows."""
    happened, counts = await erase(event.resident_id, work)
    erased = ResidentDataErased(request_id=event.request_id, resident_id=event.resident_id, counts=counts)
    return [*happened, erased]
