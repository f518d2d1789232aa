"""What surveys says."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from buurtthuis.events import Audience, Count, Erasable, Event


class Origin(StrEnum):
    """Whose idea a theme is."""

    RESIDENT = "resident"
    CORPORATION = "corporation"
    CHAIN_PARTNER = "chain_partner"


class IntakeChannel(StrEnum):
    """The road an idea came in by."""

    __qualname__ = "Channel"  # what documents of an API call it

    WEB = "web"
    PAPER = "paper"
    DOOR = "door"
    PHONE = "phone"
    SESSION = "session"


class ThemeSource(StrEnum):
    """What an idea came out of."""

    __qualname__ = "Source"

    SURVEY = "survey"
    CAMPAIGN = "campaign"
    SESSION = "session"
    NONE = "none"


#: Their names in what was written before there were others that are called so.
Channel, Source = IntakeChannel, ThemeSource


#: The word that a corporation calls a chain partner by, for programs.
Organisation = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,40}$")]


class ThemeProposed(Event, name="surveys.theme-proposed.v1", subject="theme_id", audience=Audience.STAFF):
    """Somebody brought in a theme for a house. Nobody but staff sees it until it is admitted.

    `author_id` is the resident who did so themselves; what staff type in has none, nor have events from before there was one."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]
    origin: Origin
    captured_via: IntakeChannel
    source: ThemeSource = ThemeSource.NONE
    source_id: UUID | None = None
    organisation: Organisation | None = None
    author_id: UUID | None = None


class ThemeCorrected(Event, name="surveys.theme-corrected.v1", subject="theme_id", audience=Audience.STAFF):
    """A theme reads as it was meant from now on: staff had typed it in wrongly, or a chain partner wrote it anew before it was
    admitted."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]
    origin: Origin
    captured_via: IntakeChannel


class ThemeAdmitted(Event, name="surveys.theme-admitted.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """The theme is on the list that residents choose from; said again when it comes back from being parked."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]
    origin: Origin


class ThemeRejected(
    Event, name="surveys.theme-rejected.v1", subject="theme_id", audience=Audience.STAFF, irreversible=True
):
    """The theme does not go on the list, for a reason that the proposer is told: where it is a moderators' decision,
    with that."""

    theme_id: UUID
    house_id: UUID
    reason: Erasable[str]
    decision_id: UUID | None = None


class ThemeWithdrawn(Event, name="surveys.theme-withdrawn.v1", subject="theme_id", audience=Audience.STAFF):
    """The proposer took the theme back."""

    theme_id: UUID
    house_id: UUID


class ThemeMerged(Event, name="surveys.theme-merged.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """The theme says the same as another one and goes on as part of that; its support goes with it."""

    theme_id: UUID
    house_id: UUID
    into: UUID


class ThemeSupported(
    Event, name="surveys.theme-supported.v1", subject="theme_id", audience=Audience.RESIDENTS
):
    """One more resident is for it; `supporters` is how many now. Nobody is told who."""

    theme_id: UUID
    house_id: UUID
    supporters: int


class ThemeSupportTakenBack(
    Event, name="surveys.theme-support-taken-back.v1", subject="theme_id", audience=Audience.RESIDENTS
):
    """One resident fewer is for it; `supporters` is how many now."""

    theme_id: UUID
    house_id: UUID
    supporters: int


class ThemeSelected(Event, name="surveys.theme-selected.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """The theme was chosen to meet about."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]


class ThemeParked(Event, name="surveys.theme-parked.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """A good theme, but not now."""

    theme_id: UUID
    house_id: UUID


class ThemeScheduled(
    Event, name="surveys.theme-scheduled.v1", subject="theme_id", audience=Audience.RESIDENTS
):
    """A session about the theme has a time and a place."""

    theme_id: UUID
    house_id: UUID
    session_id: UUID


class ThemeUnscheduled(
    Event, name="surveys.theme-unscheduled.v1", subject="theme_id", audience=Audience.RESIDENTS
):
    """The session about the theme was cancelled; the theme is selected as before, and waits for another one."""

    theme_id: UUID
    house_id: UUID
    session_id: UUID


class ThemeRealised(Event, name="surveys.theme-realised.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """A session about the theme was held."""

    theme_id: UUID
    house_id: UUID
    session_id: UUID


class ThemeAnswered(Event, name="surveys.theme-answered.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """The corporation told the proposer what became of the theme."""

    theme_id: UUID
    house_id: UUID
    reply: Erasable[str]


class ClosingQuestionAsked(
    Event, name="surveys.closing-question-asked.v1", subject="question_id", audience=Audience.STAFF
):
    """A while after a theme was realised or answered this resident, who brought it in, is asked whether it is solved."""

    question_id: UUID
    theme_id: UUID
    house_id: UUID
    resident_id: UUID
    closes_at: datetime


class ThemeConfirmed(
    Event, name="surveys.theme-confirmed.v1", subject="theme_id", audience=Audience.RESIDENTS
):
    """Somebody who brought the theme in says that it is solved."""

    theme_id: UUID
    house_id: UUID


class ThemeReopened(Event, name="surveys.theme-reopened.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """Somebody who brought the theme in says that it is not solved: it is with staff again. That happens once.

    What is not solved yet staff read at `GET /surveys/v1/themes/{id}/closing`."""

    theme_id: UUID
    house_id: UUID


class ThemeErased(
    Event, name="surveys.theme-erased.v1", subject="theme_id", audience=Audience.RESIDENTS, irreversible=True
):
    """The words of a theme were taken back, since whoever wrote them asked to be forgotten; it counts as it did."""

    theme_id: UUID
    house_id: UUID


class ThemeHidden(
    Event, name="surveys.theme-hidden.v1", subject="theme_id", audience=Audience.RESIDENTS, irreversible=True
):
    """Moderators took a theme out of sight. It counts as it did, and has no words for others until they bring it back."""

    theme_id: UUID
    house_id: UUID


class ThemeShown(Event, name="surveys.theme-shown.v1", subject="theme_id", audience=Audience.RESIDENTS):
    """Moderators brought a theme back; it reads as it did."""

    theme_id: UUID
    house_id: UUID
    title: Erasable[str]


class ResidentDataErased(
    Event,
    name="surveys.resident-data-erased.v1",
    subject="request_id",
    audience=Audience.SYSTEM,
    irreversible=True,
):
    """What surveys knew about a resident is gone: how many of each kind."""

    request_id: UUID
    resident_id: UUID
    counts: dict[str, Count]


class Voting(StrEnum):
    """Who may answer a survey, each once."""

    CODE = "code"
    RESIDENT = "resident"
    STAND = "stand"


class TieRule(StrEnum):
    """What happens where several options share the last place of the top."""

    INCLUDE_ALL_TIED = "include_all_tied"
    RUNOFF = "runoff"
    DRAW_LOTS = "draw_lots"


class Ranked(BaseModel):
    """How an option of a question came out. `score` is marks; for a ranking, points."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question_id: UUID
    option_id: UUID
    score: Count
    place: Count


class SurveyDrafted(Event, name="surveys.survey-drafted.v1", subject="survey_id", audience=Audience.STAFF):
    """Staff began to write a survey."""

    survey_id: UUID
    house_id: UUID


class SurveyEdited(Event, name="surveys.survey-edited.v1", subject="survey_id", audience=Audience.STAFF):
    """A draft reads differently now."""

    survey_id: UUID
    house_id: UUID


class SurveyCancelled(
    Event, name="surveys.survey-cancelled.v1", subject="survey_id", audience=Audience.STAFF
):
    """A draft will never be opened."""

    survey_id: UUID
    house_id: UUID


class SurveyOpened(Event, name="surveys.survey-opened.v1", subject="survey_id", audience=Audience.RESIDENTS):
    """A survey takes answers. `commitment` is the SHA-256 of the seed that lots will be drawn with, if any are."""

    survey_id: UUID
    house_id: UUID
    voting: Voting
    tie_rule: TieRule
    closes_at: datetime | None
    commitment: str


class SurveyCorrected(
    Event, name="surveys.survey-corrected.v1", subject="survey_id", audience=Audience.RESIDENTS
):
    """Some words of an open survey were put right in these languages; what is asked and what was answered stays.

    Whoever shows its form reads it anew."""

    survey_id: UUID
    house_id: UUID
    languages: tuple[str, ...]


class SurveyPaused(Event, name="surveys.survey-paused.v1", subject="survey_id", audience=Audience.RESIDENTS):
    """A survey takes no answers for a while."""

    survey_id: UUID
    house_id: UUID


class SurveyResumed(
    Event, name="surveys.survey-resumed.v1", subject="survey_id", audience=Audience.RESIDENTS
):
    """A survey takes answers again."""

    survey_id: UUID
    house_id: UUID


class SurveyClosing(Event, name="surveys.survey-closing.v1", subject="survey_id", audience=Audience.SYSTEM):
    """A survey closes within a day, and is open: the moment to remind whoever has not answered, once.

    `answered` are the residents of the house who have, in no order; nobody where it is not answered as a resident.
    When the survey closes it is taken back: then there is nobody to remind."""

    survey_id: UUID
    house_id: UUID
    voting: Voting
    closes_at: datetime
    answered: Erasable[tuple[UUID, ...]]


class SurveyClosed(Event, name="surveys.survey-closed.v1", subject="survey_id", audience=Audience.RESIDENTS):
    """A survey takes no more answers. `by_channel` is empty where a channel had fewer than 5 ballots."""

    survey_id: UUID
    house_id: UUID
    ballots: Count
    by_channel: dict[IntakeChannel, Count]


class ResultsPublished(
    Event, name="surveys.results-published.v1", subject="survey_id", audience=Audience.PUBLIC
):
    """Everybody can read how a survey came out. `ties` share a last place that `runoff_id`, a second survey, decides."""

    survey_id: UUID
    house_id: UUID
    ranking: tuple[Ranked, ...]
    top: tuple[UUID, ...]
    ties: tuple[UUID, ...]
    runoff_id: UUID | None = None


class CampaignPlanned(
    Event, name="surveys.campaign-planned.v1", subject="campaign_id", audience=Audience.STAFF
):
    """There will be an incentive for ideas in a house."""

    campaign_id: UUID
    house_id: UUID


class CampaignStarted(
    Event, name="surveys.campaign-started.v1", subject="campaign_id", audience=Audience.RESIDENTS
):
    """Whoever brings an idea gets the incentive, as long as there is stock."""

    campaign_id: UUID
    house_id: UUID
    incentive: Erasable[str]
    stock: int


class CampaignCounted(
    Event, name="surveys.campaign-counted.v1", subject="campaign_id", audience=Audience.STAFF
):
    """Something was handed out or collected at the stand, or a mistake in that was undone; these are the counts now."""

    campaign_id: UUID
    house_id: UUID
    handed_out: int
    left: int
    collected: int


class CampaignEnded(
    Event, name="surveys.campaign-ended.v1", subject="campaign_id", audience=Audience.RESIDENTS
):
    """The stand is closed. Cards that were collected can still be typed in."""

    campaign_id: UUID
    house_id: UUID
    ideas: int
    handed_out: int
    left: int


class CardClaimed(Event, name="surveys.card-claimed.v1", subject="card_id", audience=Audience.STAFF):
    """The idea on a card is this resident's, who is told from now on what becomes of it: they showed it, or staff say so.

    Where nobody is named, as in earlier versions, it is the resident who did it."""

    card_id: UUID
    house_id: UUID
    theme_id: UUID
    resident_id: UUID | None = None


class CardClaimTakenBack(
    Event, name="surveys.card-claim-taken-back.v1", subject="card_id", audience=Audience.STAFF
):
    """Staff had said by mistake that the idea on a card is this resident's; it is nobody's again."""

    card_id: UUID
    house_id: UUID
    theme_id: UUID
    resident_id: UUID


class CardClaimRefused(
    Event, name="surveys.card-claim-refused.v1", subject="card_id", audience=Audience.STAFF
):
    """Somebody tried to claim a card with a wrong code; `tries_left` more at once and it takes none for a while."""

    card_id: UUID
    house_id: UUID
    tries_left: int


class AddressesListed(Event, name="surveys.addresses-listed.v1", subject="house_id", audience=Audience.STAFF):
    """The corporation sent a list of the addresses of a house: so many came to it, read otherwise or are not on it any more, and
    there are so many `addresses` now."""

    house_id: UUID
    added: Count
    changed: Count
    gone: Count
    addresses: Count
