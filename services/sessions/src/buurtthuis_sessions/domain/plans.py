"""When, where and for whom a session is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from buurtthuis.core.errors import Invalid
from buurtthuis.events.sessions import Kind, SeatRole

from buurtthuis_sessions.domain.wall_clocks import exists, moment

#: Kept seats go to newcomers alone until this long before a session.
NEWCOMERS_FIRST = timedelta(hours=48)
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class Outline:
    """What is known of a session before it has a time and a place: what kind it will be, and for whom."""

    kind: Kind | None = None
    capacity: int | None = None
    languages: tuple[str, ...] = ()
    roles: Mapping[SeatRole, int] = field(default_factory=lambda: {SeatRole.HOST: 2})
    newcomer_seats: int = 0


NOTHING_KNOWN = Outline()


@dataclass(frozen=True)
class Plan:
    """`local_start` and `local_end` are what the clock on the wall shows in `time_zone`, so that an evening session stays
    an evening session over a change to summer time. `roles` are seats apart from the capacity;
    `newcomer_seats` of the capacity are kept for people who were never there, until
    `newcomers_first` before the start."""

    kind: Kind
    local_start: datetime
    local_end: datetime
    time_zone: str
    place: str
    capacity: int
    languages: tuple[str, ...] = ()
    room_id: UUID | None = None
    roles: Mapping[SeatRole, int] = field(default_factory=lambda: {SeatRole.HOST: 2})
    newcomer_seats: int = 0
    newcomers_first: timedelta = NEWCOMERS_FIRST

    def __post_init__(self) -> None:
        """Raises Invalid for what no calendar, clock or room can hold."""
        for name, time in (("starts_at", self.local_start), ("ends_at", self.local_end)):
            if not exists(time, self.time_zone):
                raise Invalid(
                    f"That moment does not exist in {self.time_zone}: the clock skips it.", field=name
                )
        if not self.begins < self.ends:
            raise Invalid("A session ends after it starts.", field="ends_at")
        if self.ends - self.begins > LONGEST:
            raise Invalid("A session takes 24 hours at most.", field="ends_at")
        if self.newcomer_seats > self.capacity:
            raise Invalid("No more seats can be kept for newcomers than there are.", field="newcomer_seats")

    @classmethod
    def kept(cls, **facts: Any) -> Self:
        """As it was when it was checked: what a clock shows, and what we refuse, may be otherwise by now."""
        plan = object.__new__(cls)
        vars(plan).update(facts)
        return plan

    @property
    def people(self) -> int:
        """How many can be there, with everybody who has a role."""
        return self.capacity + sum(self.roles.values())

    @property
    def begins(self) -> datetime:
        """The moment it starts, in UTC."""
        return moment(self.local_start, self.time_zone)

    @property
    def ends(self) -> datetime:
        """The moment it ends, in UTC."""
        return moment(self.local_end, self.time_zone)
