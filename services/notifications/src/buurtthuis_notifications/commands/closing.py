"""What can be answered to whether an idea is solved."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.closing import AskedNoMore, ClosingQuestion
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery
from buurtthuis_notifications.domain.known import KnownHouse
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.residents import Resident

on = Handlers()


@dataclass(frozen=True)
class Answer:
    """Whether it is solved, and else what is not."""

    solved: bool
    objection: str | None = None


@dataclass(frozen=True)
class AnswerClosingQuestion:
    """By whoever has its link, or by the `resident_id` that is signed in."""

    question_id: UUID
    answer: Answer
    resident_id: UUID | None = None


@on.command
async def answer_closing_question(command: AnswerClosingQuestion, work: Work) -> Result:
    """What was asked of somebody else is not there."""
    question = await work.get(ClosingQuestion, command.question_id)
    if command.resident_id not in (None, question.resident_id):
        raise NotFound(what="question", id=question.id)
    return await _answer(question, command.answer, work)


@dataclass(frozen=True)
class AnswerAtDoor:
    """Somebody brought the question, and was told the answer."""

    delivery_id: UUID
    answer: Answer


@on.command
async def answer_at_door(command: AnswerAtDoor, work: Work) -> Result:
    """What else was brought asks nothing."""
    delivery = await work.share(HandDelivery, command.delivery_id)
    message = await work.find_one(Message, id=delivery.message_id)
    announcement = message and await work.find_one(Announcement, id=message.announcement_id)
    if not (announcement and announcement.question_id):
        raise NotFound(what="question", id=delivery.id)
    question = await work.get(ClosingQuestion, announcement.question_id)
    return await _answer(question, command.answer, work)


async def _answer(question: ClosingQuestion, answer: Answer, work: Work) -> Result:
    """By somebody who lives there still, of a house that still is. Raises AskedNoMore."""
    resident = await work.share(Resident, question.resident_id)
    house = await work.find_one(KnownHouse, id=question.house_id)
    if question.house_id not in resident.houses or not (house and house.open):
        raise AskedNoMore
    return Result(question, question.answer(answer.solved, answer.objection, await work.time()))
