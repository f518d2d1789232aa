"""Who is told: an announcement's audience is worked out page by page, and each gets a message in the queue."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid5
from zoneinfo import ZoneInfo

from buurtthuis.core.corporations import Corporation
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.runtime.workers import Worker, Workplace
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.messages import Message, PlannedMessage
from buurtthuis_notifications.domain.planning import NO_ROAD, Plan, PlanState, midnight, plan
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import WITHOUT_CONSENT, Rule, Who, rule_named
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.queries.audiences import Recipient, next_recipients
from buurtthuis_notifications.storage import queue
from buurtthuis_notifications.vault import Vault


async def fan_out(running: Workplace[Parts], corporation: Corporation) -> int:
    """One page of one announcement gets its messages."""
    async with running.database.transaction(corporation.slug) as session:
        now = await running.database.time(session)
        announcement = await queue.next_to_address(session, now)
        if announcement is None:
            return 0
        await _fan_out_page(session, announcement, running.parts, corporation, now)
    return 1


async def _fan_out_page(
    session: AsyncSession, announcement: Announcement, parts: Parts, corporation: Corporation, now: datetime
) -> None:
    own, rule = parts.texts.own[corporation.slug], rule_named(announcement.rule)
    if rule.name in own.off:
        announcement.advance(None)
        return
    zone = ZoneInfo(corporation.time_zone)
    page = await next_recipients(session, announcement, rule, midnight(now, zone))
    roads = parts.channels_of(corporation)
    planned = [_part(announcement, rule, recipient, roads, zone, now) for recipient in page]
    await queue.enqueue(session, announcement, planned, now)
    if not page and Who.STAFF in rule.to and own.staff and now < announcement.expires_at:
        await queue.enqueue_one(session, _to_staff(announcement, own.staff, parts.vault, roads, now))
    announcement.advance(page[-1].id if page else None)


def _part(
    announcement: Announcement,
    rule: Rule,
    to: Recipient,
    roads: Collection[DeliveryChannel],
    zone: ZoneInfo,
    now: datetime,
) -> PlannedMessage:
    if to.agrees or rule.topic in WITHOUT_CONSENT:
        planned = plan(
            announcement.urgency,
            rule.topic,
            to.wishes,
            to.has,
            now,
            zone,
            to.today,
            roads,
            expires_at=announcement.expires_at,
            wakes=rule.wakes,
        )
    else:
        planned = Plan(PlanState.SUPPRESSED, None, now, "no_consent")
    return PlannedMessage(to.id, to.language, planned)


def _to_staff(
    announcement: Announcement, mailbox: str, vault: Vault, roads: Collection[DeliveryChannel], now: datetime
) -> Message:
    message = Message.to_address(
        announcement.rule,
        DeliveryChannel.EMAIL,
        vault.seal(mailbox),
        b"",
        PLAIN_DUTCH,
        announcement.expires_at,
        now,
    )
    message.id, message.announcement_id = uuid5(announcement.id, "staff"), announcement.id
    message.house_id = announcement.house_id
    if DeliveryChannel.EMAIL not in roads:
        message.suppress(NO_ROAD)
    return message


worker = Worker(fan_out, looks_for=queue.to_address, every=timedelta(seconds=1))
