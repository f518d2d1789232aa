"""Which date suits: what people say, otherwise if they like, and the one that most can come to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis_sessions.domain.date_polls import (
    MOST,
    DateAnswer,
    DateNotInPoll,
    DatePoll,
    DatePollClosed,
    NoDraftAnyMore,
    Suits,
    TooManyAnswers,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.sessions.builders import a_draft, a_session

NOW = datetime(2019, 1, 3, 9, 0, tzinfo=UTC)
FIRST = datetime.fromisoformat("2019-01-10T19:30")
DATES = [(FIRST + timedelta(days=days), FIRST + timedelta(days=days, hours=2)) for days in range(3)]
PEOPLE = [uuid4() for _ in range(4)]
YES, IF_NEED_BE, NO = Suits


def a_poll() -> DatePoll:
    return DatePoll.ask(a_draft(), DATES, "Europe/Amsterdam", NOW)[0]


def said(poll: DatePoll, *answers: tuple[Suits, ...]) -> None:
    """By somebody each, in the order of the dates."""
    for answer in answers:
        poll.answer(uuid4(), dict(zip((date.id for date in poll.dates), answer, strict=True)))


@pytest.mark.parametrize(
    ("answers", "best"),
    [
        ([(NO, YES, IF_NEED_BE), (NO, YES, YES)], 1),
        ([(YES, NO, IF_NEED_BE), (NO, NO, IF_NEED_BE)], 2),
        ([(IF_NEED_BE, NO, YES), (YES, NO, YES)], 2),
        ([(YES, YES, NO), (YES, YES, NO)], 0),
        ([], 0),
    ],
    ids=[
        "most can",
        "most can, if need be",
        "fewer only if need be",
        "the first of equals",
        "nobody answered",
    ],
)
def test_the_date_is_chosen_that_most_can_come_to(answers: list[tuple[Suits, ...]], best: int) -> None:
    poll = a_poll()
    said(poll, *answers)
    chosen = poll.close()
    assert poll.chosen == poll.dates[best].id
    assert chosen.starts_at == NOW.replace(day=10, hour=18, minute=30) + timedelta(days=best)
    assert (poll.code, poll.answers) == (None, [])


def test_what_was_said_is_counted_when_nobody_is_known_any_more() -> None:
    poll = a_poll()
    said(poll, (YES, NO, IF_NEED_BE), (YES, NO, NO))
    before = poll.counts
    poll.close()
    assert poll.counts == before
    assert list(poll.counts.values())[2] == {YES: 0, IF_NEED_BE: 1, NO: 1}


def test_after_that_nobody_says_anything() -> None:
    poll = a_poll()
    poll.close()
    with pytest.raises(DatePollClosed):
        poll.answer(uuid4(), {})
    with pytest.raises(DatePollClosed):
        poll.close()


def test_dates_are_asked_for_a_draft() -> None:
    with pytest.raises(NoDraftAnyMore):
        DatePoll.ask(a_session(now=NOW), DATES, "Europe/Amsterdam", NOW)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (FIRST, FIRST),
        (FIRST - timedelta(days=30), FIRST),
        (datetime.fromisoformat("2019-03-31T02:30"), datetime.fromisoformat("2019-03-31T04:30")),
    ],
    ids=["no time at all", "over", "skipped by the clock"],
)
def test_a_date_that_cannot_be_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(Invalid):
        DatePoll.ask(a_draft(), [DATES[0], (start, end)], "Europe/Amsterdam", NOW)


def test_a_date_of_another_poll_is_refused() -> None:
    with pytest.raises(DateNotInPoll):
        a_poll().answer(uuid4(), {uuid4(): YES})


def test_there_is_an_end_to_who_can_answer_and_not_to_saying_otherwise() -> None:
    poll = a_poll()
    poll.answers = [DateAnswer(uuid4(), poll.id, poll.house_id, uuid4(), {}) for _ in range(MOST)]
    with pytest.raises(TooManyAnswers):
        poll.answer(uuid4(), {})
    poll.answer(poll.answers[0].resident_id, {poll.dates[0].id: NO})


class Poll(RuleBasedStateMachine):
    """Residents and guests, some of whom turn out to be one of the residents: each person counts once, with what they said last."""

    def __init__(self) -> None:
        super().__init__()
        self.poll = a_poll()
        self.model: dict[UUID, Suits] = {}

    @rule(who=st.sampled_from(PEOPLE), suits=st.sampled_from(Suits))
    def answer(self, who: UUID, suits: Suits) -> None:
        self.poll.answer(who, {self.poll.dates[0].id: suits})
        self.model[who] = suits

    @rule(guest=st.sampled_from(PEOPLE[:2]), resident=st.sampled_from(PEOPLE[2:]))
    def join(self, guest: UUID, resident: UUID) -> None:
        self.poll.join(guest, resident)
        if guest in self.model:
            self.model.setdefault(resident, self.model[guest])
            del self.model[guest]

    @invariant()
    def each_person_counts_once_with_what_they_said_last(self) -> None:
        counts = self.poll.counts[self.poll.dates[0].id]
        assert counts == {kind: list(self.model.values()).count(kind) for kind in Suits}


Poll.TestCase.settings = settings(max_examples=80, stateful_step_count=20, deadline=None, database=None)
test_each_person_counts_once = Poll.TestCase
