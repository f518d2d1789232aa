"""At rest: nobody does anything, and what is asked of the databases does not grow with corporations."""

import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.runtime.health import exposition
from buurtthuis.runtime.process import Process
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service
from buurtthuis.testing import eventually
from buurtthuis.testing.real import Playground, playground
from sqlalchemy import Engine, event

FEW, MANY = 4, 40
#: So many looks of every service are waited for: a good second each.
LOOKS = 4
#: Objects that all services together keep of one corporation: half of them are for thirteen streams that are read.
KEPT_OF_EACH = 150
CORPORATION = """
[[corporation]]
slug = "corporation-{number}"
name = "Corporation {number}"
kvk = "9{number:07}"
languages = ["nl", "nl-x-b1"]
time_zone = "Europe/Amsterdam"
"""


def corporations(folder: Path, many: int) -> Path:
    path = folder / f"{many}.toml"
    path.write_text("".join(CORPORATION.format(number=number) for number in range(many)))
    return path


@asynccontextmanager
async def with_corporations(
    many: int, services: Iterable[Service], settings: Settings, folder: Path
) -> AsyncIterator[Playground]:
    """All services, with everybody's streams open, and nothing to do."""
    settings = settings.model_copy(update={"corporations_file": corporations(folder, many)})
    async with playground(services, settings) as place:

        async def lives() -> bool:
            return all(service.alive for service in place.process.running)

        await eventually(lives, "every service reads all its streams")
        await place.settled()
        yield place


async def asked_at_rest(place: Playground) -> Counter[str]:
    """Statements that all services sent while each looked a few times."""
    asked: Counter[str] = Counter()
    looked: Counter[str] = Counter()

    def counting(service: RunningService) -> None:
        def note(*told: object) -> None:
            statement = " ".join(str(told[2]).split())
            asked[statement] += 1
            looked[service.name] += "who_has_work" in statement

        event.listen(service.database.engine.sync_engine, "before_cursor_execute", note)

    for service in place.process.running:
        counting(service)

    async def all_looked() -> bool:
        return all(looked[service.name] >= LOOKS for service in place.process.running)

    await eventually(all_looked, "every service looked a few times")
    return Counter(asked)


@contextmanager
def counting_openings() -> Iterator[Counter[str]]:
    """Statements about where readers stand, of whichever service."""
    openings: Counter[str] = Counter()

    def note(*told: object) -> None:
        statement = " ".join(str(told[2]).split())
        openings[statement] += "checkpoints" in statement and "who_has_work" not in statement

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield openings
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def kept() -> Counter[str]:
    """Whatever is in memory, by its kind."""
    gc.collect()
    return Counter(type(kept).__qualname__ for kept in gc.get_objects())


async def test_for_more_corporations_nothing_more_is_asked_of_the_databases_and_little_is_kept_of_each(
    needed: dict[str, Service], settings: Settings, tmp_path: Path
) -> None:
    asked, objects, told = [], [], []
    for many in (FEW, MANY):
        with counting_openings() as openings:
            async with with_corporations(many, needed.values(), settings, tmp_path) as place:
                told.append(openings.total())
                asked.append(await asked_at_rest(place))
                await exposition(place.process.running)
                objects.append(kept())
    few, many_asked = (found.total() for found in asked)
    assert many_asked <= 1.5 * few, asked[1].most_common(5)
    # All streams of a corporation are opened by one statement, or many would not be read within seconds of a start.
    assert told[1] - told[0] <= len(needed) * (MANY - FEW), openings.most_common(3)
    more = objects[1] - objects[0]
    assert more.total() <= KEPT_OF_EACH * (MANY - FEW), more.most_common(5)


@pytest.mark.parametrize("redis_url", ["", "redis://127.0.0.1:1"], ids=["with Redis", "while Redis is away"])
@pytest.mark.starts("surveys", "notifications")
async def test_measuring_asks_each_database_as_often_for_many_and_answers_for_every_corporation(
    needed: dict[str, Service], settings: Settings, tmp_path: Path, redis_url: str
) -> None:
    asked: list[str] = []
    more = {"corporations_file": corporations(tmp_path, MANY), "redis_url": redis_url or settings.redis_url}
    process = Process(needed.values(), settings.model_copy(update=more), feed_url="http://127.0.0.1:1")
    for service in process.running:
        engine = service.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *told: asked.append(str(told[2])))
    answer = await exposition(process.running)
    assert len(asked) == 3 * len(needed)  # what waits, how far its journals are, and its clock
    found = bytes(answer.body).decode()
    for number in range(MANY):
        of = f'corporation="corporation-{number}"'
        assert f'buurtthuis_messages_waiting{{{of},road="email"}} 0.0' in found
        for name in needed:
            assert f'buurtthuis_journal_unnumbered{{{of},service="{name}"}} 0.0' in found
    for service in process.running:
        await service.stop()
    await process.http.aclose()
