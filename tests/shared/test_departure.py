"""A corporation leaves: what is in the package is what was removed, wherever it is cut."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.settings import SettingsError
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.persistence import holdings
from buurtthuis.persistence.holdings import CannotTakeAlong
from buurtthuis.runtime import departure as departure_room
from buurtthuis.runtime.departure import ComesBack, Departure
from buurtthuis.runtime.service import Service
from buurtthuis.testing import samples
from sqlalchemy import text

from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import NOTES, OURS, THEIRS, Rooms

rooms = emptied_rooms


class Cut(Exception):
    """As if somebody killed it."""


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTICED_SECONDS", "QUIET_SECONDS"):
        monkeypatch.setattr(departure_room, name, 0)


@pytest.fixture
async def leaving(rooms: Rooms, tmp_path: Path) -> Departure:
    """Of a corporation with five notes and something in Redis."""
    await rooms.write_many(5)
    await rooms.redis.xadd(stream_name(OURS, NOTES), {"type": "x"})
    await rooms.redis.xadd(stream_name(THEIRS, NOTES), {"type": "x"})
    settings = rooms.settings
    package, redis_url = tmp_path / "package", settings.redis_url
    return Departure(
        OURS, rooms.ours, [samples.notes, samples.echoes], settings, redis_url, package, lambda _: None
    )


async def rows(rooms: Rooms, table: str = "notes", corporation: str = OURS) -> int:
    async with rooms.notes.transaction(corporation) as session:
        return await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def parts(leaving: Departure) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((leaving.package / "manifest.json").read_text())["parts"]
    return found


def notes_in(leaving: Departure, part: str = NOTES) -> int:
    return len((leaving.package / part / "notes.jsonl").read_text().splitlines())


def cut_at(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> Callable[[], None]:
    """The first who comes here is cut; gives what lets the next one through."""

    def cut(*_: Any) -> None:
        raise Cut

    before = getattr(where, name)
    monkeypatch.setattr(where, name, cut)
    return lambda: monkeypatch.setattr(where, name, before)


async def test_all_goes_along_and_nothing_stays_and_the_neighbour_hears_nothing(
    leaving: Departure, rooms: Rooms
) -> None:
    async with rooms.notes.transaction(THEIRS) as session:
        await session.execute(
            text("INSERT INTO notes (id, text, lines, version) VALUES (:id, 'x', 1, 1)"), {"id": uuid4()}
        )
    await leaving.leave()
    assert notes_in(leaving) == 5
    assert [await rows(rooms, table) for table in ("notes", "journal", "streams")] == [0, 0, 0]
    assert await rows(rooms, corporation=THEIRS) == 1
    assert await rooms.redis.keys("buurtthuis:*") == [stream_name(THEIRS, NOTES).encode()]
    removed = json.loads((leaving.package / "manifest.json").read_text())["removed"]
    assert (removed[NOTES]["rows_left"], removed["redis"]["keys_left"]) == (0, 0)
    assert {"notes", "journal", "checkpoints", "idempotency_keys"} <= {*removed[NOTES]["tables"]}


async def test_done_twice_it_changes_nothing(leaving: Departure) -> None:
    await leaving.leave()
    before = parts(leaving)
    await leaving.leave()
    assert parts(leaving) == before


async def test_cut_before_its_rows_were_gone_it_takes_them_along_anew(
    leaving: Departure, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = cut_at(monkeypatch, holdings, "remove")
    with pytest.raises(Cut):
        await leaving.leave()
    assert await rows(rooms) == 5
    go_on()
    await rooms.write("one more")
    await leaving.leave()
    assert (notes_in(leaving), await rows(rooms), len(parts(leaving))) == (6, 0, 1)


async def test_cut_after_its_rows_were_gone_the_part_is_kept(
    leaving: Departure, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = cut_at(monkeypatch, Departure, "_keep")
    with pytest.raises(Cut):
        await leaving.leave()
    assert await rows(rooms) == 0
    assert not (leaving.package / NOTES).exists()
    go_on()
    await leaving.leave()
    assert (notes_in(leaving), len(parts(leaving))) == (5, 1)


async def test_what_comes_back_goes_along_in_a_part_of_its_own(leaving: Departure, rooms: Rooms) -> None:
    await leaving.leave()
    await rooms.write("late")
    await leaving.leave()
    assert [part["folder"] for part in parts(leaving)] == [NOTES, f"{NOTES}-2"]
    assert (notes_in(leaving), notes_in(leaving, f"{NOTES}-2"), await rows(rooms)) == (5, 1, 0)


async def test_where_something_still_works_for_it_that_is_said(
    leaving: Departure, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Departure._keys

    async def while_somebody_reads(self: Departure) -> list[str]:
        await rooms.redis.set(f"buurtthuis:{{{OURS}}}:sample_notes:readers:sample_echoes", "1")
        return await whole(self)

    monkeypatch.setattr(Departure, "_keys", while_somebody_reads)
    with pytest.raises(ComesBack, match="readers:sample_echoes"):
        await leaving.leave()


async def test_what_cannot_be_opened_stays_whole(leaving: Departure, rooms: Rooms) -> None:
    def lost(_: Any) -> object:
        raise KeyError

    notes: Service = replace(samples.notes, opens=lambda _: {"notes.text": lost})
    with pytest.raises(CannotTakeAlong, match=r"notes\.text"):
        await replace(leaving, services=[notes]).leave()
    assert await rows(rooms) == 5
    assert [path.name for path in leaving.package.iterdir()] == ["manifest.json"]


async def test_what_is_opened_is_readable_and_what_is_sealed_besides_stays_behind(
    leaving: Departure, rooms: Rooms
) -> None:
    async with rooms.notes.transaction(OURS) as session:
        await session.execute(text("UPDATE notes SET label = 'gAAAAAB-sealed'"))
    notes: Service = replace(samples.notes, opens=lambda _: {"notes.text": lambda kept: f"opened: {kept}"})
    await replace(leaving, services=[notes, samples.echoes]).leave()
    lines = [json.loads(line) for line in (leaving.package / NOTES / "notes.jsonl").read_text().splitlines()]
    assert all(line["text"].startswith("opened: ") for line in lines)
    assert not any("label" in line for line in lines)
    [part] = parts(leaving)
    assert (part["opened"], part["withheld"]) == (["notes.text"], ["notes.label"])


async def test_a_folder_with_something_else_in_it_is_left_alone(leaving: Departure, rooms: Rooms) -> None:
    leaving.package.mkdir()
    (leaving.package / "letter.txt").write_text("private")
    with pytest.raises(SettingsError, match="something else"):
        await leaving.leave()
    assert await rows(rooms) == 5


async def test_the_package_of_another_corporation_is_left_alone(leaving: Departure) -> None:
    await leaving.leave()
    with pytest.raises(SettingsError, match="something else"):
        await replace(leaving, slug=THEIRS).leave()


async def test_two_who_do_it_at_once_are_not_in_each_others_way(leaving: Departure, rooms: Rooms) -> None:
    ended = await asyncio.gather(leaving.leave(), leaving.leave(), return_exceptions=True)
    assert [type(error) for error in ended if error] == [SettingsError]
    assert (notes_in(leaving), len(parts(leaving)), await rows(rooms)) == (5, 1, 0)


async def test_a_database_that_cannot_be_reached_is_named(leaving: Departure, rooms: Rooms) -> None:
    away = {"database_owner_url": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"}
    with pytest.raises(SettingsError, match="DATABASE_OWNER_URL"):
        await replace(leaving, settings=rooms.settings.model_copy(update=away)).leave()
    assert await rows(rooms) == 5
