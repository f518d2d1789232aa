"""A corporation joins while all runs, works, and leaves with all that is its own; its neighbour hears nothing of it."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog.streams import connect
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import holdings
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground, eventually, playground

from tests.commands import Said, buurtthuis
from tests.conftest import ONE
from tests.people import HOUSE, a_neighbour, a_session, a_theme, an_open_survey, done, made

pytestmark = pytest.mark.waits
OURS, THEIRS = "woonpartners", "noorderhof"
JOINING = (THEIRS, "--name", "Wooncoöperatie Noorderhof", "--kvk", "90000044", "-l", "nl", "-l", "fy")
PERSON = {
    "called": "Sjoukje de Vries",
    "language": "nl",
    "door": {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"},
    "email": "sjoukje@example.nl",
    "agreed": ["messages"],
}
#: What grows, or is forgotten, by itself.
PASSING = ("checkpoints", "heard", "idempotency_keys", "journal", "replicas", "streams")
HOOK = {"url": "https://systeem.example.nl/buurtthuis", "types": ["nl.buurtthuis.sessions.house-opened.v1"]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "corporations.toml"
    path.write_text(ONE.read_text())
    return path


@pytest.fixture
async def place(settings: Settings, needed: dict[str, Service], file: Path) -> AsyncIterator[Playground]:
    """Every service, with a file that changes."""
    changed = settings.model_copy(update={"corporations_file": file, "sink_secret": "caught"})
    async with playground(needed.values(), changed) as running:
        yield running


async def command(settings: Settings, file: Path, *words: object) -> Said:
    """As the operator of this deployment."""
    env = {
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "REDIS_URL": settings.redis_url,
        "ISSUER_KEY_FILE": str(settings.issuer_key_file),
        "CORPORATIONS_FILE": str(file),
    }
    return await buurtthuis("corporations", *words, folder=file.parent, env=env)


async def is_answered(client: httpx.AsyncClient, status: int) -> None:
    async def so() -> bool:
        return (await client.get("/sessions/v1/houses")).status_code == status

    await eventually(so, f"they are answered {status}")


async def a_busy_month(place: Playground, corporation: str) -> None:
    """Something in every service, and messages to somebody."""
    staff = place.client(Role.STAFF, corporation=corporation)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    await made(staff, "/notifications/v1/residents", {"house_id": house, **PERSON})
    await made(staff, "/notifications/v1/webhooks", HOOK)
    session = await a_session(staff)
    of_session = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    guest = await a_neighbour(place, of_session, corporation=corporation)
    await made(guest, f"/sessions/v1/sessions/{session}/seats", {"needs": "Sjoukje hoort slecht."})
    theme = await a_theme(guest, "Taart bij Sjoukje", house_id=of_session)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    await an_open_survey(staff, house_id=of_session)
    template = await made(staff, "/sessions/v1/templates", {"house_id": of_session, "title": "Winter"})
    await done(staff, f"/sessions/v1/templates/{template}/sharing", {"checked": True})
    await place.settled()


async def held(settings: Settings, service: str, corporation: str) -> dict[str, int]:
    """How many rows each table has of it."""
    connection = await holdings.connect(settings.for_service(service).database_owner_url)
    try:
        async with connection.transaction():
            await holdings.enter(connection, corporation)
            found = await holdings.holdings(connection, corporation, {})
            return {holding.table.name: holding.rows for holding in found if holding.rows}
    finally:
        await connection.close()


async def all_held(settings: Settings, services: dict[str, Service], corporation: str) -> dict[str, Any]:
    return {name: await held(settings, name, corporation) for name in services}


async def keys(settings: Settings, corporation: str) -> list[bytes]:
    redis = connect(settings.redis_url)
    try:
        return [key async for key in redis.scan_iter(f"buurtthuis:{{{corporation}}}:*")]
    finally:
        await redis.aclose()


def lines(package: Path, service: str, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (package / service / f"{table}.jsonl").read_text().splitlines()]


async def test_a_corporation_joins_while_all_runs_and_leaves_with_all_that_is_its_own(
    place: Playground, settings: Settings, needed: dict[str, Service], file: Path, tmp_path: Path
) -> None:
    package, staff = tmp_path / "package", place.client(Role.STAFF, corporation=THEIRS)
    await a_busy_month(place, OURS)
    assert (await staff.get("/sessions/v1/houses")).status_code == 401
    assert (await command(settings, file, "add", *JOINING)).code == 0
    await is_answered(staff, 200)
    await a_busy_month(place, THEIRS)
    await place.do_what_is_due()
    listed = await command(settings, file, "list")
    assert [line.endswith(", ".join(needed)) for line in _lines_of(listed) if THEIRS in line] == [True]

    in_the_way = await command(settings, file, "leave", THEIRS, "--to", tmp_path, "--yes")
    assert (in_the_way.code, "something else in it" in in_the_way.err) == (1, True)
    assert (await staff.get("/sessions/v1/houses")).status_code == 200
    assert THEIRS in file.read_text()
    await place.settled()
    there, ours = await all_held(settings, needed, THEIRS), await all_held(settings, needed, OURS)
    assert all(there.values())

    said = await command(settings, file, "leave", THEIRS, "--to", package, "--yes")
    assert said.code == 0, said.err
    assert (await staff.get("/sessions/v1/houses")).status_code == 401

    manifest = json.loads((package / "manifest.json").read_text())
    parts = {part["service"]: part for part in manifest["parts"]}
    assert {name: lasting(part["rows"]) for name, part in parts.items()} == {
        name: lasting(tables) for name, tables in there.items()
    }
    assert all(
        parts[name]["rows"]["journal"] >= there[name].get("journal", 0) > 0
        for name in ("sessions", "surveys")
    )
    assert manifest["corporation"]["kvk"] == "90000044"
    check_files(package, parts)
    check_words(package)

    assert await all_held(settings, needed, THEIRS) == {key: {} for key in needed}
    assert await keys(settings, THEIRS) == []
    assert manifest["removed"]["redis"]["keys_left"] == 0
    assert {name: manifest["removed"][name]["rows_left"] for name in needed} == dict.fromkeys(needed, 0)

    await check_neighbour(place, settings, ours)
    assert await all_held(settings, needed, THEIRS) == {key: {} for key in needed}
    assert await keys(settings, THEIRS) == []
    again = await command(settings, file, "leave", THEIRS, "--to", tmp_path / "other", "--yes")
    assert (again.code, "Nothing is held of noorderhof" in again.err) == (1, True)


def _lines_of(said: Said) -> list[str]:
    return [line.rstrip() for line in said.out.splitlines()]


def lasting(rows: dict[str, int]) -> dict[str, int]:
    """Without what comes and goes by itself."""
    return {table: many for table, many in rows.items() if table not in PASSING}


def check_files(package: Path, parts: dict[str, Any]) -> None:
    """Each is as its manifest says, and each line is what its schema says."""
    for name, part in parts.items():
        assert {path.name for path in (package / name).iterdir()} == {
            "part.json",
            *(one["path"] for one in part["files"]),
        }
        for one in part["files"]:
            content = (package / name / one["path"]).read_bytes()
            assert sha256(content).hexdigest() == one["sha256"]
            assert (package / name / one["path"]).stat().st_mode & 0o077 == 0
        for table, rows in part["rows"].items():
            schema = json.loads((package / name / f"{table}.schema.json").read_text())
            found = lines(package, name, table)
            assert len(found) == rows
            for line in found:
                jsonschema.validate(line, schema)
                assert line["corporation"] == THEIRS


def check_words(package: Path) -> None:
    """What is personal can be read; what opens a door has stayed behind."""
    [resident] = lines(package, "notifications", "residents")
    assert resident["called"] == PERSON["called"]
    assert PERSON["email"] in {row["secret"] for row in lines(package, "notifications", "addresses")}
    assert "secret" not in lines(package, "notifications", "webhooks")[0]
    assert "Sjoukje hoort slecht." in {row["needs"] for row in lines(package, "sessions", "seats")}
    assert not any(b"gAAAAA" in path.read_bytes() for path in package.glob("*/*.jsonl"))
    asyncapi = json.loads((package / "surveys" / "events.asyncapi.json").read_text())
    assert "ThemeProposed" in json.dumps(asyncapi)


async def check_neighbour(place: Playground, settings: Settings, before: dict[str, Any]) -> None:
    """Nothing of theirs is gone, and all goes on; what the other one shared is seen no more."""
    for name, tables in before.items():
        now = await held(settings, name, OURS)
        assert all(now[table] >= rows for table, rows in tables.items() if table != "idempotency_keys")
    staff = place.client(Role.STAFF)
    shared = (await staff.get("/sessions/v1/templates", params={"shared": True})).json()["items"]
    assert {template["corporation"] for template in shared} == {OURS}
    await a_session(staff)
    await place.settled()
    assert all(service.alive for service in place.process.running)
