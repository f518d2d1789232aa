"""The service does what its OpenAPI document says, whatever it is sent: no 500, and no answer that is not described."""

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.moderation.people import a_page, a_post
from tests.openapi import tried


@pytest.mark.hypothesis
async def test_the_service_is_as_its_document_says(place: Playground, examples: int) -> None:
    page = await a_page(place)
    known = [page, await a_post(place.client(Role.STAFF), page)]
    assert await tried(place, "moderation", known, examples) >= 12 * examples
