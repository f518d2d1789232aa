"""All that some messages are about, read at once."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.queries import audiences, known, queue
from buurtthuis_notifications.rendering import Told


async def gathered(session: AsyncSession, messages: Sequence[Message], residents: Sequence[UUID]) -> Told:
    """What is needed to render them, and to say of these residents' messages whether they still hold."""
    merged = await queue.merged_in(session, messages)
    every = [*messages, *(one for held in merged.values() for one in held)]
    announcements = await queue.announcements_of(session, every)
    return Told(
        announcements,
        await known.about(session, announcements.values(), residents),
        merged,
        await audiences.listeners(session, residents),
    )
