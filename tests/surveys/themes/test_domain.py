"""The rules of themes."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from buurtthuis.events import Event
from buurtthuis.events.surveys import Channel, Origin
from buurtthuis_surveys.domain.themes import (
    MOVES,
    NotYourTheme,
    Theme,
    ThemeCannotMove,
    ThemeState,
    staff_origin,
)

PROPOSER = uuid4()
SESSION = uuid4()

#: Every way into a state.
WAYS: dict[ThemeState, Callable[[Theme], Event]] = {
    ThemeState.ADMITTED: lambda theme: theme.admit(),
    ThemeState.REJECTED: lambda theme: theme.reject("Te duur."),
    ThemeState.WITHDRAWN: lambda theme: theme.withdraw(PROPOSER),
    ThemeState.SELECTED: lambda theme: theme.select(),
    ThemeState.PARKED: lambda theme: theme.park(),
    ThemeState.SCHEDULED: lambda theme: theme.schedule(SESSION),
    ThemeState.REALISED: lambda theme: theme.realise(SESSION),
    ThemeState.ANSWERED: lambda theme: theme.answer("Dank u."),
}
ALLOWED = [(state, to) for state in ThemeState for to in sorted(MOVES.get(state, ()))]
REFUSED = [(state, to) for state in ThemeState for to in WAYS if (state, to) not in ALLOWED]


def a_theme(state: ThemeState = ThemeState.PROPOSED) -> Theme:
    theme, _ = Theme.propose(uuid4(), "Ontmoeten", Origin.RESIDENT, proposed_by=PROPOSER)
    theme.state = state
    return theme


@pytest.mark.parametrize(("state", "to"), ALLOWED)
def test_an_allowed_move_arrives(state: ThemeState, to: ThemeState) -> None:
    theme = a_theme(state)
    WAYS[to](theme)
    assert theme.state is to


@pytest.mark.parametrize(("state", "to"), ALLOWED)
def test_a_move_is_told_by_the_event_of_its_name(state: ThemeState, to: ThemeState) -> None:
    theme = a_theme(state)
    event = WAYS[to](theme)
    assert (event.name, event.subject) == (f"surveys.theme-{to}.v1", str(theme.id))


@pytest.mark.parametrize(("state", "to"), REFUSED)
def test_every_other_move_is_refused_by_name(state: ThemeState, to: ThemeState) -> None:
    with pytest.raises(ThemeCannotMove, match=f"is {state} cannot become {to}"):
        WAYS[to](a_theme(state))


@pytest.mark.parametrize(("state", "to"), REFUSED)
def test_a_refused_move_changes_nothing(state: ThemeState, to: ThemeState) -> None:
    theme = a_theme(state)
    before = dict(vars(theme))
    with pytest.raises(ThemeCannotMove):
        WAYS[to](theme)
    assert vars(theme) == before


def test_every_state_can_be_reached() -> None:
    assert {to for _, to in ALLOWED} | {ThemeState.PROPOSED} == set(ThemeState)


def test_nobody_withdraws_what_somebody_else_proposed() -> None:
    with pytest.raises(NotYourTheme):
        a_theme().withdraw(uuid4())


def test_nobody_withdraws_what_staff_brought_in() -> None:
    theme, _ = Theme.propose(uuid4(), "Ontmoeten", Origin.CORPORATION, entered_by=PROPOSER)
    with pytest.raises(NotYourTheme):
        theme.withdraw(PROPOSER)


def test_a_rejection_keeps_its_reason() -> None:
    theme = a_theme()
    theme.reject("Te duur.")
    assert theme.reason == "Te duur."


def test_an_answer_keeps_the_reply() -> None:
    theme = a_theme(ThemeState.REALISED)
    theme.answer("Dank u.")
    assert theme.reply == "Dank u."


def test_a_scheduled_theme_knows_its_session() -> None:
    theme = a_theme(ThemeState.SELECTED)
    theme.schedule(SESSION)
    assert theme.session_id == SESSION


@pytest.mark.parametrize("channel", Channel)
def test_what_staff_type_in_for_a_resident_is_the_residents(channel: Channel) -> None:
    expected = Origin.CORPORATION if channel is Channel.WEB else Origin.RESIDENT
    assert staff_origin(channel) is expected
