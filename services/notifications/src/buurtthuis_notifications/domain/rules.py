"""Who is told what: one table from an event to people, texts and urgency.

A rule's name is the name of its text. An event has one rule at most, so that nobody is told the same thing twice.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from buurtthuis.events import Event, moderation, notifications, sessions, surveys
from buurtthuis.events.notifications import DeliveryChannel


class Who(StrEnum):
    """To whom a rule speaks."""

    PERSON = "person"
    SEATED = "seated"
    WAITING = "waiting"
    HOSTS = "hosts"
    FOLLOWERS = "followers"
    PROPOSER = "proposer"
    HOUSE = "house"
    MODERATORS = "moderators"
    STAFF = "staff"


class Urgency(StrEnum):
    """How much it matters that somebody knows soon.

    `info` may wait for a digest, `normal` for the morning, `urgent` for nothing but the night; `critical` waits
    for nothing at all."""

    INFO = "info"
    NORMAL = "normal"
    URGENT = "urgent"
    CRITICAL = "critical"


class Topic(StrEnum):
    """Kinds of messages, as a resident chooses among them. Links hold their places: a new one comes last."""

    MY_SESSIONS = "my_sessions"
    NEW_SESSIONS = "new_sessions"
    SURVEYS = "surveys"
    IDEAS = "ideas"
    HOUSE = "house"
    ACCOUNT = "account"
    PAGE = "page"


class Holds(StrEnum):
    """What must still be so when a message goes; else it is not sent."""

    ALWAYS = "always"
    COMING = "coming"
    SEATED = "seated"
    WAITING = "waiting"
    OFFERED = "offered"
    SURVEY_OPEN = "survey_open"
    HOUSE_OPEN = "house_open"
    ASKED = "asked"


#: These hold only while the session that they are about is to come.
WHILE_COMING = frozenset({Holds.COMING, Holds.SEATED, Holds.WAITING, Holds.OFFERED})
#: In this order a message goes to the first that somebody has, and to the next where that fails. Whoever wants nobody at
#: the door has what is urgent put through it.
ROADS: dict[Urgency, tuple[DeliveryChannel, ...]] = {
    Urgency.INFO: (DeliveryChannel.EMAIL, DeliveryChannel.PUSH, DeliveryChannel.LETTER),
    Urgency.NORMAL: (
        DeliveryChannel.EMAIL,
        DeliveryChannel.PUSH,
        DeliveryChannel.SMS,
        DeliveryChannel.LETTER,
    ),
    Urgency.URGENT: (
        DeliveryChannel.PUSH,
        DeliveryChannel.SMS,
        DeliveryChannel.EMAIL,
        DeliveryChannel.CALL,
        DeliveryChannel.VISIT,
        DeliveryChannel.LETTER,
    ),
    Urgency.CRITICAL: (
        DeliveryChannel.PUSH,
        DeliveryChannel.SMS,
        DeliveryChannel.EMAIL,
        DeliveryChannel.CALL,
        DeliveryChannel.VISIT,
        DeliveryChannel.LETTER,
    ),
}
#: What is not seen after so long goes on to the next road. Nobody can see whether an ordinary message is read.
SEEN_WITHIN: dict[Urgency, timedelta] = {
    Urgency.URGENT: timedelta(hours=2),
    Urgency.CRITICAL: timedelta(minutes=10),
}
#: Where a message can carry a button that says so. An SMS is too short for that, and is read.
CAN_SAY_SEEN = frozenset({DeliveryChannel.PUSH, DeliveryChannel.EMAIL})
#: After so long a fact is no news any more: whoever hears of it only then tells nobody.
FRESH_FOR = timedelta(days=3)
#: What is news may take so long to arrive, where nothing makes it useless before: a weekly digest, a letter.
USEFUL_FOR = timedelta(days=14)


#: Messages about these come without consent: somebody asked for that seat, has that account, or moderates that page.
WITHOUT_CONSENT = frozenset({Topic.MY_SESSIONS, Topic.ACCOUNT, Topic.PAGE})


@dataclass(frozen=True)
class Rule:
    """Who is told about an event, under which name its texts are, and how urgently.

    Within `critical_within` before the session that it is about, it is critical. One that `wakes` comes in the night
    where it would be of no use in the morning. It is urgent where the event has something in its field `urgent_if`. Where the event has something in its field
    `unless`, nobody is told; nor, with `single`, of a session that is one of a series. A rule without an event is one of the clock, or of our own."""

    name: str
    on: type[Event] | None
    to: tuple[Who, ...]
    topic: Topic
    urgency: Urgency = Urgency.NORMAL
    critical_within: timedelta | None = None
    calendar: bool = False
    unless: str | None = None
    single: bool = False
    holds: Holds = Holds.ALWAYS
    wakes: bool = False
    urgent_if: str | None = None

    def urgency_of(self, event: Event, left: timedelta | None) -> Urgency:
        """How urgent it is, with so much time left before the session it is about."""
        if self.critical_within and left is not None and left <= self.critical_within:
            return Urgency.CRITICAL
        return Urgency.URGENT if self.urgent_if and getattr(event, self.urgent_if) else self.urgency


MINE, NEW, SURVEYS, IDEAS, HOUSE, ACCOUNT, PAGE = Topic
INFO, NORMAL, URGENT, CRITICAL = Urgency
HALF_A_DAY = timedelta(hours=12)
IN_IT = (Who.HOSTS, Who.SEATED, Who.WAITING)

COMING, SEATED, WAITING, OFFERED, OPEN = (
    Holds.COMING,
    Holds.SEATED,
    Holds.WAITING,
    Holds.OFFERED,
    Holds.SURVEY_OPEN,
)

RULES = (
    # A place in a session
    Rule(
        "seat-registered",
        sessions.SeatRegistered,
        (Who.PERSON,),
        MINE,
        calendar=True,
        unless="standing",
        holds=SEATED,
        wakes=True,
        urgent_if="given",
    ),
    Rule("seat-waitlisted", sessions.SeatWaitlisted, (Who.PERSON,), MINE, holds=WAITING),
    Rule("seat-offered", sessions.SeatOffered, (Who.PERSON,), MINE, URGENT, holds=OFFERED),
    Rule("seat-offer-expired", sessions.SeatOfferExpired, (Who.PERSON,), MINE),
    Rule("seat-withdrawn", sessions.SeatWithdrawn, (Who.PERSON,), MINE, INFO),
    Rule(
        "host-confirmed",
        sessions.HostConfirmed,
        (Who.PERSON,),
        MINE,
        calendar=True,
        holds=SEATED,
        single=True,
        wakes=True,
    ),
    Rule(
        "host-withdrew", sessions.HostWithdrew, (Who.HOSTS, Who.STAFF), MINE, URGENT, holds=COMING, wakes=True
    ),
    # Sessions
    Rule(
        "session-scheduled",
        sessions.SessionScheduled,
        (Who.FOLLOWERS, Who.HOUSE),
        NEW,
        INFO,
        single=True,
        holds=COMING,
    ),
    Rule(
        "session-rescheduled",
        sessions.SessionRescheduled,
        IN_IT,
        MINE,
        URGENT,
        HALF_A_DAY,
        calendar=True,
        holds=COMING,
        wakes=True,
    ),
    Rule(
        "session-cancelled",
        sessions.SessionCancelled,
        IN_IT,
        MINE,
        URGENT,
        HALF_A_DAY,
        calendar=True,
        wakes=True,
    ),
    Rule("attendance-missing", sessions.AttendanceMissing, (Who.HOSTS, Who.STAFF), MINE),
    Rule("session-not-held", sessions.SessionNotHeld, IN_IT, MINE),
    Rule("session-reported", sessions.SessionReported, (Who.HOSTS, Who.SEATED), MINE, INFO),
    Rule("follow-up-decided", sessions.FollowUpDecided, (Who.HOUSE,), NEW, INFO, holds=Holds.HOUSE_OPEN),
    Rule(
        "series-started",
        sessions.SeriesStarted,
        (Who.FOLLOWERS, Who.HOUSE),
        NEW,
        INFO,
        holds=Holds.HOUSE_OPEN,
    ),
    Rule("series-at-risk", sessions.SeriesAtRisk, (Who.HOUSE,), NEW, holds=Holds.HOUSE_OPEN),
    Rule("series-paused", sessions.SeriesPaused, (Who.HOUSE,), NEW, INFO, holds=Holds.HOUSE_OPEN),
    Rule("series-stopped", sessions.SeriesStopped, (Who.HOUSE,), NEW, INFO, holds=Holds.HOUSE_OPEN),
    Rule("task-raised", sessions.TaskRaised, (Who.HOSTS, Who.STAFF), MINE),
    # Surveys and ideas
    Rule("survey-opened", surveys.SurveyOpened, (Who.HOUSE,), SURVEYS, holds=OPEN),
    Rule("survey-closes", surveys.SurveyClosing, (Who.HOUSE,), SURVEYS, holds=OPEN),
    Rule("results-published", surveys.ResultsPublished, (Who.HOUSE,), SURVEYS, INFO),
    Rule("campaign-started", surveys.CampaignStarted, (Who.HOUSE,), IDEAS, INFO, holds=Holds.HOUSE_OPEN),
    Rule("theme-admitted", surveys.ThemeAdmitted, (Who.PROPOSER,), IDEAS, INFO),
    Rule("theme-rejected", surveys.ThemeRejected, (Who.PROPOSER,), IDEAS, unless="decision_id"),
    Rule("theme-merged", surveys.ThemeMerged, (Who.PROPOSER, Who.FOLLOWERS), IDEAS, INFO),
    Rule("theme-selected", surveys.ThemeSelected, (Who.PROPOSER, Who.FOLLOWERS), IDEAS, INFO),
    Rule("theme-answered", surveys.ThemeAnswered, (Who.PROPOSER, Who.FOLLOWERS), IDEAS),
    Rule("theme-solved", surveys.ClosingQuestionAsked, (Who.PERSON,), IDEAS, holds=Holds.ASKED),
    Rule("theme-reopened", surveys.ThemeReopened, (Who.STAFF,), IDEAS),
    # The house
    Rule("house-paused", sessions.HousePaused, (Who.HOUSE,), HOUSE, holds=Holds.HOUSE_OPEN),
    Rule("house-resumed", sessions.HouseResumed, (Who.HOUSE,), HOUSE, holds=Holds.HOUSE_OPEN),
    Rule("house-end-announced", sessions.HouseEndAnnounced, (Who.STAFF,), HOUSE),
    Rule("house-end-taken-back", sessions.HouseEndTakenBack, (Who.STAFF,), HOUSE),
    Rule("house-ended", sessions.HouseEnded, (Who.HOUSE,), HOUSE),
    Rule("welcome", notifications.ResidentJoined, (Who.PERSON,), ACCOUNT),
    Rule("moved-out", notifications.ResidentMovedOut, (Who.PERSON,), ACCOUNT),
    # The page
    Rule("case-opened", moderation.CaseOpened, (Who.MODERATORS,), PAGE, unless="urgent"),
    Rule("case-urgent", moderation.CaseBecameUrgent, (Who.MODERATORS, Who.STAFF), PAGE, URGENT),
    Rule("case-given-back", moderation.CaseGivenBack, (Who.MODERATORS,), PAGE, unless="by_choice"),
    Rule("case-escalated", moderation.CaseEscalated, (Who.STAFF,), PAGE),
    Rule("case-decided", moderation.CaseDecided, (Who.PERSON,), ACCOUNT),
    Rule("appeal-filed", moderation.AppealFiled, (Who.MODERATORS, Who.STAFF), PAGE),
    Rule("appeal-decided", moderation.AppealDecided, (Who.PERSON,), ACCOUNT),
    Rule("moderator-appointed", moderation.ModeratorAppointed, (Who.PERSON,), ACCOUNT),
    Rule("moderators-wanted", moderation.ModeratorsWanted, (Who.STAFF,), PAGE),
    # By the clock
    Rule("session-tomorrow", None, (Who.HOSTS, Who.SEATED), MINE, NORMAL, holds=SEATED),
    Rule("session-soon", None, (Who.HOSTS, Who.SEATED), MINE, URGENT, holds=SEATED),
    Rule("offer-expires", None, (Who.PERSON,), MINE, URGENT, holds=OFFERED),
    # Of our own
    Rule("code", None, (Who.PERSON,), ACCOUNT, CRITICAL),
    Rule("erasure-overdue", notifications.ResidentErasureOverdue, (Who.STAFF,), ACCOUNT, URGENT),
    Rule("webhook-off", notifications.WebhookSwitchedOff, (Who.STAFF,), ACCOUNT),
    Rule("digest", None, (Who.PERSON,), ACCOUNT, INFO),
)


def rule_named(name: str) -> Rule:
    """Raises KeyError where there is none."""
    return BY_NAME[name]


BY_NAME = {rule.name: rule for rule in RULES}
BY_EVENT = {rule.on: rule for rule in RULES if rule.on}
