"""An example of what each text is told: texts are tried out with them, and previews show them.

They are made by the code that makes messages, of events as they are said and of things as they are known."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.corporations import Corporation
from buurtthuis.events import Event
from buurtthuis.events.moderation import Action, Category, DecidedBy
from buurtthuis.events.sessions import FollowUpOutcome, Kind, Outcome, Risk, TaskKind

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import (
    KnownHouse,
    KnownSeries,
    KnownSession,
    KnownSurvey,
    KnownTheme,
    KnownThings,
)
from buurtthuis_notifications.domain.rules import Rule, rule_named
from buurtthuis_notifications.texts.facts import FACTS, facts

ZONE = "Europe/Amsterdam"
CORPORATION = Corporation(
    slug="woonpartners",
    name="Woonpartners Midden-Holland",
    kvk="90000011",
    languages=("nl",),
    time_zone=ZONE,
)
LINK = "https://wingerd.example.nl/agenda"
HOUSE, SESSION, SERIES, THEME, INTO, SURVEY = (UUID(int=number) for number in range(1, 7))
ABOUT: dict[str, Any] = {
    "house_id": HOUSE,
    "session_id": SESSION,
    "series_id": SERIES,
    "theme_id": THEME,
    "survey_id": SURVEY,
}


def at(clock: str) -> datetime:
    """The moment at which the clock on the wall shows this."""
    return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


NOW = at("2018-11-12T10:00")
#: What the events of the rules say, but for the things that they are about.
SAID: dict[str, dict[str, Any]] = {
    "seat-registered": {"waited": False, "given": False},
    "seat-offered": {"expires_at": at("2019-02-05T18:00")},
    "host-withdrew": {"left": 1},
    "session-rescheduled": {"was_starts_at": at("2019-02-06T14:00"), "was_place": "De Groene Kamer"},
    "session-cancelled": {"reason": "De verwarming is kapot."},
    "session-not-held": {"reason": "De verwarming is kapot."},
    "session-reported": {"report": "Wij willen elke week samen koffie drinken."},
    "follow-up-decided": {"outcome": FollowUpOutcome.DECIDED},
    "series-started": {"starts_at": at("2019-02-06T10:00")},
    "series-at-risk": {"reason": Risk.HOST_LEFT},
    "series-stopped": {"reason": "De verwarming is kapot."},
    "task-raised": {"kind": TaskKind.FIND_A_HOST},
    "survey-opened": {"closes_at": at("2018-11-30T18:00")},
    "survey-closes": {"closes_at": at("2018-11-30T18:00")},
    "campaign-started": {"incentive": "Zes oliebollen voor een idee", "stock": 40},
    "theme-rejected": {"reason": "De verwarming is kapot."},
    "theme-merged": {"into": INTO},
    "theme-answered": {"reply": "Vanaf februari is er elke week een koffietafel."},
    "house-paused": {"reason": "De verwarming is kapot."},
    "house-end-announced": {"outcome": Outcome.CONTINUED, "takes_effect_at": at("2019-03-31T09:00")},
    "house-ended": {
        "reason": "Wij hebben gedaan wat wij wilden doen.",
        "outcome": Outcome.CONTINUED,
        "anonymise_on": date(2019, 6, 29),
    },
    "case-decided": {
        "action": Action.MUTE,
        "rule": Category.DISCRIMINATION,
        "reason": "U scheldt iemand uit om waar zij vandaan komt.",
        "decided_by": DecidedBy.MODERATOR,
        "muted_until": at("2019-01-20T12:00"),
        "appeal_until": at("2019-02-02T12:00"),
    },
    "appeal-decided": {"upheld": True, "reason": "U bedoelde het anders dan wij dachten."},
    "moderators-wanted": {"moderators": 1, "wanted": 2},
    "offer-expires": {"expires_at": at("2019-02-05T18:00")},
    "erasure-overdue": {"missing": 2, "requested_at": at("2019-02-01T09:00")},
}
COFFEE, FREE = "Koffietafel", "Samen koffie drinken"


def a_session() -> KnownSession:
    """One that comes."""
    return KnownSession(
        SESSION,
        HOUSE,
        COFFEE,
        Kind.COFFEE_TABLE,
        at("2019-02-06T10:00"),
        at("2019-02-06T12:00"),
        ZONE,
        "Ontmoetingsruimte Wingerd",
    )


def known() -> KnownThings:
    """What the examples are about. Made when it is wanted: an instance from before its class is mapped is of no use after."""
    return KnownThings(
        {HOUSE: KnownHouse(HOUSE, "BuurtThuis Wingerd")},
        {SESSION: a_session()},
        {SERIES: KnownSeries(SERIES, HOUSE, COFFEE, Kind.COFFEE_TABLE)},
        {THEME: KnownTheme(THEME, HOUSE, FREE), INTO: KnownTheme(INTO, HOUSE, "Koffie en ontmoeten")},
        {SURVEY: KnownSurvey(SURVEY, HOUSE, at("2018-11-30T18:00"))},
    )


def announced(rule: Rule) -> Announcement:
    """What an event, or the clock, makes of a rule; as much of the event as its text can need."""
    saying = SAID.get(rule.name, {})
    if rule.on is None:
        made = Announcement.by_the_clock(
            rule, SESSION, NOW, a_session().begins, NOW, house_id=HOUSE, session_id=SESSION
        )
        made.data = {name: moment.isoformat() for name, moment in saying.items()}
        return made
    return Announcement.of(_event(rule.on, saying), rule, UUID(int=0), NOW, a_session(), NOW)


def _event(kind: type[Event], saying: Mapping[str, Any]) -> Event:
    unknown = saying.keys() - kind.model_fields.keys()
    assert not unknown, f"{kind.__name__} says nothing of {unknown}"
    about = {name: id for name, id in ABOUT.items() if name in kind.model_fields}
    return kind.model_construct(**about, **saying)


EXAMPLES: dict[str, dict[str, Any]] = {
    rule: {**facts(announced(rule_named(rule)), known(), CORPORATION, LINK)} for rule in FACTS
}
COMMON = EXAMPLES["welcome"]
#: What no announcement tells: they are told by whoever makes them.
EXAMPLES |= {
    "code": COMMON
    | {"code": "123456", "link": "https://wingerd.example.nl/code/abc", "minutes": 15}
    | {"agreed": [{"purpose": "messages", "wording": "Ik wil berichten krijgen."}]},
    "digest": COMMON | {"items": ["Nieuwe bijeenkomst: Koffietafel", "De uitslag van de enquête"]},
}
#: What may have been taken back, or is not always there.
ERASED = frozenset({"title", "reason", "report", "reply", "theme", "into", "incentive", "link", "house"})
#: A survey may be open without an end; what was decided may be against no rule, and for ever; who signs in joins nothing.
OPEN_ENDED: dict[str, dict[str, Any]] = {
    "survey-opened": {"closes_at": None},
    "case-decided": {"rule": None, "appeal_until": None, "muted_until": None},
    "code": {"agreed": ()},
}


def barest(rule: str) -> dict[str, Any]:
    """The example, without anything that a text has to do without."""
    found = EXAMPLES[rule]
    return found | dict.fromkeys(ERASED & found.keys()) | OPEN_ENDED.get(rule, {})
