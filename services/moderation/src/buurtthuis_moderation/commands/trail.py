"""How it is kept what was done on a page."""

from collections.abc import Sequence
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.work import Work
from buurtthuis.events import Event

from buurtthuis_moderation.domain.trail import Trail


async def note(house: UUID, events: Sequence[Event], by: Actor, work: Work) -> list[Event]:
    """The same events, each with an entry in the trail of the page.

    The trail is locked last, here as everywhere, so that nobody waits in a circle."""
    if events:
        trail = await work.get_or_keep(Trail.of(house))
        work.keep(*(trail.note(event, by, work.now) for event in events))
    return [*events]
