"""Redis is transport, never truth: whatever happens to it heals by itself."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.faults.programs import Town, eventually


async def test_killed_and_started_again_with_its_data(town: Town, long: bool) -> None:
    await town.everybody()
    async with town.chatter():
        for _ in range(20 if long else 1):
            await town.words(20)
            await _kill(town)
            await town.servers.valkey.start()
    await town.expect_every_word_once()


async def test_killed_and_started_again_empty(town: Town, long: bool) -> None:
    await town.everybody()
    async with town.chatter():
        for _ in range(20 if long else 1):
            await town.words(20)
            await _kill(town)
            shutil.rmtree(town.servers.valkey.folder)
            await town.servers.valkey.start()
    await town.expect_every_word_once()


async def test_flushed_again_and_again_under_load(town: Town, long: bool) -> None:
    await town.everybody()
    async with town.chatter():
        for _ in range(200 if long else 10):
            await town.words(5)
            await town.servers.flush()
    await town.expect_every_word_once()


async def test_flushed_while_a_reader_is_behind_and_nobody_speaks(town: Town) -> None:
    await town.start("speaker")
    client = town.client()
    line = await town.line(client)
    hearer, _ = await asyncio.gather(town.start("hearer"), town.start("echo"))
    await town.say(client, line)
    await town.expect_every_word_once()
    await town.die(hearer)
    await town.say(client, line)
    await eventually(lambda: town.is_published("speaker"), "publishing")
    await town.servers.flush()
    hearer.start()
    await town.expect_every_word_once()


async def test_restored_from_an_old_copy_under_load(town: Town, long: bool) -> None:
    await town.everybody()
    async with town.chatter():
        for _ in range(20 if long else 1):
            await _live_through_an_old_copy(town)
    await town.expect_every_word_once()


async def test_restored_from_an_old_copy_after_the_database_forgot_what_it_had_published(town: Town) -> None:
    """PostgreSQL may lose the last half second of `published`, which is not waited for."""
    await town.everybody()
    client = town.client()
    line = await town.line(client)
    for _ in range(5):
        await town.say(client, line)
    await town.expect_every_word_once()
    async with town.servers.redis() as redis, town.servers.admin(town.database("speaker")) as admin:
        await redis.xdel(town.stream(), "3-0", "4-0")
        await admin.execute("UPDATE streams SET published = 2 WHERE corporation = 'woonpartners'")
    await town.say(client, line)
    await town.expect_every_word_once()


async def test_read_only_for_a_while(town: Town) -> None:
    await town.everybody()
    client = town.client()
    line = await town.line(client)
    async with town.servers.redis() as redis:
        await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
        for _ in range(5):
            await town.say(client, line)
        assert await _calls_in(redis, seconds=3) < 150
        await redis.execute_command("REPLICAOF", "NO", "ONE")
    await town.expect_every_word_once()


async def test_a_stream_that_is_no_stream_begins_anew_and_makes_nobody_busy(town: Town) -> None:
    hearer = (await town.everybody())[1]
    client = town.client()
    line = await town.line(client)
    async with town.servers.redis() as redis:
        await redis.set(town.stream(), "a string")
        assert await _calls_in(redis, seconds=3) < 150
        await town.say(client, line)
    await town.expect_every_word_once()
    await eventually(hearer.is_up, "200 at /healthz")


GARBAGE: dict[str, tuple[str, dict[str, str]]] = {
    "without our field": ("*", {"hello": "world"}),
    "with broken JSON": ("*", {"__data__": "{"}),
    "with JSON that is no event": ("*", {"__data__": "[1e999]"}),
    "at the next position": ("{next}-0", {"hello": "world"}),
    "just behind the last entry": ("{last}-1", {"__data__": "null"}),
}


@pytest.mark.parametrize("kind", GARBAGE)
async def test_somebody_elses_entry_stops_nobody(town: Town, kind: str) -> None:
    await town.everybody()
    client = town.client()
    line = await town.line(client)
    await town.say(client, line)
    await town.expect_every_word_once()
    async with town.servers.redis() as redis:
        last = int((await redis.xrevrange(town.stream(), count=1))[0][0].partition(b"-")[0])
        id, fields = GARBAGE[kind]
        await redis.xadd(town.stream(), fields, id=id.format(last=last, next=last + 1))
    for _ in range(3):
        await town.say(client, line)
    await town.expect_every_word_once()


async def _kill(town: Town) -> None:
    town.servers.valkey._process.kill()  # type: ignore[union-attr]
    await eventually(town.servers.valkey.has_ended, "the end of Valkey")


async def _live_through_an_old_copy(town: Town) -> None:
    valkey, copy = town.servers.valkey, town.folder / "copy"
    await town.words(20)
    async with _stopped(town):
        shutil.copytree(valkey.folder, copy)
    await town.words(20)
    async with _stopped(town):
        shutil.rmtree(valkey.folder)
        copy.rename(valkey.folder)
    await town.words(20)


@asynccontextmanager
async def _stopped(town: Town) -> AsyncIterator[None]:
    await town.servers.valkey.stop()
    try:
        yield
    finally:
        await town.servers.valkey.start()


async def _calls_in(redis: Any, seconds: float) -> int:
    """How many commands the whole town sends in a while of trouble."""
    before = (await redis.info("stats"))["total_commands_processed"]
    await asyncio.sleep(seconds)
    return int((await redis.info("stats"))["total_commands_processed"] - before)
