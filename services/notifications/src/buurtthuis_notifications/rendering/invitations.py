"""A session for somebody's own calendar, sent with a message about it."""

from datetime import datetime

from buurtthuis.http.calendars import Happening, Organizer, notice

from buurtthuis_notifications.domain.known import KnownSession, SessionStanding
from buurtthuis_notifications.rendering.outgoing import Invitation
from buurtthuis_notifications.texts import one_line

PRODUCT = "-//BuurtThuis//notifications//NL"


def invitation(session: KnownSession, kind: str, organizer: Organizer, now: datetime) -> Invitation:
    """Published, not asking for an answer: whether somebody comes is said in BuurtThuis. Without a title it is called by
    its `kind`, in its reader's language.

    It has the UID and the SEQUENCE that the house's own calendar has for it."""
    off = session.standing is SessionStanding.OFF
    happening = Happening(
        session.id,
        1 + session.changes,
        session.starts_at,
        session.ends_at,
        session.time_zone,
        one_line(session.title or kind),
        one_line(session.place),
        "CANCELLED" if off else "CONFIRMED",
    )
    method = "CANCEL" if off else "PUBLISH"
    return Invitation(method, notice(happening, now, method=method, organizer=organizer, product=PRODUCT))
