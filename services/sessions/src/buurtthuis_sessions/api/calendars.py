"""Sessions as iCalendar (RFC 5545): every session an event of its own, whose UID it keeps and whose SEQUENCE grows."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from uuid import UUID

from buurtthuis.http import calendars
from buurtthuis.http.calendars import MEDIA_TYPE, Happening

from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.queries.agendas import Entry

PRODUCT = "-//BuurtThuis//sessions//NL"
#: How often a calendar program should look again.
REFRESH = timedelta(hours=1)
OFF = frozenset({SessionState.CANCELLED, SessionState.NOT_HELD})
UNSURE = frozenset({SeatState.WAITLISTED, SeatState.OFFERED})
WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (files(__package__) / "calendars.toml").read_text(encoding="utf-8")
)
PLAIN_DUTCH = next(iter(WORDS))


def calendar(
    uid: UUID, name: str | None, entries: Sequence[Entry], now: datetime, language: str = PLAIN_DUTCH
) -> bytes:
    """A whole calendar, to be looked at again and again; without a `name` it is somebody's own."""
    words = WORDS[language]
    happenings = [_happening(entry, words) for entry in entries]
    called = name or words["own"]
    return calendars.feed(happenings, now, uid=uid, product=PRODUCT, name=called, refresh=REFRESH)


def _happening(entry: Entry, words: Mapping[str, str]) -> Happening:
    return Happening(
        entry.id,
        entry.sequence,
        entry.starts_at,
        entry.ends_at,
        entry.time_zone,
        _summary(entry, words),
        entry.place,
        _status(entry),
    )


def _summary(entry: Entry, words: Mapping[str, str]) -> str:
    title = entry.title or words["nameless"]
    return words["waiting"].format(title=title) if entry.seat in UNSURE else title


def _status(entry: Entry) -> str:
    if entry.state in OFF:
        return "CANCELLED"
    return "TENTATIVE" if entry.seat in UNSURE else "CONFIRMED"


__all__ = ["MEDIA_TYPE", "PLAIN_DUTCH", "WORDS", "calendar"]
