"""What staff noted of somebody is put right, and taken back; somebody registered twice becomes one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_notifications.domain.addresses import AddressKind
from buurtthuis_notifications.domain.corrections import UNDO
from buurtthuis_notifications.vault.addresses import named

from tests.conftest import emptied
from tests.people import HOUSE, made
from tests.shared.test_policies import RESIDENT

place = emptied

AT = "/notifications/v1/residents"
OTHER_DOOR = {"street": "Wingerd", "number": "14", "postcode": "2742 ZX", "town": "Waddinxveen"}


async def a_house(place: Playground) -> str:
    house = await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE)
    await place.settled()
    return house


async def registered(place: Playground, house: str, **more: Any) -> str:
    return await made(place.client(Role.STAFF), AT, {"house_id": house, **RESIDENT, **more})


async def theirs(place: Playground, resident: str) -> Any:
    me = place.client(Role.RESIDENT, subject=UUID(resident))
    return (await me.get("/notifications/v1/me")).json()


async def kept(place: Playground, resident: str) -> tuple[Any, ...]:
    """All that can be corrected."""
    found = await theirs(place, resident)
    ways = {one["kind"]: one["value"] for one in found["addresses"]}
    agreed = [one["purpose"] for one in found["consents"] if not one["withdrawn_at"]]
    return found["language"], found["level"], found["called"], ways, agreed


async def corrects(place: Playground, resident: str, **corrected: Any) -> httpx.Response:
    return await place.client(Role.STAFF).post(f"{AT}/{resident}/corrections", json=corrected)


async def undoes(place: Playground, resident: str) -> httpx.Response:
    return await place.client(Role.STAFF).post(f"{AT}/{resident}/corrections/undo")


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_door_language_consent_and_telephone_are_put_right_and_taken_back(place: Playground) -> None:
    resident = await registered(place, await a_house(place), language="tr", telephone="0182 123456")
    before = await kept(place, resident)
    corrected = await corrects(
        place,
        resident,
        door=OTHER_DOOR,
        reading={"language": "nl", "level": "usual"},
        agreed=["messages", "visits"],
        without=["telephone"],
        called="Fatma",
    )
    assert corrected.status_code == 200, corrected.text
    language, level, called, ways, agreed = await kept(place, resident)
    assert (language, level, called, sorted(agreed)) == ("nl", "usual", "Fatma", ["messages", "visits"])
    assert ways == {"door": {**OTHER_DOOR, "name": None}}
    undone = await undoes(place, resident)
    assert (undone.status_code, undone.json()["id"]) == (200, resident)
    assert await kept(place, resident) == before
    assert refused(await undoes(place, resident)) == (409, "nothing-to-undo")


async def test_what_was_corrected_stays_after_a_day(place: Playground) -> None:
    resident = await registered(place, await a_house(place))
    await corrects(place, resident, door=OTHER_DOOR)
    place.clock.move(UNDO + timedelta(seconds=1))
    assert refused(await undoes(place, resident)) == (409, "nothing-to-undo")


async def test_nobody_corrects_what_a_resident_keeps_themselves(place: Playground) -> None:
    house = await a_house(place)
    resident = await registered(place, house)
    other = await registered(place, house, door=OTHER_DOOR)
    async with place.service("notifications").database.transaction("woonpartners") as session:
        from sqlalchemy import text

        await session.execute(
            text("UPDATE residents SET kept_by_staff = false WHERE id = :id"), {"id": resident}
        )
    assert refused(await corrects(place, resident, door=OTHER_DOOR)) == (409, "their-own")
    merging = await place.client(Role.STAFF).post(f"{AT}/{resident}/merging", json={"into": other})
    assert refused(merging) == (409, "their-own")


async def test_a_correction_shows_nothing_of_what_is_kept(place: Playground) -> None:
    resident = await registered(place, await a_house(place), telephone="0182 123456")
    answers = [await corrects(place, resident, called="Fatma"), await undoes(place, resident)]
    assert not any(word in one.text for one in answers for word in ("Wingerd", "182123456", "Fatma"))


async def test_somebody_keeps_a_way_to_be_reached(place: Playground) -> None:
    resident = await registered(place, await a_house(place))
    assert refused(await corrects(place, resident, without=["door"])) == (409, "last-address")


async def test_whoever_calls_the_neighbours_knows_who_is_asked_to_call_back(place: Playground) -> None:
    house, neighbour = await a_house(place), {"name": "Jan van 14", "telephone": "0182 654321"}
    alone = {"house_id": house, **RESIDENT, "door": None, "neighbour": neighbour}
    answer = await place.client(Role.STAFF).post(AT, json=alone)
    assert (*refused(answer), answer.json()["errors"][0]["field"]) == (422, "nobody-to-ask-for", "/door")
    resident = await registered(place, house, neighbour=neighbour)
    assert refused(await corrects(place, resident, without=["door"])) == (422, "nobody-to-ask-for")
    called = await corrects(place, resident, without=["door"], telephone="0182 123456")
    assert called.status_code == 200, called.text


@pytest.mark.parametrize("number", ["12", "12 ", "１２"])
async def test_a_door_where_somebody_is_registered_is_asked_about(place: Playground, number: str) -> None:
    house = await a_house(place)
    resident = await registered(place, house)
    again = {
        "house_id": house,
        **RESIDENT,
        "door": {**RESIDENT["door"], "number": number, "name": "De Vries"},
    }
    answer = await place.client(Role.STAFF).post(AT, json=again)
    assert (*refused(answer), answer.json()["errors"][0]["field"]) == (409, "looks-registered", "/door")
    assert resident not in answer.text
    assert await registered(place, house, **again, another=True) != resident


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12-A", "12a", True),
        ("12 A", "12-a", True),
        ("1-12", "112", False),
        ("12", "12-2", False),
        ("2", "20", False),
    ],
)
def test_a_door_is_the_same_however_its_number_is_written(one: str, other: str, *, same: bool) -> None:
    def known_as(number: str) -> str:
        return named(AddressKind.DOOR, f'{{"number":"{number}","postcode":"2742 ZX"}}')

    assert (known_as(one) == known_as(other)) is same


async def test_of_two_that_are_one_person_one_stays_and_nothing_is_planned_for_the_other(
    place: Playground,
) -> None:
    staff, house = place.client(Role.STAFF), await a_house(place)
    stays = await registered(place, house)
    gone = await registered(place, house, another=True)
    await place.do_what_is_due()
    waiting = f"/notifications/v1/hand-deliveries?house={house}"
    twice = len((await staff.get(waiting)).json()["items"])
    merged = await staff.post(f"{AT}/{gone}/merging", json={"into": stays})
    assert merged.status_code == 201, merged.text
    await place.do_what_is_due()
    assert 2 * len((await staff.get(waiting)).json()["items"]) == twice
    assert [
        one["id"] for one in (await staff.get(f"/notifications/v1/houses/{house}/residents")).json()["items"]
    ] == [stays]
    said = [one["type"].split(".")[3] for one in await place.events("notifications")]
    assert said.count("resident-erasure-requested") == 1


async def test_nobody_is_merged_who_takes_part_or_lives_elsewhere(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), await a_house(place)
    stays = await registered(place, house)
    elsewhere = await registered(place, await a_house(place))
    answer = await staff.post(f"{AT}/{elsewhere}/merging", json={"into": stays})
    assert refused(answer) == (409, "not-one-household")
    assert refused(await staff.post(f"{AT}/{stays}/merging", json={"into": stays})) == (
        409,
        "not-one-household",
    )
