"""What becomes of cases while things change around them, in memory."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Outdated
from buurtthuis.events.moderation import Action, Category
from buurtthuis.events.notifications import ResidentJoined, ResidentMovedOut
from buurtthuis.events.sessions import HouseOpened
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_moderation.app import service
from buurtthuis_moderation.commands.appeals import DecideAppeal, FileAppeal, ForgetWhatWasDecidedAbout
from buurtthuis_moderation.commands.cases import DecideCase, KeepText, LeaveCase, ReportContent, TakeCase
from buurtthuis_moderation.commands.pages import ChangeRules
from buurtthuis_moderation.commands.posts import EditPost, WithdrawPost, WritePost
from buurtthuis_moderation.commands.teams import AppointModerator, AssignGuide, ResignModerator
from buurtthuis_moderation.domain.cases import (
    HIDES_A_DAY,
    WRONG_ALARMS,
    Case,
    CaseState,
    OwnContent,
    ReportState,
    case_id,
)
from buurtthuis_moderation.domain.contents import Content, ContentState
from buurtthuis_moderation.domain.decisions import Decision, Verdict
from buurtthuis_moderation.domain.pages import Rules
from buurtthuis_moderation.domain.trail import Entry

from tests.speaker import Say, ask_to_be_forgotten, hear, speaker

HOUSE, PIET, MARIE = (uuid4() for _ in range(3))
JAN, FATMA = (Actor.of_resident(uuid4()) for _ in range(2))
GUIDE, STAFF = Actor(ActorKind.GUIDE, uuid4()), Actor(ActorKind.STAFF, uuid4())
A_HOUSE = HouseOpened(house_id=HOUSE, title="x", town="x", dwellings=1, label=None, ends_on=None)
WORDS = "Ik weet waar u woont."
APPROVE = Verdict(Action.APPROVE, "Hier is niets mis mee.")
RESTORE = replace(APPROVE, action=Action.RESTORE)
HIDE = Verdict(Action.HIDE, "Dit is reclame.", Category.SPAM)
WARN = replace(HIDE, action=Action.WARN)
REMOVE, MUTE = replace(HIDE, action=Action.REMOVE), replace(HIDE, action=Action.MUTE, days=7)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def backbone(clock: Clock) -> FakeBackbone:
    """A page on which nobody is new, with two moderators and a guide."""
    backbone = FakeBackbone(service, speaker, replace(speaker, name="sessions"), clock=clock)
    await backbone.run("sessions", Say(A_HOUSE))
    await backbone.settled()
    await hear(backbone, ResidentJoined(resident_id=MARIE, house_id=HOUSE, language="nl"))
    for command in (
        ChangeRules(HOUSE, Rules(first_posts=0), STAFF),
        AppointModerator(HOUSE, JAN.person, STAFF),
        AppointModerator(HOUSE, FATMA.person, STAFF),
        AssignGuide(HOUSE, GUIDE.person, STAFF),
    ):
        await backbone.run("moderation", command)
    return backbone


async def a_post(backbone: FakeBackbone, by: UUID = PIET) -> UUID:
    write = WritePost(HOUSE, Actor.of_resident(by), WORDS, "nl")
    return (await backbone.run("moderation", write)).id


async def report(
    backbone: FakeBackbone, post: UUID, by: UUID = MARIE, category: Category = Category.UNSAFE
) -> None:
    urgent = category is Category.UNSAFE
    await backbone.run("moderation", ReportContent(post, Actor.of_resident(by), category, None, urgent))


async def a_reported_post(backbone: FakeBackbone, by: UUID = PIET, **how: Any) -> UUID:
    post = await a_post(backbone, by)
    await report(backbone, post, **how)
    return post


async def decide(
    backbone: FakeBackbone, post: UUID, verdict: Verdict, by: Actor = JAN, version: int | None = None
) -> None:
    await backbone.run("moderation", DecideCase(case_id(post), verdict, by, version))


async def the_case(backbone: FakeBackbone, post: UUID) -> Case:
    return next(one for one in await backbone.kept("moderation", Case) if one.content_id == post)


async def the_post(backbone: FakeBackbone, post: UUID) -> Content:
    return next(one for one in await backbone.kept("moderation", Content) if one.id == post)


async def uphold(backbone: FakeBackbone, decision: UUID, by: Actor = GUIDE) -> None:
    appeal = (
        await backbone.run("moderation", FileAppeal(decision, Actor.of_resident(PIET), "Dat was een grap."))
    ).id
    await backbone.run("moderation", DecideAppeal(appeal, True, "Dat klopt.", by, None))


async def the_decision(backbone: FakeBackbone, action: Action) -> Decision:
    return next(one for one in await backbone.kept("moderation", Decision) if one.action is action)


async def escalated(backbone: FakeBackbone) -> int:
    return sum("case-escalated" in one.type for one in await backbone.journal("moderation"))


# Whoever leaves gives back what they had taken.

LEAVING: dict[str, Callable[[FakeBackbone], Awaitable[Any]]] = {
    "stops": lambda backbone: backbone.run("moderation", ResignModerator(HOUSE, JAN, JAN.person)),
    "is let go": lambda backbone: backbone.run("moderation", ResignModerator(HOUSE, STAFF, JAN.person)),
    "moves out": lambda backbone: hear(backbone, ResidentMovedOut(resident_id=JAN.person, house_id=HOUSE)),
    "is forgotten": lambda backbone: ask_to_be_forgotten(backbone, JAN.person),
}


@pytest.mark.parametrize("how", LEAVING)
async def test_what_a_moderator_had_taken_who_leaves_waits_again(backbone: FakeBackbone, how: str) -> None:
    post = await a_reported_post(backbone)
    await backbone.run("moderation", TakeCase(case_id(post), JAN))
    await LEAVING[how](backbone)
    case = await the_case(backbone, post)
    assert (case.state, case.assignee_id) == (CaseState.OPEN, None)
    assert await given_back(backbone) == [(str(case.id), False)]
    entry: type[Any] = Entry
    noted = [one for one in await backbone.kept("moderation", entry) if "given-back" in one.what]
    assert [one.about for one in noted] == [case.id]
    await decide(backbone, post, HIDE, by=FATMA)


async def test_what_a_muted_moderator_had_taken_waits_again(backbone: FakeBackbone) -> None:
    taken, of_jan = await a_reported_post(backbone), await a_reported_post(backbone, JAN.person)
    await backbone.run("moderation", TakeCase(case_id(taken), JAN))
    await decide(backbone, of_jan, MUTE, by=FATMA)
    assert await given_back(backbone) == [(str(case_id(taken)), False)]


async def test_what_a_guide_had_taken_waits_again_when_another_comes(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone)
    await backbone.run("moderation", TakeCase(case_id(post), GUIDE))
    await backbone.run("moderation", AssignGuide(HOUSE, GUIDE.person, STAFF))
    assert await given_back(backbone) == []
    await backbone.run("moderation", AssignGuide(HOUSE, uuid4(), STAFF))
    assert await given_back(backbone) == [(str(case_id(post)), False)]


async def test_what_others_had_taken_stays_theirs(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone)
    await backbone.run("moderation", TakeCase(case_id(post), FATMA))
    await backbone.run("moderation", ResignModerator(HOUSE, JAN, JAN.person))
    assert (await the_case(backbone, post)).assignee_id == FATMA.person


async def given_back(backbone: FakeBackbone) -> list[tuple[str, bool]]:
    said = [one.data for one in await backbone.journal("moderation") if "case-given-back" in one.type]
    return [(one["case_id"], one["by_choice"]) for one in said]


# Nobody decides what they have not read.


async def test_what_was_changed_after_it_was_read_is_read_again_first(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone, category=Category.SPAM)
    read = (await the_case(backbone, post)).version
    await backbone.run("moderation", EditPost(post, Actor.of_resident(PIET), "Iets anders."))
    with pytest.raises(Outdated):
        await decide(backbone, post, APPROVE, version=read)


async def test_what_was_reported_again_after_it_was_read_is_read_again_first(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone, category=Category.SPAM)
    read = (await the_case(backbone, post)).version
    await report(backbone, post, by=uuid4(), category=Category.OTHER)
    with pytest.raises(Outdated):
        await decide(backbone, post, APPROVE, version=read)


async def test_what_was_approved_and_then_changed_is_hidden_again_where_it_feels_unsafe(
    backbone: FakeBackbone,
) -> None:
    post = await a_reported_post(backbone, category=Category.SPAM)
    await decide(backbone, post, APPROVE)
    await backbone.run("moderation", EditPost(post, Actor.of_resident(PIET), "Ik kom vanavond langs."))
    await report(backbone, post)
    assert (await the_post(backbone, post)).state is ContentState.HIDDEN


async def test_a_neighbour_hides_so_many_a_day(backbone: FakeBackbone, clock: Clock) -> None:
    states = []
    for _ in range(HIDES_A_DAY + 1):
        states.append((await the_post(backbone, await a_reported_post(backbone, by=uuid4()))).state)
        clock.move(timedelta(hours=1))
    assert states == [ContentState.HIDDEN] * HIDES_A_DAY + [ContentState.PUBLISHED]
    clock.move(timedelta(hours=23))
    assert (
        await the_post(backbone, await a_reported_post(backbone, by=uuid4()))
    ).state is ContentState.HIDDEN


async def test_whoever_was_wrong_so_often_hides_nothing_any_more(
    backbone: FakeBackbone, clock: Clock
) -> None:
    for _ in range(WRONG_ALARMS):
        await decide(backbone, await a_reported_post(backbone, by=uuid4()), APPROVE)
        clock.move(timedelta(days=2))
    post = await a_reported_post(backbone, by=uuid4())
    assert (await the_post(backbone, post)).state is ContentState.PUBLISHED
    assert (await the_case(backbone, post)).urgent


async def test_whoever_moved_out_hides_nothing(backbone: FakeBackbone) -> None:
    await hear(backbone, ResidentMovedOut(resident_id=MARIE, house_id=HOUSE))
    assert (await the_post(backbone, await a_reported_post(backbone))).state is ContentState.PUBLISHED


async def test_whoever_looks_after_the_page_hides_as_before(backbone: FakeBackbone) -> None:
    for _ in range(HIDES_A_DAY + 1):
        post = await a_post(backbone, by=uuid4())
        await report(backbone, post, by=JAN.person)
        assert (await the_post(backbone, post)).state is ContentState.HIDDEN


async def test_nobody_reports_what_they_wrote_themselves(backbone: FakeBackbone) -> None:
    post = await a_post(backbone)
    with pytest.raises(OwnContent):
        await report(backbone, post, by=PIET)


# Where nobody is left.


async def test_where_a_mute_leaves_nobody_the_guide_is_asked(backbone: FakeBackbone) -> None:
    await a_reported_post(backbone, by=FATMA.person)
    of_jan = await a_reported_post(backbone, by=JAN.person)
    await decide(backbone, of_jan, MUTE, by=FATMA)
    assert await escalated(backbone) == 1


async def test_an_appeal_that_only_one_who_leaves_could_answer_goes_to_the_guide(
    backbone: FakeBackbone,
) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, HIDE)
    decision = (await the_decision(backbone, Action.HIDE)).id
    await backbone.run("moderation", FileAppeal(decision, Actor.of_resident(PIET), "Dat was een grap."))
    await backbone.run("moderation", ResignModerator(HOUSE, STAFF, FATMA.person))
    assert await escalated(backbone) == 1


async def test_an_appeal_that_the_only_other_would_rather_not_answer_goes_to_the_guide(
    backbone: FakeBackbone,
) -> None:
    post = await a_reported_post(backbone)
    await backbone.run("moderation", LeaveCase(case_id(post), FATMA))
    await decide(backbone, post, HIDE)
    decision = (await the_decision(backbone, Action.HIDE)).id
    await backbone.run("moderation", FileAppeal(decision, Actor.of_resident(PIET), "Dat was een grap."))
    assert await escalated(backbone) == 1


async def test_what_one_wants_removed_after_all_waits_for_a_second(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, APPROVE)
    await decide(backbone, post, REMOVE)
    assert (await the_case(backbone, post)).state is CaseState.OPEN
    assert (await the_post(backbone, post)).state is ContentState.HIDDEN


async def test_nobody_is_told_that_a_mute_ends_which_was_over_when_the_appeal_was_upheld(
    backbone: FakeBackbone, clock: Clock
) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, MUTE)
    clock.move(timedelta(days=7))
    await uphold(backbone, (await the_decision(backbone, Action.MUTE)).id)
    assert not any("resident-unmuted" in one.type for one in await backbone.journal("moderation"))


# What stays.


async def test_a_warning_brings_nothing_back_that_was_hidden_before(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone)
    for verdict, by in ((HIDE, STAFF), (REMOVE, JAN), (WARN, FATMA)):
        await decide(backbone, post, verdict, by=by)
    assert (await the_post(backbone, post)).state is ContentState.HIDDEN


async def test_a_warning_brings_back_what_was_hidden_at_once(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, WARN, by=JAN)
    assert (await the_post(backbone, post)).state is ContentState.PUBLISHED


async def test_what_was_hidden_before_it_was_removed_stays_hidden_by_that(
    backbone: FakeBackbone, clock: Clock
) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, HIDE, by=STAFF)
    for one in (JAN, FATMA):
        clock.move(timedelta(hours=1))
        await decide(backbone, post, REMOVE, by=one)
    removed = await the_decision(backbone, Action.REMOVE)
    await uphold(backbone, removed.id)
    first = (await the_post(backbone, post)).state
    await uphold(backbone, (await the_decision(backbone, Action.HIDE)).id)
    assert (first, (await the_post(backbone, post)).state) == (ContentState.HIDDEN, ContentState.PUBLISHED)


async def test_what_was_removed_keeps_its_words_until_nobody_can_appeal_against_that(
    backbone: FakeBackbone, clock: Clock
) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, HIDE)
    earlier = (await the_decision(backbone, Action.HIDE)).id
    await decide(backbone, post, RESTORE)
    clock.move(timedelta(days=15))
    for one in (JAN, FATMA):
        await decide(backbone, post, REMOVE, by=one)
    clock.move(timedelta(days=5))
    await backbone.run("moderation", ForgetWhatWasDecidedAbout(earlier))
    await uphold(backbone, (await the_decision(backbone, Action.REMOVE)).id)
    kept = await the_post(backbone, post)
    assert (kept.state, kept.text) == (ContentState.PUBLISHED, WORDS)


async def test_what_was_removed_loses_its_words_when_nobody_can_appeal_against_that_any_more(
    backbone: FakeBackbone, clock: Clock
) -> None:
    post = await a_reported_post(backbone)
    for one in (JAN, FATMA):
        await decide(backbone, post, REMOVE, by=one)
    clock.move(timedelta(days=20))
    removed = await the_decision(backbone, Action.REMOVE)
    await backbone.run("moderation", ForgetWhatWasDecidedAbout(removed.id))
    assert (await the_post(backbone, post)).text is None


async def test_what_somebody_wants_removed_stays_hidden_until_a_second_person_decides(
    backbone: FakeBackbone, clock: Clock
) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, HIDE, by=STAFF)
    clock.move(timedelta(hours=1))
    await decide(backbone, post, REMOVE)
    await uphold(backbone, (await the_decision(backbone, Action.HIDE)).id)
    waits = (await the_post(backbone, post)).state
    await decide(backbone, post, RESTORE, by=FATMA)
    assert (waits, (await the_post(backbone, post)).state) == (ContentState.HIDDEN, ContentState.PUBLISHED)


async def test_whoever_threatened_somebody_does_not_close_that_case_by_taking_it_back(
    backbone: FakeBackbone,
) -> None:
    post = await a_reported_post(backbone)
    await backbone.run("moderation", WithdrawPost(post, Actor.of_resident(PIET)))
    case = await the_case(backbone, post)
    await decide(backbone, post, MUTE)
    assert (case.state, case.open_reports[0].state) == (CaseState.OPEN, ReportState.OPEN)
    assert (await the_post(backbone, post)).state is ContentState.WITHDRAWN


async def test_what_is_taken_back_otherwise_waits_for_nobody(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone, category=Category.SPAM)
    await backbone.run("moderation", WithdrawPost(post, Actor.of_resident(PIET)))
    assert (await the_case(backbone, post)).state is CaseState.CLOSED


async def test_why_it_was_decided_about_somebody_is_forgotten_with_them(backbone: FakeBackbone) -> None:
    post = await a_reported_post(backbone)
    await decide(backbone, post, HIDE)
    decision = (await the_decision(backbone, Action.HIDE)).id
    await uphold(backbone, decision)
    await ask_to_be_forgotten(backbone, PIET)
    said = str(await backbone.journal("moderation"))
    assert "Dit is reclame." not in said
    assert "Dat klopt." not in said


async def test_nothing_keeps_the_words_of_whoever_was_forgotten_once_their_case_is_decided(
    backbone: FakeBackbone,
) -> None:
    post = await a_reported_post(backbone)
    await backbone.run("moderation", KeepText(case_id(post), "Er is aangifte gedaan.", JAN))
    await ask_to_be_forgotten(backbone, PIET)
    assert (await the_post(backbone, post)).text == WORDS
    await decide(backbone, post, HIDE)
    decision = await the_decision(backbone, Action.HIDE)
    assert ((await the_post(backbone, post)).text, decision.text, decision.appeal_until) == (None, None, None)
