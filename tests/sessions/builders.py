"""Plans, sessions and series to start a test from: as values, and in a service in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from buurtthuis.events.sessions import Kind
from buurtthuis.testing import FakeBackbone
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.sessions import DraftSession, PlanSession
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.sessions.session import NOTHING_BEFORE, Session, SessionSource

from tests.actors import STAFF

#: Before anything that is planned here.
PLANNED = datetime(2018, 12, 1, 9, tzinfo=UTC)
THURSDAY = datetime.fromisoformat("2019-01-10T19:30")  # what the clock on the wall shows


def a_plan(
    starts: datetime = THURSDAY,
    *,
    hours: float = 2,
    kind: Kind = Kind.COFFEE_TABLE,
    zone: str = "Europe/Amsterdam",
    place: str = "Wingerd",
    capacity: int = 12,
    **more: Any,
) -> Plan:
    """Of a session that starts when the clock on the wall shows this."""
    return Plan(kind, starts, starts + timedelta(hours=hours), zone, place, capacity, **more)


def a_series_plan(
    starts: datetime,
    rule: str = "FREQ=WEEKLY",
    *,
    minutes: int = 120,
    kind: Kind = Kind.COFFEE_TABLE,
    zone: str = "Europe/Amsterdam",
    capacity: int = 12,
    **more: Any,
) -> SeriesPlan:
    """Of a series whose first session starts when the clock on the wall shows this."""
    return SeriesPlan(kind, starts, minutes, zone, rule, "Wingerd", capacity, **more)


def a_draft(
    title: str | None = "Koffietafel", house: UUID | None = None, source: SessionSource = NOTHING_BEFORE
) -> Session:
    return Session.draft(house or uuid4(), title, source)[0]


def a_session(
    title: str = "Koffietafel",
    house: UUID | None = None,
    source: SessionSource = NOTHING_BEFORE,
    now: datetime = PLANNED,
    **plan: Any,
) -> Session:
    """A scheduled one."""
    session = a_draft(title, house, source)
    session.schedule(a_plan(**plan), now)
    return session


async def a_house_in(backbone: FakeBackbone, title: str = "Wingerd", **more: Any) -> UUID:
    return (await backbone.run("sessions", OpenHouse(title, "Waddinxveen", 96, **more))).id


async def a_session_in(
    backbone: FakeBackbone, *plans: Plan, house: UUID | None = None, title: str = "Koffietafel"
) -> UUID:
    """A draft, planned as often as there are plans; in a house of its own unless it is said in which."""
    house = house or await a_house_in(backbone)
    session = (await backbone.run("sessions", DraftSession(house, title))).id
    for plan in plans:
        await backbone.run("sessions", PlanSession(session, plan, by=STAFF))
    return session
