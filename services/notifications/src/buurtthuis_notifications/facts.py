"""What a text is told: what an announcement says, with what is known now of the things it is about."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.corporations import Corporation

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSession
from buurtthuis_notifications.queries.known import Known
from buurtthuis_notifications.texts.facts import EXAMPLES

MOMENTS = ("expires_at", "closes_at", "was_starts_at", "requested_at", "appeal_until", "muted_until")
#: What an event calls otherwise than a text does.
RENAMED = {"series-at-risk": ("reason", "risk"), "task-raised": ("kind", "task")}


class NothingKnown(Exception):
    """What the text is about is not known here, or not any more."""


def facts(
    announcement: Announcement, known: Known, corporation: Corporation, link: str | None
) -> Mapping[str, Any]:
    """As much as the text of this rule wants. Raises NothingKnown."""
    zone = ZoneInfo(corporation.time_zone)
    found: dict[str, Any] = {
        "corporation": corporation.name,
        "link": link,
        "house": None,
        **announcement.data,
        **(announcement.words or {}),
    }
    found |= {name: _on_the_wall(found[name], zone) for name in MOMENTS if found.get(name)}
    for facts_of in (_house, _series, _session, _theme, _survey):
        found |= facts_of(announcement, known, zone)
    old, new = RENAMED.get(announcement.rule, ("", ""))
    found |= {new: found.get(old)} if new else {}
    return _as_wanted(announcement.rule, found)


def _as_wanted(rule: str, found: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted: dict[str, Any] = {}
    for name, example in EXAMPLES[rule].items():
        if name not in found and name not in OPTIONAL:
            raise NothingKnown
        value = found.get(name)
        wanted[name] = date.fromisoformat(value) if type(example) is date and value else value
    return wanted


#: Words that may have been taken back with everything else, so that nothing is left to say that they were; and what was not
#: said before it could be.
OPTIONAL = frozenset({"reason", "report", "reply", "incentive", "theme", "into", "closes_at", "given"})


def _house(announcement: Announcement, known: Known, _zone: ZoneInfo) -> dict[str, Any]:
    house = announcement.house_id and known.houses.get(announcement.house_id)
    return {"house": house.title} if house else {}


def _series(announcement: Announcement, known: Known, zone: ZoneInfo) -> dict[str, Any]:
    series = announcement.series_id and known.series.get(announcement.series_id)
    if not series or announcement.session_id:
        return {}
    starts = announcement.data.get("starts_at")
    begins = {"starts_at": _on_the_wall(starts, zone)} if starts else {}
    return {"title": series.title, "kind": series.kind.value, **begins}


def _session(announcement: Announcement, known: Known, _zone: ZoneInfo) -> dict[str, Any]:
    session = announcement.session_id and known.sessions.get(announcement.session_id)
    return session_facts(session) if session else {}


def session_facts(session: KnownSession) -> dict[str, Any]:
    """What a text says of a session."""
    return {
        "title": session.title,
        "kind": session.kind.value,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "place": session.place,
    }


def _theme(announcement: Announcement, known: Known, _zone: ZoneInfo) -> dict[str, Any]:
    theme = announcement.theme_id and known.themes.get(announcement.theme_id)
    into = announcement.data.get("into")
    other = known.themes.get(UUID(into)) if into else None
    return {"theme": theme.title if theme else None, "into": other.title if other else None}


def _survey(announcement: Announcement, known: Known, zone: ZoneInfo) -> dict[str, Any]:
    survey = announcement.survey_id and known.surveys.get(announcement.survey_id)
    if not survey or not survey.closes_at:
        return {}
    return {"closes_at": survey.closes_at.astimezone(zone).replace(tzinfo=None)}


def _on_the_wall(moment: str | datetime, zone: ZoneInfo) -> datetime:
    aware = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return aware.astimezone(zone).replace(tzinfo=None)
