"""All that some messages are about, read at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSeat, KnownThings, Standing
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.rules import Holds, rule_named
from buurtthuis_notifications.queries import audiences, codes, known
from buurtthuis_notifications.queries import messages as message_queries
from buurtthuis_notifications.queries.audiences import Addressee
from buurtthuis_notifications.queries.codes import CodeMeaning

STANDINGS = {
    Holds.SEATED: Standing.SEATED,
    Holds.WAITING: Standing.WAITING,
    Holds.OFFERED: Standing.OFFERED,
}


@dataclass(frozen=True)
class MessageContext:
    """All that some messages are about: their announcements, what is known of those, what a digest holds, for whom, and
    what codes do."""

    announcements: Mapping[UUID, Announcement]
    known: KnownThings
    merged: Mapping[UUID, Sequence[Message]] = field(default_factory=dict)
    listeners: Mapping[UUID, Addressee] = field(default_factory=dict)
    codes: dict[UUID, CodeMeaning] = field(default_factory=dict)

    def announcement(self, message: Message) -> Announcement | None:
        """What the message is about, where that is something that happened."""
        return self.announcements.get(message.announcement_id) if message.announcement_id else None

    def code(self, message: Message) -> CodeMeaning | None:
        """What the code does that the message brings, where it brings one."""
        return self.codes.get(message.code_id) if message.code_id else None


async def load_context(session: AsyncSession, messages: Sequence[Message]) -> MessageContext:
    """What is needed to render them, and to say whether they still hold."""
    merged = await message_queries.merged_in(session, messages)
    every = [*messages, *(message for held in merged.values() for message in held)]
    announcements = await message_queries.announcements_of(session, every)
    seats = [seat for message in every if (seat := _seat(message, announcements))]
    readers = list(dict.fromkeys(message.resident_id for message in every if message.resident_id))
    return MessageContext(
        announcements,
        await known.about(session, announcements.values(), seats),
        merged,
        await audiences.listeners(session, readers),
        await codes.meanings(session, [message.code_id for message in every if message.code_id]),
    )


def _seat(message: Message, announcements: Mapping[UUID, Announcement]) -> UUID | None:
    """The place that decides whether a message holds, where one does."""
    announcement = announcements.get(message.announcement_id) if message.announcement_id else None
    if not (announcement and announcement.session_id and message.resident_id):
        return None
    if rule_named(message.rule).holds not in STANDINGS:
        return None
    return KnownSeat.id_of(announcement.session_id, message.resident_id)
