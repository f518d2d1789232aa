"""What happens because it is time: reminders, and several messages in one."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work

from buurtthuis_notifications.domain.known import KnownSeat, KnownSession
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.reminders import announced, of_offer, of_session

on = Handlers()


@dataclass(frozen=True)
class RemindOfSession:
    session_id: UUID


@on.command
async def remind_of_session(command: RemindOfSession, work: Work) -> None:
    session, now = await work.share(KnownSession, command.session_id), await work.time()
    for reminder in of_session(session, now):
        await work.get_or_keep(announced(reminder, session, None, now))


@dataclass(frozen=True)
class RemindOfOffer:
    seat_id: UUID


@on.command
async def remind_of_offer(command: RemindOfOffer, work: Work) -> None:
    seat, now = await work.share(KnownSeat, command.seat_id), await work.time()
    if session := await work.find_one(KnownSession, id=seat.session_id):
        for reminder in of_offer(seat, session.time_zone, now):
            await work.get_or_keep(announced(reminder, session, seat, now))


@dataclass(frozen=True)
class SendDigest:
    resident_id: UUID


@on.command
async def send_digest(command: SendDigest, work: Work) -> Result:
    """All that waits for this resident's next one, whatever it is about."""
    now = await work.time()
    waiting = await work.find(Message, resident_id=command.resident_id, state=MessageState.MERGED)
    due = [message for message in waiting if not message.digest_id and message.due_at <= now]
    useful = [message for message in due if now < message.expires_at]
    if useful:
        work.keep(Message.digest(useful, now))
    return Result(None, [failed for message in due if message not in useful for failed in message.expire()])
