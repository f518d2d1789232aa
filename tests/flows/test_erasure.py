"""A resident asks to be forgotten, on real servers: no word of theirs is left anywhere, and everything still adds up."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.work import Cause
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.events.notifications import ResidentErasureRequested
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.parts import no_parts
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground
from sqlalchemy import text

from tests.conftest import StartSome
from tests.people import HOUSE, PARK, PLAN, a_neighbour, a_theme, done, event_types, made, problem
from tests.speaker import Say, on

WORD = "Jansen"
JAN = uuid4()
SPEAKERS = ("surveys", "sessions")
TABLES = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
)


@pytest.fixture
def services(templates: dict[str, Service]) -> dict[str, Service]:
    """Surveys and sessions, and somebody in the place of notifications who says what the test wants said."""
    parts: dict[str, Any] = {"router": None, "timers": (), "workers": (), "parts": no_parts}
    speaker = replace(templates["notifications"], rooms=(on,), **parts)
    return {"notifications": speaker} | {name: templates[name] for name in SPEAKERS}


async def holding(place: Playground, service: str, word: str) -> set[str]:
    """The tables in which a word is anywhere."""
    async with place.service(service).database.transaction("woonpartners") as session:
        tables = list(await session.scalars(TABLES))
        found = {table: await session.scalar(_search(table), {"word": f"%{word}%"}) for table in tables}
    return {table for table, rows in found.items() if rows}


def _search(table: str) -> Any:
    return text(f'SELECT count(*) FROM "{table}" AS row WHERE CAST(row AS text) LIKE :word')


async def a_chosen_theme(place: Playground) -> str:
    """Of Jan, and one of the corporation."""
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE) if "sessions" in running(place) else str(uuid4())
    jan = await a_neighbour(place, house, JAN)
    theme = await a_theme(jan, f"Taart bij {WORD}", house_id=house)
    await a_theme(staff, "Veilig over straat", house_id=house)
    for move in ("admission", "selection"):
        await done(staff, f"/surveys/v1/themes/{theme}/{move}")
    await done(jan, f"/surveys/v1/themes/{theme}/support")
    await place.settled()
    return theme


async def a_session_about(place: Playground, theme: str) -> str:
    """With Jan in it; what sessions heard of the theme waits too, as if it had failed."""
    staff, jan = place.client(Role.STAFF), place.client(Role.RESIDENT, subject=JAN)
    [drafted] = (await staff.get("/sessions/v1/sessions", params={"theme": theme})).json()["items"]
    path = f"/sessions/v1/sessions/{drafted['id']}"
    await staff.put(f"{path}/plan", json=PLAN, headers={"If-Match": f'"{drafted["version"]}"'})
    await made(jan, f"{path}/seats", {"needs": f"{WORD} hoort slecht."})
    selected = next(one for one in await place.events("surveys") if "theme-selected" in one["type"])
    async with place.service("sessions").database.transaction("woonpartners") as session:
        waiting = {"id": uuid4(), "position": 99, "at": place.clock(), "envelope": json.dumps(selected)}
        await session.execute(PARK, waiting)
    await place.settled()
    return path


async def forget(place: Playground, resident: UUID = JAN) -> None:
    notifications = place.service("notifications")
    request = Say(ResidentErasureRequested(request_id=uuid4(), resident_id=resident))
    corporation = notifications.corporations["woonpartners"]
    await notifications.dispatcher.run(request, corporation, Cause(SYSTEM))
    await place.settled()


async def streams(place: Playground) -> str:
    """Everything that is on them."""
    entries = []
    for name in SPEAKERS:
        service = place.service(name)
        await service.relay.inspect("woonpartners")
        entries.append(await service.redis.xrange(stream_name("woonpartners", name)))
    return str(entries)


async def shares(place: Playground) -> dict[str, int]:
    """Themes by origin."""
    found = (await place.client(Role.STAFF).get("/surveys/v1/themes")).json()["items"]
    return {origin: sum(one["origin"] == origin for one in found) for origin in ("resident", "corporation")}


def running(place: Playground) -> set[str]:
    return {one.name for one in place.process.running}


async def test_no_word_of_whoever_is_forgotten_is_left_anywhere(
    start: StartSome, services: dict[str, Service]
) -> None:
    async with start(services.values()) as place:
        session = await a_session_about(place, await a_chosen_theme(place))
        counted = await shares(place)
        assert await holding(place, "surveys", WORD) == {"themes", "journal"}
        assert await holding(place, "sessions", WORD) == {"sessions", "journal", "parked_events"}
        assert WORD in await streams(place)
        await forget(place)
        for name in SPEAKERS:
            assert await holding(place, name, WORD) == set()
            assert await holding(place, name, str(JAN)) == {"journal", "erased_residents"}
            assert WORD not in json.dumps(await place.events(name))
            assert "resident-data-erased" in event_types(await place.events(name))
        assert WORD not in await streams(place)
        assert await shares(place) == counted == {"resident": 1, "corporation": 1}
        refused = await place.client(Role.RESIDENT, subject=JAN).post(f"{session}/seats", json={})
        assert (refused.status_code, problem(refused)) == (403, "asked-to-be-forgotten")


async def test_whoever_hears_of_it_late_finds_no_word(start: StartSome, services: dict[str, Service]) -> None:
    """Sessions was away, as after a restore from an older copy: what it had goes, and the rest comes without words."""
    away = {name: one for name, one in services.items() if name != "sessions"}
    async with start(services.values()) as place:
        await a_session_about(place, await a_chosen_theme(place))
    async with start(away.values()) as place:
        await a_chosen_theme(place)
        await forget(place)
    async with start(services.values()) as place:
        await place.settled()
        assert await holding(place, "sessions", WORD) == set()
        assert await holding(place, "sessions", str(JAN)) == {"journal", "erased_residents"}


async def test_whoever_begins_anew_afterwards_finds_no_word(
    start: StartSome, services: dict[str, Service]
) -> None:
    async with start([services["surveys"], services["notifications"]]) as place:
        theme = await a_chosen_theme(place)
        await forget(place)
    async with start(services.values()) as place:
        await place.settled()
        found = await place.client(Role.STAFF).get("/sessions/v1/sessions", params={"theme": theme})
        assert [one["title"] for one in found.json()["items"]] == [None]
        assert await holding(place, "sessions", WORD) == set()
