"""Everything that has to be told, by the table of rules."""

from uuid import uuid5

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.sessions import HostConfirmed, SeatRole, SessionScheduled

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSeat, KnownSession, Standing
from buurtthuis_notifications.domain.rules import BY_EVENT, RULES, Rule

on = Handlers()


async def announce(event: Event, rule: Rule, work: Work) -> None:
    """Note that it has to be told."""
    announcement = await _announcement_of(event, rule, work)
    if announcement:
        await work.get_or_keep(announcement)


@on.event
async def announce_to_hosts_of_a_draft(event: SessionScheduled, work: Work) -> None:
    """Who took it on while it had no time and place yet is told of both now."""
    seats = await work.find(
        KnownSeat, session_id=event.session_id, role=SeatRole.HOST, standing=Standing.SEATED
    )
    for seat in seats:
        confirmed = HostConfirmed(
            session_id=seat.session_id, house_id=seat.house_id, resident_id=seat.resident_id
        )
        announcement = await _announcement_of(confirmed, BY_EVENT[HostConfirmed], work)
        if announcement:
            announcement.id = uuid5(announcement.id, str(seat.id))
            await work.get_or_keep(announcement)


async def _announcement_of(event: Event, rule: Rule, work: Work) -> Announcement | None:
    """None for old news: whoever catches up after months tells nobody anything."""
    cause, said_at = work.cause.event, work.cause.said_at
    session = await _session(event, work)
    if cause is None or said_at is None or _is_told_otherwise(event, session, rule):
        return None
    found = Announcement.of(event, rule, cause, said_at, session, work.now, work.cause.resident_id)
    return found if found.is_news(said_at, work.now) else None


def _is_told_otherwise(event: Event, session: KnownSession | None, rule: Rule) -> bool:
    """By their series, once there is a time and a place, or because somebody has it anyway."""
    if isinstance(event, HostConfirmed) and session is None:
        return True
    of_series = any(getattr(source, "series_id", None) for source in (event, session))
    return (rule.single and of_series) or (rule.unless is not None and bool(getattr(event, rule.unless)))


async def _session(event: Event, work: Work) -> KnownSession | None:
    id = getattr(event, "session_id", None)
    return next(iter(await work.find(KnownSession, id=id)), None) if id else None


def _announcing(rule: Rule) -> None:
    """A reaction of its own for every rule: its name is its identity, in parked events too."""

    async def reaction(event: Event, work: Work) -> None:
        await announce(event, rule, work)

    reaction.__name__ = f"announce_{rule.name.replace('-', '_')}"
    reaction.__annotations__["event"] = rule.on
    on.event(reaction)


for _rule in RULES:
    if _rule.on:
        _announcing(_rule)
