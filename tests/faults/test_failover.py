"""A standby takes over that had not received everything: what it has goes on as if nothing happened, what it lacks is said."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from buurtthuis.events.journal import JournalRestored

from tests.faults.programs import Servers, Town
from tests.faults.standby import Failover, standby_of
from tests.faults.town import SERVICES, Said

SAID = "SELECT event_id, position, data ->> 'word' AS word FROM journal WHERE type = $1"
HEARD = "SELECT unnest(events) AS event_id FROM heard WHERE source = 'speaker'"
REDIS = pytest.mark.parametrize("redis", ["Redis is kept", "Redis is lost"])
pytestmark = pytest.mark.takes_long


@pytest.fixture
async def failover(town: Town, tmp_path: Path) -> AsyncIterator[Failover]:
    tmp_path.chmod(0o711)
    async with standby_of(town.servers, tmp_path) as prepared:
        yield prepared


@REDIS
async def test_a_failover_of_one_service_under_load(town: Town, failover: Failover, redis: str) -> None:
    """The others' databases know more than the promoted one does."""
    await _start(town, failover, ["speaker"])
    async with _people_who_say_nothing_twice(town):
        await town.words(20)
        before = len(town.ledger.done)
        async with town.frozen(await failover.sender()):
            await town.words(40)
            await _fail_over(town, failover, ["speaker"], redis)
        after = len(town.ledger.done)
        await town.words(40)
    lost = await _lost_words(town, failover)
    assert lost & set(town.ledger.done)
    assert lost & set(town.ledger.done) <= set(town.ledger.done[before:after])
    await town.expect_every_word_once(but=lost)
    async with town.servers.admin(town.database("hearer")) as admin:
        heard = {row["event_id"] for row in await admin.fetch(HEARD)}
    await _expect_to_be_told(town, failover, heard)
    assert set(town.ledger.answers) <= {"0", "200", "404", "409", "503"}


@REDIS
async def test_a_failover_of_all_services_at_once(town: Town, failover: Failover, redis: str) -> None:
    """All are as old as each other; only Redis knows more."""
    await _start(town, failover, SERVICES)
    async with _people_who_say_nothing_twice(town):
        await town.words(20)
    await town.expect_every_word_once()
    before = len(town.ledger.done)
    async with town.frozen(await failover.sender()):
        async with _people_who_say_nothing_twice(town):
            await town.words(40)
        await town.expect_every_word_once()
        await _fail_over(town, failover, SERVICES, redis)
    async with _people_who_say_nothing_twice(town):
        await town.words(40)
    lost = await _lost_words(town, failover)
    assert lost & set(town.ledger.done[before:])
    await town.expect_every_word_once(but=lost)
    if redis == "Redis is kept":
        everything = await _said(failover.servers, town)
        await _expect_to_be_told(town, failover, everything)


async def _start(town: Town, failover: Failover, whose: Iterable[str]) -> None:
    settings = failover.settings(town.database("{service}"))
    await asyncio.gather(*(town.start(name, **(settings if name in whose else {})) for name in SERVICES))


@asynccontextmanager
async def _people_who_say_nothing_twice(town: Town) -> AsyncIterator[None]:
    """What was lost after it was answered would be said again with the key that was lost with it."""
    over = asyncio.Event()

    async def talk() -> None:
        client = town.client()
        line = await town.line(client)
        while not over.is_set():
            answer = await town.say(client, line)
            if answer is not None and answer.status_code == 404:  # it was lost
                line = await town.line(client)

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(talk())
        try:
            yield
        finally:
            over.set()


async def _fail_over(town: Town, failover: Failover, whose: Iterable[str], redis: str) -> None:
    """Nobody reaches the old one any more, and for a moment the new one only lets itself be read."""
    for name in whose:
        await town.servers.close(town.database(name))
    failover.redirect()
    if redis == "Redis is lost":
        await town.servers.flush()
    await failover.promote()
    for name in whose:
        await failover.servers.reopen(town.database(name))
    town.servers = town.servers.moved(failover.standby, [town.database(name) for name in whose])


async def _said(servers: Servers, town: Town) -> dict[str, tuple[int, str]]:
    """By the event's id: where it stands, and the word."""
    async with servers.admin(town.database("speaker")) as admin:
        rows = await admin.fetch(SAID, Said.type())
    return {row["event_id"]: (row["position"], row["word"]) for row in rows}


async def _lost_words(town: Town, failover: Failover) -> set[str]:
    before, now = await _said(failover.servers, town), await _said(town.servers, town)
    return {before[event][1] for event in before.keys() - now.keys()}


async def _expect_to_be_told(town: Town, failover: Failover, known: Iterable[str]) -> None:
    """Of every position that somebody knows and that was lost."""
    before, now = await _said(failover.servers, town), await _said(town.servers, town)
    lost = {before[event][0] for event in before.keys() & set(known) - now.keys()}
    told = await town.journal("speaker", JournalRestored.type())
    assert lost
    assert [
        position
        for position in sorted(lost)
        if not any(loss["restored_from"] < position <= loss["restored_to"] for loss in told)
    ] == []
