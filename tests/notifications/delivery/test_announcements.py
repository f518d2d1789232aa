"""What an event makes of its rule: how urgent it is, and until when anybody is told."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from buurtthuis.events import Event
from buurtthuis.events.sessions import HousePaused, Kind, SessionRescheduled
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSession
from buurtthuis_notifications.domain.rules import BY_EVENT, FRESH_FOR, Urgency

NOW = datetime(2019, 1, 10, 12, tzinfo=UTC)
HOUR, A_WEEK = timedelta(hours=1), timedelta(days=7)
PAUSED = HousePaused(house_id=uuid4(), reason="Verbouwing.")


def announced(event: Event, session: KnownSession | None = None) -> Announcement:
    rule = BY_EVENT.get(type(event))
    assert rule
    return Announcement.of(event, rule, uuid4(), NOW, session, NOW)


def moved(was: datetime, to: datetime) -> Announcement:
    """Of a session that was to begin then, and is known by its new time."""
    session = KnownSession(
        uuid4(), uuid4(), "Koffie", Kind.COFFEE_TABLE, to, to + HOUR, "Europe/Amsterdam", "Wingerd"
    )
    event = SessionRescheduled(
        session_id=session.id,
        house_id=session.house_id,
        title="Koffie",
        kind=session.kind,
        starts_at=to,
        ends_at=to + HOUR,
        time_zone=session.time_zone,
        place=session.place,
        capacity=12,
        languages=("nl",),
        was_starts_at=was,
        was_ends_at=was + HOUR,
        was_place=session.place,
    )
    return announced(event, session)


@pytest.mark.parametrize(
    ("was", "to", "urgency"),
    [
        (NOW + HOUR, NOW + A_WEEK, Urgency.CRITICAL),
        (NOW + A_WEEK, NOW + HOUR, Urgency.CRITICAL),
        (NOW + A_WEEK, NOW + 2 * A_WEEK, Urgency.URGENT),
    ],
)
def test_who_would_come_in_vain_today_hears_at_once_that_it_is_another_day(
    was: datetime, to: datetime, urgency: Urgency
) -> None:
    assert moved(was, to).urgency is urgency


def test_what_happened_days_ago_is_told_to_nobody_any_more() -> None:
    made = announced(PAUSED)
    assert made.is_news(NOW, NOW + FRESH_FOR - HOUR)
    assert not made.is_news(NOW, NOW + FRESH_FOR)


def test_what_is_news_may_wait_for_a_weekly_digest() -> None:
    assert announced(PAUSED).expires_at > NOW + A_WEEK
