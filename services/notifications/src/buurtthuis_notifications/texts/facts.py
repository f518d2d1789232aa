"""What a text is told: each fact from the one place that says it, so that none is taken for another of the same name."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.corporations import Corporation

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSession, KnownThings

FactPaths = Mapping[str, str]
FactSource = dict[str, Any]


def said(*names: str) -> FactPaths:
    """What the event says, by the event's own names."""
    return {name: f"event.{name}" for name in names}


COMMON: FactPaths = {"corporation": "corporation.name", "link": "corporation.link", "house": "house.title"}
SESSION = {
    **COMMON,
    **{name: f"session.{name}" for name in ("title", "kind", "starts_at", "ends_at", "place")},
}
SERIES = {**COMMON, "title": "series.title", "kind": "series.kind"}
THEME = {**COMMON, "theme": "theme.title"}
SURVEY = {**COMMON, "closes_at": "survey.closes_at"}
#: What the text of a rule is told, and where that is: what an event said, or what is known now of a thing it is about.
FACTS: Mapping[str, FactPaths] = {
    "seat-registered": {**SESSION, **said("waited", "given")},
    "seat-waitlisted": SESSION,
    "seat-offered": {**SESSION, **said("expires_at")},
    "seat-offer-expired": SESSION,
    "seat-withdrawn": SESSION,
    "host-confirmed": SESSION,
    "host-withdrew": {**SESSION, **said("left")},
    "session-scheduled": SESSION,
    "session-rescheduled": {**SESSION, **said("was_starts_at", "was_place")},
    "session-cancelled": {**SESSION, **said("reason", "because")},
    "session-not-held": {**SESSION, **said("reason")},
    "attendance-missing": SESSION,
    "session-reported": {**SESSION, **said("report")},
    "follow-up-decided": {**COMMON, **said("outcome")},
    "series-started": {**SERIES, **said("starts_at")},
    "series-at-risk": {**SERIES, "risk": "event.reason"},
    "series-paused": SERIES,
    "series-stopped": {**SERIES, **said("reason", "because")},
    "task-raised": {**COMMON, "task": "event.kind"},
    "survey-opened": SURVEY,
    "survey-closes": SURVEY,
    "results-published": COMMON,
    "campaign-started": {**COMMON, **said("incentive", "stock")},
    "theme-admitted": THEME,
    "theme-rejected": {**THEME, **said("reason")},
    "theme-merged": {**THEME, "into": "into.title"},
    "theme-selected": THEME,
    "theme-answered": {**THEME, **said("reply")},
    "theme-solved": THEME,
    "theme-reopened": THEME,
    "house-paused": {**COMMON, **said("reason")},
    "house-resumed": COMMON,
    "house-end-announced": {**COMMON, **said("takes_effect_at")},
    "house-end-taken-back": COMMON,
    "house-ended": {**COMMON, **said("reason", "outcome", "anonymise_on")},
    "welcome": COMMON,
    "moved-out": COMMON,
    "case-opened": COMMON,
    "case-urgent": COMMON,
    "case-given-back": COMMON,
    "case-escalated": COMMON,
    "case-decided": {
        **COMMON,
        **said("action", "rule", "reason", "decided_by", "muted_until", "appeal_until"),
    },
    "appeal-filed": COMMON,
    "appeal-decided": {**COMMON, **said("upheld", "reason")},
    "moderator-appointed": COMMON,
    "moderators-wanted": {**COMMON, **said("moderators", "wanted")},
    "session-tomorrow": SESSION,
    "session-soon": SESSION,
    "offer-expires": {**SESSION, **said("expires_at")},
    "erasure-overdue": {**COMMON, **said("missing", "requested_at")},
    "webhook-off": COMMON,
}
#: What an event says as a moment, and a text as the clock on the wall.
MOMENTS = frozenset(
    {
        "starts_at",
        "expires_at",
        "was_starts_at",
        "requested_at",
        "appeal_until",
        "muted_until",
        "takes_effect_at",
    }
)
DAYS = frozenset({"anonymise_on"})
#: Words that may have been taken back with everything else, so that nothing is left to say that they were; and what was not
#: said before it could be.
OPTIONAL = frozenset(
    {"reason", "because", "report", "reply", "incentive", "theme", "into", "closes_at", "given"}
)


class NothingKnown(Exception):
    """What the text is about is not known here, or not any more."""


def facts(
    announcement: Announcement, known: KnownThings, corporation: Corporation, link: str | None
) -> Mapping[str, Any]:
    """As much as the text of this rule wants. Raises NothingKnown."""
    zone = ZoneInfo(corporation.time_zone)
    sources = _sources(announcement, known, zone)
    sources["corporation"] = {"name": corporation.name, "link": link}
    return {name: _fact(name, place, sources, zone) for name, place in FACTS[announcement.rule].items()}


def _fact(name: str, place: str, sources: Mapping[str, FactSource], zone: ZoneInfo) -> Any:
    source, _, field = place.partition(".")
    if field not in sources[source] and name not in OPTIONAL:
        raise NothingKnown
    found = sources[source].get(field)
    return _as_read(field, found, zone) if source == "event" else found


def _sources(announcement: Announcement, known: KnownThings, zone: ZoneInfo) -> dict[str, FactSource]:
    house = announcement.house_id and known.houses.get(announcement.house_id)
    session = announcement.session_id and known.sessions.get(announcement.session_id)
    series = announcement.series_id and known.series.get(announcement.series_id)
    theme = announcement.theme_id and known.themes.get(announcement.theme_id)
    into = known.themes.get(UUID(announcement.data["into"])) if announcement.data.get("into") else None
    return {
        "event": {**announcement.data, **(announcement.words or {})},
        "house": {"title": house.title if house else None},
        "session": session_facts(session) if session else {},
        "series": {"title": series.title, "kind": series.kind.value} if series else {},
        "theme": {"title": theme.title} if theme else {},
        "into": {"title": into.title} if into else {},
        "survey": _survey(announcement, known, zone),
    }


def _as_read(field: str, value: Any, zone: ZoneInfo) -> Any:
    if not value or field not in MOMENTS | DAYS:
        return value
    return date.fromisoformat(value) if field in DAYS else _on_the_wall(value, zone)


def session_facts(session: KnownSession) -> FactSource:
    """What a text says of a session."""
    return {
        "title": session.title,
        "kind": session.kind.value,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "place": session.place,
    }


def _survey(announcement: Announcement, known: KnownThings, zone: ZoneInfo) -> FactSource:
    """As it is known now, or as the event said it."""
    survey = announcement.survey_id and known.surveys.get(announcement.survey_id)
    closes_at = (survey.closes_at if survey else None) or announcement.data.get("closes_at")
    return {"closes_at": _on_the_wall(closes_at, zone) if closes_at else None}


def _on_the_wall(moment: str | datetime, zone: ZoneInfo) -> datetime:
    aware = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return aware.astimezone(zone).replace(tzinfo=None)
