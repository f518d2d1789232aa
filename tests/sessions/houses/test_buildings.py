"""By which ids others know the building of a house or a room."""

from typing import Any

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import fields

place = together

IDS = {"bag_id": "0627100000012345", "vera_id": "C-0042"}
HOUSE = {"title": "BuurtThuis Wingerd", "town": "Waddinxveen", "dwellings": 96}
ROOM = {"name": "Zaal", "address": "Wingerd 1", "capacity": 12}
THINGS = [("/sessions/v1/houses", HOUSE), ("/sessions/v1/rooms", ROOM)]


def ids_of(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in IDS}


async def shown(client: httpx.AsyncClient, made: httpx.Response) -> dict[str, Any]:
    assert made.status_code == 201, made.text
    return dict((await client.get(made.headers["Location"])).json())


@pytest.mark.parametrize(("path", "thing"), THINGS)
async def test_a_house_and_a_room_have_the_ids_of_their_building_or_none(
    place: Playground, path: str, thing: dict[str, Any]
) -> None:
    staff = place.client(Role.STAFF)
    assert ids_of(await shown(staff, await staff.post(path, json={**thing, **IDS}))) == IDS
    assert ids_of(await shown(staff, await staff.post(path, json=thing))) == dict.fromkeys(IDS)


async def test_others_hear_which_building_it_is_and_when_that_changes(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    heard = []
    for path, thing in THINGS:
        made = await staff.post(path, json={**thing, **IDS})
        again = await staff.put(
            made.headers["Location"],
            json={**thing, "vera_id": "C-1"},
            headers={"If-Match": made.headers["ETag"]},
        )
        assert again.status_code == 200, again.text
        heard += [made.json()["id"]] * 2
    said = [event["data"] for event in await place.events("sessions") if event["subject"] in heard]
    assert [(data["bag_id"], data["vera_id"]) for data in said] == [tuple(IDS.values()), (None, "C-1")] * 2


@pytest.mark.parametrize(("path", "thing"), THINGS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"bag_id": "627100000012345"},
        {"bag_id": "0627200000012345"},
        {"bag_id": "0627100000O12345"},
        {"bag_id": ""},
        {"vera_id": "C 42"},
        {"vera_id": "x" * 65},
    ],
)
async def test_an_id_that_cannot_be_one_is_refused_by_name(
    place: Playground, path: str, thing: dict[str, Any], wrong: dict[str, str]
) -> None:
    refused = await place.client(Role.STAFF).post(path, json={**thing, **wrong})
    [name] = wrong
    assert (refused.status_code, fields(refused)) == (400, [f"/{name}"])
