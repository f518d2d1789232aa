"""Who came to a session, from the seats in it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from buurtthuis_sessions.domain.seating import NotRegistered
from buurtthuis_sessions.domain.seats import CAME_OR_NOT, Seat, SeatState

EXPECTED = CAME_OR_NOT | {SeatState.REGISTERED}


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


def note(seats: Iterable[Seat], attended: Collection[UUID], walk_ins: int) -> Turnout:
    """Of everybody who was expected, whether they came. Raises NotRegistered for whoever was not."""
    present = frozenset(attended)
    expected = [seat for seat in seats if _is_expected(seat, present) and not seat.role]
    _check_expected(attended, expected)
    for seat in expected:
        seat.note(came=seat.resident_id in present)
    return Turnout(_places(expected, SeatState.ATTENDED), walk_ins, _places(expected, SeatState.NO_SHOW))


def forget_who_came(seats: Iterable[Seat]) -> Turnout:
    """It was noted by mistake: they have their places as before."""
    for seat in seats:
        if seat.state in CAME_OR_NOT:
            seat.move(SeatState.REGISTERED)
    return NOBODY


def _is_expected(seat: Seat, present: Collection[UUID]) -> bool:
    """Or came, where it was noted by mistake that it was not held: that took every place away."""
    released = seat.state is SeatState.SESSION_CANCELLED and seat.resident_id in present
    return seat.state in EXPECTED or released


def _places(seats: Iterable[Seat], state: SeatState) -> int:
    return sum(seat.places for seat in seats if seat.state is state)


def _check_expected(attended: Collection[UUID], expected: Collection[Seat]) -> None:
    residents = {seat.resident_id for seat in expected}
    for index, resident in enumerate(attended):
        if resident not in residents:
            raise NotRegistered(field=("attended", index))
