"""What becomes of messages, in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from buurtthuis.core.work import new_id
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.testing import FakeWork
from buurtthuis_notifications.commands.messages import (
    BringByHand,
    CancelMessage,
    ExpireMessage,
    PlanAgain,
    SeeMessage,
    TryMessageLater,
    Unsubscribe,
    on,
)
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery, HandState
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.residents import ReadingLevel, Resident
from buurtthuis_notifications.domain.rules import Topic, Urgency

from tests.notifications.post import queued

NOW = datetime(2019, 1, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def a_message(state: MessageState, channel: DeliveryChannel) -> Message:
    return replace(queued("house-paused", Urgency.NORMAL, channel, NOW, LATER), state=state)


def at_a_door() -> Resident:
    resident = Resident.new("nl", ReadingLevel.EASY, NOW)
    resident.have(SealedAddress(AddressKind.DOOR, b"", (b"",)), NOW)
    return resident


@pytest.mark.parametrize(
    ("command", "state"),
    [
        (lambda digest: CancelMessage(digest, "nothing_known"), MessageState.CANCELLED),
        (ExpireMessage, MessageState.EXPIRED),
        (BringByHand, MessageState.BY_HAND),
        (SeeMessage, MessageState.DELIVERED),
    ],
)
async def test_what_came_in_one_ends_as_that_does(command: type[SeeMessage], state: MessageState) -> None:
    resident = at_a_door()
    letter = replace(a_message(MessageState.MERGED, DeliveryChannel.LETTER), resident_id=resident.id)
    merged = [letter, replace(letter, id=new_id())]
    digest = Message.digest(merged, NOW)
    work = FakeWork(resident, digest, *merged, now=NOW)
    done = command(digest.id)
    await on.commands[type(done)](done, work)
    assert {(await work.get(Message, one.id)).state for one in (digest, *merged)} == {state}


@pytest.mark.parametrize("command", [TryMessageLater, PlanAgain])
async def test_what_no_machine_can_send_in_time_any_more_is_on_the_list_of_who_calls(
    command: type[TryMessageLater | PlanAgain],
) -> None:
    """In the evening, and of no use in the morning."""
    evening = datetime(2019, 1, 10, 20, 30, tzinfo=UTC)
    resident = Resident.new("nl", ReadingLevel.EASY, NOW)
    resident.have(SealedAddress(AddressKind.MOBILE, b"", (b"",)), NOW)
    message = queued(
        "offer-expires", Urgency.URGENT, DeliveryChannel.SMS, evening, evening + timedelta(hours=9)
    )
    message.resident_id, message.attempts = resident.id, 1
    work = FakeWork(message, resident, now=evening)
    done = command(message.id, frozenset(DeliveryChannel))
    work.record(await on.commands[type(done)](done, work))
    assert (await work.get(Message, message.id)).state is MessageState.BY_HAND
    assert [one.channel for one in await work.find(HandDelivery)] == [DeliveryChannel.CALL]


async def test_nobody_brings_what_somebody_has_read() -> None:
    resident = at_a_door()
    message = replace(a_message(MessageState.QUEUED, DeliveryChannel.LETTER), resident_id=resident.id)
    work = FakeWork(resident, message, now=NOW)
    for command in (BringByHand(message.id), SeeMessage(message.id)):
        work.record(await on.commands[type(command)](command, work))
    [delivery] = await work.find(HandDelivery)
    assert delivery.state is HandState.CANCELLED


@pytest.mark.parametrize("state", [MessageState.DEFERRED, MessageState.QUEUED, MessageState.MERGED])
async def test_what_waits_of_a_kind_does_not_come_to_who_unsubscribed_from_it(state: MessageState) -> None:
    resident = Resident.new("nl", ReadingLevel.EASY, NOW)
    waiting, by_sms = (
        replace(a_message(state, channel), resident_id=resident.id)
        for channel in (DeliveryChannel.EMAIL, DeliveryChannel.SMS)
    )
    work = FakeWork(resident, waiting, by_sms, now=NOW)
    click = Unsubscribe(resident.id, Topic.HOUSE, DeliveryChannel.EMAIL)
    await on.commands[Unsubscribe](click, work)
    found = [(await work.get(Message, one.id)).state for one in (waiting, by_sms)]
    assert found == [MessageState.CANCELLED, state]
