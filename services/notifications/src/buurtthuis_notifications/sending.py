"""The work with the outside: messages go by their roads, and it is noted which arrived.

The one double there can be: a sender that is killed between the other side's yes and our note of it sends
again after its lease, under the same id.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from buurtthuis.corporations import Corporation
from buurtthuis.events.notifications import FailureReason
from buurtthuis.service import RunningService
from buurtthuis.tasks import stop_if_cancelled
from buurtthuis.work import Cause

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
from buurtthuis_notifications.domain.messages import LEASE, Message
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import Topic, Urgency, rule_named
from buurtthuis_notifications.facts import NothingKnown
from buurtthuis_notifications.gathering import gathered
from buurtthuis_notifications.invitations import invitation
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.queries import queue
from buurtthuis_notifications.rendering import Told, link, no_longer, render
from buurtthuis_notifications.texts import Text
from buurtthuis_notifications.texts.layout import as_html
from buurtthuis_notifications.vault import CannotOpen

log = structlog.get_logger(__name__)

#: So many are on their way at once.
AT_ONCE = 25
#: So many arrive before it is noted: with those on their way, that is what a crash can double at most.
NOTED_TOGETHER = 50
SYSTEM = Cause(actor="system")


@dataclass(frozen=True)
class Batch:
    """Messages that are ours for a while, and all that sending them takes."""

    messages: Sequence[Message]
    addresses: dict[tuple[UUID, str], list[Any]]
    told: Told
    now: datetime
    ours_until: datetime


async def send(running: RunningService, corporation: Corporation) -> int:
    """All whose time has come: while some are on their way, the next are taken."""
    sent, batch = 0, await _taken(running, corporation)
    while batch.messages:
        stop_if_cancelled()
        async with asyncio.TaskGroup() as group:
            upcoming = group.create_task(_taken(running, corporation))
            group.create_task(Post(running, corporation, batch).deliver())
        sent += len(batch.messages)
        batch = upcoming.result()
    return sent


async def _taken(running: RunningService, corporation: Corporation) -> Batch:
    async with running.database.transaction(corporation.slug) as session:
        now = await running.database.time(session)
        messages = await queue.lease(session, now)
        residents = list(dict.fromkeys(one.resident_id for one in messages if one.resident_id))
        told = await gathered(session, messages)
        addresses: dict[tuple[UUID, str], list[Any]] = {}
        for row in await queue.addresses_of(session, residents):
            addresses.setdefault((row.resident_id, row.kind), []).append(row)
    return Batch(messages, addresses, told, now, running.database.clock() + LEASE)


class Post:
    """One batch on its way out. What all readers of a language share is made once."""

    def __init__(self, running: RunningService, corporation: Corporation, batch: Batch) -> None:
        self._running = running
        self._corporation = corporation
        self._batch = batch
        self._parts: Parts = running.parts
        self._pages: dict[tuple[UUID | None, str], tuple[Text, str]] = {}
        self._arrived: list[Message] = []
        self._stopped = False

    async def deliver(self) -> None:
        """All of it. Whoever is cancelled meanwhile lets what is on its way arrive, and notes it."""
        delivering = asyncio.create_task(self._deliver_all())
        try:
            await asyncio.shield(delivering)
        except asyncio.CancelledError:
            self._stopped = True
            await delivering
            raise

    async def _deliver_all(self) -> None:
        waiting = self._still_ours()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._carry(waiting))
        await self._note()

    def _still_ours(self) -> Iterator[Message]:
        """Until we are stopped, or are so slow that somebody else may be at them by now."""
        for message in self._batch.messages:
            if self._stopped or self._running.database.clock() >= self._batch.ours_until:
                return
            yield message

    async def _carry(self, waiting: Iterator[Message]) -> None:
        """One after the other. What arrived is noted, of the others is done what follows."""
        for message in waiting:
            follows = await self._deliver(message)
            if follows is not None:
                await self._running.dispatcher.run(follows, self._corporation, SYSTEM)
                continue
            self._arrived.append(message)
            if len(self._arrived) >= NOTED_TOGETHER:
                await self._note()

    async def _note(self) -> None:
        arrived, self._arrived = self._arrived, []
        if arrived:
            async with self._running.database.transaction(self._corporation.slug) as session:
                await queue.note_sent(session, arrived, await self._running.database.time(session))

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
