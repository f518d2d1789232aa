"""Which version of the API this is: in every path, and on every answer."""

import pytest
from buurtthuis.core.api_version import API_VERSION, path_of
from buurtthuis.testing import Playground

from tests.conftest import together

place = together


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/healthz", 200),
        ("/surveys/healthz", 200),
        ("/surveys/v1/openapi.json", 200),
        ("/surveys/v1/themes", 401),
        ("/surveys/v1/no-such-page", 404),
        ("/surveys/v1/themes?x=%00", 400),
        ("/no-such-page", 404),
    ],
)
async def test_every_answer_says_of_which_version_it_is(place: Playground, path: str, status: int) -> None:
    answer = await place.client().get(path)
    assert (answer.status_code, answer.headers.get_list("api-version")) == (status, [API_VERSION])


async def test_so_does_the_answer_to_whoever_asks_by_another_name(place: Playground) -> None:
    answer = await place.client().get("/surveys/v1/themes", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["api-version"]) == (421, API_VERSION)


@pytest.mark.parametrize(
    "path",
    [
        "/surveys/themes",
        "/surveys/openapi.json",
        "/surveys/v2/themes",
        "/surveys/v1x/themes",
        "/v1/surveys/themes",
        "/surveys/v1/v1/themes",
        "/surveys/v1/healthz",
        "/surveys/v1/",
        "//surveys/v1/themes",
    ],
)
async def test_nothing_is_at_a_path_without_the_version(place: Playground, path: str) -> None:
    answer = await place.client().get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem-type:buurtthuis:no-such-page")


@pytest.mark.parametrize("path", ["/surveys", "/surveys/v1"])
async def test_a_service_by_its_name_leads_to_its_documentation(place: Playground, path: str) -> None:
    answer = await place.client().get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{path_of('surveys')}/docs")


async def test_the_document_says_which_version_it_describes(place: Playground) -> None:
    document = (await place.client().get("/surveys/v1/openapi.json")).json()
    assert (document["info"]["version"], document["servers"]) == (API_VERSION, [{"url": "/surveys/v1"}])
