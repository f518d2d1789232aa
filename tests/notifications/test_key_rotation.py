"""The keys of the vault are changed while everything runs."""

from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis_notifications.domain.addresses import AddressKind
from buurtthuis_notifications.vault import Vault, new_key
from buurtthuis_notifications.vault.addresses import named
from buurtthuis_notifications.workers.key_rotation import rotate
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
        house = await made(staff, "/sessions/v1/houses", HOUSE)
        await place.settled()
        for _ in range(3):
            await made(staff, "/notifications/v1/residents", {"house_id": house, "another": True, **RESIDENT})
        service = place.service("notifications")
        done = await rotate(service.database, service.corporations.values(), Vault([new, KEY]))
        async with service.database.transaction("woonpartners") as session:
            rows = (await session.execute(text("SELECT secret, digest FROM addresses"))).all()
    assert done == len(rows) == 3
    vault = Vault([new])
    assert all("Wingerd" in vault.open(row.secret) for row in rows)
    assert {row.digest for row in rows} == {vault.digest(named(AddressKind.DOOR, vault.open(rows[0].secret)))}


async def test_a_code_that_was_asked_before_is_for_the_same_address_after(
    start: StartSome, templates: dict[str, Service]
) -> None:
    new, mail = new_key(), Noted()
    address = {"email": "jan@voorbeeld.nl"}
    async with start([templates["sessions"], with_parts(templates["notifications"], mail)]) as place:
        house = await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE)
        await place.settled()
        agreed = ["messages"]
        asked = await place.client().post(
            "/notifications/v1/public/woonpartners/codes",
            json={"house_id": house, "agreed": agreed, **address},
        )
        service = place.service("notifications")
        await rotate(service.database, service.corporations.values(), Vault([new, KEY]))
        async with service.database.transaction("woonpartners") as session:
            digests = await session.scalar(text("SELECT digests FROM codes"))
    assert asked.status_code == 202
    assert digests[0] == Vault([new]).digest("email:jan@voorbeeld.nl")
