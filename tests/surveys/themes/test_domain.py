"""The rules of themes."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Refused
from buurtthuis.events import Event
from buurtthuis.events.surveys import IntakeChannel, Origin, ThemeSource
from buurtthuis_surveys.domain.themes import (
    CORRECTABLE,
    DEAD_ENDS,
    MOVES,
    SUPPORTABLE,
    CannotMergeInto,
    MergeIntoItself,
    NotOnTheList,
    NotSupported,
    NotYourTheme,
    OtherHouse,
    Proposer,
    SupportedAlready,
    Theme,
    ThemeCannotMove,
    ThemeState,
    TooLateToCorrect,
    staff_origin,
)
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

PROPOSER = uuid4()
SESSION = uuid4()

HOUSE = uuid4()
NOW = datetime(2018, 12, 14, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

#: Every way into a state, but for the ways back from the calendar and from a rejection.
WAYS: dict[ThemeState, Callable[[Theme], Event]] = {
    ThemeState.ADMITTED: lambda theme: theme.admit(),
    ThemeState.REJECTED: lambda theme: theme.reject("Te duur."),
    ThemeState.WITHDRAWN: lambda theme: theme.withdraw(Proposer(Actor.of_resident(PROPOSER))),
    ThemeState.MERGED: lambda theme: theme.merge(a_theme(ThemeState.ADMITTED)),
    ThemeState.SELECTED: lambda theme: theme.select(),
    ThemeState.PARKED: lambda theme: theme.park(),
    ThemeState.SCHEDULED: lambda theme: theme.schedule(SESSION),
    ThemeState.REALISED: lambda theme: theme.realise(SESSION),
    ThemeState.ANSWERED: lambda theme: theme.answer("Dank u."),
    ThemeState.REOPENED: lambda theme: _objected(theme),
}
BACK = {(ThemeState.SCHEDULED, ThemeState.SELECTED), (ThemeState.REJECTED, ThemeState.ADMITTED)}
ALLOWED = [
    (state, to) for state in ThemeState for to in sorted(MOVES.get(state, ())) if (state, to) not in BACK
]
REFUSED = [(state, to) for state in ThemeState for to in WAYS if (state, to) not in ALLOWED]


def _objected(theme: Theme) -> Event:
    reopened = theme.object(NOW)
    if reopened is None:
        raise ThemeCannotMove(state=theme.state, to=ThemeState.REOPENED)
    return reopened


def a_theme(state: ThemeState = ThemeState.PROPOSED) -> Theme:
    theme, _ = Theme.propose(HOUSE, "Ontmoeten", Origin.RESIDENT, now=NOW, proposed_by=PROPOSER)
    theme.state = state
    return theme


def a_partner(organisation: str | None) -> Proposer:
    return Proposer(Actor(ActorKind.CHAIN_PARTNER, uuid4()), organisation)


@pytest.mark.parametrize(
    ("origin", "author"),
    [(Origin.RESIDENT, PROPOSER), (Origin.CHAIN_PARTNER, None), (Origin.CORPORATION, None)],
)
def test_of_a_resident_alone_it_is_said_who_proposed(origin: Origin, author: UUID | None) -> None:
    _, said = Theme.propose(HOUSE, "Ontmoeten", origin, now=NOW, proposed_by=PROPOSER)
    assert said.author_id == author


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
        a_theme().withdraw(Proposer(Actor.of_resident(uuid4())))


def typed_in(**more: Any) -> Theme:
    theme, _ = Theme.propose(
        uuid4(), "Kofie", Origin.RESIDENT, IntakeChannel.PAPER, now=NOW, entered_by=uuid4(), **more
    )
    return theme


def test_what_staff_typed_in_is_put_right_until_the_day_on_the_wall_is_over() -> None:
    """Also where the day in UTC is over, or not yet."""
    theme = typed_in()
    last = NOW.astimezone(AMSTERDAM).replace(hour=23, minute=59)
    corrected = theme.correct("Koffie", IntakeChannel.DOOR, last, AMSTERDAM)
    assert (corrected.title, corrected.captured_via, corrected.origin) == (
        "Koffie",
        IntakeChannel.DOOR,
        Origin.RESIDENT,
    )
    with pytest.raises(TooLateToCorrect):
        theme.correct("Thee", IntakeChannel.DOOR, last + timedelta(minutes=1), AMSTERDAM)
    assert theme.title == "Koffie"


def test_what_the_corporation_says_itself_is_no_resident_s_idea_once_that_is_put_right() -> None:
    theme = typed_in()
    theme.correct("Koffie", IntakeChannel.WEB, NOW, AMSTERDAM)
    assert theme.origin is Origin.CORPORATION


def test_what_moderators_hid_or_somebody_had_erased_does_not_come_back_by_a_correction() -> None:
    hidden, erased = typed_in(), typed_in()
    hidden.hide()
    erased.erase()
    for theme in (hidden, erased):
        with pytest.raises(TooLateToCorrect):
            theme.correct("Koffie", IntakeChannel.PAPER, NOW, AMSTERDAM)


@pytest.mark.parametrize("state", sorted(set(ThemeState) - CORRECTABLE))
def test_what_something_came_of_is_not_put_right_any_more(state: ThemeState) -> None:
    theme = typed_in()
    theme.state = state
    with pytest.raises(TooLateToCorrect):
        theme.correct("Koffie", IntakeChannel.PAPER, NOW, AMSTERDAM)


def test_a_colleague_takes_over_and_nobody_else() -> None:
    theme = a_theme()
    theme.organisation = "welzijn"
    for stranger in (a_partner(None), a_partner("bibliotheek")):
        with pytest.raises(NotYourTheme):
            theme.reword("Koffie", stranger)
    assert theme.reword("Koffie", a_partner("welzijn")).title == "Koffie"
    assert theme.withdraw(a_partner("welzijn")).theme_id == theme.id


def test_nobody_withdraws_what_staff_brought_in() -> None:
    theme, _ = Theme.propose(uuid4(), "Ontmoeten", Origin.CORPORATION, now=NOW, entered_by=PROPOSER)
    with pytest.raises(NotYourTheme):
        theme.withdraw(Proposer(Actor.of_resident(PROPOSER)))


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


@pytest.mark.parametrize("channel", IntakeChannel)
def test_what_staff_type_in_for_a_resident_is_the_residents(channel: IntakeChannel) -> None:
    expected = Origin.CORPORATION if channel is IntakeChannel.WEB else Origin.RESIDENT
    assert staff_origin(channel) is expected


# Back from the calendar.


def test_a_theme_whose_session_is_off_is_selected_as_before() -> None:
    theme = a_theme(ThemeState.SELECTED)
    theme.schedule(SESSION)
    event = theme.unschedule()
    assert (theme.state, theme.session_id, event.session_id) == (ThemeState.SELECTED, None, SESSION)


def test_a_scheduled_theme_cannot_be_selected_over_its_session() -> None:
    with pytest.raises(ThemeCannotMove):
        a_theme(ThemeState.SCHEDULED).select()


# The list that all can see.


@pytest.mark.parametrize("state", [ThemeState.REJECTED, ThemeState.WITHDRAWN, ThemeState.MERGED])
def test_what_never_was_on_the_list_stays_off_it(state: ThemeState) -> None:
    theme = a_theme()
    WAYS[state](theme)
    assert not theme.listed


@pytest.mark.parametrize("state", [ThemeState.PARKED, ThemeState.MERGED])
def test_what_was_on_the_list_stays_visible(state: ThemeState) -> None:
    theme, other = a_theme(), a_theme()
    for one in (theme, other):
        one.admit()
    theme.park() if state is ThemeState.PARKED else theme.merge(other)
    assert theme.listed


def test_what_was_on_the_list_is_not_merged_into_what_never_was() -> None:
    theme, unseen = a_theme(), a_theme()
    theme.admit()
    with pytest.raises(CannotMergeInto):
        theme.merge(unseen)


@pytest.mark.parametrize("source", [ThemeSource.SURVEY, ThemeSource.CAMPAIGN, ThemeSource.SESSION])
def test_what_staff_take_from_what_residents_said_is_a_residents_idea(source: ThemeSource) -> None:
    assert staff_origin(IntakeChannel.WEB, source) is Origin.RESIDENT


# Merging and support.


def supported(*residents: UUID, state: ThemeState = ThemeState.ADMITTED) -> Theme:
    theme = a_theme(ThemeState.ADMITTED)
    for one in residents:
        theme.support(one)
    theme.state = state
    return theme


def supporters(theme: Theme) -> list[UUID]:
    return sorted(one.resident_id for one in theme.supports)


@pytest.mark.parametrize("state", [ThemeState.PROPOSED, ThemeState.ADMITTED])
def test_a_merged_theme_keeps_the_trace_to_the_one_it_joined(state: ThemeState) -> None:
    theme, into = a_theme(state), a_theme(ThemeState.ADMITTED)
    event = theme.merge(into)
    assert (theme.merged_into, event.into) == (into.id, into.id)


@pytest.mark.parametrize("state", [one for one in ThemeState if one not in DEAD_ENDS])
def test_a_theme_that_lives_takes_others_along(state: ThemeState) -> None:
    into = a_theme(state)
    a_theme().merge(into)
    assert into.state is state


@pytest.mark.parametrize("state", sorted(DEAD_ENDS))
def test_a_theme_that_went_nowhere_takes_no_other_along(state: ThemeState) -> None:
    theme = a_theme()
    with pytest.raises(CannotMergeInto):
        theme.merge(a_theme(state))
    assert theme.state is ThemeState.PROPOSED


def test_a_theme_cannot_be_merged_into_itself() -> None:
    theme = a_theme()
    with pytest.raises(MergeIntoItself):
        theme.merge(theme)


def test_a_theme_stays_in_its_house() -> None:
    into = a_theme()
    into.house_id = uuid4()
    with pytest.raises(OtherHouse):
        a_theme().merge(into)


def test_whoever_is_for_both_counts_once_after_a_merge() -> None:
    one, both, other = sorted(uuid4() for _ in range(3))
    theme, into = supported(one, both), supported(both, other)
    theme.merge(into)
    assert (supporters(theme), supporters(into)) == ([], [one, both, other])


def test_support_tells_how_many_and_not_who() -> None:
    resident = uuid4()
    event = supported(uuid4()).support(resident)
    assert event.supporters == 2
    assert str(resident) not in event.model_dump_json()


def test_nobody_supports_a_theme_twice() -> None:
    resident = uuid4()
    with pytest.raises(SupportedAlready):
        supported(resident).support(resident)


@pytest.mark.parametrize("state", sorted(set(ThemeState) - SUPPORTABLE))
def test_only_what_is_to_come_can_be_supported(state: ThemeState) -> None:
    with pytest.raises(NotOnTheList):
        a_theme(state).support(uuid4())


@pytest.mark.parametrize("state", sorted(set(ThemeState)))
def test_support_can_be_taken_back_at_any_time(state: ThemeState) -> None:
    resident = uuid4()
    theme = supported(resident, state=state)
    assert theme.take_back_support(resident).supporters == 0


def test_nobody_takes_back_what_they_did_not_give() -> None:
    with pytest.raises(NotSupported):
        supported(uuid4()).take_back_support(uuid4())


class Ideas(RuleBasedStateMachine):
    """Any number of ideas, residents and moves: nobody counts twice, no support gets lost, no merge makes a circle."""

    def __init__(self) -> None:
        super().__init__()
        self.themes: list[Theme] = []
        self.residents = [uuid4() for _ in range(4)]

    ideas = Bundle("ideas")

    @rule(target=ideas)
    def propose(self) -> Theme:
        self.themes.append(a_theme())
        return self.themes[-1]

    @rule(theme=ideas, to=st.sampled_from(sorted(set(WAYS) - {ThemeState.MERGED})))
    def move(self, theme: Theme, to: ThemeState) -> None:
        with suppress(Refused):
            WAYS[to](theme)

    @rule(theme=ideas)
    def cancel_its_session(self, theme: Theme) -> None:
        if theme.state is ThemeState.SCHEDULED:
            theme.unschedule()

    @rule(theme=ideas, resident=st.integers(0, 3))
    def support(self, theme: Theme, resident: int) -> None:
        with suppress(Refused):
            theme.support(self.residents[resident])

    @rule(theme=ideas, resident=st.integers(0, 3))
    def take_back(self, theme: Theme, resident: int) -> None:
        with suppress(Refused):
            theme.take_back_support(self.residents[resident])

    @rule(theme=ideas, into=ideas)
    def merge(self, theme: Theme, into: Theme) -> None:
        before = set(supporters(theme)) | set(supporters(into))
        with suppress(Refused):
            theme.merge(into)
            assert set(supporters(into)) == before

    @invariant()
    def nobody_counts_twice(self) -> None:
        for theme in self.themes:
            assert len(set(supporters(theme))) == len(theme.supports)

    @invariant()
    def support_is_where_its_theme_is(self) -> None:
        for theme in self.themes:
            assert {one.theme_id for one in theme.supports} <= {theme.id}

    @invariant()
    def every_merged_theme_leads_to_one_that_lives_or_was_not_wanted(self) -> None:
        by_id = {theme.id: theme for theme in self.themes}
        for theme in self.themes:
            seen = []
            while theme.merged_into in by_id:
                assert theme.id not in seen
                seen.append(theme.id)
                theme = by_id[theme.merged_into]

    @invariant()
    def a_merged_theme_has_no_support_of_its_own(self) -> None:
        assert not any(theme.supports for theme in self.themes if theme.state is ThemeState.MERGED)

    @invariant()
    def a_theme_has_a_session_from_its_planning_on(self) -> None:
        planned = {ThemeState.SCHEDULED, ThemeState.REALISED}
        without = set(ThemeState) - planned - {ThemeState.ANSWERED}
        for theme in self.themes:
            assert theme.session_id is None if theme.state in without else True
            assert theme.session_id is not None if theme.state in planned else True


TestIdeas = Ideas.TestCase
