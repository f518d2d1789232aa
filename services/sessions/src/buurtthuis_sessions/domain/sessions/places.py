"""How the places of a session stand, for everybody in the house: so many, and nobody's."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, Self, TypeVar
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.sessions import PlacesChanged

from buurtthuis_sessions.domain.seats import Seat, SeatState

P = ParamSpec("P")


@dataclass(frozen=True)
class PlacesNow:
    """Of the capacity so many are taken and offered, and so many people wait."""

    capacity: int
    taken: int
    offered: int
    waiting: int

    @classmethod
    def of(cls, capacity: int, seats: Iterable[Seat]) -> Self:
        """Those of these seats that are of the capacity."""
        counted = [seat for seat in seats if not seat.role]
        taken, offered = (
            sum(seat.places for seat in counted if seat.state is state)
            for state in (SeatState.REGISTERED, SeatState.OFFERED)
        )
        return cls(capacity, taken, offered, sum(seat.state is SeatState.WAITLISTED for seat in counted))


class HasPlaces(Protocol):
    """A session."""

    id: UUID
    house_id: UUID

    @property
    def places(self) -> PlacesNow | None:
        """How they stand."""


S = TypeVar("S", bound=HasPlaces)


def says_places(
    change: Callable[Concatenate[S, P], list[Event]],
) -> Callable[Concatenate[S, P], list[Event]]:
    """Whatever this changes says, last of all, how the places stand, where they stood otherwise before."""

    @wraps(change)
    def changed(session: S, /, *args: P.args, **kwargs: P.kwargs) -> list[Event]:
        before = session.places
        events = change(session, *args, **kwargs)
        now = session.places
        if now is None or now == before:
            return events
        said = PlacesChanged(session_id=session.id, house_id=session.house_id, **asdict(now))
        return [*events, said]

    return changed
