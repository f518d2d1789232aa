"""Seats in whatever order people do things and the clock goes on: never oversold, no one passed over, one offer a place."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from buurtthuis.core.errors import Refused
from buurtthuis.domain.deadlines import awake
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    HostConfirmed,
    HostWithdrew,
    SeatOffered,
    SeatRegistered,
    SeatRole,
    SeatWithdrawn,
)
from buurtthuis_sessions.domain.seating import Wish
from buurtthuis_sessions.domain.seats import HOLDING, Seat, SeatState
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.sessions.builders import a_session

STARTS = datetime.fromisoformat("2019-01-10T19:30")  # what the clock on the wall shows
BEGINS = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
RESIDENTS = [uuid4() for _ in range(8)]
NEWCOMERS = frozenset(RESIDENTS[:3])
residents = st.sampled_from(RESIDENTS)


class Seats(RuleBasedStateMachine):
    """The rules are looked at from outside: what is free for whom, and who came before whom."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINS - timedelta(days=6)
        self.session = a_session(
            starts=STARTS, now=self.now, capacity=3, roles={SeatRole.HOST: 1}, newcomer_seats=1
        )
        #: What it may hold: its capacity, or so many as there were when it became less.
        self.most = 3

    @rule(resident=residents, plus_one=st.booleans())
    def register(self, resident: UUID, plus_one: bool) -> None:
        queue = self._queue()
        wish = Wish(plus_one, newcomer=resident in NEWCOMERS)
        self._do(lambda: self.session.register(resident, self.now, wish), queue)

    @rule(resident=residents)
    def withdraw(self, resident: UUID) -> None:
        self._do(lambda: self.session.withdraw(resident, self.now), self._queue())

    @rule(resident=residents)
    def accept(self, resident: UUID) -> None:
        self._do(lambda: self.session.accept(resident, self.now), self._queue())

    @rule(resident=residents)
    def host(self, resident: UUID) -> None:
        self._do(lambda: self.session.take_role(resident, SeatRole.HOST, self.now), self._queue())

    @rule(capacity=st.integers(1, 6))
    def change_capacity(self, capacity: int) -> None:
        self._do(lambda: self.session.change_capacity(capacity, self.now), self._queue())

    @rule(capacity=st.integers(1, 6))
    def give_out_no_new_places(self, capacity: int) -> None:
        self._do(lambda: self.session.change_capacity(capacity, self.now, no_new_places=True), self._queue())

    @rule(hours=st.sampled_from((1, 3, 12, 30)))
    def time_goes_on(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self._do(lambda: self.session.settle(self.now), self._queue())

    def _do(self, change: object, queue: list[Seat]) -> None:
        """What was given from the queue went to the first of those for whom it was."""
        assert callable(change)
        held, registered = self._held, self._registered
        try:
            events: list[Event] = change()
        except Refused:
            return
        if self.session.no_new_places:
            self._check_closed(events, held)
        self.most = max(self.session.planned.capacity, min(self.most, self._held))
        lost = registered - self._registered
        assert not lost or any(
            isinstance(one, SeatWithdrawn | HostConfirmed | HostWithdrew) for one in events
        )
        given = [one.seat_id for one in events if isinstance(one, SeatOffered)]
        given += [
            one.seat_id
            for one in events
            if isinstance(one, SeatRegistered) and one.waited and one.seat_id in {seat.id for seat in queue}
        ]
        assert len(given) == len(set(given))
        self._check_kept(events)
        for seat in queue:
            passed = seat.state is SeatState.WAITLISTED and any(
                one.id in given and one.number > seat.number and one.newcomer <= seat.newcomer
                for one in queue
            )
            assert not passed

    def _check_kept(self, events: list[Event]) -> None:
        """Whoever was there before got none of what is kept for newcomers."""
        new = {one.seat_id for one in events if isinstance(one, SeatOffered)}
        new |= {one.seat_id for one in events if isinstance(one, SeatRegistered) and not one.waited}
        if any(seat.id in new and not seat.newcomer for seat in self.session.seats):
            assert self.session.planned.capacity - self._held >= self._kept

    def _check_closed(self, events: list[Event], held: int) -> None:
        """No more people than before, and nobody is offered anything."""
        assert self._held <= held
        assert not any(isinstance(one, SeatOffered) for one in events)

    @property
    def _registered(self) -> set[UUID]:
        return {one.id for one in self.session.seats if one.state is SeatState.REGISTERED}

    @property
    def _kept(self) -> int:
        """Places that are there for newcomers alone."""
        taken = sum(
            1 + seat.plus_one
            for seat in self.session.seats
            if seat.newcomer and seat.state in HOLDING and not seat.role
        )
        return max(1 - taken, 0) if self.now < BEGINS - timedelta(hours=48) else 0

    def _queue(self) -> list[Seat]:
        return [seat for seat in self.session.seats if seat.state is SeatState.WAITLISTED]

    @property
    def _held(self) -> int:
        return sum(
            1 + seat.plus_one for seat in self.session.seats if seat.state in HOLDING and not seat.role
        )

    @invariant()
    def never_more_places_are_given_and_offered_than_there_are(self) -> None:
        assert self._held <= self.most

    @invariant()
    def no_offer_runs_out_at_night(self) -> None:
        ends = [seat.expires_at - timedelta(seconds=1) for seat in self.session.seats if seat.expires_at]
        assert [awake(one, "Europe/Amsterdam") for one in ends] == ends

    @invariant()
    def nobody_waits_for_a_place_that_is_there_for_them(self) -> None:
        if self.session.has_begun(self.now) or self.session.no_new_places:
            return
        free = self.session.planned.capacity - self._held
        for seat in self._queue():
            assert (free if seat.newcomer else free - self._kept) <= 0

    @invariant()
    def nobody_has_two_places(self) -> None:
        live = [seat.resident_id for seat in self.session.seats if seat.is_live]
        assert len(live) == len(set(live))

    @invariant()
    def an_offer_ends_before_the_session_begins(self) -> None:
        for seat in self.session.seats:
            offered = seat.state is SeatState.OFFERED
            assert offered == (seat.expires_at is not None)
            assert seat.expires_at is None or seat.expires_at < BEGINS


Seats.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None, database=None)
test_seats_are_given_out_fairly_whatever_happens = Seats.TestCase
