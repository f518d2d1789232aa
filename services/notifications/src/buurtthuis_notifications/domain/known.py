"""What notifications knows of the others' things, from what they say: as much as a message tells of them.

Nobody here decides anything; whatever is heard is noted. Titles are people's words and may be gone.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from buurtthuis.events.sessions import Joining, Kind, SeatRole

from buurtthuis_notifications.domain.closing import ClosingQuestion


class Standing(StrEnum):
    """How somebody stands to a session."""

    SEATED = "seated"
    WAITING = "waiting"
    OFFERED = "offered"
    OUT = "out"


class SessionStanding(StrEnum):
    """Whether a session is still to come."""

    COMING = "coming"
    OFF = "off"
    HELD = "held"


@dataclass(eq=False)
class KnownHouse:
    """A house of ours. One that is not `open` gets no news any more, but for its end. `joining` is how people come to be in it."""

    id: UUID
    title: str
    open: bool = True
    anonymise_on: date | None = None
    joining: Joining = Joining.OPEN
    version: int = 0

    @property
    def house_id(self) -> UUID:
        """By which it is known whether somebody's rights reach it."""
        return self.id


@dataclass(eq=False)
class KnownSession:
    """A session that has a time and a place. `changes` counts what a calendar has to be told.

    `titled_by` is the resident who gave it its title, where one did."""

    id: UUID
    house_id: UUID
    title: str | None
    kind: Kind
    begins: datetime
    ends: datetime
    time_zone: str
    place: str
    series_id: UUID | None = None
    theme_id: UUID | None = None
    titled_by: UUID | None = None
    standing: SessionStanding = SessionStanding.COMING
    changes: int = 0
    version: int = 0

    @property
    def starts_at(self) -> datetime:
        """On the clock on the wall."""
        return self._on_the_wall(self.begins)

    @property
    def ends_at(self) -> datetime:
        """On the clock on the wall."""
        return self._on_the_wall(self.ends)

    def _on_the_wall(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)


@dataclass(eq=False)
class KnownSeries:
    """A series that was started. `titled_by` is the resident who gave it its title, where one did."""

    id: UUID
    house_id: UUID
    title: str | None
    kind: Kind
    theme_id: UUID | None = None
    titled_by: UUID | None = None
    version: int = 0


@dataclass(eq=False)
class KnownSeat:
    """One resident's place in one session, or turn on its waiting list; hosts have one with that role.

    An offer was made at `since`, and is good until `expires_at`."""

    id: UUID
    session_id: UUID
    house_id: UUID
    resident_id: UUID
    standing: Standing
    role: SeatRole | None = None
    since: datetime | None = None
    expires_at: datetime | None = None
    version: int = 0

    @classmethod
    def of(cls, session: UUID, house: UUID, resident: UUID) -> Self:
        """The one that they have at most; not said yet how they stand."""
        return cls(cls.id_of(session, resident), session, house, resident, Standing.OUT)

    @staticmethod
    def id_of(session: UUID, resident: UUID) -> UUID:
        """The same each time."""
        return uuid5(session, str(resident))


@dataclass(eq=False)
class KnownTheme:
    """An idea, and whose it is, where a resident brought it in."""

    id: UUID
    house_id: UUID
    title: str | None
    proposer: UUID | None = None
    version: int = 0


@dataclass(eq=False)
class Follower:
    """A resident who wants to know what becomes of an idea."""

    id: UUID
    theme_id: UUID
    resident_id: UUID
    version: int = 0

    @classmethod
    def of(cls, theme: UUID, resident: UUID) -> Self:
        """There is one of these at most."""
        return cls(uuid5(theme, str(resident)), theme, resident)


@dataclass(eq=False)
class KnownModerator:
    """A resident who keeps the page of a house safe."""

    id: UUID
    house_id: UUID
    resident_id: UUID
    version: int = 0

    @classmethod
    def of(cls, house: UUID, resident: UUID) -> Self:
        """There is one of these at most."""
        return cls(uuid5(house, str(resident)), house, resident)


@dataclass(eq=False)
class KnownSurvey:
    """A survey that was opened. `closes_at` is empty while nobody knows, or once it is closed."""

    id: UUID
    house_id: UUID
    closes_at: datetime | None
    open: bool = True
    version: int = 0


@dataclass(frozen=True)
class KnownThings:
    """As much as some announcements are about, by id."""

    houses: dict[UUID, KnownHouse] = field(default_factory=dict)
    sessions: dict[UUID, KnownSession] = field(default_factory=dict)
    series: dict[UUID, KnownSeries] = field(default_factory=dict)
    themes: dict[UUID, KnownTheme] = field(default_factory=dict)
    surveys: dict[UUID, KnownSurvey] = field(default_factory=dict)
    seats: dict[UUID, KnownSeat] = field(default_factory=dict)
    questions: dict[UUID, ClosingQuestion] = field(default_factory=dict)
