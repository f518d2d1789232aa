"""Everything that has to be told, by the table of rules."""

from buurtthuis.events import Event
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSession
from buurtthuis_notifications.domain.rules import RULES, Rule

on = Handlers()


async def announce(event: Event, rule: Rule, work: Work) -> None:
    """Note that it has to be told, unless it is old news: whoever catches up after months tells nobody anything."""
    cause, said_at = work.cause.event, work.cause.said_at
    session = await _session(event, work)
    if cause is None or said_at is None or _is_told_otherwise(event, session, rule):
        return
    announcement = Announcement.of(event, rule, cause, said_at, session, work.now)
    if announcement.is_news(said_at, work.now):
        await work.get_or_keep(announcement)


def _is_told_otherwise(event: Event, session: KnownSession | None, rule: Rule) -> bool:
    """By their series, or because somebody has it anyway."""
    of_series = any(getattr(one, "series_id", None) for one in (event, session))
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
