"""How many messages are on their way by each road at once. Some places are for what is critical alone: a code waits behind no
announcement, and behind nobody who does not answer."""

from asyncio import Semaphore
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from buurtthuis.events.notifications import DeliveryChannel

from buurtthuis_notifications.domain.rules import Urgency

#: In all, and of these for what is critical alone. A mail server sees as many connections.
AT_ONCE = {DeliveryChannel.EMAIL: (8, 2), DeliveryChannel.SMS: (8, 2), DeliveryChannel.PUSH: (100, 20)}


class Places:
    def __init__(self, at_once: int, kept: int) -> None:
        self._all, self._usual = Semaphore(at_once), Semaphore(at_once - kept)

    @asynccontextmanager
    async def taken(self, urgency: Urgency) -> AsyncIterator[None]:
        """One of them, when it is this message's turn."""
        async with AsyncExitStack() as stack:
            if urgency is not Urgency.CRITICAL:
                await stack.enter_async_context(self._usual)
            await stack.enter_async_context(self._all)
            yield


def places() -> Mapping[DeliveryChannel, Places]:
    """Of each road that a machine takes."""
    return {channel: Places(*numbers) for channel, numbers in AT_ONCE.items()}
