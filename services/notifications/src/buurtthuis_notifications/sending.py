"""The work with the outside: who is told is worked out page by page, and messages go by their roads.

The one double there can be: a sender that is killed between the other side's yes and our note of it sends
again after its lease, under the same id.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import structlog
from buurtthuis.corporations import Corporation
from buurtthuis.events.notifications import Channel, FailureReason
from buurtthuis.service import RunningService
from buurtthuis.tasks import stop_if_cancelled
from buurtthuis.work import Cause
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications import tokens
from buurtthuis_notifications.channels import Outgoing, TryLater, Undeliverable
from buurtthuis_notifications.commands.messages import (
    BringByHand,
    CancelMessage,
    ExpireMessage,
    NoteFailedAddresses,
    TakeAnotherRoad,
    TryMessageLater,
)
from buurtthuis_notifications.domain.addresses import NEEDED
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.planning import BY_HAND, Plan, PlanState, midnight, plan
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import Rule, Topic, Urgency, Who, rule_named
from buurtthuis_notifications.facts import NothingKnown
from buurtthuis_notifications.gathering import gathered
from buurtthuis_notifications.invitations import invitation
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.queries import queue
from buurtthuis_notifications.queries.audiences import Recipient, next_recipients
from buurtthuis_notifications.rendering import Told, link, no_longer, render
from buurtthuis_notifications.texts import Text
from buurtthuis_notifications.texts.layout import as_html
from buurtthuis_notifications.vault import CannotOpen

log = structlog.get_logger(__name__)

#: So many are on their way before it is noted which arrived: that is what a crash can double at most.
AT_ONCE = 25
#: Messages about these come without consent: somebody asked for that seat, or has that account.
WITHOUT_CONSENT = frozenset({Topic.MY_SESSIONS, Topic.ACCOUNT})
SYSTEM = Cause(actor="system")


# Who is told


async def address(running: RunningService, corporation: Corporation) -> int:
    """One page of one announcement gets its messages."""
    async with running.database.transaction(corporation.slug) as session:
        now = await running.database.time(session)
        announcement = await queue.next_to_address(session, now)
        if announcement is None:
            return 0
        await _address(session, announcement, running.parts, corporation, now)
    return 1


async def _address(
    session: AsyncSession, announcement: Announcement, parts: Parts, corporation: Corporation, now: datetime
) -> None:
    own, rule = parts.texts.own[corporation.slug], rule_named(announcement.rule)
    if rule.name in own.off or now >= announcement.expires_at:
        announcement.addressed(None)
        return
    zone = ZoneInfo(corporation.time_zone)
    page = await next_recipients(session, announcement, rule, midnight(now, zone))
    planned = [_planned(announcement, rule, one, zone, now) for one in page]
    if not page and Who.STAFF in rule.to and own.staff:
        planned = [_to_staff(announcement, own.staff, parts, now)]
    await queue.put(session, planned)
    announcement.addressed(page[-1].id if page else None)


def _planned(announcement: Announcement, rule: Rule, to: Recipient, zone: ZoneInfo, now: datetime) -> Message:
    if to.agrees or rule.topic in WITHOUT_CONSENT:
        planned = plan(announcement.urgency, rule.topic, to.wishes, to.has, now, zone, to.today)
    else:
        planned = Plan(PlanState.SUPPRESSED, None, now, "no_consent")
    return Message.planned(
        announcement.id,
        rule.name,
        announcement.urgency,
        to.id,
        announcement.house_id,
        to.language,
        planned,
        announcement.expires_at,
        now,
    )


def _to_staff(announcement: Announcement, mailbox: str, parts: Parts, now: datetime) -> Message:
    message = Message.to_address(
        announcement.rule,
        Channel.EMAIL,
        parts.vault.seal(mailbox),
        b"",
        PLAIN_DUTCH,
        announcement.expires_at,
        now,
    )
    message.id, message.announcement_id = uuid5(announcement.id, "staff"), announcement.id
    message.house_id = announcement.house_id
    return message


# Sending


@dataclass(frozen=True)
class Batch:
    """Messages that are ours for a while, and all that sending them takes."""

    messages: Sequence[Message]
    addresses: dict[tuple[UUID, str], list[Any]]
    told: Told
    now: datetime


async def send(running: RunningService, corporation: Corporation) -> int:
    """Some of the messages whose time has come."""
    async with running.database.transaction(corporation.slug) as session:
        batch = await _taken(session, await running.database.time(session))
    post = Post(running, corporation, batch)
    for start in range(0, len(batch.messages), AT_ONCE):
        stop_if_cancelled()
        await post.deliver(batch.messages[start : start + AT_ONCE])
    return len(batch.messages)


async def _taken(session: AsyncSession, now: datetime) -> Batch:
    messages = await queue.lease(session, now)
    residents = list(dict.fromkeys(one.resident_id for one in messages if one.resident_id))
    told = await gathered(session, messages, residents)
    addresses: dict[tuple[UUID, str], list[Any]] = {}
    for row in await queue.addresses_of(session, residents):
        addresses.setdefault((row.resident_id, row.kind), []).append(row)
    return Batch(messages, addresses, told, now)


class Post:
    """One batch on its way out. What all readers of a language share is made once."""

    def __init__(self, running: RunningService, corporation: Corporation, batch: Batch) -> None:
        self._running = running
        self._corporation = corporation
        self._batch = batch
        self._parts: Parts = running.parts
        self._pages: dict[tuple[UUID | None, str], tuple[Text, str]] = {}

    async def deliver(self, messages: Sequence[Message]) -> None:
        """All at once; then it is noted which arrived, and done what follows for the others."""
        outcomes = await asyncio.gather(*(self._deliver(one) for one in messages))
        sent = [one.id for one, follows in zip(messages, outcomes, strict=True) if follows is None]
        if sent:
            async with self._running.database.transaction(self._corporation.slug) as session:
                await queue.note_sent(session, sent, await self._running.database.time(session))
        for command in outcomes:
            if command is not None:
                await self._running.dispatcher.run(command, self._corporation, SYSTEM)

    async def _deliver(self, message: Message) -> object | None:
        """Send it. What follows where it did not arrive, as a command."""
        if self._batch.now >= message.expires_at:
            return ExpireMessage(message.id)
        reason = no_longer(message, self._batch.told)
        if reason:
            return CancelMessage(message.id, reason)
        if message.channel in BY_HAND:
            return BringByHand(message.id)
        try:
            return await self._send(message)
        except NothingKnown:
            return CancelMessage(message.id, "nothing_known")
        except CannotOpen:
            log.error("a contact address cannot be opened: is a key of the vault missing?")
            return TryMessageLater(message.id)
        except TryLater as later:
            log.info("a road cannot take a message now", channel=message.channel, why=str(later))
            return TryMessageLater(message.id, later.after)

    async def _send(self, message: Message) -> object | None:
        assert message.channel
        addresses = self._addresses(message)
        outgoing = self._outgoing(message)
        road = self._parts.roads[message.channel]
        gone: list[UUID] = []
        reason, arrived = FailureReason.GONE, False
        for id, secret in addresses:
            try:
                await road.send(replace(outgoing, to=self._parts.vault.open(secret)))
                arrived = True
            except Undeliverable as failed:
                reason = failed.reason
                gone.append(id)
        if not arrived:
            return TakeAnotherRoad(message.id, message.channel, reason, tuple(gone))
        if gone and message.resident_id:
            await self._running.dispatcher.run(
                NoteFailedAddresses(message.resident_id, tuple(gone)), self._corporation, SYSTEM
            )
        return None

    def _addresses(self, message: Message) -> list[tuple[UUID, bytes]]:
        if message.address:
            return [(message.id, message.address)]
        assert message.channel
        if message.resident_id is None:
            return []
        rows = self._batch.addresses.get((message.resident_id, NEEDED[message.channel].value), [])
        return [(row.id, row.secret) for row in rows]

    def _outgoing(self, message: Message) -> Outgoing:
        text, page = self._page(message)
        public = f"{self._parts.public_url}/notifications/public/{self._corporation.slug}"
        seen = unsubscribe = None
        if message.resident_id and message.urgency in (Urgency.URGENT, Urgency.CRITICAL):
            seen = f"{public}/seen/{tokens.to_see(self._parts.vault, message.id)}"
        if message.resident_id and message.channel and message.topic is not Topic.ACCOUNT:
            token = tokens.to_unsubscribe(
                self._parts.vault, message.resident_id, message.topic, message.channel
            )
            unsubscribe = f"{public}/unsubscriptions/{token}"
        return Outgoing(
            message.id,
            "",
            text,
            page,
            message.urgency,
            self._corporation.name,
            link(self._parts.texts, self._corporation),
            unsubscribe,
            seen,
            self._calendar(message),
        )

    def _page(self, message: Message) -> tuple[Text, str]:
        """The text and its HTML: secret ones are for one reader, all others are made once."""
        shared = message.announcement_id and not message.secret
        key = (message.announcement_id if shared else message.id, message.language)
        if key not in self._pages:
            text = self._text(message)
            words = self._parts.texts.words(self._corporation.slug, text.language)
            below = self._parts.texts.words(self._corporation.slug, PLAIN_DUTCH)
            to_resident = message.resident_id is not None
            urgent = message.urgency in (Urgency.URGENT, Urgency.CRITICAL)
            page = as_html(
                text,
                words,
                below,
                seen=to_resident and urgent,
                unsubscribe=to_resident and message.topic is not Topic.ACCOUNT,
            )
            self._pages[key] = text, page
        return self._pages[key]

    def _text(self, message: Message) -> Text:
        slug = self._corporation.slug
        if message.secret:
            told = json.loads(self._parts.vault.open(message.secret))
            known_facts = {"corporation": self._corporation.name, "house": None, "minutes": 15, **told}
            return self._parts.texts.render(slug, message.rule, message.language, known_facts)
        return render(self._parts.texts, self._corporation, message, self._batch.told)

    def _calendar(self, message: Message) -> bytes | None:
        """For a program that keeps one's days: it goes with the message, and comes off again when it is cancelled."""
        announcement = self._batch.told.announcement(message)
        session = (
            announcement
            and announcement.session_id
            and self._batch.told.known.sessions.get(announcement.session_id)
        )
        if not session or not rule_named(message.rule).calendar:
            return None
        return invitation(session, self._corporation, self._batch.now)
