"""Who has a place in a session, who waits for one, and whose turn it is.

Places that nobody has go to whoever waited longest, at once: after every change nobody waits for a
place that is there for them. So nobody who comes new can pass the queue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.work import new_id
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    HostConfirmed,
    HostWithdrew,
    SeatConfirmed,
    SeatOffered,
    SeatOfferExpired,
    SeatRegistered,
    SeatRole,
    SeatWaitlisted,
    SeatWithdrawn,
)

from buurtthuis_sessions.domain.seats import HOLDING, Seat, SeatState, offer_until


class AlreadyRegistered(Refused):
    """This resident has a place in this session already, or waits for one."""


class NotRegistered(Refused):
    """There is no registration of this resident in this session."""


class NothingOffered(Refused):
    """No place in this session is offered to this resident, or not any more."""


class RoleTaken(Refused):
    """All {count} seats for {role} in this session are taken."""


class CapacityTooSmall(Refused):
    """The capacity cannot be less than the {held} places that are taken or offered already. With `no_new_places` it can: then nobody loses a place, and none that comes free is offered."""


@dataclass(frozen=True)
class Wish:
    """What a resident asks for when registering."""

    plus_one: bool = False
    newcomer: bool = False
    needs: str | None = None
    standing: bool = False
    called: str | None = None


@dataclass(frozen=True)
class Seating:
    """The seats of one session, at one moment; `kept` of its `capacity` are for newcomers now.

    Where it is `closed` a place that is free stays so; what somebody has, or was offered, is theirs all the same."""

    session_id: UUID
    house_id: UUID
    seats: list[Seat]
    capacity: int
    kept: int
    begins: datetime
    time_zone: str
    closed: bool = False

    def register(self, resident: UUID, wish: Wish, now: datetime) -> list[Event]:
        """A place where there is one and nobody waits for it; else a turn. Raises AlreadyRegistered."""
        if live(self.seats, resident):
            raise AlreadyRegistered
        seat = self._newborn(resident, wish)
        if self.free(newcomer=wish.newcomer) >= seat.places:
            seat.move(SeatState.REGISTERED)
            return [self._registered(seat)]
        return [SeatWaitlisted(**facts(seat)), *self.settle(now)]

    def accept(self, resident: UUID, now: datetime) -> list[Event]:
        """Take the place that is offered. Raises NothingOffered."""
        seat = live(self.seats, resident)
        if seat is None or seat.state is not SeatState.OFFERED:
            raise NothingOffered
        seat.move(SeatState.REGISTERED)
        seat.expires_at = None
        return [self._registered(seat, waited=True), *self.settle(now)]

    def withdraw(self, resident: UUID, now: datetime) -> list[Event]:
        """Give a place, an offer or a turn back. Raises NotRegistered."""
        return [give_back(self.seats, resident), *self.settle(now)]

    def hand_over(self, seat: Seat, resident: UUID) -> list[Event]:
        """A place that somebody has is another's: who had it as a guest is known now."""
        withdrawn = SeatWithdrawn(**facts(seat))
        seat.resident_id = resident
        return [withdrawn, self._registered(seat)]

    def settle(self, now: datetime) -> list[Event]:
        """End the offers that nobody took in time, and give every free place to whoever waited longest."""
        events: list[Event] = [self._expire(seat) for seat in self.seats if is_overdue(seat, now)]
        while seat := self._next_in_line():
            events.append(self._give(seat, now))
        return events

    def ask_again(self, now: datetime) -> list[Event]:
        """After a change: everybody keeps the place, and has still to say so."""
        events = self.settle(now)
        for seat in self.seats:
            if seat.state is SeatState.OFFERED:
                events += self._offered_sooner(seat, now)
            elif seat.state is SeatState.REGISTERED:
                seat.confirmed = False
        return [*events, *self.settle(now)]

    def confirm(self, resident: UUID) -> list[Event]:
        """A resident still comes. Raises NotRegistered."""
        seat = live(self.seats, resident)
        if seat is None or seat.state is not SeatState.REGISTERED:
            raise NotRegistered
        seat.confirmed = True
        return [SeatConfirmed(**facts(seat))]

    def check_capacity(self, capacity: int) -> None:
        """Raises CapacityTooSmall; where it is closed there may be more people for a while than there should be."""
        if capacity < self.held() and not self.closed:
            raise CapacityTooSmall(held=self.held(), field="capacity")

    def held(self, *, newcomers: bool = False) -> int:
        """Places that somebody has, or is offered: everybody, or newcomers alone."""
        holding = (seat for seat in self.seats if seat.state in HOLDING)
        return sum(seat.places for seat in holding if seat.newcomer or not newcomers)

    def free(self, *, newcomer: bool) -> int:
        """Places that are there for the taking; what is kept is there for newcomers only."""
        if self.closed:
            return 0
        left = self.capacity - self.held()
        if not newcomer:
            left -= max(self.kept - self.held(newcomers=True), 0)
        return max(left, 0)

    def _next_in_line(self) -> Seat | None:
        free = {newcomer: self.free(newcomer=newcomer) for newcomer in (True, False)}
        return next((seat for seat in waiting(self.seats) if free[seat.newcomer]), None)

    def _give(self, seat: Seat, now: datetime) -> Event:
        """Offered, or so near the start simply given; alone where there is no place for the second person."""
        seat.plus_one = seat.plus_one and self.free(newcomer=seat.newcomer) > 1
        seat.expires_at = offer_until(now, self.begins, self.time_zone)
        if seat.expires_at is None:
            seat.move(SeatState.REGISTERED)
            return self._registered(seat, waited=True, given=True)
        seat.move(SeatState.OFFERED)
        return SeatOffered(**facts(seat), expires_at=seat.expires_at, plus_one=seat.plus_one)

    def _offered_sooner(self, seat: Seat, now: datetime) -> list[Event]:
        """So near the start nobody is asked any more: who has an offer has the place."""
        until = offer_until(now, self.begins, self.time_zone)
        if until and seat.expires_at:
            seat.expires_at = min(seat.expires_at, until)
            return []
        seat.move(SeatState.REGISTERED)
        seat.expires_at, seat.confirmed = None, False
        return [self._registered(seat, waited=True, given=True)]

    def _expire(self, seat: Seat) -> Event:
        seat.move(SeatState.OFFER_EXPIRED)
        seat.expires_at = None
        seat.forget()
        return SeatOfferExpired(**facts(seat))

    def _newborn(self, resident: UUID, wish: Wish) -> Seat:
        seat = Seat(
            id=new_id(),
            session_id=self.session_id,
            house_id=self.house_id,
            resident_id=resident,
            number=next_number(self.seats),
            state=SeatState.WAITLISTED,
            plus_one=wish.plus_one,
            newcomer=wish.newcomer,
            standing=wish.standing,
            needs=wish.needs,
            called=wish.called,
        )
        self.seats.append(seat)
        return seat

    def _registered(self, seat: Seat, *, waited: bool = False, given: bool = False) -> SeatRegistered:
        return SeatRegistered(
            **facts(seat),
            taken=sum(seat.places for seat in self.seats if seat.state is SeatState.REGISTERED),
            plus_one=seat.plus_one,
            waited=waited,
            given=given,
            standing=seat.standing,
        )


def take_role(
    seats: list[Seat], session: UUID, house: UUID, resident: UUID, role: SeatRole, count: int
) -> Event:
    """A seat apart from the capacity; whoever had a place in it leaves that to others.

    Raises RoleTaken, or AlreadyRegistered where the resident has a role."""
    seat = live(seats, resident)
    if seat and seat.role:
        raise AlreadyRegistered
    if sum(other.role is role and other.is_live for other in seats) >= count:
        raise RoleTaken(count=count, role=role.replace("_", " "))
    if seat is None:
        seat = Seat(new_id(), session, house, resident, next_number(seats), SeatState.REGISTERED)
        seats.append(seat)
    if seat.state is not SeatState.REGISTERED:
        seat.move(SeatState.REGISTERED)
    seat.role, seat.plus_one = role, False
    seat.expires_at = None
    seat.forget()
    if role is SeatRole.HOST:
        return HostConfirmed(session_id=session, house_id=house, resident_id=resident)
    return SeatRegistered(**facts(seat), taken=0, role=role)


def give_back(seats: Iterable[Seat], resident: UUID) -> Event:
    """Let go of a place, an offer or a turn, or of leading the session. Raises NotRegistered."""
    seat = live(seats, resident)
    if seat is None:
        raise NotRegistered
    seat.move(SeatState.WITHDRAWN)
    seat.expires_at = None
    seat.forget()
    if seat.role is not SeatRole.HOST:
        return SeatWithdrawn(**facts(seat))
    return HostWithdrew(
        session_id=seat.session_id, house_id=seat.house_id, resident_id=resident, left=len(hosts(seats))
    )


def facts(seat: Seat) -> dict[str, Any]:
    """What every event about a seat says."""
    return {
        "session_id": seat.session_id,
        "house_id": seat.house_id,
        "seat_id": seat.id,
        "resident_id": seat.resident_id,
    }


def hosts(seats: Iterable[Seat]) -> list[UUID]:
    """Who leads the session."""
    return [seat.resident_id for seat in seats if seat.role is SeatRole.HOST and seat.is_live]


def live(seats: Iterable[Seat], resident: UUID) -> Seat | None:
    """What this resident has in the session: a place, an offer or a turn."""
    return next((seat for seat in seats if seat.resident_id == resident and seat.is_live), None)


def is_overdue(seat: Seat, now: datetime) -> bool:
    """Whether an offer was not taken in time."""
    return seat.state is SeatState.OFFERED and seat.expires_at is not None and seat.expires_at <= now


def waiting(seats: Iterable[Seat]) -> list[Seat]:
    """The waiting list, in order."""
    return sorted(
        (seat for seat in seats if seat.state is SeatState.WAITLISTED), key=lambda seat: seat.number
    )


def next_number(seats: Iterable[Seat]) -> int:
    """The turn behind everybody's."""
    return 1 + max((seat.number for seat in seats), default=0)
