"""When residents are reminded by themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from buurtthuis.domain.deadlines import by_day, later_by_day

from buurtthuis_notifications.domain.announcements import Announcement, clock_cause
from buurtthuis_notifications.domain.known import KnownSeat, KnownSession
from buurtthuis_notifications.domain.rules import rule_named

A_DAY_BEFORE = timedelta(hours=24)
SOON = timedelta(hours=2)
TOMORROW, TODAY = OF_SESSION = "session-tomorrow", "session-soon"
OFFER = "offer-expires"
#: Whoever was offered a place so short a time ago is not asked again.
JUST_OFFERED = timedelta(minutes=30)


@dataclass(frozen=True)
class Reminder:
    """Of one thing, at one moment: `of` is a session or a seat."""

    rule: str
    of: UUID
    due_at: datetime

    @property
    def id(self) -> UUID:
        """The announcement's, the same for all replicas. Where the thing moves it is another one."""
        return uuid5(clock_cause(self.of, self.due_at), self.rule)


def of_session(session: KnownSession, now: datetime) -> list[Reminder]:
    """Those of which the time has come: a day before, unless that is nearly two hours before, and two hours before."""
    day_before, soon = session.begins - A_DAY_BEFORE, session.begins - SOON
    found = []
    if day_before <= now < soon - SOON:
        found.append(Reminder(TOMORROW, session.id, day_before))
    if soon <= now < session.begins:
        found.append(Reminder(TODAY, session.id, soon))
    return found


def is_of_another_time(announcement: Announcement, session: KnownSession) -> bool:
    """Whether the session was moved since it was to be reminded of: it has other reminders now."""
    return announcement.rule in OF_SESSION and announcement.expires_at != session.begins


def of_offer(seat: KnownSeat, time_zone: str, now: datetime) -> list[Reminder]:
    """When a quarter of the time is left to take a place; the night does not count, nor when it could not be read."""
    if not seat.expires_at or not seat.since:
        return []
    before = by_day(seat.since, seat.expires_at, time_zone) * 3 / 4
    due_at, late = later_by_day(seat.since, before, time_zone), before >= JUST_OFFERED
    return [Reminder(OFFER, seat.id, due_at)] if late and due_at <= now < seat.expires_at else []


def announced(
    reminder: Reminder, session: KnownSession, seat: KnownSeat | None, now: datetime
) -> Announcement:
    """To be told to those who are in the session, or to the one with the offer, as long as it is of use."""
    expires_at = seat.expires_at if seat and seat.expires_at else session.begins
    made = Announcement.by_the_clock(
        rule_named(reminder.rule),
        reminder.of,
        reminder.due_at,
        expires_at,
        now,
        house_id=session.house_id,
        session_id=session.id,
        resident_id=seat.resident_id if seat else None,
    )
    if seat and seat.expires_at:
        made.data = {"expires_at": seat.expires_at.isoformat()}
    return made
