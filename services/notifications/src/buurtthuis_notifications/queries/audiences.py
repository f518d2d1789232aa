"""Who is told of an announcement, page by page, and how they can be reached."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from buurtthuis.events.notifications import DeliveryChannel
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import AddressKind, roads_to
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH, Purpose, ReadingLevel
from buurtthuis_notifications.domain.rules import RULES, USEFUL_FOR, WHILE_COMING, Rule, Who
from buurtthuis_notifications.domain.wishes import Wishes
from buurtthuis_notifications.queries.residents import agrees_to
from buurtthuis_notifications.storage.wishes import wishes as _wishes_table

PAGE = 500

SEATS = "SELECT resident_id FROM known_seats WHERE session_id = :session_id"
#: Whoever an announcement is about hears of it even where nobody else does.
AUDIENCES = {
    Who.PERSON: "SELECT CAST(:resident_id AS uuid)",
    Who.SEATED: f"{SEATS} AND standing = 'seated' AND role IS DISTINCT FROM 'host'",
    Who.WAITING: f"{SEATS} AND standing IN ('waiting', 'offered')",
    Who.HOSTS: f"{SEATS} AND standing = 'seated' AND role = 'host'",
    Who.FOLLOWERS: """
        SELECT followers.resident_id FROM followers JOIN known_themes ON known_themes.id = theme_id
        JOIN memberships ON memberships.house_id = known_themes.house_id
         AND memberships.resident_id = followers.resident_id AND left_at IS NULL
        WHERE theme_id = :theme_id""",
    Who.PROPOSER: "SELECT proposer FROM known_themes WHERE id = :theme_id",
    Who.MODERATORS: "SELECT resident_id FROM known_moderators WHERE house_id = :house_id",
    Who.HOUSE: "SELECT resident_id FROM memberships WHERE house_id = :house_id AND left_at IS NULL",
}
RECIPIENTS = """
    SELECT residents.id, residents.language, residents.level, {agrees} AS agrees, {visits} AS visits,
           ARRAY(SELECT DISTINCT kind FROM addresses
                 WHERE addresses.resident_id = residents.id AND failed_at IS NULL) AS has,
           ARRAY(SELECT due_at FROM messages WHERE messages.resident_id = residents.id
                 AND made_at >= :lately AND due_at >= :midnight AND urgency <> 'critical'
                 AND (topic <> 'account' OR rule = 'digest') AND digest_id IS NULL
                 AND state NOT IN ('suppressed', 'merged', 'cancelled', 'expired', 'failed')
                 AND NOT (state IN ('queued', 'deferred') AND rule = ANY(:of_coming) AND EXISTS (
                     SELECT FROM announcements JOIN known_sessions ON known_sessions.id = announcements.session_id
                     WHERE announcements.id = messages.announcement_id AND standing <> 'coming'))) AS today
    FROM residents
    WHERE residents.id IN ({audience})
      AND residents.id <> ALL(:answered)
      AND (CAST(:after AS uuid) IS NULL OR residents.id > :after)
    ORDER BY residents.id LIMIT :limit
"""
#: What nobody is told any more once a session is off.
OF_COMING = [rule.name for rule in RULES if rule.holds in WHILE_COMING]
AGREES, VISITS = agrees_to(Purpose.MESSAGES), agrees_to(Purpose.VISITS)
#: Of all who never said; nobody changes it.
USUAL = Wishes.usual(UUID(int=0))
#: Whom an announcement names as those who need not hear it.
ANSWERED = "answered"


class Recipient(NamedTuple):
    """Somebody who is told, as far as that matters for how and when: others go to them `today`, or later.

    Several in one count once; what will not be sent, because what it tells of is off, does not count."""

    id: UUID
    language: str
    agrees: bool
    has: frozenset[DeliveryChannel]
    today: Sequence[datetime]
    wishes: Wishes


async def next_recipients(
    session: AsyncSession, announcement: Announcement, rule: Rule, midnight: datetime
) -> Sequence[Recipient]:
    """The residents after those that are reached already, in order of id; none when all are."""
    audience = " UNION ".join(AUDIENCES[who] for who in rule.to if who in AUDIENCES)
    if not audience:
        return []
    found = await session.execute(
        text(RECIPIENTS.format(audience=audience, agrees=AGREES, visits=VISITS)).bindparams(
            **{
                name: getattr(announcement, name)
                for name in ("resident_id", "session_id", "theme_id", "house_id")
                if f":{name}" in audience
            }
        ),
        {
            "after": announcement.reached,
            "limit": PAGE,
            "midnight": midnight,
            "lately": midnight - USEFUL_FOR,
            "of_coming": OF_COMING,
            "answered": [UUID(id) for id in (announcement.words or {}).get(ANSWERED) or ()],
        },
    )
    rows = found.all()
    said = {wishes.id: wishes for wishes in await _wishes(session, [row.id for row in rows])}
    return [
        Recipient(
            row.id,
            _reads(row.language, row.level),
            row.agrees,
            roads_to(frozenset(map(AddressKind, row.has)), visits=row.visits),
            row.today,
            said.get(row.id, USUAL),
        )
        for row in rows
    ]


class Addressee(NamedTuple):
    """Somebody for whom a message is on its way, as far as that can change meanwhile."""

    agrees: bool
    houses: Sequence[UUID]
    visits: bool = False


LISTENERS = """
    SELECT residents.id, {agrees} AS agrees, {visits} AS visits,
           ARRAY(SELECT house_id FROM memberships
                 WHERE memberships.resident_id = residents.id AND left_at IS NULL) AS houses
    FROM residents WHERE residents.id = ANY(:residents)
"""


async def listeners(session: AsyncSession, residents: Sequence[UUID]) -> dict[UUID, Addressee]:
    """How it is with these residents now, by id."""
    if not residents:
        return {}
    found = await session.execute(
        text(LISTENERS.format(agrees=AGREES, visits=VISITS)), {"residents": list(residents)}
    )
    return {row.id: Addressee(row.agrees, row.houses, row.visits) for row in found}


async def _wishes(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Wishes]:
    return list(await session.scalars(select(Wishes).where(_wishes_table.c.id.in_(ids))))


def _reads(language: str, level: str) -> str:
    return PLAIN_DUTCH if language == "nl" and level == ReadingLevel.EASY else language
