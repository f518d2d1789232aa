"""What surveys says."""

from enum import StrEnum
from uuid import UUID

from buurtthuis.events import Audience, Erasable, Event


class Origin(StrEnum):
    """Whose idea a theme is."""

    RESIDENT = "resident"
    CORPORATION = "corporation"
    CHAIN_PARTNER = "chain_partner"


class Channel(StrEnum):
    """The road an idea came in by."""

    WEB = "web"
    PAPER = "paper"
    DOOR = "door"
    PHONE = "phone"
    SESSION = "session"


class ThemeProposed(Event, name="surveys.theme-proposed.v1", audience=Audience.STAFF):
    """Somebody brought in a theme for a house. Nobody but staff sees it until it is admitted."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]
    origin: Origin
    captured_via: Channel


class ThemeAdmitted(Event, name="surveys.theme-admitted.v1", audience=Audience.RESIDENTS):
    """The theme is on the list that residents choose from."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]
    origin: Origin


class ThemeRejected(Event, name="surveys.theme-rejected.v1", audience=Audience.STAFF):
    """The theme does not go on the list, for a reason that the proposer is told."""

    theme_id: UUID
    house_id: UUID
    reason: Erasable[str]


class ThemeWithdrawn(Event, name="surveys.theme-withdrawn.v1", audience=Audience.STAFF):
    """The proposer took the theme back."""

    theme_id: UUID
    house_id: UUID


class ThemeSelected(Event, name="surveys.theme-selected.v1", audience=Audience.RESIDENTS):
    """The theme was chosen to meet about."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]


class ThemeParked(Event, name="surveys.theme-parked.v1", audience=Audience.RESIDENTS):
    """A good theme, but not now."""

    theme_id: UUID
    house_id: UUID


class ThemeScheduled(Event, name="surveys.theme-scheduled.v1", audience=Audience.RESIDENTS):
    """A session about the theme has a time and a place."""

    theme_id: UUID
    house_id: UUID
    session_id: UUID


class ThemeRealised(Event, name="surveys.theme-realised.v1", audience=Audience.RESIDENTS):
    """A session about the theme was held."""

    theme_id: UUID
    house_id: UUID
    session_id: UUID


class ThemeAnswered(Event, name="surveys.theme-answered.v1", audience=Audience.RESIDENTS):
    """The corporation told the proposer what became of the theme."""

    theme_id: UUID
    house_id: UUID
    reply: Erasable[str]
