"""Where messages end that have no road yet."""

from buurtthuis.events.notifications import Channel
from buurtthuis_notifications.channels.sink import KEPT, Sink

from tests.notifications.channels.messages import a_message


async def test_the_newest_is_on_top() -> None:
    sink = Sink()
    for channel in (Channel.EMAIL, Channel.SMS):
        await sink.road(channel).send(a_message("somebody"))
    assert [one.channel for one in sink.caught] == [Channel.SMS, Channel.EMAIL]


async def test_it_does_not_grow_without_end() -> None:
    sink = Sink()
    for _ in range(KEPT + 1):
        await sink.road(Channel.EMAIL).send(a_message("somebody"))
    assert len(sink.caught) == KEPT
