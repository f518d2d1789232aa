"""Who was not there reads the past from the feed."""

import asyncio

from tests.faults.programs import Town, eventually


async def test_a_service_that_was_never_there_hears_everything_in_order(town: Town) -> None:
    await town.start("speaker")
    async with town.chatter():
        await town.words(50)
        async with town.servers.redis() as redis:
            await redis.xtrim(town.stream(), maxlen=3)
    await asyncio.gather(town.start("hearer"), town.start("echo"))
    await town.expect_every_word_once()


async def test_a_service_that_was_away_past_the_window_hears_everything_in_order(town: Town) -> None:
    _, hearer, _ = await town.everybody()
    async with town.chatter():
        await town.words(20)
        await town.die(hearer)
        await town.words(50)
        async with town.servers.redis() as redis:
            await redis.xtrim(town.stream(), maxlen=0)
        hearer.start()
        await town.words(20)
    await town.expect_every_word_once()


async def test_a_service_whose_speaker_died_meanwhile_hears_everything_in_order(town: Town) -> None:
    speaker, hearer, _ = await town.everybody()
    async with town.chatter():
        await town.words(20)
        await town.die(hearer)
        await town.words(20)
    async with town.servers.redis() as redis:
        await redis.xtrim(town.stream(), maxlen=1)
    await town.die(speaker)
    hearer.start()
    await eventually(hearer.is_up, "the hearer runs, with nobody to ask")
    speaker.start()
    await town.expect_every_word_once()
