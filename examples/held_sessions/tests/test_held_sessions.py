"""The extension on real servers of its own, beside every other service that is installed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest_asyncio
from buurtthuis import Role
from buurtthuis.core.settings import Settings
from buurtthuis.embedded import embedded_servers, ensure_database
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.system import embedded_settings, migrate_service
from buurtthuis.testing import Playground, playground

ONE_EVENING = {
    "kind": "coffee_table",
    "starts_at": "2019-01-10T19:30:00",
    "ends_at": "2019-01-10T21:30:00",
    "place": "Ontmoetingsruimte Wingerd",
    "capacity": 12,
}


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Playground]:
    async with embedded_servers(tmp_path) as servers:
        settings = embedded_settings(Settings(), servers, tmp_path)
        for service in installed_services().values():
            await ensure_database(servers, service.name)
            await migrate_service(service, settings)
        async with playground(installed_services().values(), settings) as running:
            yield running


async def test_a_house_counts_the_sessions_that_were_held(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await make(
        staff, "/sessions/v1/houses", {"title": "Wingerd", "town": "Waddinxveen", "dwellings": 96}
    )
    for title in ("Koffietafel", "Wandeling"):
        session = await make(staff, "/sessions/v1/sessions", {"house_id": house, "title": title})
        plan = f"/sessions/v1/sessions/{session}/plan"
        (await staff.put(plan, json=ONE_EVENING, headers={"If-Match": '"1"'})).raise_for_status()
        place.clock.move_to(datetime(2019, 1, 10, 20, tzinfo=UTC))
        await make(staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": [], "walk_ins": 3})
        place.clock.move_to(datetime(2018, 11, 12, tzinfo=UTC))
    await place.settled()
    assert (await staff.get("/held_sessions/v1/houses")).json() == {house: 2}


async def make(staff: httpx.AsyncClient, path: str, body: dict[str, object]) -> str:
    return str((await staff.post(path, json=body)).raise_for_status().json()["id"])
