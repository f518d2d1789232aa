"""What becomes of messages on their way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.notifications import DeliveryChannel, FailureReason

from buurtthuis_notifications.commands.residents import residents_at
from buurtthuis_notifications.domain.addresses import SealedAddress
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery, HandState
from buurtthuis_notifications.domain.messages import AT_REST, DIGEST, WAITING, Message, MessageState
from buurtthuis_notifications.domain.planning import (
    BY_HAND,
    NO_ROAD,
    UNREACHABLE,
    UNWANTED,
    awake,
    lacks_a_road,
    next_channel,
    passes,
)
from buurtthuis_notifications.domain.residents import Resident
from buurtthuis_notifications.domain.rules import Topic, rule_named
from buurtthuis_notifications.domain.wishes import Wishes

on = Handlers()

REACHED = frozenset({MessageState.SENT, MessageState.DELIVERED})


@dataclass(frozen=True)
class CancelMessage:
    message_id: UUID
    reason: str


@on.command
async def cancel_message(command: CancelMessage, work: Work) -> None:
    """It is not true any more, or nobody is there to tell."""
    message = await work.get(Message, command.message_id)
    if message.state in WAITING:
        message.cancel(command.reason)
        await _end_with(message, work)


@dataclass(frozen=True)
class ExpireMessage:
    message_id: UUID


@on.command
async def expire_message(command: ExpireMessage, work: Work) -> Result:
    """Who could not be reached in time hears of it no more; staff hear that."""
    message = await work.get(Message, command.message_id)
    if message.state not in WAITING:
        return Result(message)
    failed = message.fail(FailureReason.TOO_LATE) if message.tried else message.expire()
    await _end_with(message, work)
    return Result(message, failed)


@dataclass(frozen=True)
class TryMessageLater:
    """`roads` are those that are set up here; `why` is kept where somebody has to do something about it."""

    message_id: UUID
    roads: frozenset[DeliveryChannel]
    at_least: timedelta = timedelta()
    why: str | None = None


@on.command
async def try_message_later(command: TryMessageLater, work: Work) -> Result:
    """By the same road, or by another one where this is not worth it any more."""
    message = await work.get(Message, command.message_id)
    if message.state not in WAITING:
        return Result(message)
    if not message.try_later(await work.time(), command.at_least, command.why):
        return Result(message, await _go_on(message, FailureReason.TOO_LATE, command.roads, work))
    message.due_at = _awake(message, await _wishes_of(message, work), message.due_at, work)
    if message.is_useless(message.due_at):
        return Result(message, await _go_on(message, FailureReason.TOO_LATE, command.roads, work))
    return Result(message)


@dataclass(frozen=True)
class PlanAgain:
    """`roads` are those that are set up here."""

    message_id: UUID
    roads: frozenset[DeliveryChannel]


@on.command
async def plan_again(command: PlanAgain, work: Work) -> Result:
    """It comes so late that the hour is another one: at once, in the morning, or by a person where that is too late."""
    message = await work.get(Message, command.message_id)
    if message.state not in WAITING:
        return Result(message)
    message.wait(_awake(message, await _wishes_of(message, work), await work.time(), work))
    if message.is_useless(message.due_at):
        return Result(message, await _go_on(message, FailureReason.TOO_LATE, command.roads, work))
    return Result(message)


@dataclass(frozen=True)
class TakeAnotherRoad:
    """`roads` are those that are set up here."""

    message_id: UUID
    channel: DeliveryChannel
    reason: FailureReason
    roads: frozenset[DeliveryChannel]


@on.command
async def take_another_road(command: TakeAnotherRoad, work: Work) -> Result:
    """The next that the resident has and wants, or a person brings it."""
    message = await work.get(Message, command.message_id)
    if message.state not in {*WAITING, MessageState.SENT} or message.channel is not command.channel:
        return Result(message)
    return Result(message, await _go_on(message, command.reason, command.roads, work))


@dataclass(frozen=True)
class NoteAddresses:
    """What became of one message at a resident's addresses: why it never arrives at some, who was silent, who was not."""

    resident_id: UUID
    failed: Mapping[UUID, str]
    silent: tuple[UUID, ...] = ()
    answered: tuple[UUID, ...] = ()


@on.command
async def note_addresses(command: NoteAddresses, work: Work) -> None:
    if resident := await work.find_one(Resident, id=command.resident_id):
        for address in resident.addresses:
            if address.id in command.failed:
                address.fail(command.failed[address.id], work.now)
            elif address.id in command.silent:
                address.keep_silent(work.now)
            elif address.id in command.answered:
                address.answer()


@dataclass(frozen=True)
class NoteCodeArrived:
    """A code was taken for this address: whoever has it can be reached there."""

    sealed: SealedAddress


@on.command
async def note_code_arrived(command: NoteCodeArrived, work: Work) -> None:
    for resident in await residents_at(work, command.sealed):
        if address := resident.address_like(command.sealed):
            address.answer()


@dataclass(frozen=True)
class BringByHand:
    message_id: UUID


@on.command
async def bring_by_hand(command: BringByHand, work: Work) -> Result:
    """The road it was planned for is a person's."""
    message = await work.get(Message, command.message_id)
    if message.state not in WAITING or message.channel not in BY_HAND:
        return Result(message)
    if not await _leads_to(message.resident_id, message.channel, work):
        return Result(message, await _go_on(message, FailureReason.GONE, BY_HAND, work))
    return Result(message, await _hand_over(message, message.channel, work))


@dataclass(frozen=True)
class BringOtherwise:
    """What somebody is to bring by a road that does not lead there any more: no visit without consent, no call without a number."""

    delivery_id: UUID


@on.command
async def bring_otherwise(command: BringOtherwise, work: Work) -> Result:
    delivery = await work.get(HandDelivery, command.delivery_id)
    if delivery.state is not HandState.REQUESTED:
        return Result(delivery)
    if await _leads_to(delivery.resident_id, delivery.channel, work):
        return Result(delivery)
    delivery.cancel()
    by_hand = await work.find(Message, id=delivery.message_id, state=MessageState.BY_HAND)
    return Result(
        delivery,
        [event for message in by_hand for event in await _go_on(message, FailureReason.GONE, BY_HAND, work)],
    )


@dataclass(frozen=True)
class GoOnUnseen:
    """Nobody said in time that they saw it. `roads` are those that are set up here."""

    message_id: UUID
    roads: frozenset[DeliveryChannel]


@on.command
async def go_on_unseen(command: GoOnUnseen, work: Work) -> Result:
    message, now = await work.get(Message, command.message_id), await work.time()
    due = message.to_be_seen_by
    if not due or now < due or message.is_useless(now):
        return Result(message)
    return Result(message, await _go_on(message, FailureReason.NOT_SEEN, command.roads, work))


@dataclass(frozen=True)
class SeeMessage:
    """`resident_id` is whose it has to be; whoever comes by its link need not say."""

    message_id: UUID
    resident_id: UUID | None = None


@on.command
async def see_message(command: SeeMessage, work: Work) -> Result:
    message = await work.get(Message, command.message_id)
    if command.resident_id not in (None, message.resident_id):
        raise NotFound(what="message", id=command.message_id)
    message.see(await work.time())
    await _end_with(message, work)
    for delivery in await work.find(HandDelivery, message_id=message.id):
        delivery.cancel()
    return Result(message)


@dataclass(frozen=True)
class Unsubscribe:
    resident_id: UUID
    topic: Topic
    channel: DeliveryChannel


@on.command
async def unsubscribe(command: Unsubscribe, work: Work) -> None:
    """From one kind of message by one road, also what waits; nothing happens for who is not known any more."""
    if await work.count(Resident, id=command.resident_id):
        wishes = await work.get_or_keep(Wishes.usual(command.resident_id))
        wishes.switch_off(command.topic, command.channel)
        for state in (*WAITING, MessageState.MERGED):
            for message in await work.find(Message, **vars(command), state=state):
                message.cancel(UNWANTED)


@dataclass(frozen=True)
class ConcludeAnnouncement:
    announcement_id: UUID


@on.command
async def conclude_announcement(command: ConcludeAnnouncement, work: Work) -> Result:
    """Once all its messages have come to rest."""
    announcement = await work.get(Announcement, command.announcement_id)
    found = await work.count(Message, "state", "channel", "reason", announcement_id=announcement.id)
    if any(state not in AT_REST for state, _, _ in found):
        return Result(announcement)
    by_channel, ended, no_road = Counter[DeliveryChannel](), Counter[MessageState](), 0
    for (state, channel, reason), count in found.items():
        if state in REACHED:
            by_channel[channel] += count
        ended[MessageState.FAILED if reason in (UNREACHABLE, NO_ROAD) else state] += count
        no_road += count if reason == NO_ROAD else 0
    return Result(
        announcement,
        announcement.conclude(
            by_channel,
            ended[MessageState.BY_HAND] + ended[MessageState.DONE],
            ended[MessageState.SUPPRESSED],
            ended[MessageState.FAILED] + ended[MessageState.EXPIRED],
            no_road,
            await work.time(),
        ),
    )


async def _go_on(
    message: Message, reason: FailureReason, roads: frozenset[DeliveryChannel], work: Work
) -> Sequence[Event]:
    """By the next road that the resident has and wants, once they are awake; or a person brings it.

    Where no machine is in time any more, a person may be."""
    resident = next(iter(await work.find(Resident, id=message.resident_id)), None)
    if resident is None:
        return message.fail(reason, None if message.channel in roads else NO_ROAD)
    wishes = await _wishes_of(message, work)
    has = resident.roads
    tried = {*message.tried, *([message.channel] if message.channel else [])}
    due_at = _awake(message, wishes, await work.time(), work)
    tried |= set() if due_at < message.expires_at else set(DeliveryChannel) - BY_HAND
    channel = next_channel(message.urgency, message.topic, wishes, has, roads, tried)
    if channel is None:
        lacking = lacks_a_road(message.urgency, message.topic, wishes, has, roads, tried)
        return await _give_up(message, reason, NO_ROAD if lacking else None, work)
    if channel in BY_HAND:
        return await _hand_over(message, channel, work)
    message.go_on_by(channel, due_at)
    return []


async def _leads_to(resident: UUID | None, channel: DeliveryChannel, work: Work) -> bool:
    found = await work.find_one(Resident, id=resident) if resident else None
    return found is not None and channel in found.roads


async def _give_up(message: Message, reason: FailureReason, why: str | None, work: Work) -> Sequence[Event]:
    """What was sent and only not seen stays sent: nobody knows that it failed."""
    if reason is FailureReason.NOT_SEEN:
        message.stay()
        return []
    failed = message.fail(reason, why)
    await _end_with(message, work)
    return failed


async def _hand_over(message: Message, channel: DeliveryChannel, work: Work) -> Sequence[Event]:
    assert message.resident_id
    message.hand_over(channel)
    await _end_with(message, work)
    return [
        work.add(
            HandDelivery.requested(
                message.id,
                message.resident_id,
                message.house_id,
                channel,
                message.rule,
                message.expires_at,
                work.now,
            )
        )
    ]


async def _end_with(digest: Message, work: Work) -> None:
    """What came in one ends as that one does, since nothing else becomes of it."""
    if digest.rule == DIGEST and digest.state in AT_REST:
        for merged in await work.find(Message, digest_id=digest.id, state=MessageState.MERGED):
            merged.end_with(digest)


async def _wishes_of(message: Message, work: Work) -> Wishes:
    usual = Wishes.usual(message.resident_id or message.id)
    return next(iter(await work.find(Wishes, id=usual.id)), usual)


def _awake(message: Message, wishes: Wishes, moment: datetime, work: Work) -> datetime:
    """The night is quiet for another try and another road too; what nobody in particular gets has no night."""
    if message.resident_id is None or passes(message.urgency, message.topic):
        return moment
    zone, wakes = ZoneInfo(work.corporation.time_zone), rule_named(message.rule).wakes
    return awake(wishes, moment, zone, expires_at=message.expires_at, wakes=wakes)
