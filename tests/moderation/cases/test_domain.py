"""The rules of cases: what is decided, by whom, about what, and how that is undone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Invalid
from buurtthuis.events.moderation import (
    Action,
    CaseBecameUrgent,
    CaseOpened,
    Category,
    ContentKind,
    DecidedBy,
    EscalationReason,
    PostPinned,
    PostRestored,
    RecusalReason,
)
from buurtthuis.events.surveys import Origin
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import FakeWork
from buurtthuis_moderation.commands.mutes import check_not_muted, muted_in
from buurtthuis_moderation.domain import appeals
from buurtthuis_moderation.domain.appeals import (
    Appeal,
    AppealIsDecided,
    AppealState,
    NotAboutYou,
    NothingToAppeal,
    TooLateToAppeal,
)
from buurtthuis_moderation.domain.cases import (
    WORDS,
    Case,
    CaseNotOpen,
    CaseNotYours,
    CaseState,
    CaseTakenByAnother,
    NoSafetyCase,
    ReportedAlready,
    ReportState,
    SecondPersonNeeded,
    Why,
)
from buurtthuis_moderation.domain.contents import Content, ContentState
from buurtthuis_moderation.domain.decisions import POSSIBLE, CannotDecideSo, Decision, NobodyToMute, Verdict
from buurtthuis_moderation.domain.mutes import Mute, Muted, NotMuted

NOW = datetime(2018, 12, 14, 12, tzinfo=UTC)
SECOND, TWENTY_DAYS = timedelta(seconds=1), timedelta(days=20)
HOUSE, AUTHOR, REPORTER = uuid4(), uuid4(), uuid4()
JAN, FATMA = (Actor.of_resident(uuid4()) for _ in range(2))
STAFF = Actor(ActorKind.STAFF, uuid4())
WHY = "Dit is reclame."
PENDING, PUBLISHED, HIDDEN, REMOVED, WITHDRAWN = ContentState
APPROVE, REJECT, HIDE, RESTORE, REMOVE, WARN, MUTE = Action

#: Each as it has to be.
WHOLE = {
    APPROVE: Verdict(APPROVE, WHY),
    REJECT: Verdict(REJECT, WHY, Category.SPAM),
    HIDE: Verdict(HIDE, WHY, Category.SPAM),
    RESTORE: Verdict(RESTORE, WHY),
    REMOVE: Verdict(REMOVE, WHY, Category.SPAM),
    WARN: Verdict(WARN, WHY, Category.SPAM),
    MUTE: Verdict(MUTE, WHY, Category.SPAM, days=7),
}
#: Where each leaves what it is about; whoever is warned keeps their words.
LEAVES = {
    APPROVE: PUBLISHED,
    REJECT: REMOVED,
    HIDE: HIDDEN,
    RESTORE: PUBLISHED,
    REMOVE: REMOVED,
    WARN: PUBLISHED,
    MUTE: HIDDEN,
}
POSSIBLE_ONES = [(state, action) for state in ContentState for action in Action if action in POSSIBLE[state]]
IMPOSSIBLE_ONES = [
    (state, action) for state in ContentState for action in Action if action not in POSSIBLE[state]
]
AGAINST = [action for action in Action if action not in (APPROVE, RESTORE)]
#: After any of these nobody else reads it.
TAKES_AWAY = [action for action in AGAINST if action is not WARN]


def a_post(state: ContentState = PUBLISHED, *, author: UUID | None = AUTHOR, **more: Any) -> Content:
    return Content(
        uuid4(), HOUSE, ContentKind.POST, author, "Koop!", "nl", NOW, state=state, published_at=NOW, **more
    )


def a_case(post: Content) -> Case:
    case = Case.about(post, NOW)
    case.raise_for(Why.REPORTED, NOW)
    return case


def reported(case: Case, by: UUID = REPORTER, category: Category = Category.SPAM) -> None:
    case.report(Actor.of_resident(by), category, None, NOW, urgent=False)


def decided(post: Content, action: Action = HIDE, case: Case | None = None) -> Decision:
    """By Jan, and carried out."""
    case = case or a_case(post)
    decision = Decision.make(WHOLE[action], post, case, JAN, NOW, "Europe/Amsterdam")
    decision.carry_out(post, NOW)
    case.decide(against=WHOLE[action].against)
    return decision


def appealed(decision: Decision, at: datetime = NOW) -> Appeal:
    return Appeal.file(decision, Actor.of_resident(AUTHOR), "Dat was een grap.", at)[0]


# What a verdict says.


@pytest.mark.parametrize("action", Action)
def test_a_verdict_with_all_it_takes_is_whole(action: Action) -> None:
    WHOLE[action].check_whole()


@pytest.mark.parametrize("action", AGAINST)
def test_whoever_decides_against_something_says_by_which_rule(action: Action) -> None:
    with pytest.raises(Invalid) as refused:
        Verdict(action, WHY, None, WHOLE[action].days).check_whole()
    assert place_of(refused.value) == "/rule"


@pytest.mark.parametrize("action", [APPROVE, RESTORE])
def test_where_nothing_is_wrong_no_rule_is_named(action: Action) -> None:
    with pytest.raises(Invalid) as refused:
        Verdict(action, WHY, Category.SPAM).check_whole()
    assert place_of(refused.value) == "/rule"


def test_whoever_mutes_says_for_how_long() -> None:
    with pytest.raises(Invalid) as refused:
        Verdict(MUTE, WHY, Category.SPAM).check_whole()
    assert place_of(refused.value) == "/days"


@pytest.mark.parametrize("action", [one for one in Action if one is not MUTE])
def test_nothing_but_a_mute_lasts_for_days(action: Action) -> None:
    with pytest.raises(Invalid) as refused:
        Verdict(action, WHY, WHOLE[action].rule, days=7).check_whole()
    assert place_of(refused.value) == "/days"


# What is possible where.


@pytest.mark.parametrize(("state", "action"), POSSIBLE_ONES)
def test_what_is_possible_is_carried_out(state: ContentState, action: Action) -> None:
    post = a_post(state)
    WHOLE[action].check_possible(post)
    decided(post, action)
    assert post.state is (WITHDRAWN if state is WITHDRAWN else LEAVES[action])


@pytest.mark.parametrize(("state", "action"), IMPOSSIBLE_ONES)
def test_what_is_impossible_is_refused(state: ContentState, action: Action) -> None:
    with pytest.raises(CannotDecideSo):
        WHOLE[action].check_possible(a_post(state))


def test_everywhere_it_is_said_what_is_possible() -> None:
    assert set(POSSIBLE) == set(ContentState)


def test_about_what_is_gone_for_good_nothing_is_decided() -> None:
    assert not POSSIBLE[REMOVED]


@pytest.mark.parametrize(
    ("action", "states"), [(REJECT, {PENDING}), (RESTORE, {HIDDEN}), (REMOVE, {PUBLISHED, HIDDEN})]
)
def test_what_was_never_read_is_rejected_what_was_is_removed_and_what_is_hidden_is_restored(
    action: Action, states: set[ContentState]
) -> None:
    """Rejecting takes one person, so that nothing that people read may go by it."""
    assert {one for one in ContentState if action in POSSIBLE[one]} == states


def test_nobody_is_muted_where_nobody_knows_who_wrote_it() -> None:
    with pytest.raises(NobodyToMute):
        WHOLE[MUTE].check_possible(a_post(author=None))


# What is kept of a decision.


@pytest.mark.parametrize("action", AGAINST)
def test_what_was_decided_against_is_kept_as_it_was_for_as_long_as_it_can_be_appealed(action: Action) -> None:
    decision = Decision.make(WHOLE[action], post := a_post(), a_case(post), JAN, NOW, "Europe/Amsterdam")
    assert (decision.text, decision.appeal_until) == ("Koop!", NOW + TWENTY_DAYS)


@pytest.mark.parametrize("action", [APPROVE, RESTORE])
def test_of_what_nothing_is_wrong_with_no_copy_is_kept(action: Action) -> None:
    decision = Decision.make(
        WHOLE[action], post := a_post(HIDDEN), a_case(post), JAN, NOW, "Europe/Amsterdam"
    )
    assert (decision.text, decision.appeal_until) == (None, None)


def test_the_author_is_told_what_was_decided_and_why_and_by_whom() -> None:
    told = decided(a_post()).told()
    assert (told.author_id, told.action, told.rule, told.reason) == (AUTHOR, HIDE, Category.SPAM, WHY)
    assert told.decided_by is DecidedBy.MODERATOR


# Removing takes two.


def test_whoever_proposed_a_removal_does_not_second_it() -> None:
    case = a_case(a_post())
    case.propose_removal(JAN, Category.SPAM, NOW)
    with pytest.raises(SecondPersonNeeded):
        case.propose_removal(JAN, Category.SPAM, NOW)


def test_whoever_proposed_a_removal_is_not_free_to_decide_it() -> None:
    post = a_post()
    case = a_case(post)
    case.propose_removal(JAN, Category.SPAM, NOW)
    assert [case.is_free(post, one.person) for one in (JAN, FATMA)] == [False, True]


def test_a_proposal_leaves_the_case_to_others() -> None:
    case = a_case(a_post())
    case.take(JAN)
    case.propose_removal(JAN, Category.SPAM, NOW)
    assert case.assignee_id is None


def test_a_removal_says_who_wanted_it_first() -> None:
    post = a_post()
    case = a_case(post)
    case.propose_removal(FATMA, Category.SPAM, NOW)
    decision = decided(post, REMOVE, case)
    assert (decision.seconder_id, decision.decider_id) == (FATMA.person, JAN.person)


def test_a_proposal_ends_with_the_case() -> None:
    post = a_post(HIDDEN)
    case = a_case(post)
    case.propose_removal(FATMA, Category.SPAM, NOW)
    decision = decided(post, RESTORE, case)
    assert (case.removal_by, decision.seconder_id) == (None, None)


# Who does not handle it.


def test_nobody_handles_what_they_wrote() -> None:
    post = a_post(author=JAN.person)
    assert a_case(post).conflict(post, JAN) is RecusalReason.OWN_CONTENT


def test_nobody_handles_what_they_reported() -> None:
    post = a_post()
    reported(case := a_case(post), JAN.person)
    assert case.conflict(post, JAN) is RecusalReason.OWN_REPORT


def test_whoever_would_rather_not_stays_off_it() -> None:
    post = a_post()
    case = a_case(post)
    case.recuse(JAN, RecusalReason.OWN_WISH, NOW)
    assert case.conflict(post, JAN) is RecusalReason.OWN_WISH


def test_whoever_has_nothing_to_do_with_it_handles_it() -> None:
    post = a_post()
    reported(case := a_case(post))
    case.recuse(FATMA, RecusalReason.OWN_WISH, NOW)
    assert case.conflict(post, JAN) is None


def test_a_report_that_is_settled_keeps_nobody_off_what_comes_later() -> None:
    post = a_post()
    reported(case := a_case(post), JAN.person)
    case.decide(against=False)
    case.raise_for(Why.REPORTED, NOW)
    assert case.conflict(post, JAN) is None


def test_nobody_has_the_last_word_about_what_they_reported() -> None:
    post = a_post()
    reported(case := a_case(post), JAN.person)
    case.decide(against=False)
    assert [case.conflict(post, one) for one in (JAN, FATMA)] == [RecusalReason.OWN_REPORT, None]


def test_staff_do_not_handle_what_any_of_them_wrote() -> None:
    post = a_post(author=None, origin=Origin.CORPORATION)
    assert a_case(post).conflict(post, STAFF) is RecusalReason.OWN_CONTENT


def test_staff_handle_what_lost_its_author() -> None:
    post = a_post(author=None)
    assert a_case(post).conflict(post, STAFF) is None


def test_it_is_kept_once_that_somebody_stayed_off_it() -> None:
    case = a_case(a_post())
    said = [case.recuse(JAN, RecusalReason.OWN_REPORT, NOW) for _ in range(2)]
    assert ([len(one) for one in said], len(case.recusals)) == ([1, 0], 1)


def test_whoever_stays_off_it_has_it_no_longer() -> None:
    case = a_case(a_post())
    case.take(JAN)
    case.recuse(JAN, RecusalReason.OWN_WISH, NOW)
    assert case.assignee_id is None


@pytest.mark.parametrize("reason", RecusalReason)
def test_everybody_who_is_kept_off_is_told_why(reason: RecusalReason) -> None:
    assert WORDS[reason]


# Who has it.


def test_what_somebody_looks_at_nobody_else_decides() -> None:
    case = a_case(a_post())
    case.take(JAN)
    with pytest.raises(CaseTakenByAnother):
        case.check_decidable(FATMA, again=False)


def test_what_somebody_looks_at_another_can_take_over() -> None:
    case = a_case(a_post())
    case.take(JAN)
    case.take(FATMA)
    case.check_decidable(FATMA, again=False)


def test_nobody_gives_back_what_another_has() -> None:
    case = a_case(a_post())
    case.take(JAN)
    with pytest.raises(CaseNotYours):
        case.give_back(FATMA)


def test_what_was_given_back_anybody_decides() -> None:
    case = a_case(a_post())
    case.take(JAN)
    case.give_back(JAN)
    case.check_decidable(FATMA, again=False)


def test_what_is_decided_is_not_decided_anew() -> None:
    case = a_case(a_post())
    case.decide(against=True)
    with pytest.raises(CaseNotOpen):
        case.check_decidable(JAN, again=False)


def test_what_is_decided_can_be_restored_or_removed_later() -> None:
    case = a_case(a_post())
    case.decide(against=True)
    case.check_decidable(JAN, again=True)


def test_the_guide_is_asked_once_for_as_long_as_it_is_open() -> None:
    case = a_case(a_post())
    said = [case.escalate(reason) for reason in EscalationReason]
    assert [len(one) for one in said] == [1, 0]


# Reports.


def test_everything_written_has_one_case() -> None:
    post = a_post()
    assert Case.about(post, NOW).id == Case.about(post, NOW + SECOND).id


def test_what_is_open_is_not_opened_again() -> None:
    assert a_case(a_post()).raise_for(Why.CHECKED, NOW) == []


def test_something_new_opens_again_what_was_decided() -> None:
    case = a_case(a_post())
    case.decide(against=False)
    (opened,) = case.raise_for(Why.REPORTED, NOW + SECOND)
    assert isinstance(opened, CaseOpened)
    assert (case.state, case.opened_at) == (CaseState.OPEN, NOW + SECOND)


def test_who_reports_something_twice_counts_once() -> None:
    reported(case := a_case(a_post()))
    with pytest.raises(ReportedAlready):
        reported(case)
    assert len(case.reports) == 1


def test_who_reports_it_again_after_a_decision_is_heard() -> None:
    reported(case := a_case(a_post()))
    case.decide(against=False)
    reported(case)
    assert [one.state for one in case.reports] == [ReportState.REJECTED, ReportState.OPEN]


@pytest.mark.parametrize(("against", "state"), [(True, ReportState.UPHELD), (False, ReportState.REJECTED)])
def test_a_decision_settles_all_reports(against: bool, state: ReportState) -> None:
    case = a_case(a_post())
    for _ in range(3):
        reported(case, uuid4())
    case.decide(against=against)
    assert [one.state for one in case.reports] == [state] * 3


def test_a_later_decision_leaves_settled_reports_as_they_are() -> None:
    reported(case := a_case(a_post()))
    case.decide(against=True)
    case.decide(against=False)
    assert [one.state for one in case.reports] == [ReportState.UPHELD]


def test_where_it_was_taken_back_reports_are_neither_right_nor_wrong() -> None:
    reported(case := a_case(a_post()))
    case.close()
    assert [one.state for one in case.reports] == [ReportState.IGNORED]


def test_it_becomes_urgent_once() -> None:
    case = a_case(a_post())
    first, second = case.become_urgent(), case.become_urgent()
    assert ([type(one) for one in first], second) == ([CaseBecameUrgent], [])


def test_what_is_decided_is_urgent_no_longer() -> None:
    case = a_case(a_post())
    case.become_urgent()
    case.decide(against=True)
    assert not case.urgent


# Text that is needed.


def test_the_text_of_an_open_case_about_safety_is_kept_until_it_is_decided() -> None:
    reported(case := a_case(a_post()), category=Category.UNSAFE)
    case.keep_text("Er is aangifte gedaan.")
    kept_before = case.keeps_text
    case.decide(against=True)
    assert (kept_before, case.keeps_text) == (True, False)


def test_no_other_text_is_kept() -> None:
    reported(case := a_case(a_post()), category=Category.SPAM)
    with pytest.raises(NoSafetyCase):
        case.keep_text("Zo maar.")


def test_once_it_is_decided_no_text_is_kept() -> None:
    reported(case := a_case(a_post()), category=Category.UNSAFE)
    case.decide(against=True)
    with pytest.raises(NoSafetyCase):
        case.keep_text("Er is aangifte gedaan.")


# Appeals.


def test_an_appeal_is_in_time_until_the_last_second_of_twenty_days() -> None:
    assert appealed(decided(a_post()), NOW + TWENTY_DAYS - SECOND).state is AppealState.PENDING


def test_after_twenty_days_an_appeal_is_too_late() -> None:
    with pytest.raises(TooLateToAppeal, match=f"until {NOW + TWENTY_DAYS:%Y-%m-%d %H:%M} UTC."):
        appealed(decided(a_post()), NOW + TWENTY_DAYS)


def test_there_is_one_appeal_against_a_decision() -> None:
    decision = decided(a_post())
    assert appealed(decision).id == appealed(decision, NOW + SECOND).id


@pytest.mark.parametrize("by", [REPORTER, JAN.person])
def test_only_whoever_it_was_decided_about_appeals(by: UUID) -> None:
    with pytest.raises(NotAboutYou):
        Appeal.file(decided(a_post()), Actor.of_resident(by), "Dat was een grap.", NOW)


@pytest.mark.parametrize("action", [APPROVE, RESTORE])
def test_there_is_nothing_to_appeal_where_nothing_was_wrong(action: Action) -> None:
    with pytest.raises(NothingToAppeal):
        appealed(decided(a_post(HIDDEN), action))


def test_there_is_nothing_to_appeal_once_it_is_undone() -> None:
    decision = decided(post := a_post())
    decision.undo(post, NOW)
    with pytest.raises(NothingToAppeal):
        appealed(decision)


def test_nobody_answers_an_appeal_against_what_they_decided() -> None:
    post = a_post()
    decision = decided(post, HIDE, case := a_case(post))
    assert appeals.conflict(decision, case, post, JAN) is RecusalReason.OWN_DECISION
    assert appeals.conflict(decision, case, post, FATMA) is None


def test_nobody_answers_an_appeal_against_the_removal_that_they_proposed() -> None:
    post = a_post()
    case = a_case(post)
    case.propose_removal(FATMA, Category.SPAM, NOW)
    decision = decided(post, REMOVE, case)
    assert appeals.conflict(decision, case, post, FATMA) is RecusalReason.OWN_DECISION


@pytest.mark.parametrize("action", AGAINST)
def test_nor_against_what_somebody_else_made_of_their_proposal(action: Action) -> None:
    post = a_post(PENDING if action is REJECT else PUBLISHED)
    case = a_case(post)
    case.propose_removal(FATMA, Category.SPAM, NOW)
    decision = decided(post, action, case)
    assert appeals.conflict(decision, case, post, FATMA) is RecusalReason.OWN_DECISION


def test_nobody_answers_an_appeal_about_what_they_reported() -> None:
    post = a_post()
    reported(case := a_case(post), FATMA.person)
    decision = decided(post, HIDE, case)
    assert appeals.conflict(decision, case, post, FATMA) is RecusalReason.OWN_REPORT


def test_nobody_answers_their_own_appeal() -> None:
    post = a_post(author=FATMA.person)
    decision = decided(post, HIDE, case := a_case(post))
    assert appeals.conflict(decision, case, post, FATMA) is RecusalReason.OWN_CONTENT


def test_an_appeal_is_answered_once() -> None:
    appeal = appealed(decided(a_post()))
    appeal.decide(FATMA, "Het blijft zo.", NOW, upheld=False)
    with pytest.raises(AppealIsDecided):
        appeal.decide(FATMA, "Toch niet.", NOW, upheld=True)


@pytest.mark.parametrize("action", TAKES_AWAY)
def test_an_upheld_appeal_restores(action: Action) -> None:
    post = a_post(PENDING if action is REJECT else PUBLISHED)
    decided(post, action).undo(post, NOW)
    assert post.state is PUBLISHED


def test_what_everybody_read_before_is_said_to_be_restored() -> None:
    decision = decided(post := a_post(), REMOVE)
    assert [type(one) for one in decision.undo(post, NOW)] == [PostRestored]


def test_what_stood_on_top_stands_there_again() -> None:
    decision = decided(post := a_post(pinned=True), REMOVE)
    assert PostPinned in [type(one) for one in decision.undo(post, NOW)]


@pytest.mark.parametrize("action", TAKES_AWAY)
def test_what_its_author_took_back_stays_away(action: Action) -> None:
    post = a_post(PENDING if action is REJECT else PUBLISHED)
    decision = decided(post, action)
    post.state = WITHDRAWN
    assert (decision.undo(post, NOW), post.state) == ([], WITHDRAWN)


def test_reports_turn_out_wrong_where_the_decision_was() -> None:
    post = a_post()
    reported(case := a_case(post))
    decided(post, HIDE, case)
    case.clear()
    assert [one.state for one in case.reports] == [ReportState.REJECTED]


# Mutes.


def test_a_mute_lasts_as_many_days_as_was_decided() -> None:
    assert decided(a_post(), MUTE).muted_until == NOW + timedelta(days=7)


async def test_whoever_is_muted_cannot_write_until_the_last_second() -> None:
    mute, _ = Mute.resident(HOUSE, AUTHOR, NOW)
    with pytest.raises(Muted):
        await check_not_muted(HOUSE, Actor.of_resident(AUTHOR), FakeWork(mute, now=NOW - SECOND))


async def test_a_mute_ends_by_itself_at_its_time() -> None:
    work = FakeWork(Mute.resident(HOUSE, AUTHOR, NOW)[0], now=NOW)
    await check_not_muted(HOUSE, Actor.of_resident(AUTHOR), work)
    assert await muted_in(HOUSE, work) == set()


async def test_a_mute_that_is_lifted_is_over() -> None:
    mute, _ = Mute.resident(HOUSE, AUTHOR, NOW)
    mute.lift(NOW - SECOND)
    await check_not_muted(HOUSE, Actor.of_resident(AUTHOR), FakeWork(mute, now=NOW - SECOND))


async def test_of_two_mutes_the_longest_counts() -> None:
    mutes = [Mute.resident(HOUSE, AUTHOR, NOW + days * timedelta(days=1))[0] for days in (1, 9)]
    with pytest.raises(Muted, match="2018-12-23"):
        await check_not_muted(HOUSE, Actor.of_resident(AUTHOR), FakeWork(*mutes, now=NOW))


@pytest.mark.parametrize(("house", "resident"), [(uuid4(), AUTHOR), (HOUSE, uuid4())])
async def test_a_mute_is_of_one_resident_in_one_house(house: UUID, resident: UUID) -> None:
    mute, _ = Mute.resident(HOUSE, AUTHOR, NOW)
    await check_not_muted(house, Actor.of_resident(resident), FakeWork(mute, now=NOW - SECOND))


def test_a_mute_is_lifted_once() -> None:
    mute, _ = Mute.resident(HOUSE, AUTHOR, NOW)
    mute.lift(NOW - SECOND)
    with pytest.raises(NotMuted):
        mute.lift(NOW - SECOND)


def test_a_mute_that_ended_by_itself_is_not_lifted() -> None:
    mute, _ = Mute.resident(HOUSE, AUTHOR, NOW)
    with pytest.raises(NotMuted):
        mute.lift(NOW)
