"""The corporations file is another one, while all runs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.core.work import Cause
from buurtthuis.eventlog import relay as relay_room
from buurtthuis.eventlog.streams import last_published, stream_name
from buurtthuis.identity.principals import Role
from buurtthuis.runtime import corporations_file
from buurtthuis.runtime.corporations_file import CorporationsFile
from buurtthuis.testing import Playground, eventually, playground, samples
from buurtthuis.testing.samples.domain import Echo, WriteNote
from sqlalchemy import select

from tests.actors import STAFF
from tests.conftest import BOTH, ONE
from tests.shared.rooms import ECHOES, NOTES, OURS, THEIRS, Rooms

FEED = f"/{NOTES}/v1/events"


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corporations_file, "LOOK_SECONDS", 0.02)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """With one corporation in it."""
    path = tmp_path / "corporations.toml"
    path.write_text(ONE.read_text())
    return path


@pytest.fixture
async def place(sample_settings: Settings, file: Path) -> AsyncIterator[Playground]:
    """The sample services, running with that file."""
    settings = sample_settings.model_copy(update={"corporations_file": file})
    async with playground([samples.notes, samples.echoes], settings) as running:
        yield running


def write(file: Path, text: str) -> None:
    """As an editor does: another file takes its place."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


async def reads(place: Playground, corporation: str) -> int:
    """What its operator is answered."""
    client = place.client(Role.OPERATOR, corporation=corporation)
    return (await client.get(FEED)).status_code


async def until(place: Playground, corporation: str, status: int) -> None:
    async def so() -> bool:
        return await reads(place, corporation) == status

    await eventually(so, f"{corporation} is answered {status}")


async def say(place: Playground, corporation: str, text: str) -> None:
    one = place.service(NOTES)
    await one.dispatcher.run(WriteNote(text), one.corporations[corporation], Cause(STAFF))


async def echoed(place: Playground, corporation: str) -> int:
    """How many notes."""
    async with place.service(ECHOES).database.transaction(corporation) as session:
        return len({echo.note_id for echo in await session.scalars(select(Echo))})


async def heard(place: Playground, corporation: str, number: int) -> None:
    async def so() -> bool:
        return await echoed(place, corporation) == number

    await eventually(so, f"{corporation} hears its {number} notes")


async def test_whoever_is_added_works_in_every_service_without_a_restart(
    place: Playground, file: Path
) -> None:
    assert await reads(place, THEIRS) == 401
    write(file, BOTH.read_text())
    await until(place, THEIRS, 200)
    await say(place, THEIRS, "we are new here")
    await heard(place, THEIRS, 1)
    metrics = (await place.client().get("/metrics")).text
    assert f'corporation="{THEIRS}"' in metrics


async def test_whoever_is_taken_out_is_a_stranger_and_nothing_is_written_for_them(
    place: Playground, file: Path
) -> None:
    write(file, BOTH.read_text())
    await until(place, THEIRS, 200)
    await say(place, THEIRS, "still here")
    await heard(place, THEIRS, 1)
    await place.client().get("/metrics")

    write(file, ONE.read_text())
    await until(place, THEIRS, 401)
    notes, hearer = place.service(NOTES), place.service(ECHOES)

    async def unread() -> bool:
        return {one.corporation.slug for one in hearer.listener.subscriptions} == {OURS}

    await eventually(unread, "nobody reads its streams")
    before = await last_published(notes.redis, stream_name(THEIRS, NOTES))
    notes.relay.wake(THEIRS)
    await say(place, OURS, "we stay")
    await heard(place, OURS, 1)
    assert await last_published(notes.redis, stream_name(THEIRS, NOTES)) == before
    assert f'corporation="{THEIRS}"' not in (await place.client().get("/metrics")).text
    assert notes.alive
    assert hearer.alive


async def test_what_waits_of_whoever_left_is_not_numbered_on(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_room, "BATCH", 1)
    others = Corporations([rooms.corporations[THEIRS]])
    known = Corporations([rooms.ours])
    relay = rooms.relay(lambda _: known.become(others) and None, known)
    await rooms.write_many(3)
    with pytest.raises(KeyError):
        await relay.relay(OURS)
    assert len(await rooms.journalled()) == 1


async def test_followers_of_a_corporation_that_left_are_let_go(place: Playground, file: Path) -> None:
    write(file, BOTH.read_text())
    await until(place, THEIRS, 200)
    follower = place.client(Role.OPERATOR, corporation=THEIRS)
    async with follower.stream("GET", FEED, headers={"Accept": "text/event-stream"}) as live:
        lines = live.aiter_lines()
        await anext(lines)
        write(file, ONE.read_text())
        assert [line async for line in lines if line.startswith("data")] == []


async def test_a_page_that_waits_for_a_corporation_that_left_is_answered(
    place: Playground, file: Path
) -> None:
    write(file, BOTH.read_text())
    await until(place, THEIRS, 200)
    one = place.service(NOTES)
    tail = await one.feed.tail(THEIRS)
    write(file, ONE.read_text())

    async def closed() -> bool:
        return not tail.is_open

    await eventually(closed, "nobody waits any more")


async def test_whoever_comes_back_goes_on_where_they_were(place: Playground, file: Path) -> None:
    for turn in (1, 2):
        write(file, BOTH.read_text())
        await until(place, THEIRS, 200)
        await say(place, THEIRS, f"for the {turn}. time")
        await heard(place, THEIRS, turn)
        write(file, ONE.read_text())
        await until(place, THEIRS, 401)


async def test_another_name_or_time_zone_counts_without_a_restart(place: Playground, file: Path) -> None:
    write(file, file.read_text().replace("Europe/Amsterdam", "America/Curacao"))
    hearer = place.service(ECHOES)

    async def elsewhere() -> bool:
        known = [hearer.corporations[OURS], *(each.corporation for each in hearer.listener.subscriptions)]
        return {corporation.time_zone for corporation in known} == {"America/Curacao"}

    await eventually(elsewhere, "the time zone is another, also where it is read")
    await say(place, OURS, "as before")
    await heard(place, OURS, 1)


async def test_a_file_that_cannot_be_used_changes_nothing_and_the_log_names_the_field(
    place: Playground, file: Path
) -> None:
    with structlog.testing.capture_logs() as said:
        write(file, BOTH.read_text().replace('kvk = "90000022"', 'kvk = "9"'))

        async def complained() -> str | None:
            return next((line["why"] for line in said if "why" in line), None)

        why = await eventually(complained, "it is in the log")
    assert "'de-waterlelie', field 'kvk'" in why
    assert await reads(place, OURS) == 200
    write(file, BOTH.read_text())
    await until(place, THEIRS, 200)


async def test_a_file_that_is_gone_changes_nothing(place: Playground, file: Path) -> None:
    file.unlink()
    with structlog.testing.capture_logs() as said:

        async def complained() -> bool:
            return any("No such file" in line.get("why", "") for line in said)

        await eventually(complained, "it is in the log")
    assert await reads(place, OURS) == 200


async def test_a_file_counts_at_once_for_who_asks(
    place: Playground, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corporations_file, "LOOK_SECONDS", 3600)
    write(file, BOTH.read_text())
    os.kill(os.getpid(), signal.SIGHUP)
    await until(place, THEIRS, 200)


async def test_a_file_that_somebody_is_writing_counts_when_it_is_whole(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it may be a file that could be used, with half of the corporations."""
    read, told = CorporationsFile(file), list[list[str]]()
    sizes = iter([(1, 1, 1), (2, 2, 1), (3, 3, 1), (3, 3, 1)])
    monkeypatch.setattr(read, "_looks", lambda: next(sizes, (3, 3, 1)))
    write(file, BOTH.read_text())

    async def tell(corporations: Corporations) -> None:
        told.append([*corporations])
        raise StopAsyncIteration

    async def watched() -> list[str] | None:
        return told[0] if told else None

    job = asyncio.create_task(read.keep_reading(tell))
    assert await eventually(watched, "it was read") == [OURS, THEIRS]
    job.cancel()
    assert next(sizes, None) is None
    assert len(told) == 1


async def test_a_file_that_one_service_cannot_work_with_counts_nowhere(
    sample_settings: Settings, file: Path
) -> None:
    told = list[list[str]]()

    def refuse(_: object, corporations: Mapping[str, Corporation]) -> None:
        if THEIRS in corporations:
            raise SettingsError("there are no texts for them")

    services = (
        replace(samples.notes, prepare=lambda _, corporations: told.append([*corporations])),
        replace(samples.echoes, prepare=refuse),
    )
    settings = sample_settings.model_copy(update={"corporations_file": file})
    async with playground(services, settings) as place:
        with pytest.raises(SettingsError, match="no texts"):
            await place.process.serve(Corporations.load(BOTH))
        assert await reads(place, THEIRS) == 401
    assert told == [[OURS, THEIRS], [OURS]]


def test_what_is_otherwise_is_said_by_slug() -> None:
    now, other = Corporations.load(ONE), Corporations.load(BOTH)
    assert now.become(other) == ((), (THEIRS,))
    assert now.become(Corporations.load(ONE)) == ((THEIRS,), ())
    assert [*now] == [OURS]
    changed = [each.model_copy(update={"name": "Another"}) for each in now.values()]
    assert now.become(Corporations(changed)) == ((OURS,), (OURS,))
    assert now.become(Corporations(changed)) == ((), ())
