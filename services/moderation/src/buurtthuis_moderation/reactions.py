"""What moderation does about what others say."""

from buurtthuis.events import Event
from buurtthuis.events.moderation import PageArchived, ResidentDataErased
from buurtthuis.events.notifications import ResidentErasureRequested, ResidentMovedOut
from buurtthuis.events.sessions import HouseEnded, HouseOpened
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_moderation.commands.erasure import erase
from buurtthuis_moderation.commands.teams import resign_everywhere
from buurtthuis_moderation.domain.pages import Page

on = Handlers()


@on.event
async def keep_a_page(event: HouseOpened, work: Work) -> None:
    """A house that opens has a page."""
    await work.get_or_keep(Page.of(event.house_id))


@on.event
async def archive_the_page(event: HouseEnded, work: Work) -> PageArchived | None:
    """It can be read until the promised day. A house that ends before anybody knew of it has a page all the same."""
    return (await work.get_or_keep(Page.of(event.house_id))).archive(event.anonymise_on)


@on.event
async def let_them_resign(event: ResidentMovedOut, work: Work) -> list[Event]:
    """In the house that they left; what they wrote there stays."""
    return await resign_everywhere(event.resident_id, work, id=event.house_id)


@on.event
async def erase_the_resident(event: ResidentErasureRequested, work: Work) -> list[Event]:
    """Every request is answered, also about somebody nobody knows."""
    happened, counts = await erase(event.resident_id, work)
    erased = ResidentDataErased(request_id=event.request_id, resident_id=event.resident_id, counts=counts)
    return [*happened, erased]
