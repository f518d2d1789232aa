"""What moderation does about what others say."""

from buurtthuis.events.sessions import HouseOpened
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_moderation.domain.pages import Page

on = Handlers()


@on.event
async def keep_a_page(event: HouseOpened, work: Work) -> None:
    """A house that opens has a page."""
    await work.get_or_keep(Page.of(event.house_id))
