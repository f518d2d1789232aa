"""Several replicas, stopped and woken, have one effect together."""

import signal

import pytest

from tests.faults.programs import ReplicaSet, Town, eventually
from tests.faults.road import Road

#: What was held by one that dies or stops is read by another after so many seconds.
MOVED_WITHIN = 10.0

#: Where somebody waits inside a transaction that holds the row.
HOLDERS = """
    SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation JOIN pg_stat_activity USING (pid)
    WHERE relname = $1 AND mode = $2 AND state LIKE 'idle in transaction%' AND datname = $3
"""


@pytest.mark.replicas(2)
async def test_replicas_of_everything_have_one_effect_together(town: Town) -> None:
    await town.everybody()
    async with town.chatter():
        await town.words(60)
    await town.expect_every_word_once()


async def test_a_hearer_that_is_stopped_over_an_event_and_wakes_later_has_one_effect(town: Town) -> None:
    _, stopped, _ = await town.everybody()
    client = town.client()
    line = await town.line(client)
    await town.say(client, line, "wait")
    await _holds(town, "checkpoints", "RowExclusiveLock", "hearer")
    stopped.freeze()
    town.mended.touch()
    await town.start("hearer", replica="second")
    await town.say(client, line)
    await town.expect_every_word_once()
    await _goes_on_after_waking(town, stopped)


async def test_a_relay_that_is_stopped_while_it_publishes_and_wakes_later_has_one_effect(town: Town) -> None:
    stopped, _, _ = await town.everybody()
    valkey, client = town.servers.valkey, town.client()
    line = await town.line(client)
    await town.say(client, line)
    await town.expect_every_word_once()
    async with town.frozen(valkey.pid):
        await town.say(client, line)
        await _holds(town, "streams", "RowShareLock", "speaker")
        stopped.freeze()
    await town.start("speaker", replica="second")
    await town.expect_every_word_once()
    await _goes_on_after_waking(town, stopped)


async def test_replicas_share_the_corporations_and_share_anew_when_one_dies_or_joins(town: Town) -> None:
    town.share_with(6)
    await town.everybody()
    second = await town.start("hearer", replica="second")
    await eventually(lambda: town.are_shared("hearer", 2), "two hearers that share")
    await town.say_everywhere()
    await town.expect_every_word_once()
    await town.die(second)
    await town.say_everywhere()
    await town.expect_every_word_once()
    await eventually(lambda: town.are_shared("hearer", 1), "one hearer that reads all", within=MOVED_WITHIN)
    second.start()
    await eventually(lambda: town.are_shared("hearer", 2), "two hearers that share again")
    second.send(signal.SIGTERM)
    await eventually(lambda: town.are_shared("hearer", 1), "one hearer after a stop", within=MOVED_WITHIN)
    await town.say_everywhere()
    await town.expect_every_word_once()


async def test_the_corporations_of_one_that_is_stopped_move_and_it_does_no_harm_when_it_wakes(
    town: Town, long: bool
) -> None:
    town.share_with(6)
    await town.everybody()
    second = await town.start("hearer", replica="second")
    await eventually(lambda: town.are_shared("hearer", 2), "two hearers that share")
    for _ in range(5 if long else 1):
        second.freeze()
        await town.say_everywhere()
        await town.expect_every_word_once()
        second.thaw()
        await town.say_everywhere()
        await eventually(lambda: town.are_shared("hearer", 2), "two hearers that share again")
        await town.say_everywhere()
        await town.expect_every_word_once()


async def test_the_corporations_of_one_that_is_cut_off_move_and_it_does_no_harm_when_it_is_back(
    town: Town, long: bool
) -> None:
    town.share_with(6)
    await town.everybody()
    async with Road(town.servers.sockets) as road:
        await town.start("hearer", replica="second", **road.settings(town.environment("hearer")))
        await eventually(lambda: town.are_shared("hearer", 2), "two hearers that share")
        for _ in range(5 if long else 1):
            road.cut()
            await town.say_everywhere()
            await town.expect_every_word_once()
            road.mend()
            await town.say_everywhere()
            await eventually(lambda: town.are_shared("hearer", 2), "two hearers that share again")
            await town.say_everywhere()
            await town.expect_every_word_once()


async def _goes_on_after_waking(town: Town, stopped: ReplicaSet) -> None:
    stopped.thaw()
    await eventually(stopped.is_up, "the health of a process that was stopped")
    client = town.client()
    await town.say_for_certain(client, await town.line(client))
    await town.expect_every_word_once()


async def _holds(town: Town, table: str, mode: str, service: str) -> None:
    async with town.servers.admin(town.database(service)) as admin:

        async def held() -> bool:
            return bool(await admin.fetchval(HOLDERS, table, mode, town.database(service)))

        await eventually(held, f"somebody inside a transaction on {table}")
