"""A series' plan on real PostgreSQL."""

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from sqlalchemy import text

from tests.conftest import together
from tests.people import WEEKLY, a_series

place = together


async def test_a_plan_is_kept_by_the_names_that_its_documents_always_had(place: Playground) -> None:
    series = await a_series(place.client(Role.STAFF))
    async with place.service("sessions").database.transaction("woonpartners") as connection:
        query = text("SELECT plan FROM series WHERE id = :id")
        plan = (await connection.execute(query, {"id": series})).scalar_one()
    assert plan["starts_at"] == WEEKLY["starts_at"]
    assert "local_start" not in plan
    found = (await place.client(Role.STAFF).get(f"/sessions/v1/series/{series}")).json()
    assert found["plan"]["starts_at"] == WEEKLY["starts_at"]
