"""Every refusal is an RFC 9457 problem document, whoever refuses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from buurtthuis.core.errors import Invalid, Malformed, Refusal, Refused, Unavailable
from buurtthuis.http.models import Written
from buurtthuis.http.problem_json import STATUS, problem, type_urn
from buurtthuis.http.problems import sentence
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import Playground
from pydantic import Field, TypeAdapter, ValidationError

from tests.conftest import together
from tests.people import fields
from tests.people import problem as problem_type

pytestmark = pytest.mark.starts("sessions", "surveys")
place = together
ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("shared/src/**/*.py")]


class TooManyCups(Refused):
    """There are {cups} cups and you asked for {asked}."""


def every_refusal(kind: type[Refused] = Refused) -> Iterator[type[Refused]]:
    for one in kind.__subclasses__():
        yield one
        yield from every_refusal(one)


def test_the_docstring_is_the_sentence_with_the_facts_filled_in() -> None:
    assert str(TooManyCups(cups=3, asked=4)) == "There are 3 cups and you asked for 4."


def test_the_type_follows_from_the_name() -> None:
    assert type_urn(TooManyCups) == "urn:problem-type:buurtthuis:too-many-cups"


def test_the_title_is_the_same_for_every_occurrence() -> None:
    assert {problem(TooManyCups(cups=n, asked=9))["title"] for n in range(3)} == {"Too many cups"}


def test_every_kind_of_refusal_has_a_status() -> None:
    assert set(STATUS) == set(Refusal)


def test_only_the_edge_knows_of_status_codes() -> None:
    """What is refused is known inside; what that is over HTTP is not."""
    numbers = re.compile(r"^    status(: .*)? = \d{3}$", re.MULTILINE)
    assert [path for path in SOURCES if numbers.search(path.read_text())] == []


def test_a_problem_names_the_field() -> None:
    assert problem(Invalid("No.", field="cups"))["errors"] == [{"field": "/cups", "message": "No."}]


def test_a_problem_leads_to_a_part_of_the_body_by_a_json_pointer() -> None:
    refused = Invalid("No.", field=("rows", 2, "a/b~c"))
    assert problem(refused)["errors"] == [{"field": "/rows/2/a~1b~0c", "message": "No."}]


def test_what_is_no_part_of_the_body_is_called_as_it_is() -> None:
    refused = Invalid("No.", place="If-Match")
    assert problem(refused)["errors"] == [{"field": "If-Match", "message": "No."}]


def test_only_the_edge_writes_json_pointers() -> None:
    written = re.compile(r"""\bfield=f?"[/?]""")
    assert [path for path in SOURCES if written.search(path.read_text())] == []


def test_a_problem_without_a_field_has_no_list_of_errors() -> None:
    assert "errors" not in problem(Unavailable())


def test_every_refusal_says_something_a_person_can_read() -> None:
    assert installed_services()
    wrong = [
        one for one in every_refusal() if one not in (Invalid, Malformed) and not _is_a_sentence(one.__doc__)
    ]
    assert wrong == []


def test_no_two_refusals_share_a_type() -> None:
    assert installed_services()
    names = [type_urn(refusal) for refusal in every_refusal()]
    assert len(set(names)) == len(names)


def _is_a_sentence(text: str | None) -> bool:
    """Also one that ends in what went wrong, such as `stays parked: {why}.`"""
    return bool(text) and text.strip()[0].isupper() and text.strip().endswith(".")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "path", ["/surveys/v1/nothing", "/surveys/v1/", "/surveys/v1/themes/", "/nobody/themes", "/x"]
)
async def test_an_unknown_address_is_a_problem(place: Playground, path: str) -> None:
    response = await place.client(Role.STAFF).get(path)
    assert (response.status_code, problem_type(response)) == (404, "no-such-page")


@pytest.mark.parametrize("path", ["/surveys/v1/themes", "/sessions/healthz", "/healthz", "/"])
async def test_a_wrong_method_is_a_problem(place: Playground, path: str) -> None:
    response = await place.client(Role.STAFF).delete(path)
    assert (response.status_code, problem_type(response)) == (405, "method-not-allowed")


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"\xff\xfe", b'{"title": "\xc3"}', b"1" * 5000, b" "])
async def test_malformed_json_is_a_problem_about_the_body(place: Playground, body: bytes) -> None:
    response = await place.client(Role.STAFF).post(
        "/surveys/v1/themes", content=body, headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, problem_type(response), fields(response)) == (400, "malformed", ["/"])


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""])
async def test_a_body_of_another_media_type_is_a_problem(place: Playground, media: str) -> None:
    response = await place.client(Role.STAFF).post(
        "/surveys/v1/themes", content=b'{"title": "x"}', headers={"Content-Type": media}
    )
    assert (response.status_code, problem_type(response)) == (415, "not-json")
    assert fields(response) == ["Content-Type"]


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/a+json"]
)
async def test_json_goes_by_several_names(place: Playground, media: str) -> None:
    response = await place.client(Role.STAFF).post(
        "/surveys/v1/themes", content=b"{}", headers={"Content-Type": media}
    )
    assert fields(response) == ["/house_id", "/title"]


async def test_no_token_is_a_problem_that_says_how_to_come_in(place: Playground) -> None:
    response = await place.client().get("/surveys/v1/themes")
    assert (response.status_code, problem_type(response)) == (401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_an_unknown_field_is_named_as_a_json_pointer(place: Playground) -> None:
    body = {"house_id": "01a204c1-fe22-7520-b7a9-199f15c86465", "title": "x", "a/b~c": 1}
    response = await place.client(Role.STAFF).post("/surveys/v1/themes", json=body)
    assert fields(response) == ["/a~1b~0c"]


async def test_a_failure_of_ours_is_a_problem_that_gives_nothing_away(
    place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("Mrs Jansen, 06-12345678")

    monkeypatch.setattr("buurtthuis_surveys.queries.themes.list_themes", broken)
    response = await place.client(Role.STAFF).get("/surveys/v1/themes")
    assert (response.status_code, problem_type(response)) == (500, "failed")
    assert "Jansen" not in response.text


async def test_the_instance_is_the_request_id(place: Playground) -> None:
    big = b"[" + b"0," * 200_000 + b"0]"
    for request in (
        place.client(Role.STAFF).get("/surveys/v1/nothing"),
        place.client().get("/surveys/v1/themes"),
        place.client(Role.STAFF).get("/surveys/v1/themes?a=%00"),
        place.client(Role.STAFF).post(
            "/surveys/v1/themes", content=big, headers={"Content-Type": "application/json"}
        ),
    ):
        response = await request
        assert json.loads(response.text)["instance"] == f"urn:uuid:{response.headers['x-request-id']}"


def test_no_refusal_is_a_pattern() -> None:
    """People read it; what is of one form says so in a sentence of its own, by `Written`."""
    plain, written = (
        TypeAdapter(Annotated[str, Field(pattern="^[a-z]$")]),
        Written("^[0-9]$", "Give a figure"),
    )
    said = []
    for kind in (plain, TypeAdapter(Annotated[str, written])):
        with pytest.raises(ValidationError) as refused:
            kind.validate_python("?!")
        said.append(sentence(refused.value.errors()[0]))
    assert said == ["This is not written as it should be; the API's pages show an example.", "Give a figure."]
    assert TypeAdapter(Annotated[str, written]).json_schema() == {"type": "string", "pattern": "^[0-9]$"}
