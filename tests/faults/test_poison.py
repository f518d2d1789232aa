"""An event that a reaction cannot digest is set aside; everything else goes on, in order."""

import asyncio

import pytest

from tests.faults.programs import Town, eventually


@pytest.mark.parametrize("mood", ["raise", "clash"])
async def test_what_always_fails_is_parked_after_five_attempts_and_retried_once(
    town: Town, mood: str
) -> None:
    await town.everybody()
    client = town.client()
    line = await town.line(client)
    await town.say(client, line)
    await town.say(client, line, mood)
    await town.say(client, line)
    (parked,) = await eventually(lambda: town.parked("hearer"), "parking")
    assert parked["reaction"] == "note"
    await _hears(town, "note", [1, 3])
    await _hears(town, "note_the_strange_ones", [2])
    hearer = town.client("hearer")
    retry = f"/parked-events/{parked['id']}/retry"
    assert (await hearer.post(retry)).status_code == 409
    town.mended.touch()
    answers = await asyncio.gather(*(hearer.post(retry) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404, 404]
    await _hears(town, "note", [1, 3, 2])
    await eventually(lambda: _echoes(town, 3), "the echo of all three words")


@pytest.mark.replicas(1, 2)
async def test_what_kills_its_process_is_parked_after_five_attempts(town: Town) -> None:
    _, hearers, _ = await town.everybody()
    client = town.client()
    line = await town.line(client)
    await town.say(client, line)
    await town.say(client, line, "kill")
    await town.say(client, line)
    deaths = 0

    async def is_parked() -> bool:
        nonlocal deaths
        parked = bool(await town.parked("hearer"))
        for hearer in hearers.processes:
            if await hearer.is_gone():
                deaths += 1
                hearer.start()
        return parked

    await eventually(is_parked, "parking")
    assert deaths == 5
    (parked,) = await town.parked("hearer")
    assert parked["reaction"] == "note"
    await _hears(town, "note", [1, 3])
    await _hears(town, "note_the_strange_ones", [2])


async def test_a_database_that_fails_often_makes_no_event_guilty(town: Town) -> None:
    await town.everybody()
    client = town.client()
    line = await town.line(client)
    await town.say(client, line, "wait")
    for _ in range(7):
        await eventually(lambda: _interrupt(town), "a reaction to interrupt")
    town.mended.touch()
    await _hears(town, "note", [1])
    assert not await town.parked("hearer")


async def test_poison_for_every_corporation_at_once_starves_nobody_of_connections(town: Town) -> None:
    town.share_with(6)
    await town.start("speaker")
    for slug in town.corporations:
        client = town.client(corporation=slug)
        line = await town.line(client)
        for _ in range(5):
            await town.say(client, line)
    await town.start("hearer", DATABASE_POOL_SIZE="2")
    await town.start("echo", DATABASE_POOL_SIZE="2")
    await town.expect_every_word_once()


async def _hears(town: Town, reaction: str, numbers: list[int]) -> None:
    async def heard() -> bool:
        return [number for _, number, _ in await town.effects("hearer", reaction)] == numbers

    await eventually(heard, f"{reaction} of {numbers}")


async def _echoes(town: Town, count: int) -> bool:
    return len(await town.effects("echo", "repeat")) == count


async def _interrupt(town: Town) -> bool:
    """Cut the connection on which a reaction waits in mid-transaction."""
    async with town.servers.admin() as admin:
        cut = await admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 "
            "AND state = 'idle in transaction' AND xact_start < clock_timestamp() - interval '0.1 s'",
            town.database("hearer"),
        )
    return bool(cut)
