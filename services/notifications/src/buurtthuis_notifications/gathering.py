"""All that some messages are about, read at once."""

from collections.abc import Iterator, Mapping, Sequence, Set
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement
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
        await known.about(session, announcements.values(), _places(every, announcements, set(residents))),
        merged,
        await audiences.listeners(session, residents),
    )


def _places(
    messages: Sequence[Message], announcements: Mapping[UUID, Announcement], residents: Set[UUID]
) -> Iterator[tuple[UUID, UUID]]:
    """Of each message its own: a hundred digests are about so many sessions that every pair would be too many."""
    for one in messages:
        announcement = announcements.get(one.announcement_id) if one.announcement_id else None
        if announcement and announcement.session_id and one.resident_id and one.resident_id in residents:
            yield announcement.session_id, one.resident_id
