"""The service does what its OpenAPI document says, whatever it is sent: no 500, and no answer that is not described."""

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.openapi import tried
from tests.people import a_published_survey, a_theme, an_open_survey


@pytest.mark.hypothesis
async def test_the_service_is_as_its_document_says(place: Playground, examples: int) -> None:
    staff = place.client(Role.STAFF)
    known = [await a_published_survey(staff), await an_open_survey(staff), await a_theme(staff)]
    assert await tried(place, "surveys", known, examples) >= 35 * examples
