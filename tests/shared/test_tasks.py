"""Tasks that run until they are cancelled, whatever a library does with the cancellation."""

import asyncio
from contextlib import suppress

import pytest
from buurtthuis.relay import Relay
from buurtthuis.tasks import stop_if_cancelled
from buurtthuis.testing import Playground


async def test_a_loop_that_lost_its_cancellation_still_ends() -> None:
    begun = asyncio.Event()

    async def endless() -> None:
        while True:
            stop_if_cancelled()
            begun.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    task = asyncio.create_task(endless())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_nobody_cancelled_goes_on() -> None:
    stop_if_cancelled()


@pytest.mark.starts("surveys")
async def test_a_service_stops_though_its_relay_loses_the_cancellation(
    place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else this test would never end."""
    tending = asyncio.Event()

    async def swallowing(*_: object) -> None:
        tending.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(Relay, "_tend", swallowing)
    service = place.service("surveys")
    service.relay.wake("woonpartners")
    await tending.wait()
    await service.stop()
    assert not service.alive
