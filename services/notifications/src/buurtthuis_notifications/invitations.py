"""A session for somebody's own calendar, sent with a message about it."""

from datetime import datetime

from buurtthuis.calendars import Happening, calendar
from buurtthuis.corporations import Corporation

from buurtthuis_notifications.domain.known import KnownSession, SessionStanding
from buurtthuis_notifications.texts import one_line

PRODUCT = "-//BuurtThuis//notifications//NL"
NAMELESS = "Bijeenkomst"


def invitation(session: KnownSession, corporation: Corporation, now: datetime) -> bytes:
    """Published, not asking for an answer: whether somebody comes is said in BuurtThuis."""
    off = session.standing is SessionStanding.OFF
    happening = Happening(
        session.id,
        session.changes,
        session.starts_at,
        session.ends_at,
        session.time_zone,
        one_line(session.title or NAMELESS),
        one_line(session.place),
        "CANCELLED" if off else "CONFIRMED",
    )
    return calendar(
        [happening],
        now,
        prodid=PRODUCT,
        name=corporation.name,
        method="CANCEL" if off else "PUBLISH",
    )
