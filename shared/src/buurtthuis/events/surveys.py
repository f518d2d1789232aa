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


class Source(StrEnum):
    """What an idea came out of."""

    SURVEY = "survey"
    CAMPAIGN = "campaign"
    SESSION = "session"
    NONE = "none"


class ThemeProposed(Event, name="surveys.theme-proposed.v1", audience=Audience.STAFF):
    """Somebody brought in a theme for a house. Nobody but staff sees it until it is admitted."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]
    origin: Origin
    captured_via: Channel
    source: Source = Source.NONE
    source_id: UUID | None = None


class ThemeAdmitted(Event, name="surveys.theme-admitted.v1", audience=Audience.RESIDENTS):
    """The theme is on the list that residents choose from; said again when it comes back from being parked."""

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


class ThemeMerged(Event, name="surveys.theme-merged.v1", audience=Audience.RESIDENTS):
    """The theme says the same as another one and goes on as part of that; its support goes with it."""

    theme_id: UUID
    house_id: UUID
    into: UUID


class ThemeSupported(Event, name="surveys.theme-supported.v1", audience=Audience.RESIDENTS):
    """One more resident is for it; `supporters` is how many now. Nobody is told who."""

    theme_id: UUID
    house_id: UUID
    supporters: int


class ThemeSupportTakenBack(Event, name="surveys.theme-support-taken-back.v1", audience=Audience.RESIDENTS):
    """One resident fewer is for it; `supporters` is how many now."""

    theme_id: UUID
    house_id: UUID
    supporters: int


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


class ThemeUnscheduled(Event, name="surveys.theme-unscheduled.v1", audience=Audience.RESIDENTS):
    """The session about the theme was cancelled; the theme is selected as before, and waits for another one."""

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


class CampaignPlanned(Event, name="surveys.campaign-planned.v1", audience=Audience.STAFF):
    """There will be an incentive for ideas in a house."""

    campaign_id: UUID
    house_id: UUID


class CampaignStarted(Event, name="surveys.campaign-started.v1", audience=Audience.RESIDENTS):
    """Whoever brings an idea gets the incentive, as long as there is stock."""

    campaign_id: UUID
    house_id: UUID
    incentive: Erasable[str]
    stock: int


class CampaignCounted(Event, name="surveys.campaign-counted.v1", audience=Audience.STAFF):
    """Something was handed out or collected at the stand, or a mistake in that was undone; these are the counts now."""

    campaign_id: UUID
    house_id: UUID
    handed_out: int
    left: int
    collected: int


class CampaignEnded(Event, name="surveys.campaign-ended.v1", audience=Audience.RESIDENTS):
    """The stand is closed. Cards that were collected can still be typed in."""

    campaign_id: UUID
    house_id: UUID
    ideas: int
    handed_out: int
    left: int


class CardClaimed(Event, name="surveys.card-claimed.v1", audience=Audience.STAFF):
    """A resident showed that the idea on a card is theirs, and is told from now on what becomes of it."""

    card_id: UUID
    house_id: UUID
    theme_id: UUID


class CardClaimRefused(Event, name="surveys.card-claim-refused.v1", audience=Audience.STAFF):
    """Somebody tried to claim a card with a wrong code; `tries_left` more and it can no longer be claimed."""

    card_id: UUID
    house_id: UUID
    tries_left: int
