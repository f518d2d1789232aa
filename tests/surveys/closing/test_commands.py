"""Whether an idea is solved: who is asked when, and what becomes of the answer, in memory."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events import Event
from buurtthuis.events.notifications import ClosingQuestionAnswered
from buurtthuis.events.sessions import HouseAnonymised, HouseEnded, Outcome
from buurtthuis.events.surveys import ClosingQuestionAsked, Origin, ThemeConfirmed, ThemeReopened
from buurtthuis.testing import Clock, FakeWork
from buurtthuis_surveys.commands.closing import AskWhetherSolved, ask_whether_solved
from buurtthuis_surveys.commands.erasure import erase
from buurtthuis_surveys.commands.themes import AnswerTheme, answer_theme
from buurtthuis_surveys.domain.closing import ClosingQuestion
from buurtthuis_surveys.domain.themes import Theme, ThemeState
from buurtthuis_surveys.reactions import (
    end_what_is_open,
    forget_who_was_asked,
    hear_whether_it_is_solved,
)

HOUSE, ANN, PIET = uuid4(), uuid4(), uuid4()
NOW = Clock().now
ASK_AFTER = timedelta(days=14)


def a_theme(proposer: UUID | None = ANN, state: ThemeState = ThemeState.REALISED) -> Theme:
    theme, _ = Theme.propose(HOUSE, "Lamp bij de lift", Origin.RESIDENT, now=NOW, proposed_by=proposer)
    theme.state = state
    return theme


async def at_home(
    theme: Theme, *others: Theme, people: Collection[UUID] = (ANN, PIET)
) -> tuple[FakeWork, Theme]:
    neighbours = [Neighbour.of(HOUSE, person) for person in people]
    work = FakeWork(theme, *others, *neighbours, now=NOW)
    return work, await work.get(Theme, theme.id)


async def asked(work: FakeWork, theme: Theme) -> list[ClosingQuestionAsked]:
    result = await ask_whether_solved(AskWhetherSolved(theme.id), work)
    return [event for event in result.events if isinstance(event, ClosingQuestionAsked)]


def answered(
    question: ClosingQuestionAsked, solved: bool, objection: str | None = None
) -> ClosingQuestionAnswered:
    return ClosingQuestionAnswered(
        question_id=question.question_id,
        theme_id=question.theme_id,
        house_id=HOUSE,
        solved=solved,
        objection=objection,
    )


async def a_theme_asked_about(*others: Theme) -> tuple[FakeWork, Theme, list[ClosingQuestionAsked]]:
    theme = a_theme()
    for other in others:
        other.merged_into = theme.id
    work, theme = await at_home(theme, *others)
    await answer_theme(AnswerTheme(theme.id, "De lamp is gemaakt."), work)
    work.now += ASK_AFTER
    return work, theme, await asked(work, theme)


async def test_whoever_brought_it_in_is_asked_a_while_after_it_was_answered_and_not_before() -> None:
    work, theme = await at_home(a_theme())
    await answer_theme(AnswerTheme(theme.id, "De lamp is gemaakt."), work)
    assert await asked(work, theme) == []
    work.now += ASK_AFTER
    assert [question.resident_id for question in await asked(work, theme)] == [ANN]
    assert await asked(work, theme) == []


async def test_who_had_an_idea_that_became_part_of_it_is_asked_as_well_and_everybody_once() -> None:
    same, other = a_theme(ANN, ThemeState.MERGED), a_theme(PIET, ThemeState.MERGED)
    _, _, questions = await a_theme_asked_about(same, other)
    assert [question.resident_id for question in questions] == [ANN, PIET]


@pytest.mark.parametrize("people", [(), (PIET,)])
async def test_who_moved_out_is_not_asked(people: Collection[UUID]) -> None:
    work, theme = await at_home(a_theme(), people=people)
    await answer_theme(AnswerTheme(theme.id, "De lamp is gemaakt."), work)
    work.now += ASK_AFTER
    assert await asked(work, theme) == []


async def test_of_an_idea_that_nobody_is_known_to_have_had_nobody_is_asked() -> None:
    work, theme = await at_home(a_theme(proposer=None))
    theme.ask_whether_solved(work.now)
    assert await asked(work, theme) == []


@pytest.mark.parametrize("change", [Theme.hide, Theme.unschedule, Theme.erase])
async def test_nothing_is_asked_about_what_is_not_there_any_more(change: object) -> None:
    theme = a_theme()
    work, theme = await at_home(a_theme())
    theme.session_id = uuid4()
    theme.ask_whether_solved(work.now)
    change(theme)  # type: ignore[operator]
    assert await asked(work, theme) == []


async def test_nothing_is_asked_once_the_house_ended() -> None:
    work, theme = await at_home(a_theme())
    theme.ask_whether_solved(work.now)
    await end_what_is_open(
        HouseEnded(house_id=HOUSE, outcome=Outcome.STOPPED, reason="Klaar.", anonymise_on=date(2019, 6, 1)),
        work,
    )
    assert await asked(work, theme) == []


async def test_yes_is_said_of_the_theme_which_stays_as_it_is() -> None:
    work, theme, [question] = await a_theme_asked_about()
    said = await hear_whether_it_is_solved(answered(question, True), work)
    assert (type(said), theme.state) == (ThemeConfirmed, ThemeState.ANSWERED)


async def test_the_first_no_reopens_it_and_a_second_is_only_noted() -> None:
    work, theme, [first, second] = await a_theme_asked_about(a_theme(PIET, ThemeState.MERGED))
    said = [
        await hear_whether_it_is_solved(answered(question, False, "Nog donker."), work)
        for question in (first, second)
    ]
    assert [type(one) for one in said] == [ThemeReopened, type(None)]
    assert theme.state is ThemeState.REOPENED
    noted = await work.find(ClosingQuestion, theme_id=theme.id)
    assert [(one.solved, one.objection) for one in noted] == [(False, "Nog donker.")] * 2


async def test_a_yes_after_the_no_of_another_leaves_it_with_staff() -> None:
    work, theme, [first, second] = await a_theme_asked_about(a_theme(PIET, ThemeState.MERGED))
    await hear_whether_it_is_solved(answered(first, False, "Nog donker."), work)
    said = await hear_whether_it_is_solved(answered(second, True), work)
    assert (type(said), theme.state) == (ThemeConfirmed, ThemeState.REOPENED)


async def test_an_answer_that_is_heard_twice_counts_once() -> None:
    work, _, [question] = await a_theme_asked_about()
    said: list[Event | None] = [
        await hear_whether_it_is_solved(answered(question, True), work) for _ in range(2)
    ]
    assert said[1] is None


async def test_what_was_answered_once_more_is_asked_again_and_never_reopened_again() -> None:
    work, theme, [question] = await a_theme_asked_about()
    await hear_whether_it_is_solved(answered(question, False, "Nog donker."), work)
    await answer_theme(AnswerTheme(theme.id, "Nu echt."), work)
    work.now += ASK_AFTER
    [again] = await asked(work, theme)
    assert await hear_whether_it_is_solved(answered(again, False, "Weer stuk."), work) is None
    assert theme.state is ThemeState.ANSWERED


async def test_who_said_that_it_is_solved_is_not_asked_again() -> None:
    work, theme, [question] = await a_theme_asked_about()
    await hear_whether_it_is_solved(answered(question, True), work)
    theme.ask_whether_solved(work.now)
    assert await asked(work, theme) == []


async def test_a_theme_that_moderators_hid_is_not_reopened() -> None:
    work, theme, [question] = await a_theme_asked_about()
    theme.hide()
    assert await hear_whether_it_is_solved(answered(question, False, "Nog donker."), work) is None
    assert theme.state is ThemeState.ANSWERED


@pytest.mark.parametrize("forget", ["erasure", "anonymised"])
async def test_nobody_is_left_of_who_was_asked_and_what_they_said_still_counts(forget: str) -> None:
    work, theme, [question] = await a_theme_asked_about()
    await hear_whether_it_is_solved(answered(question, False, "Nog donker."), work)
    if forget == "erasure":
        await erase(ANN, work)
    else:
        await forget_who_was_asked(HouseAnonymised(house_id=HOUSE, removed={}, left={}), work)
    [left] = await work.find(ClosingQuestion, theme_id=theme.id)
    assert (left.resident_id, left.objection, left.solved) == (None, None, False)


async def test_of_who_was_forgotten_meanwhile_no_words_are_kept() -> None:
    work, theme, [question] = await a_theme_asked_about()
    await erase(ANN, work)
    await hear_whether_it_is_solved(answered(question, False, "Nog donker."), work)
    [left] = await work.find(ClosingQuestion, theme_id=theme.id)
    assert left.objection is None
