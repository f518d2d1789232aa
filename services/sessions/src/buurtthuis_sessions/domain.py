"""Houses, sessions and the seats in them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.errors import Invalid, Refused
from buurtthuis.events.sessions import (
    HouseOpened,
    Kind,
    SeatRegistered,
    SeatWithdrawn,
    SessionCancelled,
    SessionDrafted,
    SessionHeld,
    SessionScheduled,
)
from buurtthuis.work import new_id


class SessionState(StrEnum):
    """Where a session is. Whether a scheduled one is full follows from its seats."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    HELD = "held"
    CANCELLED = "cancelled"


MOVES: dict[SessionState, frozenset[SessionState]] = {
    SessionState.DRAFT: frozenset({SessionState.SCHEDULED, SessionState.CANCELLED}),
    SessionState.SCHEDULED: frozenset({SessionState.HELD, SessionState.CANCELLED}),
}


class SeatState(StrEnum):
    """What became of one resident's place."""

    REGISTERED = "registered"
    WITHDRAWN = "withdrawn"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    SESSION_CANCELLED = "session_cancelled"


class SessionCannotMove(Refused):
    """A session that is {state} cannot become {to}."""


class NotOpenForRegistration(Refused):
    """Places are given out, and taken back, while a session is scheduled and has not begun; this one is {state}."""


class SessionFull(Refused):
    """All {capacity} places in this session are taken."""


class AlreadyRegistered(Refused):
    """This resident has a place in this session already."""


class NotRegistered(Refused):
    """There is no registration of this resident in this session."""


class NotBegun(Refused):
    """Attendance is noted once the session has begun, at {starts_at}."""


class HouseNotOpen(Refused):
    """There is no house with this id that is open."""

    status = 404


@dataclass(eq=False)
class House:
    """One experiment at one complex: easy to start and easy to end."""

    id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    version: int = 0

    @classmethod
    def open(
        cls, title: str, town: str, dwellings: int, label: str | None = None, ends_on: date | None = None
    ) -> tuple[Self, HouseOpened]:
        """Start an experiment."""
        house = cls(new_id(), title, town, dwellings, label, ends_on)
        return house, HouseOpened(
            house_id=house.id, title=title, town=town, dwellings=dwellings, label=label, ends_on=ends_on
        )


@dataclass(eq=False)
class Seat:
    """One resident's place in one session."""

    id: UUID
    session_id: UUID
    resident_id: UUID
    state: SeatState = SeatState.REGISTERED


@dataclass(frozen=True)
class Plan:
    """When, where and for how many. Times are what the clock on the wall shows in `time_zone`,
    so that an evening session stays an evening session over a change to summer time."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str
    capacity: int
    languages: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises Invalid for an end before the start, or an hour that the clock skips."""
        for name in ("starts_at", "ends_at"):
            if not _exists(getattr(self, name), self.time_zone):
                raise Invalid(
                    f"That moment does not exist in {self.time_zone}: the clock skips it.", field=f"/{name}"
                )
        if self.ends_at <= self.starts_at:
            raise Invalid("A session ends after it starts.", field="/ends_at")


@dataclass(eq=False)
class Session:
    """One meeting, from draft to attendance. Its seats are part of it: who takes the last one is decided here."""

    id: UUID
    house_id: UUID
    theme_id: UUID | None
    title: str | None
    state: SessionState = SessionState.DRAFT
    kind: Kind | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str | None = None
    place: str | None = None
    capacity: int | None = None
    languages: tuple[str, ...] = ()
    walk_ins: int = 0
    reason: str | None = None
    version: int = 0
    seats: list[Seat] = field(default_factory=list)

    @classmethod
    def draft(cls, house: UUID, title: str | None, theme: UUID | None = None) -> tuple[Self, SessionDrafted]:
        """A session that waits for a host; without a title where its words were taken back."""
        session = cls(new_id(), house, theme, title)
        return session, SessionDrafted(session_id=session.id, house_id=house, theme_id=theme)

    @property
    def taken(self) -> int:
        """Places that are taken."""
        return sum(seat.state is SeatState.REGISTERED for seat in self.seats)

    @property
    def is_full(self) -> bool:
        """Whether the next resident finds no place."""
        return self.capacity is not None and self.taken >= self.capacity

    def schedule(self, plan: Plan, now: datetime, title: str | None = None) -> SessionScheduled:
        """Fill in time, place and capacity; raises Invalid for a start in the past, or without a title."""
        self._check_move(SessionState.SCHEDULED)
        if _utc(plan.starts_at, plan.time_zone) <= now:
            raise Invalid("A session starts in the future.", field="/starts_at")
        title = title or self.title
        if title is None:
            raise Invalid("This session needs a title.", field="/title")
        self.state, self.title = SessionState.SCHEDULED, title
        self.kind, self.place, self.capacity, self.languages = (
            plan.kind,
            plan.place,
            plan.capacity,
            plan.languages,
        )
        self.starts_at, self.ends_at, self.time_zone = plan.starts_at, plan.ends_at, plan.time_zone
        return self._scheduled(plan)

    def register(self, resident: UUID, now: datetime) -> SeatRegistered:
        """Give a resident a place."""
        self._check_open(now)
        if self._seat_of(resident):
            raise AlreadyRegistered
        if self.is_full:
            raise SessionFull(capacity=self.capacity)
        seat = Seat(new_id(), self.id, resident)
        self.seats.append(seat)
        return SeatRegistered(
            session_id=self.id,
            house_id=self.house_id,
            seat_id=seat.id,
            resident_id=resident,
            taken=self.taken,
        )

    def withdraw(self, resident: UUID, now: datetime) -> SeatWithdrawn:
        """Give a place back, before the session."""
        self._check_open(now)
        seat = self._seat_of(resident)
        if seat is None:
            raise NotRegistered
        seat.state = SeatState.WITHDRAWN
        return SeatWithdrawn(
            session_id=self.id, house_id=self.house_id, seat_id=seat.id, resident_id=resident
        )

    def hold(self, attended: Collection[UUID], walk_ins: int, now: datetime) -> SessionHeld:
        """Note who came. Everybody else who registered did not show; walk-ins count at once."""
        self._check_move(SessionState.HELD)
        if now < self._begins():
            raise NotBegun(starts_at=f"{self.starts_at:%Y-%m-%d %H:%M}")
        registered = [seat for seat in self.seats if seat.state is SeatState.REGISTERED]
        _check_registered(attended, registered)
        present = frozenset(attended)
        for seat in registered:
            seat.state = SeatState.ATTENDED if seat.resident_id in present else SeatState.NO_SHOW
        self.state, self.walk_ins = SessionState.HELD, walk_ins
        return SessionHeld(
            session_id=self.id,
            house_id=self.house_id,
            theme_id=self.theme_id,
            attended=len(present),
            walk_ins=walk_ins,
            no_shows=len(registered) - len(present),
        )

    def cancel(self, reason: str) -> SessionCancelled:
        """It does not take place; everybody who had a place loses it."""
        self._check_move(SessionState.CANCELLED)
        self.state, self.reason = SessionState.CANCELLED, reason
        for seat in self.seats:
            if seat.state is SeatState.REGISTERED:
                seat.state = SeatState.SESSION_CANCELLED
        return SessionCancelled(session_id=self.id, house_id=self.house_id, reason=reason)

    def _seat_of(self, resident: UUID) -> Seat | None:
        return next(
            (one for one in self.seats if one.resident_id == resident and one.state is SeatState.REGISTERED),
            None,
        )

    def _check_open(self, now: datetime) -> None:
        if self.state is not SessionState.SCHEDULED:
            raise NotOpenForRegistration(state=self.state)
        if now >= self._begins():
            raise NotOpenForRegistration(state="under way")

    def _begins(self) -> datetime:
        assert self.starts_at
        assert self.time_zone
        return _utc(self.starts_at, self.time_zone)

    def _scheduled(self, plan: Plan) -> SessionScheduled:
        return SessionScheduled(
            session_id=self.id,
            house_id=self.house_id,
            theme_id=self.theme_id,
            title=self.title,
            kind=plan.kind,
            starts_at=_utc(plan.starts_at, plan.time_zone),
            ends_at=_utc(plan.ends_at, plan.time_zone),
            time_zone=plan.time_zone,
            place=plan.place,
            capacity=plan.capacity,
            languages=plan.languages,
        )

    def _check_move(self, to: SessionState) -> None:
        if to not in MOVES.get(self.state, frozenset()):
            raise SessionCannotMove(state=self.state, to=to)


def _check_registered(attended: Collection[UUID], registered: Collection[Seat]) -> None:
    residents = {seat.resident_id for seat in registered}
    for index, resident in enumerate(attended):
        if resident not in residents:
            raise NotRegistered(field=f"/attended/{index}")


def _utc(wall_clock: datetime, time_zone: str) -> datetime:
    """An hour that the clock shows twice is the first of the two, in summer time."""
    return wall_clock.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def _exists(wall_clock: datetime, time_zone: str) -> bool:
    """Whether the clock on the wall ever shows this: one hour a year it does not."""
    try:
        shown = _utc(wall_clock, time_zone).astimezone(ZoneInfo(time_zone))
    except OverflowError:  # the first and last hours of the calendar are outside it elsewhere
        return False
    return shown.replace(tzinfo=None) == wall_clock
