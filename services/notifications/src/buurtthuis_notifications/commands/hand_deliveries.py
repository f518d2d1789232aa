"""What can be done about messages that people bring."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.events.notifications import HandDeliveryDone

from buurtthuis_notifications.domain.hand_deliveries import HandDelivery
from buurtthuis_notifications.domain.messages import Message, MessageState

on = Handlers()


@dataclass(frozen=True)
class TickHandDelivery:
    delivery_id: UUID


@on.command
async def tick_hand_delivery(command: TickHandDelivery, work: Work) -> HandDeliveryDone:
    delivery = await work.get(HandDelivery, command.delivery_id)
    done = delivery.tick(await work.time())
    if message := await work.find_one(Message, id=delivery.message_id, state=MessageState.BY_HAND):
        message.finish_by_hand()
    return done


@dataclass(frozen=True)
class UntickHandDelivery:
    delivery_id: UUID


@on.command
async def untick_hand_delivery(command: UntickHandDelivery, work: Work) -> Result:
    delivery = await work.get(HandDelivery, command.delivery_id)
    delivery.untick(await work.time())
    if message := await work.find_one(Message, id=delivery.message_id, state=MessageState.DONE):
        message.reopen()
    return Result(delivery)


@dataclass(frozen=True)
class MissAtDoor:
    delivery_id: UUID


@on.command
async def miss_at_door(command: MissAtDoor, work: Work) -> Result:
    delivery = await work.get(HandDelivery, command.delivery_id)
    delivery.miss()
    return Result(delivery)


@dataclass(frozen=True)
class DropHandDelivery:
    """It is of no use any more."""

    delivery_id: UUID


@on.command
async def drop_hand_delivery(command: DropHandDelivery, work: Work) -> Result:
    """Nobody else tells staff that somebody was not reached at all."""
    delivery = await work.get(HandDelivery, command.delivery_id)
    if await work.time() < delivery.expires_at:
        return Result(delivery)
    by_hand = await work.find(Message, id=delivery.message_id, state=MessageState.BY_HAND)
    if not by_hand:
        delivery.cancel()
        return Result(delivery)
    failed = delivery.fail()
    for message in by_hand:
        message.fail_by_hand(failed.reason)
    return Result(delivery, [failed])
