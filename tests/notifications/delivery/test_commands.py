"""What becomes of messages, in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from buurtthuis.events.notifications import Channel
from buurtthuis.testing import FakeWork
from buurtthuis_notifications.commands.messages import (
    BringByHand,
    CancelMessage,
    ExpireMessage,
    SeeMessage,
    on,
)
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery, HandState
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.rules import Urgency

from tests.notifications.post import queued

NOW = datetime(2019, 1, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


def a_message(state: MessageState, channel: Channel) -> Message:
    return replace(queued("house-paused", Urgency.NORMAL, channel, NOW, LATER), state=state)


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
    merged = [a_message(MessageState.MERGED, Channel.LETTER) for _ in range(2)]
    digest = Message.digest(merged, NOW)
    work = FakeWork(digest, *merged, now=NOW)
    done = command(digest.id)
    await on.commands[type(done)](done, work)
    assert {(await work.get(Message, one.id)).state for one in (digest, *merged)} == {state}


async def test_nobody_brings_what_somebody_has_read() -> None:
    message = a_message(MessageState.QUEUED, Channel.LETTER)
    work = FakeWork(message, now=NOW)
    for command in (BringByHand(message.id), SeeMessage(message.id)):
        work.record(await on.commands[type(command)](command, work))
    [delivery] = await work.find(HandDelivery)
    assert delivery.state is HandState.CANCELLED
