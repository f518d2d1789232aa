"""The work with the outside: messages go by their roads, and it is noted which arrived.

The one double there can be: a sender that is killed between the other side's yes and our note of it sends
again after its lease, under the same id.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import why
from buurtthuis.core.work import Cause
from buurtthuis.eventlog.retries import Pause
from buurtthuis.events.notifications import DeliveryChannel, FailureReason
from buurtthuis.persistence.engine import is_transient
from buurtthuis.runtime.workers import Worker, Workplace

from buurtthuis_notifications.channels import AgainstUs, NobodyThere, TryLater, Undeliverable
from buurtthuis_notifications.commands.messages import (
    BringByHand,
    CancelMessage,
    ExpireMessage,
    NoteAddresses,
    NoteCodeArrived,
    PlanAgain,
    TakeAnotherRoad,
    TryMessageLater,
)
from buurtthuis_notifications.domain.addresses import NEEDED, SealedAddress
from buurtthuis_notifications.domain.messages import CODE, DEADLINE, LEASE, Message
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.queries.residents import addresses_of
from buurtthuis_notifications.rendering.context import MessageContext, load_context
from buurtthuis_notifications.rendering.validity import reason_to_cancel
from buurtthuis_notifications.rendering.writer import Writer
from buurtthuis_notifications.storage import queue
from buurtthuis_notifications.texts.facts import NothingKnown
from buurtthuis_notifications.vault import CannotOpen
from buurtthuis_notifications.vault.addresses import names
from buurtthuis_notifications.workers.metrics import count_outcome

log = structlog.get_logger(__name__)

#: So many are on their way at once.
AT_ONCE = 25
#: So many arrive before it is noted: with those on their way, that is what a crash can double at most.
NOTED_TOGETHER = 50
#: Nor longer than this, in seconds, though the others take their time: what is not noted is sent again.
NOTED_WITHIN = 5.0
#: How it is kept on a message that waits because of us.
AGAINST_US = "us: "


class NotOurs(Exception):
    """It waited so long for its turn that somebody else may be at it by now."""


#: What became of a message that is on its way to nobody any more.
ARRIVED = object()


@dataclass(frozen=True)
class MessageBatch:
    """Messages that are ours for a while, and all that sending them takes."""

    messages: Sequence[Message]
    addresses: dict[tuple[UUID, str], list[Any]]
    context: MessageContext
    now: datetime
    ours_until: datetime
    writer: Writer

    def addresses_of(self, message: Message) -> "list[Goal]":
        """Where it goes by its road, sealed."""
        if message.address:
            return [Goal(message.id, message.address)]
        assert message.channel
        if message.resident_id is None:
            return []
        rows = self.addresses.get((message.resident_id, NEEDED[message.channel][0].value), [])
        return [Goal(row.id, row.secret, row.silences) for row in rows]


@dataclass(frozen=True)
class Goal:
    """One address that a message goes to."""

    id: UUID
    secret: bytes
    silences: int = 0


async def send(running: Workplace[Parts], corporation: Corporation) -> int:
    """All whose time has come."""
    return await _send(Sender(running, corporation))


async def send_codes(running: Workplace[Parts], corporation: Corporation) -> int:
    """What lets somebody in, in a lane of its own: it waits for nothing that others are told."""
    return await _send(Sender(running, corporation, CODE))


async def _send(sender: "Sender") -> int:
    """Whoever is cancelled meanwhile lets what is on its way arrive, and notes it."""
    sending = asyncio.create_task(sender.send_all())
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        sender.stopped = True
        await sending
        raise


class Sender:
    """One round: several messages are on their way at once, and the next batch is taken meanwhile."""

    def __init__(self, running: Workplace[Parts], corporation: Corporation, rule: str | None = None) -> None:
        """With a `rule` only of critical messages by that rule."""
        self._rule = rule
        self._running = running
        self._corporation = corporation
        self._parts = running.parts
        self._ready: deque[tuple[MessageBatch, Message]] = deque()
        self._upcoming: asyncio.Task[MessageBatch] | None = None
        self._turn = asyncio.Lock()
        #: What we did not come to in time.
        self._left: list[Message] = []
        self._arrived: list[Message] = []
        #: When the first of those did.
        self._since = 0.0
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

    @property
    def _channels(self) -> frozenset[DeliveryChannel]:
        return self._parts.channels_of(self._corporation)

    # What is to be sent

    async def _taken(self) -> MessageBatch:
        async with self._running.database.transaction(self._corporation.slug) as session:
            now = await self._running.database.time(session)
            messages = await queue.lease(session, now, self._rule)
            residents = list(
                dict.fromkeys(message.resident_id for message in messages if message.resident_id)
            )
            context = await load_context(session, messages)
            for message in messages:
                if meaning := context.code(message):
                    message.readdress(meaning.language, meaning.address)
            addresses: dict[tuple[UUID, str], list[Any]] = {}
            for row in await addresses_of(session, residents):
                addresses.setdefault((row.resident_id, row.kind), []).append(row)
        ours_until = self._running.database.clock() + LEASE
        writer = self._parts.writer(self._corporation, context, now)
        return MessageBatch(messages, addresses, context, now, ours_until, writer)

    def _make_ready(self, batch: MessageBatch) -> None:
        self._ready.extend((batch, message) for message in batch.messages)
        self._upcoming = asyncio.create_task(self._taken()) if batch.messages else None

    async def _next(self) -> tuple[MessageBatch, Message] | None:
        """The next that is still ours; none where nothing is left, or we are to stop."""
        async with self._turn:
            while not self.stopped:
                if not self._ready and not await self._has_more():
                    return None
                batch, message = self._ready.popleft()
                if self._is_ours(batch):
                    return batch, message
                self._left.append(message)
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
            if follows is ARRIVED:
                self._since = self._since if self._arrived else self._now()
                self._arrived.append(message)
            elif follows is not None:
                await self._follow(follows)
            if self._arrived and self._is_time_to_note():
                await self._note()

    def _is_time_to_note(self) -> bool:
        return len(self._arrived) >= NOTED_TOGETHER or self._now() - self._since >= NOTED_WITHIN

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _is_ours(self, batch: MessageBatch) -> bool:
        """Also when it has taken as long as it may."""
        return self._running.database.clock() + DEADLINE < batch.ours_until

    async def _deliver(self, batch: MessageBatch, message: Message) -> object | None:
        """Send it. What follows where it did not arrive, as a command; nothing where that is for somebody else to say."""
        instead = self._instead(batch, message)
        if instead:
            return instead
        try:
            return await self._send(batch, message)
        except NothingKnown:
            return CancelMessage(message.id, "nothing_known")
        except CannotOpen:
            log.error("a contact address cannot be opened: is a key of the vault missing?")
            return TryMessageLater(message.id, self._channels)
        except NotOurs:
            self._left.append(message)
            return None
        except AgainstUs as refusal:
            # Anybody can name a push service that says so: that wakes no operator.
            tell = log.warning if message.channel is DeliveryChannel.PUSH else log.error
            tell("a road refuses us, whoever it is for", channel=message.channel, why=str(refusal))
            return TryMessageLater(message.id, self._channels, refusal.after, f"{AGAINST_US}{refusal}")
        except TryLater as later:
            log.info("a road cannot take a message now", channel=message.channel, why=str(later))
            return TryMessageLater(message.id, self._channels, later.after)
        except Exception as error:  # one that cannot be written keeps no other from its time
            log.error("a message cannot be sent", rule=message.rule, channel=message.channel, why=why(error))
            return TryMessageLater(message.id, self._channels)

    def _instead(self, batch: MessageBatch, message: Message) -> object | None:
        """What becomes of a message that is not to go now, or not by a machine."""
        if message.is_useless(batch.now):
            return ExpireMessage(message.id)
        reason = reason_to_cancel(message, batch.context)
        if reason:
            return CancelMessage(message.id, reason)
        if message.is_late(batch.now):
            return PlanAgain(message.id, self._channels)
        if message.channel in BY_HAND:
            return BringByHand(message.id)
        if message.channel and message.channel not in self._channels:  # planned for one that is gone
            return TakeAnotherRoad(message.id, message.channel, FailureReason.GONE, self._channels)
        return None

    async def _send(self, batch: MessageBatch, message: Message) -> object:
        """To all addresses by this road at once. Where it arrived at one, it is not sent again for the others."""
        assert message.channel
        goals = batch.addresses_of(message)
        bringing = (self._bring(batch, message, goal) for goal in goals)
        ends = await asyncio.gather(*bringing, return_exceptions=True)
        told = list(zip(goals, ends, strict=True))
        await self._note_addresses(message, told)
        if None in ends:
            return ARRIVED
        others = [end for end in ends if end and not isinstance(end, Undeliverable)]
        if others:
            raise min(others, key=lambda end: (isinstance(end, TryLater), not isinstance(end, AgainstUs)))
        reason = next((end.reason for end in ends if isinstance(end, Undeliverable)), FailureReason.GONE)
        return TakeAnotherRoad(message.id, message.channel, reason, self._channels)

    async def _bring(
        self, batch: MessageBatch, message: Message, goal: Goal
    ) -> Undeliverable | TryLater | None:
        """To one address, when it is its turn. How that ended; nothing where it arrived. Raises NotOurs."""
        assert message.channel
        road, places = self._parts.road(self._corporation, message.channel)
        outgoing = batch.writer.write(message, self._parts.vault.open(goal.secret))
        async with places.taken(message.urgency):
            if not self._is_ours(batch):
                raise NotOurs
            try:
                async with asyncio.timeout(DEADLINE.total_seconds()):
                    await road.send(outgoing)
            except (Undeliverable, TryLater) as end:
                return count_outcome(message.channel, end)
            except TimeoutError:
                return count_outcome(message.channel, TryLater("no answer in time"))
        return count_outcome(message.channel, None)

    async def _note_addresses(self, message: Message, told: Sequence[tuple[Goal, object]]) -> None:
        """Who can be reached where, as far as this changes it."""
        arrived = [goal for goal, end in told if end is None]
        if message.rule == CODE:
            for goal in arrived:
                await self._follow(NoteCodeArrived(self._sealed(message, goal)))
        if message.resident_id is None:
            return
        note = NoteAddresses(
            message.resident_id,
            {goal.id: str(end) for goal, end in told if isinstance(end, Undeliverable)},
            tuple(goal.id for goal, end in told if isinstance(end, NobodyThere)),
            tuple(goal.id for goal in arrived if goal.silences),
        )
        if note.failed or note.silent or note.answered:
            await self._follow(note)

    def _sealed(self, message: Message, goal: Goal) -> SealedAddress:
        assert message.channel
        kind, vault = NEEDED[message.channel][0], self._parts.vault
        return SealedAddress(kind, goal.secret, vault.digests_of_any(names(kind, vault.open(goal.secret))))

    # What is noted

    async def _follow(self, command: object) -> None:
        """Where the database is away, the message is taken again after its lease."""
        try:
            await self._running.dispatcher.run(command, self._corporation, Cause(SYSTEM))
        except Exception as error:
            log.warning("what follows for a message failed", what=type(command).__name__, why=why(error))

    async def _note(self) -> None:
        """What arrived must be noted, however long the database is away: what is not is sent again."""
        arrived, self._arrived = self._arrived, []
        pause = Pause()
        while arrived:
            try:
                async with self._running.database.transaction(self._corporation.slug) as session:
                    await queue.record_arrivals(session, arrived, await self._running.database.time(session))
                return
            except Exception as error:
                if self.stopped or not is_transient(error):
                    raise
                log.warning("what arrived cannot be noted yet", messages=len(arrived), why=why(error))
            await pause()

    async def _let_go(self) -> None:
        """Of what we took and did not send."""
        left = self._left + [message for _, message in self._ready]
        if self._upcoming:
            left += (await self._upcoming).messages
        if left:
            async with self._running.database.transaction(self._corporation.slug) as session:
                await queue.release(session, left)


sender = Worker(send, looks_for=queue.to_send, every=timedelta(seconds=1))
code_sender = Worker(send_codes, looks_for=partial(queue.critical_by, CODE), every=timedelta(minutes=1))
