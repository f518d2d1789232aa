"""The service alone, on real servers of its own, with a bell that a test can hear."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from buurtthuis import Role
from buurtthuis.core.settings import Settings
from buurtthuis.embedded import embedded_servers, ensure_database
from buurtthuis.runtime.system import embedded_settings, migrate_service
from buurtthuis.testing import Playground, playground
from lent_keys import service
from lent_keys.domain import Key, KeyIsBack
from lent_keys.events import KeyMissing
from lent_keys.parts import Parts

NOON = datetime(2019, 1, 10, 12, tzinfo=UTC)


@dataclass
class Rung:
    """A bell that remembers."""

    rooms: list[str] = field(default_factory=list)

    async def ring(self, room: str) -> None:
        self.rooms.append(room)

    async def close(self) -> None: ...


@pytest.fixture
def bell() -> Rung:
    return Rung()


@pytest_asyncio.fixture
async def place(tmp_path: Path, bell: Rung) -> AsyncIterator[Playground]:
    # The same service, with another part: whatever a `Service` is made of can be replaced so.
    ours = replace(service, parts=lambda _settings: Parts(bell))
    async with embedded_servers(tmp_path) as servers:
        settings = embedded_settings(Settings(), servers, tmp_path)
        await ensure_database(servers, ours.name)
        await migrate_service(ours, settings)
        async with playground([ours], settings) as running:
            running.clock.move_to(NOON)
            yield running


async def test_a_key_that_is_not_brought_back_is_missed_once_and_the_bell_rings(
    place: Playground, bell: Rung
) -> None:
    staff = place.client(Role.STAFF)
    loan = {"room": "Ontmoetingsruimte", "due_at": (NOON + timedelta(hours=1)).isoformat()}
    key = (await staff.post("/lent_keys/v1/keys", json=loan)).raise_for_status().json()["id"]
    place.clock.move_to(NOON + timedelta(hours=2))
    await place.do_what_is_due()
    await place.do_what_is_due()
    assert bell.rooms == ["Ontmoetingsruimte"]
    said = [event["type"] for event in await place.events("lent_keys")]
    assert said == ["nl.buurtthuis.lent_keys.key-lent.v1", "nl.buurtthuis.lent_keys.key-missing.v1"]
    assert (await staff.post(f"/lent_keys/v1/keys/{key}/return")).status_code == 200
    assert (await staff.post(f"/lent_keys/v1/keys/{key}/return")).status_code == 409


def test_a_key_is_missed_when_it_is_due_and_not_before() -> None:
    key, _ = Key.lend("Keuken", NOON)
    assert key.miss(NOON - timedelta(seconds=1)) is None
    assert key.miss(NOON) == KeyMissing(key_id=key.id)
    assert key.miss(NOON) is None


def test_a_key_comes_back_once() -> None:
    key, _ = Key.lend("Keuken", NOON)
    key.bring_back()
    with pytest.raises(KeyIsBack):
        key.bring_back()
