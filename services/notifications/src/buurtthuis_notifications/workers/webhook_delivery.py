"""Telling other systems: each webhook has one sender at a time, and gets each producer's events in order.

The journals are the queue. Each round looks only at webhooks that are behind what notifications itself has
heard. What one refuses is tried again, and what comes after it waits. Something may be sent twice where a
sender is killed between the other side's yes and our note of it; its id is the same then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import orjson
import structlog
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.work import Cause
from buurtthuis.eventlog.agreement import BEGINNING, HeardAt
from buurtthuis.eventlog.envelope import Envelope, source_of
from buurtthuis.eventlog.feeds import page_after
from buurtthuis.events import TYPE_PREFIX, Event
from buurtthuis.runtime.workers import Worker, Workplace

from buurtthuis_notifications.commands.webhooks import (
    GoBack,
    LeaseWebhook,
    NoteAttempt,
    PassBy,
    ReturnWebhook,
    Sending,
)
from buurtthuis_notifications.domain.webhooks import WIDEST, Told, Webhook
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.queries import webhooks
from buurtthuis_notifications.storage import webhooks as _mapped

log = structlog.get_logger(__name__)

#: One turn of one webhook, in seconds, so that a slow one holds up nobody else for long.
TURN = 10.0
PING = f"{TYPE_PREFIX}notifications.ping.v1"


class TurnOver(Exception):
    """Somebody else is next: this webhook refused something, had its time, or is not ours any more."""


async def deliver(running: Workplace[Parts], corporation: Corporation) -> int:
    """A turn for every webhook that is behind; says how much was done."""
    async with running.database.transaction(corporation.slug) as session:
        due = await session.scalars(webhooks.due(await running.database.time(session)))
    return sum(await asyncio.gather(*(_turn(running, corporation, id) for id in due)))


async def _turn(running: Workplace[Parts], corporation: Corporation, id: UUID) -> int:
    """One that fails holds up no other: a secret without its key, a database that is away."""
    try:
        return await Turn(running, corporation, id).take()
    except Exception as error:  # the next round tries again
        log.warning("a webhook could not be told", webhook=str(id), error=type(error).__name__)
        return 0


@dataclass(frozen=True)
class Turn:
    """One webhook's, by one sender."""

    running: Workplace[Parts]
    corporation: Corporation
    webhook_id: UUID
    lease: UUID = field(default_factory=uuid4)
    until: float = field(default_factory=lambda: asyncio.get_running_loop().time() + TURN)

    async def take(self) -> int:
        """Tell all that there is to tell, unless somebody else does; says how many events were looked at."""
        await self._do(LeaseWebhook(self.webhook_id, self.lease))
        webhook = await self._webhook()
        if webhook is None:
            return 0
        try:
            return await self._tell(webhook)
        except TurnOver:
            return 0
        finally:
            await self._do(ReturnWebhook(self.webhook_id, self.lease))

    async def _tell(self, webhook: Webhook) -> int:
        keys = await self._keys(webhook)
        if webhook.ping:
            await self._send(
                webhook.url, keys, Sending(webhook.id, self.lease, webhook.ping, PING), self._ping(webhook)
            )
        behind = await self._behind(webhook)
        return sum([await self._catch_up(webhook, keys, producer) for producer in behind])

    async def _catch_up(self, webhook: Webhook, keys: Sequence[str], producer: str) -> int:
        """One page of one producer."""
        page = await self._page(producer, webhook.last_told(producer))
        if page is None:
            return await self._go_back(webhook, producer)
        for envelope in page:
            if wants(webhook, envelope):
                sending = Sending(
                    webhook.id, self.lease, UUID(envelope.id), envelope.type, producer, envelope.position
                )
                await self._send(webhook.url, keys, sending, orjson.dumps(without_words(envelope)))
        if page:
            await self._do(PassBy(self.webhook_id, self.lease, producer, Told(*HeardAt.of(page[-1]))))
        return len(page)

    async def _go_back(self, webhook: Webhook, producer: str) -> int:
        """To the newest that both know, and on from there over what was sent already."""
        feeds, passed = self.running.feeds, [HeardAt(*told) for told in webhook.trails[producer]]
        agreed = await feeds.agree(self.corporation, producer, [*passed, BEGINNING]) or BEGINNING
        page = await page_after(feeds, self.corporation, producer, agreed) or ()
        taken = await self._taken(page)
        told = max((HeardAt.of(envelope) for envelope in page if UUID(envelope.id) in taken), default=agreed)
        log.warning(
            "a producer's journal is another than a webhook was told of, going back to what both know",
            webhook=str(self.webhook_id),
            producer=producer,
            told_to=passed[0].position,
            agreed=told.position,
        )
        await self._do(GoBack(self.webhook_id, self.lease, producer, agreed.position, Told(*told)))
        return 1

    async def _taken(self, page: Sequence[Envelope]) -> set[UUID]:
        async with self.running.database.transaction(self.corporation.slug) as session:
            return await webhooks.taken(session, self.webhook_id, [UUID(envelope.id) for envelope in page])

    async def _send(self, url: str, keys: Sequence[str], sending: Sending, body: bytes) -> None:
        """Raises TurnOver unless the other side took it, and there is time for more."""
        answer = await self.running.parts.hooks.tell(url, keys, sending.event_id, body)
        await self._do(NoteAttempt(sending, answer.took, answer.status, answer.why, answer.for_good))
        if not answer.took or asyncio.get_running_loop().time() > self.until or not await self._webhook():
            raise TurnOver

    async def _keys(self, webhook: Webhook) -> list[str]:
        async with self.running.database.transaction(self.corporation.slug) as session:
            now = await self.running.database.time(session)
        return [self.running.parts.vault.open(secret) for secret in webhook.secrets(now)]

    async def _webhook(self) -> Webhook | None:
        """While it is ours."""
        async with self.running.database.transaction(self.corporation.slug) as session:
            webhook = await session.get(Webhook, self.webhook_id)
        return webhook if webhook and webhook.holds(self.lease) else None

    async def _behind(self, webhook: Webhook) -> Sequence[str]:
        async with self.running.database.transaction(self.corporation.slug) as session:
            heard = await webhooks.heard(session)
        return sorted(
            producer
            for producer, told in heard.items()
            if told.position > webhook.last_told(producer).position
        )

    async def _page(self, producer: str, after: Told) -> Sequence[Envelope] | None:
        try:
            return await page_after(self.running.feeds, self.corporation, producer, HeardAt(*after))
        except httpx.HTTPError as error:  # a producer that is away now is read later
            log.warning("cannot read a feed for a webhook", producer=producer, error=type(error).__name__)
            return ()

    async def _do(self, command: object) -> None:
        await self.running.dispatcher.run(command, self.corporation, Cause(SYSTEM))

    def _ping(self, webhook: Webhook) -> bytes:
        ping = {
            "specversion": "1.0",
            "id": str(webhook.ping),
            "source": source_of(self.corporation, "notifications"),
            "type": PING,
        }
        return orjson.dumps(ping)


def wants(webhook: Webhook, envelope: Envelope) -> bool:
    """Whether it asked for this, and may know it."""
    return (
        envelope.type in webhook.types
        and envelope.audience.rank <= WIDEST.rank
        and envelope.time >= webhook.made_at
    )


def without_words(envelope: Envelope) -> dict[str, object]:
    """The event as our feeds have it, but for what people wrote: nobody could take that back from outside."""
    known = Event.known.get(envelope.type)
    words = dict.fromkeys(known.erasable()) if known else {}
    return {**envelope.attributes(), "data": {**envelope.data, **words}}


worker = Worker(deliver, looks_for=webhooks.due, every=timedelta(seconds=1))


__all__ = ["_mapped", "deliver", "wants", "without_words"]
