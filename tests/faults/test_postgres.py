"""Without its database a service says so, and goes on when it is back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.programs import DISCONNECT, Town, eventually


async def test_away_for_a_while_answers_503_and_heals(town: Town, long: bool) -> None:
    await town.everybody()
    client = town.client()
    line = await town.line(client)
    await town.say(client, line)
    await town.servers.postgres.stop()
    refusals = [await town.say(client, line)]
    if long:
        await asyncio.sleep(30)
    refusals += [
        await town.say(client, line),
        await client.get("/parked-events"),
        await client.get("/events"),
    ]
    await town.servers.postgres.start()
    for refusal in refusals:
        assert refusal is not None
        assert refusal.status_code == 503
        assert refusal.headers["content-type"] == "application/problem+json"
        assert int(refusal.headers["retry-after"]) > 0
    await town.say_for_certain(client, line)
    await town.expect_every_word_once()


async def test_restarted_under_load_gives_no_other_refusal_than_503(town: Town, long: bool) -> None:
    await town.everybody()
    async with town.chatter(8):
        for _ in range(20 if long else 2):
            await town.words(20)
            await town.servers.postgres.stop()
            await town.servers.postgres.start()
        await town.words(20)
    await town.expect_every_word_once()
    assert set(town.ledger.answers) <= {"200", "409", "503"}


async def test_full_of_other_peoples_connections_gives_503(town: Town) -> None:
    await town.everybody()
    client = town.client()
    line = await town.line(client)
    async with town.servers.admin() as admin:
        await admin.execute(f'ALTER DATABASE "{town.database("speaker")}" CONNECTION LIMIT 0')
        await admin.execute(DISCONNECT, town.database("speaker"))
        refusals = [await town.say(client, line) for _ in range(8)]
        await admin.execute(f'ALTER DATABASE "{town.database("speaker")}" CONNECTION LIMIT -1')
    assert [response.status_code for response in refusals if response] == [503] * 8
    await town.say_for_certain(client, line)
    await town.expect_every_word_once()


@pytest.mark.parametrize("meanwhile", ["running", "stopped", "stopped and Redis lost"])
async def test_restored_from_an_older_copy_while_readers_are_ahead(town: Town, meanwhile: str) -> None:
    speaker, _, _ = await town.everybody()
    await _say_and_hear(town, 3)
    async with _closed(town, "speaker"):
        await _copy_database(town, "speaker", "copy")
    async with town.servers.admin(town.database("copy")) as admin:  # `published` is not waited for
        await admin.execute("UPDATE streams SET published = published - 2 WHERE published > 0")
    copied = await _say_and_hear(town, 5)
    async with _closed(town, "speaker"):
        if meanwhile != "running":
            await town.die(speaker)
        await _put_back(town, "speaker", "copy")
    if meanwhile == "stopped and Redis lost":
        await town.servers.flush()
    if meanwhile != "running":
        speaker.start()
    client = town.client()
    line = await town.line(client)
    for _ in range(3):
        await town.say_for_certain(client, line)

    async def is_heard() -> bool:
        return [number for at, number, _ in await town.effects("echo", "repeat") if at == line] == [1, 2, 3]

    await eventually(is_heard, "hearing what was said after the restore")
    (restored,) = await eventually(
        lambda: town.journal("speaker", "journal-restored"), "what is lost is said"
    )
    assert restored["restored_to"] == copied
    assert restored["position"] > copied
    words = [word for _, _, word in await town.effects("hearer", "note")]
    assert len(words) == len(set(words)) == 11


async def test_restored_to_an_empty_copy_under_a_running_speaker(town: Town) -> None:
    async with town.servers.admin() as admin:
        await admin.execute(
            f'CREATE DATABASE "{town.database("copy")}" TEMPLATE "{town.database("speaker")}"'
        )
    await _say_and_hear(town, 3)
    async with _closed(town, "speaker"):
        await _put_back(town, "speaker", "copy")
    client = town.client()
    line = await town.line(client)
    await town.say_for_certain(client, line)

    async def is_heard() -> bool:
        return [number for at, number, _ in await town.effects("hearer", "note") if at == line] == [1]

    await eventually(is_heard, "hearing what was said after the restore")


async def test_a_reader_under_which_an_older_copy_came_back_hears_again_though_nobody_speaks(
    town: Town,
) -> None:
    await _say_and_hear(town, 2)
    async with _closed(town, "hearer"):
        await _copy_database(town, "hearer", "copy")
    await _say_and_hear(town, 3)
    async with _closed(town, "hearer"):
        await _put_back(town, "hearer", "copy")

    async def is_heard_again() -> bool:
        return len(await town.effects("hearer", "note")) == 5

    await eventually(is_heard_again, "hearing again what the copy did not have")
    words = [word for _, _, word in await town.effects("hearer", "note")]
    assert Counter(words) == Counter(town.ledger.done)


async def _say_and_hear(town: Town, words: int) -> int:
    """Say some words, see that all is heard, and tell the position of the last one."""
    if not town.programs:
        await town.everybody()
    client = town.client()
    line = await town.line(client)
    for _ in range(words):
        await town.say_for_certain(client, line)
    await town.expect_every_word_once()
    return await town.checkpoint("hearer")


@asynccontextmanager
async def _closed(town: Town, service: str) -> AsyncIterator[None]:
    """Nobody can get at a service's database meanwhile."""
    await town.servers.close(town.database(service))
    yield
    await town.servers.reopen(town.database(service))


async def _copy_database(town: Town, service: str, copy: str) -> None:
    async with town.servers.admin() as admin:
        await admin.execute(f'CREATE DATABASE "{town.database(copy)}" TEMPLATE "{town.database(service)}"')


async def _put_back(town: Town, service: str, copy: str) -> None:
    async with town.servers.admin() as admin:
        await admin.execute(f'DROP DATABASE "{town.database(service)}" WITH (FORCE)')
        await admin.execute(f'ALTER DATABASE "{town.database(copy)}" RENAME TO "{town.database(service)}"')
