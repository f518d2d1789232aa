"""What a service says, for programs (AsyncAPI 3) and for people (docs/events.md)."""

import json
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.eventlog import asyncapi
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.events import Event
from buurtthuis.events.journal import JournalRestored
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import Playground
from jsonschema import Draft7Validator, Draft202012Validator

ROOT = Path(__file__).parents[2]
OFFICIAL = Draft7Validator(json.loads((Path(__file__).parent / "asyncapi/3.0.0.json").read_text()))
SERVICES = sorted(installed_services())


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def document(service: str) -> dict[str, Any]:
    return asyncapi.specification(service, "What it is for.")


def said(service: str) -> list[type[Event]]:
    ours = [event for event in Event.known.values() if event.type().startswith(f"nl.buurtthuis.{service}.")]
    return [*ours, JournalRestored]


def test_the_document_is_asyncapi_3(document: dict[str, Any]) -> None:
    assert [error.message for error in OFFICIAL.iter_errors(document)] == []


def test_the_official_schema_refuses_what_is_no_asyncapi_3(document: dict[str, Any]) -> None:
    document["operations"]["says"] = {"action": "publish"}
    assert list(OFFICIAL.iter_errors(document))


def test_every_event_that_the_service_says_is_a_message_and_no_other(
    document: dict[str, Any], service: str
) -> None:
    messages = document["components"]["messages"].values()
    assert [message["name"] for message in messages] == [event.type() for event in said(service)]


def test_the_one_channel_is_the_stream_of_any_corporation(document: dict[str, Any], service: str) -> None:
    (channel,) = document["channels"].values()
    filled_in = channel["address"].replace("{corporation}", "{woonpartners}")
    assert filled_in == stream_name("woonpartners", service)
    assert list(channel["parameters"]) == ["corporation"]


def test_every_message_is_on_the_channel(document: dict[str, Any]) -> None:
    (channel,) = document["channels"].values()
    assert list(channel["messages"]) == list(document["components"]["messages"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in _references(document):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_the_document_is_the_same_each_time_it_is_made(service: str) -> None:
    made = {json.dumps(asyncapi.specification(service, "What it is for.")) for _ in range(3)}
    assert len(made) == 1


def test_erasable_words_are_marked(document: dict[str, Any], service: str) -> None:
    for event in said(service):
        fields = document["components"]["schemas"][event.__name__]["properties"]
        assert {name for name, one in fields.items() if one.get("x-erasable")} == event.erasable()


async def test_what_comes_out_of_the_feed_is_as_described(place: Playground) -> None:
    staff = place.client("staff")  # type: ignore[arg-type]
    body = {"title": "BuurtThuis Wingerd", "town": "Waddinxveen", "dwellings": 96}
    (await staff.post("/sessions/v1/houses", json=body)).raise_for_status()
    await place.settled()
    described = (await staff.get("/sessions/v1/asyncapi.json")).json()
    (opened,) = await place.events("sessions")
    payload = described["components"]["messages"]["HouseOpened"]["payload"]
    reader = Draft202012Validator({**payload, "components": described["components"]})
    assert [error.message for error in reader.iter_errors(opened)] == []
    assert list(reader.iter_errors({**opened, "sequence": "1", "data": {}}))


# For people.


def test_the_catalogue_in_docs_is_up_to_date() -> None:
    written = (ROOT / "docs/events.md").read_text()
    assert written == asyncapi.catalogue_in_markdown(), "docs/events.md is stale: renew it with `make docs`"


def test_every_event_of_the_contract_is_in_the_catalogue() -> None:
    text = asyncapi.catalogue_in_markdown()
    assert [event.type() for event in asyncapi.contract().values() if f"`{event.type()}`" not in text] == []


def test_every_event_of_the_contract_says_what_it_means() -> None:
    silent = [event for event in asyncapi.contract().values() if not asyncapi.described(event).summary]
    assert silent == []


def _references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for one in part for found in _references(one)]
    if not isinstance(part, dict):
        return []
    here = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
    return here + [found for one in part.values() for found in _references(one)]
