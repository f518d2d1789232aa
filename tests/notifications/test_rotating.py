"""The keys of the vault are changed while everything runs."""

from buurtthuis.identity import Role
from buurtthuis.service import Service
from buurtthuis_notifications.rotating import rotate
from buurtthuis_notifications.vault import Vault, new_key
from sqlalchemy import text

from tests.conftest import StartSome
from tests.notifications.post import KEY, Noted, with_parts
from tests.people import HOUSE, made
from tests.shared.test_policies import RESIDENT


async def test_after_rotating_the_earlier_key_opens_nothing_that_is_needed(
    start: StartSome, templates: dict[str, Service]
) -> None:
    new = new_key()
    notifications = with_parts(templates["notifications"], Noted())
    async with start([templates["sessions"], notifications]) as place:
        staff = place.client(Role.STAFF)
        house = await made(staff, "/sessions/houses", HOUSE)
        await place.settled()
        for _ in range(3):
            await made(staff, "/notifications/residents", {"house_id": house, **RESIDENT})
        service = place.service("notifications")
        done = await rotate(service.database, service.corporations.values(), Vault([new, KEY]))
        async with service.database.transaction("woonpartners") as session:
            rows = (await session.execute(text("SELECT secret, digest FROM addresses"))).all()
    assert done == len(rows) == 3
    vault = Vault([new])
    assert all("Wingerd" in vault.open(row.secret) for row in rows)
    assert {row.digest for row in rows} == {vault.digest(f"door:{vault.open(rows[0].secret)}")}
