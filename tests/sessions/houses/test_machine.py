"""A house in whatever order people do things: it ends from everywhere, once and for all, and keeps its promise."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from buurtthuis.core.errors import Refused
from buurtthuis.events.sessions import HouseEnded, Outcome
from buurtthuis_sessions.domain.houses import About, House, HouseCannotMove, HouseState, NoEndToTakeBack
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

AMSTERDAM = "Europe/Amsterdam"
ABOUT = About("BuurtThuis Wingerd", "Waddinxveen", 96)
ENDS = ("continued", "handed_over", "stopped")


class Houses(RuleBasedStateMachine):
    """Looked at from outside: what was promised, and what people may do."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2018, 11, 12, 9, tzinfo=UTC)
        self.promised: set[date] = set()
        self.past: list[HouseState] = []

    @initialize(proposed=st.booleans(), retention_days=st.integers(0, 100))
    def begin(self, proposed: bool, retention_days: int) -> None:
        make = House.propose if proposed else House.open
        self.house, _ = make(ABOUT, retention_days)

    @rule(step=st.sampled_from(("prepare", "begin", "resume", "evaluate")))
    def move(self, step: str) -> None:
        self._try(lambda: getattr(self.house, step)())

    @rule()
    def pause(self) -> None:
        self._try(lambda: self.house.pause("De zaal is dicht."))

    @rule(days=st.integers(1, 60))
    def time_goes_on(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.what_was_announced_happens()

    @rule(outcome=st.sampled_from(Outcome))
    def announce(self, outcome: Outcome) -> None:
        """It stays what it is, in whatever way that is said."""
        before = self.house.state
        self._try(lambda: self.house.announce_end(outcome, "Bijna klaar.", self.now, AMSTERDAM))
        assert self.house.state is before

    @rule()
    def take_back(self) -> None:
        before = self.house.state
        with suppress(NoEndToTakeBack):
            self.house.take_back_end()
        assert self.house.state is before
        assert self.house.due_end(self.now + timedelta(days=100)) is None

    def what_was_announced_happens(self) -> None:
        if end := self.house.due_end(self.now):
            self._note(self.house.end(end.outcome, end.reason, self.now, AMSTERDAM))
            assert self.house.state == HouseState(end.outcome)

    @precondition(lambda self: self.house.state not in (*ENDS, "anonymised"))
    @rule(outcome=st.sampled_from(Outcome))
    def end(self, outcome: Outcome) -> None:
        """From wherever it is: this is never refused."""
        self._note(self.house.end(outcome, "Het is klaar.", self.now, AMSTERDAM))
        assert self.house.state == HouseState(outcome)

    @precondition(lambda self: self.house.state in ENDS)
    @rule(outcome=st.sampled_from(Outcome))
    def end_again(self, outcome: Outcome) -> None:
        before = self.house.state
        try:
            self._note(self.house.end(outcome, "Toch anders.", self.now, AMSTERDAM))
        except HouseCannotMove:
            assert before != "continued" or outcome == "continued"
        else:
            assert before == "continued"
            assert outcome != "continued"

    @rule()
    def the_day_comes(self) -> None:
        if self.house.is_to_be_anonymised(self.now, AMSTERDAM):
            assert self.now.date() + timedelta(days=1) >= max(self.promised)
            self.house.anonymise({}, {})

    @invariant()
    def nothing_is_planned_after_the_end(self) -> None:
        if not hasattr(self, "house") or self.house.state not in (*ENDS, "anonymised"):
            return
        try:
            self.house.check_plannable()
        except Refused:
            return
        raise AssertionError("plans in a house that has ended")

    @invariant()
    def one_day_is_promised_however_often_it_is_said(self) -> None:
        assert len(self.promised) <= 1

    @invariant()
    def whoever_ended_never_runs_again(self) -> None:
        if hasattr(self, "house"):
            self.past.append(self.house.state)
        ended = [state in (*ENDS, "anonymised") for state in self.past]
        assert ended == sorted(ended)

    def _try(self, move: object) -> None:
        assert callable(move)
        before = self.house.state
        try:
            move()
        except HouseCannotMove:
            assert self.house.state is before

    def _note(self, ended: HouseEnded) -> None:
        self.promised.add(ended.anonymise_on)


Houses.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None, database=None)
test_a_house_ends_once_and_keeps_its_promise = Houses.TestCase
