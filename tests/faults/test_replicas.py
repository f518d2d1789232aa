"""Several replicas, stopped and woken, have one effect together."""

from tests.faults.programs import Program, Town, eventually

#: Where somebody waits inside a transaction that holds the row.
HOLDERS = """
    SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation JOIN pg_stat_activity USING (pid)
    WHERE relname = $1 AND mode = $2 AND state LIKE 'idle in transaction%' AND datname = $3
"""


async def test_two_replicas_of_everything_have_one_effect_together(town: Town) -> None:
    for name in ("speaker", "hearer", "echo"):
        await town.start(name)
        await town.start(name)
    async with town.chatter():
        await town.words(60)
    await town.expect_every_word_once()


async def test_a_hearer_that_is_stopped_over_an_event_and_wakes_later_has_one_effect(town: Town) -> None:
    await town.everybody()
    stopped, client = town.programs[1], town.client()
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
    await town.everybody()
    valkey, stopped, client = town.servers.valkey, town.programs[0], town.client()
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


async def _goes_on_after_waking(town: Town, stopped: Program) -> None:
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
