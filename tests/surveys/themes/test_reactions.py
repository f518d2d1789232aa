"""What surveys does about what sessions and moderation say, in memory."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import NotFound
from buurtthuis.events.moderation import (
    Category,
    ContentApproved,
    ContentHidden,
    ContentKind,
    ContentRejected,
    DecidedBy,
)
from buurtthuis.events.sessions import Kind, SessionCancelled, SessionHeld, SessionNotHeld, SessionScheduled
from buurtthuis.events.surveys import (
    Origin,
    ThemeAdmitted,
    ThemeHidden,
    ThemeRealised,
    ThemeRejected,
    ThemeScheduled,
    ThemeShown,
    ThemeUnscheduled,
)
from buurtthuis.testing import Clock, FakeWork
from buurtthuis_surveys.domain.themes import Theme, ThemeState
from buurtthuis_surveys.reactions import (
    admit_what_moderators_approve,
    hide_what_moderators_hide,
    let_the_theme_wait_for_another_session,
    mark_the_theme_realised,
    mark_the_theme_scheduled,
    reject_what_moderators_reject,
    take_the_theme_off_the_calendar,
)

SESSION = uuid4()


def a_theme(state: ThemeState) -> Theme:
    theme, _ = Theme.propose(uuid4(), "Ontmoeten", Origin.RESIDENT, now=Clock().now)
    theme.state = state
    return theme


def scheduled(theme: UUID | None, title: str | None = "Koffietafel") -> SessionScheduled:
    now = Clock().now
    return SessionScheduled(
        session_id=SESSION,
        house_id=uuid4(),
        theme_id=theme,
        title=title,
        kind=Kind.COFFEE_TABLE,
        starts_at=now,
        ends_at=now,
        time_zone="Europe/Amsterdam",
        place="Wingerd",
        capacity=12,
        languages=(),
    )


def held(theme: UUID | None) -> SessionHeld:
    return SessionHeld(
        session_id=SESSION, house_id=uuid4(), theme_id=theme, attended=3, walk_ins=0, no_shows=0
    )


async def test_a_session_about_a_selected_theme_schedules_it() -> None:
    theme = a_theme(ThemeState.SELECTED)
    said = await mark_the_theme_scheduled(scheduled(theme.id), FakeWork(theme))
    assert said == ThemeScheduled(theme_id=theme.id, house_id=theme.house_id, session_id=SESSION)


async def test_a_session_without_its_title_schedules_all_the_same() -> None:
    theme = a_theme(ThemeState.SELECTED)
    assert await mark_the_theme_scheduled(scheduled(theme.id, title=None), FakeWork(theme))


@pytest.mark.parametrize("state", [one for one in ThemeState if one is not ThemeState.SELECTED])
async def test_a_session_about_a_theme_in_another_state_changes_nothing(state: ThemeState) -> None:
    """A second session, one that was read twice, or one about a theme that was withdrawn meanwhile."""
    theme = a_theme(state)
    assert await mark_the_theme_scheduled(scheduled(theme.id), FakeWork(theme)) is None


async def test_a_held_session_realises_its_theme() -> None:
    theme = a_theme(ThemeState.SCHEDULED)
    said = await mark_the_theme_realised(held(theme.id), FakeWork(theme))
    assert said == ThemeRealised(theme_id=theme.id, house_id=theme.house_id, session_id=SESSION)


@pytest.mark.parametrize("state", [one for one in ThemeState if one is not ThemeState.SCHEDULED])
async def test_a_held_session_changes_no_theme_in_another_state(state: ThemeState) -> None:
    theme = a_theme(state)
    assert await mark_the_theme_realised(held(theme.id), FakeWork(theme)) is None


async def test_sessions_about_no_theme_are_none_of_our_business() -> None:
    assert await mark_the_theme_scheduled(scheduled(None), FakeWork()) is None
    assert await mark_the_theme_realised(held(None), FakeWork()) is None


async def test_a_theme_that_never_was_is_not_passed_over_in_silence() -> None:
    with pytest.raises(NotFound):
        await mark_the_theme_scheduled(scheduled(uuid4()), FakeWork())


def cancelled() -> SessionCancelled:
    return SessionCancelled(session_id=SESSION, house_id=uuid4(), reason=None)


async def test_a_theme_whose_session_is_cancelled_waits_for_another() -> None:
    theme = a_theme(ThemeState.SELECTED)
    theme.schedule(SESSION)
    said = await take_the_theme_off_the_calendar(cancelled(), FakeWork(theme))
    assert said == [ThemeUnscheduled(theme_id=theme.id, house_id=theme.house_id, session_id=SESSION)]


async def test_a_theme_whose_session_was_held_by_mistake_only_waits_for_another() -> None:
    theme = a_theme(ThemeState.SELECTED)
    theme.schedule(SESSION)
    theme.realise(SESSION)
    event = SessionNotHeld(session_id=SESSION, house_id=uuid4(), reason=None)
    said = await let_the_theme_wait_for_another_session(event, FakeWork(theme))
    assert said == [ThemeUnscheduled(theme_id=theme.id, house_id=theme.house_id, session_id=SESSION)]


async def test_a_theme_whose_session_was_not_held_waits_for_another() -> None:
    theme = a_theme(ThemeState.SELECTED)
    theme.schedule(SESSION)
    event = SessionNotHeld(session_id=SESSION, house_id=uuid4(), reason=None)
    said = await let_the_theme_wait_for_another_session(event, FakeWork(theme))
    assert said == [ThemeUnscheduled(theme_id=theme.id, house_id=theme.house_id, session_id=SESSION)]


async def test_another_session_that_is_cancelled_changes_nothing() -> None:
    theme = a_theme(ThemeState.SELECTED)
    theme.schedule(uuid4())
    assert await take_the_theme_off_the_calendar(cancelled(), FakeWork(theme)) == []


async def test_a_session_that_was_held_before_it_was_cancelled_keeps_its_theme_realised() -> None:
    theme = a_theme(ThemeState.SCHEDULED)
    theme.realise(SESSION)
    assert await take_the_theme_off_the_calendar(cancelled(), FakeWork(theme)) == []


# What moderators decide


def approved(
    theme: Theme, decision: UUID | None = None, kind: ContentKind = ContentKind.THEME
) -> ContentApproved:
    return ContentApproved(
        content_id=theme.id,
        house_id=theme.house_id,
        kind=kind,
        decided_by=DecidedBy.MODERATOR,
        decision_id=decision,
    )


def rejected(theme: Theme) -> ContentRejected:
    return ContentRejected(
        content_id=theme.id,
        house_id=theme.house_id,
        kind=ContentKind.THEME,
        rule=Category.COMMERCIAL,
        reason="Dit is reclame.",
        decided_by=DecidedBy.MODERATOR,
        decision_id=uuid4(),
    )


def hidden(theme: Theme) -> ContentHidden:
    return ContentHidden(
        content_id=theme.id, house_id=theme.house_id, kind=ContentKind.THEME, reason=Category.UNSAFE
    )


async def test_a_theme_that_moderators_approve_is_on_the_list() -> None:
    theme = a_theme(ThemeState.PROPOSED)
    (said,) = await admit_what_moderators_approve(approved(theme), FakeWork(theme))
    assert isinstance(said, ThemeAdmitted)


async def test_a_theme_that_moderators_reject_is_not_and_the_reason_is_kept() -> None:
    theme = a_theme(ThemeState.PROPOSED)
    work = FakeWork(theme)
    assert isinstance(await reject_what_moderators_reject(rejected(theme), work), ThemeRejected)
    assert (await work.get(Theme, theme.id)).reason == "Dit is reclame."


async def test_a_theme_whose_rejection_was_wrong_is_on_the_list_after_all() -> None:
    theme = a_theme(ThemeState.REJECTED)
    event = approved(theme, decision=uuid4())
    work = FakeWork(theme)
    (said,) = await admit_what_moderators_approve(event, work)
    assert isinstance(said, ThemeAdmitted)
    theme = await work.get(Theme, theme.id)
    assert (theme.state, theme.listed, theme.reason) == (ThemeState.ADMITTED, True, None)


async def test_a_theme_that_staff_rejected_is_not_admitted_by_a_rule() -> None:
    theme = a_theme(ThemeState.REJECTED)
    assert await admit_what_moderators_approve(approved(theme), FakeWork(theme)) == []


@pytest.mark.parametrize("taken_off", [reject_what_moderators_reject, hide_what_moderators_hide])
async def test_a_theme_on_the_list_goes_out_of_sight_and_counts_as_it_did(taken_off: Any) -> None:
    theme = a_theme(ThemeState.SELECTED)
    event = rejected(theme) if taken_off is reject_what_moderators_reject else hidden(theme)
    work = FakeWork(theme)
    assert isinstance(await taken_off(event, work), ThemeHidden)
    theme = await work.get(Theme, theme.id)
    assert (theme.state, theme.hidden) == (ThemeState.SELECTED, True)


async def test_what_is_hidden_twice_is_told_once() -> None:
    theme = a_theme(ThemeState.SELECTED)
    work = FakeWork(theme)
    await hide_what_moderators_hide(hidden(theme), work)
    assert await reject_what_moderators_reject(rejected(theme), work) is None


async def test_a_theme_that_comes_back_reads_as_it_did() -> None:
    theme = a_theme(ThemeState.SELECTED)
    theme.hide()
    said = await admit_what_moderators_approve(approved(theme), FakeWork(theme))
    assert said == [ThemeShown(theme_id=theme.id, house_id=theme.house_id, title="Ontmoeten")]


async def test_what_waited_out_of_sight_is_on_the_list_and_in_sight() -> None:
    theme = a_theme(ThemeState.PROPOSED)
    theme.hide()
    said = await admit_what_moderators_approve(approved(theme), FakeWork(theme))
    assert [type(one) for one in said] == [ThemeAdmitted, ThemeShown]


async def test_what_was_not_hidden_is_not_brought_back() -> None:
    theme = a_theme(ThemeState.SELECTED)
    assert await admit_what_moderators_approve(approved(theme), FakeWork(theme)) == []


async def test_what_moderators_decide_about_a_post_is_none_of_our_business() -> None:
    theme = a_theme(ThemeState.PROPOSED)
    event = approved(theme, kind=ContentKind.POST)
    assert await admit_what_moderators_approve(event, FakeWork(theme)) == []
