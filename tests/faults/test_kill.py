"""Anything may be killed at any moment."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from buurtthuis.embedded import Server

from tests.faults.programs import Program, Town, eventually


@pytest.mark.replicas(2)
async def test_processes_killed_at_random_lose_double_and_disorder_nothing(town: Town, long: bool) -> None:
    dice = random.Random(20181112)
    await town.everybody()
    async with town.chatter():
        for _ in range(300 if long else 15):
            await _die_and_return(dice.choice(town.programs))
            await asyncio.sleep(dice.random() * 0.5)
        await asyncio.gather(*(eventually(program.is_up, "a life after death") for program in town.programs))
        await town.words(20)
    await town.expect_every_word_once()


async def test_servers_killed_at_random_lose_double_and_disorder_nothing(town: Town, long: bool) -> None:
    dice = random.Random(20181113)
    await town.everybody()
    await town.start("speaker")
    deaths: list[Callable[[], Awaitable[None]]] = [
        lambda: _kill_server(town.servers.postgres),
        lambda: _kill_server(town.servers.valkey),
        lambda: _die_and_return(dice.choice(town.programs)),
    ]
    async with town.chatter():
        for turn in range(60 if long else 4):
            await deaths[turn % 3]() if not long else await dice.choice(deaths)()
            await town.words(10)
    await town.expect_every_word_once()


async def _die_and_return(program: Program) -> None:
    """As a supervisor would have it. Without waiting for health: the next death may come before that."""
    program.kill()
    await eventually(program.is_gone, "death")
    program.start()


async def _kill_server(server: Server) -> None:
    server._process.kill()  # type: ignore[union-attr]
    await eventually(server.has_ended, "the end of a server")
    await server.start()
