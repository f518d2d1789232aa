"""The door of a session: who is in, person by person; and who came, all together."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.sessions import ArrivalsCounted, AttendanceCorrected

from buurtthuis_sessions.domain.arrivals import (
    MOST,
    OPENS,
    SHUTS,
    Arrival,
    DoorNote,
    DoorShut,
    NobodyNoted,
    NotExpected,
    TooManyWalkIns,
    WalkIn,
    stands,
)
from buurtthuis_sessions.domain.seating import NotRegistered
from buurtthuis_sessions.domain.seats import Seat
from buurtthuis_sessions.domain.sessions.attendance import EXPECTED, Turnout, note, turnout, who_is_in
from buurtthuis_sessions.domain.sessions.states import NOTED, SessionState
from buurtthuis_sessions.domain.tickets import NoSuchTicket, seat_of
from buurtthuis_sessions.domain.titles import Titled


class AtTheDoor(Titled):
    """What a session knows of who is in. Once its attendance was noted, what is noted here corrects that.

    `noted_at` is since when it was noted for all together who came: what was noted at the door before counts no more.
    The `door_code` is shown on a screen there, for people to check themselves in with."""

    id: UUID
    house_id: UUID
    state: SessionState
    begins: datetime | None
    ends: datetime | None
    seats: list[Seat]
    turnout: Turnout
    walked_in: tuple[WalkIn, ...]
    noted_at: datetime | None
    door_code: str | None

    def check_in(self, notes: Iterable[DoorNote], now: datetime, *, late: bool = False) -> list[Event]:
        """Who came in, or did not after all. Where a device sends it `late`, whoever is not expected is left out.

        Raises DoorShut, NoSuchTicket, NotExpected, TooManyWalkIns."""
        self._check_open_door(now)
        if not sum(self._take(each, now, late=late) for each in notes):
            return []
        return [self.corrected() if self.state in NOTED else self._counted()]

    def check_oneself_in(self, resident: UUID, now: datetime) -> list[Event]:
        """With the code that is shown at the door. Raises DoorShut, NotRegistered."""
        mine = [seat for seat in self.seats if seat.resident_id == resident and seat.state in EXPECTED]
        if not mine:
            raise NotRegistered
        return self.check_in([DoorNote(str(seat.id)) for seat in mine], now)

    def show_code(self, code: str, now: datetime) -> None:
        """For people to check themselves in with. Raises DoorShut."""
        self._check_open_door(now)
        self.door_code = code

    def shut_the_door(self) -> None:
        """When somebody came is nobody's business any more once it is known that they did; nor is what they told the hosts."""
        self.forget_needs()
        self.door_code = None
        if self.state is SessionState.SCHEDULED:
            return
        self.walked_in = ()
        for seat in self.seats:
            seat.arrival = None

    def forget_needs(self) -> None:
        """What people needed to take part, and what they are called, is nobody's business any more."""
        for seat in self.seats:
            seat.forget()

    def note_all(self, attended: Collection[UUID] | None, walk_ins: int | None, now: datetime) -> None:
        """Who came: these, and so many; or whoever was noted at the door. Raises NotRegistered, or NobodyNoted where that is nobody."""
        if attended is None and not (self.walked_in or any(seat.arrival for seat in self.seats)):
            raise NobodyNoted(field="attended")
        came = who_is_in(self.seats) if attended is None else attended
        self.turnout = note(self.seats, came, self.walk_ins_counted if walk_ins is None else walk_ins)
        self.noted_at = None if attended is None else now

    def corrected(self) -> AttendanceCorrected:
        """What is said of its attendance being otherwise."""
        return AttendanceCorrected(session_id=self.id, house_id=self.house_id, **vars(self.turnout))

    @property
    def walk_ins_counted(self) -> int:
        """How many walked in, as it was noted at the door."""
        return sum(not walk_in.arrival.undone for walk_in in self.walked_in)

    def _counted(self) -> ArrivalsCounted:
        inside = sum(seat.places for seat in self.seats if seat.is_in and seat.state in EXPECTED)
        return ArrivalsCounted(
            session_id=self.id, house_id=self.house_id, arrived=inside, walk_ins=self.walk_ins_counted
        )

    def _check_open_door(self, now: datetime) -> None:
        if self.state not in {SessionState.SCHEDULED, *NOTED}:
            raise DoorShut(state=self.state.replace("_", " "))
        assert self.begins
        assert self.ends
        if not self.begins - OPENS <= now < self.ends + SHUTS:
            raise DoorShut(state="still ahead" if now < self.begins else "over")

    def _take(self, each: DoorNote, now: datetime, *, late: bool) -> bool:
        """Whether anybody is in now who was not, or the other way about."""
        if isinstance(each.of, UUID):
            return self._let_walk_in(each.of, each.arrival(now))
        seat = self._expected(each.of, late=late)
        return seat is not None and self._let_in(seat, each.arrival(now))

    def _expected(self, said: str, *, late: bool) -> Seat | None:
        try:
            seat = seat_of(said, self.id, self.seats)
            if seat.state not in EXPECTED:
                raise NotExpected(field="seat")
        except (NoSuchTicket, NotExpected):
            if late:
                return None
            raise
        return seat

    def _let_in(self, seat: Seat, arrival: Arrival) -> bool:
        if not stands(arrival, seat.arrival, self.noted_at):
            return False
        before, seat.arrival = (seat.is_in, seat.state), arrival
        if self.state in NOTED and not seat.role:
            seat.note(came=seat.is_in)
            self.turnout = turnout(self.seats, self.turnout.walk_ins)
        return before != (seat.is_in, seat.state)

    def _let_walk_in(self, id: UUID, arrival: Arrival) -> bool:
        known = {walk_in.id: walk_in for walk_in in self.walked_in}
        if not stands(arrival, known[id].arrival if id in known else None, self.noted_at):
            return False
        before = self.walk_ins_counted
        self.walked_in = tuple({**known, id: WalkIn(id, arrival)}.values())
        if len(self.walked_in) > MOST:
            raise TooManyWalkIns(most=MOST)
        more = self.walk_ins_counted - before
        if self.state in NOTED:
            self.turnout = replace(self.turnout, walk_ins=max(self.turnout.walk_ins + more, 0))
        return more != 0
