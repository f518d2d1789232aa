"""When, where and for whom sessions come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from buurtthuis.core.errors import Invalid
from buurtthuis.events.sessions import (
    Kind,
    SeatRole,
)

from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.recurrence import begins_with, between, normalised
from buurtthuis_sessions.domain.wall_clocks import moment, really, shown


@dataclass(frozen=True)
class SeriesPlan:
    """When, where and for whom. `local_start` is the first time, on the clock on the wall; each lasts `minutes`."""

    kind: Kind
    local_start: datetime
    minutes: int
    time_zone: str
    rule: str
    place: str
    capacity: int
    languages: tuple[str, ...] = ()
    room_id: UUID | None = None
    roles: Mapping[SeatRole, int] = field(default_factory=lambda: {SeatRole.HOST: 2})
    newcomer_seats: int = 0

    def __post_init__(self) -> None:
        """Raises Invalid for a rule that we cannot follow, and for a first time that it does not name."""
        object.__setattr__(self, "rule", normalised(self.rule))
        object.__setattr__(self, "local_start", self.local_start.replace(microsecond=0))  # rules know seconds
        try:
            self.at(self.local_start)
        except OverflowError:
            raise Invalid("That moment is outside the calendar.", field="starts_at") from None
        if not begins_with(self.rule, self.local_start, self.time_zone):
            raise Invalid("The rule does not name the day of the first session.", field="starts_at")

    def at(self, occurrence: datetime) -> Plan:
        """The session of that time. Where the clock skips it, an hour later by the clock; it lasts as long as ever."""
        local_start = really(occurrence, self.time_zone)
        ends = moment(local_start, self.time_zone) + timedelta(minutes=self.minutes)
        return Plan(
            kind=self.kind,
            local_start=local_start,
            local_end=shown(ends, self.time_zone),
            time_zone=self.time_zone,
            place=self.place,
            capacity=self.capacity,
            languages=self.languages,
            room_id=self.room_id,
            roles=self.roles,
            newcomer_seats=self.newcomer_seats,
        )

    def between(self, after: datetime, until: datetime) -> list[datetime]:
        """The times later than one moment and no later than another (UTC), on the clock on the wall."""
        return between(self.rule, self.local_start, self.time_zone, after, until)
