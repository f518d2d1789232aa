"""The service does what its OpenAPI document says, whatever it is sent: no 500, and no answer that is not described."""

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.openapi import tried
from tests.people import HOUSE, made
from tests.shared.test_policies import RESIDENT


@pytest.mark.hypothesis
async def test_the_service_is_as_its_document_says(place: Playground, examples: int) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    resident = await made(staff, "/notifications/v1/residents", {"house_id": house, **RESIDENT})
    await place.do_what_is_due()
    lists = ("announcements", "hand-deliveries")
    known = [(await staff.get(f"/notifications/v1/{name}")).json()["items"][0]["id"] for name in lists]
    assert await tried(place, "notifications", [house, resident, *known], examples) >= 30 * examples
