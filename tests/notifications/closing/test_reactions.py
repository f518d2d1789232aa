"""Who is asked whether their idea is solved, as notifications hears of it, in memory."""

from uuid import uuid4

from buurtthuis.events.surveys import ClosingQuestionAsked
from buurtthuis.testing import Clock, FakeWork
from buurtthuis_notifications.domain.closing import ClosingQuestion
from buurtthuis_notifications.reactions.known import know_what_is_asked


async def test_of_somebody_who_was_forgotten_meanwhile_no_question_is_noted() -> None:
    work = FakeWork()
    ids = {name: uuid4() for name in ("question_id", "theme_id", "house_id", "resident_id")}
    await know_what_is_asked(ClosingQuestionAsked(**ids, closes_at=Clock().now), work)
    assert await work.find(ClosingQuestion) == []
