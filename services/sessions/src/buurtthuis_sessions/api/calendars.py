"""Sessions as iCalendar (RFC 5545): every session an event of its own, whose UID it keeps and whose SEQUENCE grows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from buurtthuis import calendars
from buurtthuis.calendars import MEDIA_TYPE, Happening

from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.sessions import SessionState
from buurtthuis_sessions.queries.agendas import Entry

PRODUCT = "-//BuurtThuis//sessions//NL"
#: How often a calendar program should look again.
REFRESH = timedelta(hours=1)
OFF = frozenset({SessionState.CANCELLED, SessionState.NOT_HELD})
UNSURE = frozenset({SeatState.WAITLISTED, SeatState.OFFERED})
WAITING = "Wachtlijst: "
NAMELESS = "Bijeenkomst"


def calendar(uid: UUID, name: str, entries: Sequence[Entry], now: datetime) -> bytes:
    """A whole calendar, to be looked at again and again."""
    happenings = [_happening(entry) for entry in entries]
    return calendars.feed(happenings, now, uid=uid, product=PRODUCT, name=name, refresh=REFRESH)


def _happening(entry: Entry) -> Happening:
    return Happening(
        entry.id,
        entry.sequence,
        entry.starts_at,
        entry.ends_at,
        entry.time_zone,
        _summary(entry),
        entry.place,
        _status(entry),
    )


def _summary(entry: Entry) -> str:
    title = entry.title or NAMELESS
    return WAITING + title if entry.seat in UNSURE else title


def _status(entry: Entry) -> str:
    if entry.state in OFF:
        return "CANCELLED"
    return "TENTATIVE" if entry.seat in UNSURE else "CONFIRMED"


__all__ = ["MEDIA_TYPE", "calendar"]
