"""Who came to a session, from the seats in it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from buurtthuis_sessions.domain.seating import NotRegistered
from buurtthuis_sessions.domain.seats import CAME_OR_NOT, Seat, SeatState

EXPECTED = CAME_OR_NOT | {SeatState.REGISTERED}
#: Where it was noted by mistake that it was not held, that took every place away.
HAD_A_PLACE = EXPECTED | {SeatState.SESSION_CANCELLED}


@dataclass(frozen=True)
class Turnout:
    """How many came: of those who had registered, and of `walk_ins`; and how many were waited for."""

    attended: int = 0
    walk_ins: int = 0
    no_shows: int = 0

    @property
    def present(self) -> int:
        """How many people were there."""
        return self.attended + self.walk_ins


NOBODY = Turnout()


def note(seats: Collection[Seat], attended: Collection[UUID], walk_ins: int) -> Turnout:
    """Of everybody who was expected, whether they came. Raises NotRegistered for whoever was not.

    Whoever leads, interprets or looks after children may be among them, and is not counted."""
    present = frozenset(attended)
    expected = [seat for seat in seats if _is_expected(seat, present)]
    _check_expected(attended, expected)
    guests = [seat for seat in expected if not seat.role]
    for seat in guests:
        seat.note(came=seat.resident_id in present)
    return turnout(guests, walk_ins)


def turnout(seats: Iterable[Seat], walk_ins: int) -> Turnout:
    """Where it is noted of every seat."""
    guests = [seat for seat in seats if not seat.role]
    return Turnout(_places(guests, SeatState.ATTENDED), walk_ins, _places(guests, SeatState.NO_SHOW))


def who_is_in(seats: Iterable[Seat]) -> set[UUID]:
    """As it was noted at the door, of whoever had a place."""
    return {seat.resident_id for seat in seats if seat.is_in and seat.state in HAD_A_PLACE}


def forget_who_came(seats: Iterable[Seat]) -> Turnout:
    """It was noted by mistake: they have their places as before."""
    for seat in seats:
        if seat.state in CAME_OR_NOT:
            seat.move(SeatState.REGISTERED)
    return NOBODY


def _is_expected(seat: Seat, present: Collection[UUID]) -> bool:
    """Or came, where it was noted by mistake that it was not held."""
    released = seat.state is SeatState.SESSION_CANCELLED and seat.resident_id in present
    return seat.state in EXPECTED or released


def _places(seats: Iterable[Seat], state: SeatState) -> int:
    return sum(seat.places for seat in seats if seat.state is state)


def _check_expected(attended: Collection[UUID], expected: Collection[Seat]) -> None:
    residents = {seat.resident_id for seat in expected}
    for index, resident in enumerate(attended):
        if resident not in residents:
            raise NotRegistered(field=("attended", index))
