"""The work with the outside: messages go by their roads, and it is noted which arrived.

The one double there can be: a sender that is killed between the other side's yes and our note of it sends
again after its lease, under the same id.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from buurtthuis.corporations import Corporation
from buurtthuis.database import is_transient
from buurtthuis.events.notifications import FailureReason
from buurtthuis.listener import Pause, why
from buurtthuis.service import RunningService
from buurtthuis.work import Cause

from buurtthuis_notifications.channels import TryLater, Undeliverable
from buurtthuis_notifications.commands.messages import (
    BringByHand,
    CancelMessage,
    ExpireMessage,
    NoteFailedAddresses,
    PlanAgain,
    TakeAnotherRoad,
    TryMessageLater,
)
from buurtthuis_notifications.domain.addresses import NEEDED
from buurtthuis_notifications.domain.messages import LATE, LEASE, Message
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.facts import NothingKnown
from buurtthuis_notifications.gathering import gathered
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.queries import queue
from buurtthuis_notifications.queries.codes import readdress
from buurtthuis_notifications.rendering import Told, no_longer
from buurtthuis_notifications.vault import CannotOpen
from buurtthuis_notifications.writing import Writer

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
    writer: Writer

    def addresses_of(self, message: Message) -> list[tuple[UUID, bytes]]:
        """Where it goes by its road, sealed."""
        if message.address:
            return [(message.id, message.address)]
        assert message.channel
        if message.resident_id is None:
            return []
        rows = self.addresses.get((message.resident_id, NEEDED[message.channel].value), [])
        return [(row.id, row.secret) for row in rows]


async def send(running: RunningService, corporation: Corporation) -> int:
    """All whose time has come. Whoever is cancelled meanwhile lets what is on its way arrive, and notes it."""
    sender = Sender(running, corporation)
    sending = asyncio.create_task(sender.send_all())
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        sender.stopped = True
        await sending
        raise


class Sender:
    """One round: several messages are on their way at once, and the next batch is taken meanwhile."""

    def __init__(self, running: RunningService, corporation: Corporation) -> None:
        self._running = running
        self._corporation = corporation
        self._parts: Parts = running.parts
        self._ready: deque[tuple[Batch, Message]] = deque()
        self._upcoming: asyncio.Task[Batch] | None = None
        self._turn = asyncio.Lock()
        self._arrived: list[Message] = []
        self._sent = 0
        self.stopped = False

    async def send_all(self) -> int:
        """How many there were."""
        self._make_ready(await self._taken())
        if self._ready:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._carry())
            await self._note()
            await self._let_go()
        return self._sent

    # What is to be sent

    async def _taken(self) -> Batch:
        async with self._running.database.transaction(self._corporation.slug) as session:
            now = await self._running.database.time(session)
            messages = await queue.lease(session, now)
            residents = list(dict.fromkeys(one.resident_id for one in messages if one.resident_id))
            told = await gathered(session, messages)
            readdress(messages, told.codes)
            addresses: dict[tuple[UUID, str], list[Any]] = {}
            for row in await queue.addresses_of(session, residents):
                addresses.setdefault((row.resident_id, row.kind), []).append(row)
        ours_until = self._running.database.clock() + LEASE
        writer = Writer(self._parts, self._corporation, told, now)
        return Batch(messages, addresses, told, now, ours_until, writer)

    def _make_ready(self, batch: Batch) -> None:
        self._ready.extend((batch, message) for message in batch.messages)
        self._upcoming = asyncio.create_task(self._taken()) if batch.messages else None

    async def _next(self) -> tuple[Batch, Message] | None:
        """The next that is still ours; none where nothing is left, or we are to stop."""
        async with self._turn:
            while not self.stopped:
                if not self._ready and not await self._has_more():
                    return None
                batch, message = self._ready.popleft()
                if self._running.database.clock() < batch.ours_until:
                    return batch, message
        return None

    async def _has_more(self) -> bool:
        """Where the next could not be taken, the next round tries that again."""
        if self._upcoming is None:
            return False
        try:
            self._make_ready(await self._upcoming)
        except Exception as error:
            self._upcoming = None
            log.warning("the next messages cannot be taken", why=why(error))
        return bool(self._ready)

    # How it goes

    async def _carry(self) -> None:
        """One after the other. What arrived is noted, of the others is done what follows."""
        while found := await self._next():
            batch, message = found
            self._sent += 1
            follows = await self._deliver(batch, message)
            if follows is not None:
                await self._follow(follows)
                continue
            self._arrived.append(message)
            if len(self._arrived) >= NOTED_TOGETHER:
                await self._note()

    async def _deliver(self, batch: Batch, message: Message) -> object | None:
        """Send it. What follows where it did not arrive, as a command."""
        if batch.now >= message.expires_at:
            return ExpireMessage(message.id)
        reason = no_longer(message, batch.told)
        if reason:
            return CancelMessage(message.id, reason)
        if batch.now - message.due_at > LATE:
            return PlanAgain(message.id, self._parts.channels)
        if message.channel in BY_HAND:
            return BringByHand(message.id)
        if (
            message.channel and message.channel not in self._parts.roads
        ):  # it was planned for one that is gone
            return TakeAnotherRoad(message.id, message.channel, FailureReason.GONE, self._parts.channels)
        try:
            return await self._send(batch, message)
        except NothingKnown:
            return CancelMessage(message.id, "nothing_known")
        except CannotOpen:
            log.error("a contact address cannot be opened: is a key of the vault missing?")
            return TryMessageLater(message.id, self._parts.channels)
        except TryLater as later:
            log.info("a road cannot take a message now", channel=message.channel, why=str(later))
            return TryMessageLater(message.id, self._parts.channels, later.after)
        except Exception as error:  # one that cannot be written keeps no other from its time
            log.error("a message cannot be sent", rule=message.rule, channel=message.channel, why=why(error))
            return TryMessageLater(message.id, self._parts.channels)

    async def _send(self, batch: Batch, message: Message) -> object | None:
        """To each address by this road. Where it arrived at one, it is not sent again for the others."""
        assert message.channel
        road = self._parts.roads[message.channel]
        gone: list[UUID] = []
        reason, later, arrived = FailureReason.GONE, None, False
        for id, secret in batch.addresses_of(message):
            try:
                await road.send(batch.writer.write(message, self._parts.vault.open(secret)))
                arrived = True
            except Undeliverable as failed:
                reason = failed.reason
                gone.append(id)
            except TryLater as not_now:
                later = not_now
        if later and not arrived:
            raise later
        if not arrived:
            roads = self._parts.channels
            return TakeAnotherRoad(message.id, message.channel, reason, roads, tuple(gone))
        if gone and message.resident_id:
            await self._follow(NoteFailedAddresses(message.resident_id, tuple(gone)))
        return None

    # What is noted

    async def _follow(self, command: object) -> None:
        """Where the database is away, the message is taken again after its lease."""
        try:
            await self._running.dispatcher.run(command, self._corporation, SYSTEM)
        except Exception as error:
            log.warning("what follows for a message failed", what=type(command).__name__, why=why(error))

    async def _note(self) -> None:
        """What arrived must be noted, however long the database is away: what is not is sent again."""
        arrived, self._arrived = self._arrived, []
        pause = Pause()
        while arrived:
            try:
                async with self._running.database.transaction(self._corporation.slug) as session:
                    await queue.note_sent(session, arrived, await self._running.database.time(session))
                return
            except Exception as error:
                if self.stopped or not is_transient(error):
                    raise
                log.warning("what arrived cannot be noted yet", messages=len(arrived), why=why(error))
            await pause()

    async def _let_go(self) -> None:
        """Of what we took and did not send."""
        left = [message for _, message in self._ready]
        if self._upcoming:
            left += (await self._upcoming).messages
        if left:
            async with self._running.database.transaction(self._corporation.slug) as session:
                await queue.let_go(session, left)
