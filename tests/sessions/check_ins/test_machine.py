"""Two devices at one door, each with or without reception: whatever they send, late, twice and in any order, the same people are in."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from buurtthuis_sessions.domain.arrivals import DoorNote
from buurtthuis_sessions.domain.seats import SeatState
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.sessions.builders import a_session

NOW = datetime(2019, 1, 3, 9, 0, tzinfo=UTC)
BEGINS = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
RESIDENTS = [uuid4() for _ in range(5)]
NUMBERS = [str(number) for number in range(1, 6)]
STRANGERS = [uuid4() for _ in range(3)]
people = st.sampled_from([*NUMBERS, *STRANGERS])
devices = st.integers(0, 1)

#: Of whom, whether it was undone, and when.
Noted = tuple[str | UUID, bool, datetime]


class Door(RuleBasedStateMachine):
    """The model is what was noted, wherever it is by now: of each person the last note counts."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINS - timedelta(hours=1)
        self.session = a_session(now=NOW)
        for resident in RESIDENTS:
            self.session.register(resident, NOW)
        self.offline: tuple[list[Noted], list[Noted]] = ([], [])
        self.sent: list[Noted] = []
        self.noted = False

    @rule(device=devices, of=people, undone=st.booleans(), reception=st.booleans())
    def note(self, device: int, of: str | UUID, undone: bool, reception: bool) -> None:
        self.offline[device].append((of, undone, self.now))
        if reception:
            self.send(device, 0)

    @rule(device=devices, seed=st.integers(0, 9))
    def send(self, device: int, seed: int) -> None:
        """Whatever it kept, and something of before once more, in any order."""
        queue = [*self.offline[device], *self.sent[-3:]]
        random.Random(seed).shuffle(queue)
        self.sent += self.offline[device]
        self.offline[device].clear()
        self.session.check_in(
            [DoorNote(of, undone, self.now - at) for of, undone, at in queue], self.now, late=True
        )

    @rule(minutes=st.integers(0, 3))
    def time_goes_on(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.sent and not self.noted)
    @rule()
    def note_who_came(self) -> None:
        """While a device may still have something to send."""
        self.now = max(self.now, BEGINS)
        self.session.hold(None, None, self.now)
        self.noted = True

    @invariant()
    def who_is_in_is_what_was_noted_last_of_each(self) -> None:
        last: dict[str | UUID, tuple[datetime, bool]] = {}
        for of, undone, at in self.sent:
            last[of] = max(last.get(of, (at, undone)), (at, undone))
        expected = {of for of, (_, undone) in last.items() if not undone}
        seats = self.session.seats
        inside = {str(seat.number) for seat in seats if seat.is_in}
        assert inside == expected & {*NUMBERS}
        assert self.session.walk_ins_counted == len(expected & {*STRANGERS})
        if self.noted:
            came = {str(seat.number) for seat in seats if seat.state is SeatState.ATTENDED}
            turnout = self.session.turnout
            assert came == inside
            assert (turnout.attended, turnout.no_shows) == (len(inside), len(NUMBERS) - len(inside))
            assert turnout.walk_ins == self.session.walk_ins_counted


Door.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None, database=None)
test_two_devices_come_to_the_same_whatever_reaches_us_first = Door.TestCase
