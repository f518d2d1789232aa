"""How a house begins, goes on and ends."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from buurtthuis.events.sessions import Because, HouseAnonymised, HouseOpened, HouseResumed, Joining, Outcome
from buurtthuis_sessions.domain.houses import (
    MOVES,
    OUTCOMES,
    OVER,
    PLANNABLE,
    About,
    House,
    HouseCannotMove,
    HouseIsOver,
    HouseState,
    HouseTakesNoPlans,
)

AMSTERDAM = "Europe/Amsterdam"
ABOUT = About("BuurtThuis Wingerd", "Waddinxveen", 96, "Praatmaatje", date(2019, 3, 31))
NOW = datetime(2019, 2, 22, 10, tzinfo=UTC)
LIVE = [state for state in HouseState if state not in OVER]
STEPS: dict[str, tuple[HouseState, Any]] = {
    "prepare": (HouseState.PREPARING, lambda house: house.prepare()),
    "begin": (HouseState.RUNNING, lambda house: house.begin()),
    "pause": (HouseState.PAUSED, lambda house: house.pause("De zaal is dicht.")),
    "resume": (HouseState.RUNNING, lambda house: house.resume()),
    "evaluate": (HouseState.EVALUATING, lambda house: house.evaluate()),
    "anonymise": (HouseState.ANONYMISED, lambda house: house.anonymise({}, {})),
    **{
        outcome: (HouseState(outcome), lambda house, outcome=outcome: ending(house, outcome))
        for outcome in Outcome
    },
}
#: Where each step may begin; said a second time here, so that a slip in the table is seen.
ALLOWED: dict[str, set[str]] = {
    "prepare": {"proposed"},
    "begin": {"preparing"},
    "pause": {"running"},
    "resume": {"paused", "evaluating"},
    "evaluate": {"running"},
    "continued": {"proposed", "preparing", "running", "paused", "evaluating"},
    "handed_over": {"proposed", "preparing", "running", "paused", "evaluating", "continued"},
    "stopped": {"proposed", "preparing", "running", "paused", "evaluating", "continued"},
    "anonymise": {"continued", "handed_over", "stopped"},
}


def a_house(state: HouseState = HouseState.RUNNING, retention_days: int = 90) -> House:
    house, _ = House.open(ABOUT, retention_days)
    house.state = state
    return house


def ending(house: House, outcome: Outcome = Outcome.STOPPED, now: datetime = NOW) -> Any:
    return house.end(outcome, "Het is klaar.", now, AMSTERDAM)


@pytest.mark.parametrize(("step", "state"), [(step, state) for step in STEPS for state in HouseState])
def test_a_house_moves_as_it_should_and_no_other_way(step: str, state: HouseState) -> None:
    house, (to, move) = a_house(state), STEPS[step]
    if state in ALLOWED[step]:
        move(house)
        assert house.state is to
        return
    with pytest.raises(HouseCannotMove, match=state):
        move(house)
    assert house.state is state


def test_nothing_comes_after_anonymising() -> None:
    assert HouseState.ANONYMISED not in MOVES


def test_an_opened_house_runs_at_once() -> None:
    house, opened = House.open(ABOUT)
    assert (house.state, opened.title, opened.ends_on) == (
        HouseState.RUNNING,
        "BuurtThuis Wingerd",
        date(2019, 3, 31),
    )


def test_a_proposed_house_is_opened_as_it_was_proposed() -> None:
    house, proposed = House.propose(ABOUT)
    house.prepare()
    assert isinstance(opened := house.begin(), HouseOpened)
    assert (proposed.dwellings, opened.label) == (96, "Praatmaatje")


def test_whoever_evaluates_too_early_goes_on() -> None:
    house = a_house()
    house.evaluate()
    assert isinstance(house.resume(), HouseResumed)


def test_the_reason_of_a_pause_goes_with_it() -> None:
    house = a_house()
    house.pause("De zaal is dicht.")
    house.resume()
    assert house.reason is None


def test_a_changed_house_is_as_it_was_changed() -> None:
    house = a_house()
    changed = house.change(About("Wingerd", "Gouda", 90, gap_limit_days=14))
    assert (changed.town, house.label, house.gap_limit_days) == ("Gouda", None, 14)


def test_how_people_join_a_house_is_said_with_all_that_it_is_called() -> None:
    house = a_house()
    said = house.let_people_join(Joining.CODE)
    assert (said.joining, said.title, house.change(ABOUT).joining) == (
        Joining.CODE,
        house.title,
        Joining.CODE,
    )


@pytest.mark.parametrize("state", sorted(OVER))
def test_nobody_changes_how_people_join_a_house_that_has_ended(state: HouseState) -> None:
    with pytest.raises(HouseIsOver):
        a_house(state).let_people_join(Joining.OPEN)


@pytest.mark.parametrize("state", sorted(OVER))
def test_a_house_that_has_ended_stays_as_it_was(state: HouseState) -> None:
    with pytest.raises(HouseIsOver):
        a_house(state).change(ABOUT)


@pytest.mark.parametrize("state", list(HouseState))
def test_nothing_is_planned_in_a_house_that_is_not_for_it(state: HouseState) -> None:
    if state in PLANNABLE:
        a_house(state).check_plannable()
        return
    with pytest.raises(HouseTakesNoPlans, match=state):
        a_house(state).check_plannable()


def test_there_are_plans_from_preparation_to_evaluation_but_not_in_a_pause() -> None:
    assert {"preparing", "running", "evaluating"} == PLANNABLE


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("state", LIVE)
def test_from_wherever_it_is_it_ends_in_one_move(state: HouseState, outcome: Outcome) -> None:
    house = a_house(state)
    ended = ending(house, outcome)
    assert (house.state, ended.outcome, ended.reason, ended.anonymise_on) == (
        HouseState(outcome),
        outcome,
        "Het is klaar.",
        date(2019, 5, 23),
    )


def test_the_day_it_ends_is_the_day_where_the_house_is() -> None:
    house = a_house(retention_days=0)
    ending(house, now=datetime(2019, 2, 21, 23, 30, tzinfo=UTC))
    assert house.ended_on == date(2019, 2, 22)


def test_a_house_that_continued_keeps_its_promise_when_it_is_handed_over_later() -> None:
    house = a_house()
    first = ending(house, Outcome.CONTINUED)
    second = ending(house, Outcome.HANDED_OVER, datetime(2019, 4, 1, tzinfo=UTC))
    assert (second.outcome, second.anonymise_on) == (Outcome.HANDED_OVER, first.anonymise_on)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_ends_with_a_house_ends_because_of_it_and_in_the_words_of_whoever_ended_it(
    outcome: Outcome,
) -> None:
    house = a_house()
    ending(house, outcome)
    assert house.farewell == ("Het is klaar.", Because(f"house_{outcome}"))


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2019, 5, 22, 21, 59, 59, tzinfo=UTC), False),
        (datetime(2019, 5, 22, 22, 0, tzinfo=UTC), True),
        (datetime(2019, 6, 1, tzinfo=UTC), True),
    ],
)
def test_the_day_of_anonymising_begins_at_midnight_where_the_house_is(moment: datetime, due: bool) -> None:
    house = a_house()
    ending(house)
    assert house.is_to_be_anonymised(moment, AMSTERDAM) is due


def test_a_house_that_goes_on_is_not_anonymised() -> None:
    assert not a_house().is_to_be_anonymised(datetime(2100, 1, 1, tzinfo=UTC), AMSTERDAM)


def test_what_was_removed_is_kept_and_told() -> None:
    house = a_house()
    ending(house)
    told = house.anonymise({"seats": 3}, {"seats": 0})
    assert (told, house.removed) == (
        HouseAnonymised(house_id=house.id, removed={"seats": 3}, left={"seats": 0}),
        {"seats": 3},
    )


def test_a_house_is_anonymised_once() -> None:
    house = a_house()
    ending(house)
    house.anonymise({}, {})
    assert not house.is_to_be_anonymised(datetime(2100, 1, 1, tzinfo=UTC), AMSTERDAM)


def test_every_outcome_is_a_state_of_the_house() -> None:
    assert {str(state) for state in OUTCOMES} == {str(outcome) for outcome in Outcome}
