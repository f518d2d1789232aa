"""The service does what its OpenAPI document says, whatever it is sent: no 500, and no answer that is not described."""

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.openapi import tried
from tests.people import a_date_poll, a_draft, a_follow_up_vote, a_held_session, a_room, a_series, a_session


@pytest.mark.hypothesis
async def test_the_service_is_as_its_document_says(place: Playground, examples: int) -> None:
    staff = place.client(Role.STAFF)
    session = await a_session(staff)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    vote = await a_follow_up_vote(staff, await a_held_session(place))
    known = [
        session,
        await a_draft(staff),
        house,
        await a_room(staff),
        vote,
        await a_series(staff),
        await a_date_poll(staff),
    ]
    assert await tried(place, "sessions", known, examples) >= 60 * examples
