"""All that some messages are about, read at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSeat
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.rules import rule_named
from buurtthuis_notifications.queries import audiences, codes, known, queue
from buurtthuis_notifications.rendering import STANDINGS, Told


async def gathered(session: AsyncSession, messages: Sequence[Message]) -> Told:
    """What is needed to render them, and to say whether they still hold."""
    merged = await queue.merged_in(session, messages)
    every = [*messages, *(one for held in merged.values() for one in held)]
    announcements = await queue.announcements_of(session, every)
    seats = [seat for one in every if (seat := _seat(one, announcements))]
    readers = list(dict.fromkeys(one.resident_id for one in every if one.resident_id))
    return Told(
        announcements,
        await known.about(session, announcements.values(), seats),
        merged,
        await audiences.listeners(session, readers),
        await codes.meanings(session, [one.code_id for one in every if one.code_id]),
    )


def _seat(message: Message, announcements: Mapping[UUID, Announcement]) -> UUID | None:
    """The place that decides whether a message holds, where one does."""
    announcement = announcements.get(message.announcement_id) if message.announcement_id else None
    if not (announcement and announcement.session_id and message.resident_id):
        return None
    if rule_named(message.rule).holds not in STANDINGS:
        return None
    return KnownSeat.id_of(announcement.session_id, message.resident_id)
