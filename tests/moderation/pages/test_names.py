"""Names that residents take, and those that nobody may."""

import asyncio

import httpx
import pytest
from buurtthuis.events.moderation import Check
from buurtthuis.identity import Role
from buurtthuis.testing import Playground
from buurtthuis.testing.fake import WOONPARTNERS
from buurtthuis_moderation.domain.checks import Checks, Mode
from buurtthuis_moderation.domain.names import RESERVED, NameReserved, NameUnfit, check_name

from tests.conftest import together
from tests.moderation.people import a_page, a_post, read
from tests.people import fields, problem

place = together

#: A house that looks for nothing has names all the same.
HOUSES_OWN = Checks(dict.fromkeys(Check, Mode.OFF), words=frozenset({"duivenmelker"}))
A_NAME = "Jan van de derde"


async def taken(client: httpx.AsyncClient, page: str, name: str = A_NAME) -> httpx.Response:
    return await client.post(f"/moderation/pages/{page}/name", json={"name": name})


@pytest.mark.parametrize("name", [*RESERVED, "Woonpartners Midden-Holland", "woonpartners", "Moderator"])
def test_the_names_of_whoever_runs_a_page_are_reserved(name: str) -> None:
    with pytest.raises(NameReserved):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize(
    "name",
    [
        "Beheer",
        "BEHEER",
        "bеhееr",
        "Вeheer",
        "8eheer",
        "ßeheer",
        "B33h33r",
        "b.e.h.e.e.r",
        "B e h e e r",
        "beheeeer",
        "ｂｅｈｅｅｒ",
        "𝔟𝔢𝔥𝔢𝔢𝔯",
        "behéér",
        "be\u200bheer",
        "Mode\u115frator",
        "Woon\u3164partners",
        "bеheer Wingerd",
        "hetbeheer",
        "beheerder",
        "ᏴEHEER",
        "rnoderator",
        "VVoonpartners",
    ],
)
def test_whatever_looks_like_beheer_is_beheer(name: str) -> None:
    with pytest.raises(NameReserved):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize(
    "name",
    ["...", "123", "06-12345678", "jan@voorbeeld.nl", "klootzak", "duivenmelker", "bit.ly/jan", "Jan\nPiet"],
)
def test_a_name_is_a_name(name: str) -> None:
    with pytest.raises(NameUnfit):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize(
    "name", ["Jan", "Ayşe", "محمد", "Łukasz", "Mevrouw De Vries", "Oma 3", "Jo-Anne", "李"]
)
def test_names_of_people_are_welcome(name: str) -> None:
    check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.starts("sessions", "moderation")
async def test_a_name_stands_under_everything_that_its_owner_wrote(place: Playground) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(resident, page)
    await taken(resident, page)
    assert (await read(place.client(Role.RESIDENT), post))["author"] == A_NAME


@pytest.mark.starts("sessions", "moderation")
async def test_a_name_counts_on_one_page(place: Playground) -> None:
    here, there, resident = await a_page(place), await a_page(place), place.client(Role.RESIDENT)
    await taken(resident, here)
    assert (await read(resident, await a_post(resident, there)))["author"] is None


@pytest.mark.starts("sessions", "moderation")
@pytest.mark.parametrize("name", [A_NAME, "JAN van de derde", "Jаn van de derde", "Jan vande derde"])
async def test_nobody_looks_like_somebody_else(place: Playground, name: str) -> None:
    page = await a_page(place)
    await taken(place.client(Role.RESIDENT), page)
    response = await taken(place.client(Role.RESIDENT), page, name)
    assert (problem(response), fields(response)) == ("name-taken", ["/name"])


@pytest.mark.starts("sessions", "moderation")
async def test_somebody_may_write_their_own_name_otherwise(place: Playground) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    await taken(resident, page)
    assert (await taken(resident, page, A_NAME.upper())).status_code == 200


@pytest.mark.starts("sessions", "moderation")
async def test_of_those_who_want_a_name_at_once_one_gets_it(place: Playground) -> None:
    page, residents = await a_page(place), [place.client(Role.RESIDENT) for _ in range(5)]
    for resident in residents:  # who is connected already is as fast as the others
        await resident.get(f"/moderation/pages/{page}")
    answers = await asyncio.gather(*(taken(resident, page) for resident in residents))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409, 409]
