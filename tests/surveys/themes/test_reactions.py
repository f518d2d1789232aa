"""What surveys does about what sessions says, in memory."""

from uuid import UUID, uuid4

import pytest
from buurtthuis.errors import NotFound
from buurtthuis.events.sessions import Kind, SessionCancelled, SessionHeld, SessionNotHeld, SessionScheduled
from buurtthuis.events.surveys import Origin, ThemeRealised, ThemeScheduled, ThemeUnscheduled
from buurtthuis.testing import Clock, FakeWork
from buurtthuis_surveys.domain.themes import Theme, ThemeState
from buurtthuis_surveys.reactions import (
    let_the_theme_wait_for_another_session,
    mark_the_theme_realised,
    mark_the_theme_scheduled,
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
