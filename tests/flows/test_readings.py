"""Who looked: whoever is shown where somebody lives or is reached, that is noted, and that resident can see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.clock import utc_now
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_notifications.domain.readings import KEPT_FOR, Occasion
from buurtthuis_notifications.storage.readings import readings
from buurtthuis_notifications.storage.retention import outlived
from buurtthuis_notifications.texts.readings import SENTENCES, sentence
from buurtthuis_notifications.vault import Vault
from sqlalchemy import delete, func, select, text

from tests.conftest import together
from tests.notifications.texts.corporations import LANGUAGES, corporation
from tests.people import HOUSE, made
from tests.shared.test_policies import RESIDENT, ROUTES, Found

pytestmark = pytest.mark.both_corporations
place = together

AT = "/notifications/v1/hand-deliveries"
SHOWING = {f"GET {AT}{path}" for path in ("", "/list", "/list.csv", "/list.pdf", "/letters.pdf")}
#: Who reads for somebody else than themselves.
OF_OTHERS = (Role.OPERATOR, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE, Role.CARETAKER)


async def a_letter_waits(place: Playground, people: int = 1) -> tuple[str, list[str]]:
    """In a house of its own, for so many people of it; their ids."""
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    found = []
    for number in range(people):
        body = {"house_id": house, **RESIDENT, "door": {**RESIDENT["door"], "number": f"{number + 1}"}}
        found.append(await made(staff, "/notifications/v1/residents", {**body, "another": True}))
    await place.do_what_is_due()
    return house, found


async def noted(place: Playground) -> int:
    """How often anybody was read, of this corporation."""
    async with place.service("notifications").database.transaction("woonpartners") as session:
        return int(await session.scalar(select(func.count()).select_from(readings)) or 0)


async def seen_by(place: Playground, resident: str) -> list[dict[str, str]]:
    """What the resident is told of who looked."""
    answer = await place.client(Role.RESIDENT, subject=UUID(resident)).get("/notifications/v1/me/readings")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@contextmanager
def opening(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What is taken out of the vault meanwhile: contact data comes from nowhere else."""
    opened: list[bytes] = []
    unwatched = Vault.open

    def watched(vault: Vault, secret: bytes) -> str:
        opened.append(secret)
        return unwatched(vault, secret)

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "open", watched)
        yield opened


def of_others() -> list[Found]:
    """Every route of every service that somebody reads who is not there for themselves alone."""
    return [found for found in ROUTES if found.method == "GET" and found.roles & {*OF_OTHERS}]


async def test_every_route_that_shows_contact_data_notes_it(
    place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, _ = await a_letter_waits(place)
    reader = place.client(*OF_OTHERS)
    shown, noting = set(), set()
    for found in of_others():
        before, path = await noted(place), found.name.removeprefix("GET ").replace("{id}", house)
        with opening(monkeypatch) as opened:
            await reader.get(path, params=found.asking(house=house))
        shown |= {found.name} if opened else set()
        noting |= {found.name} if await noted(place) > before else set()
    assert (shown, noting) == (SHOWING, SHOWING)


@pytest.mark.parametrize(
    ("path", "occasion"),
    [("", "hand-deliveries"), ("/list.csv", "hand-deliveries"), ("/letters.pdf", "letters")],
)
async def test_a_resident_sees_that_somebody_looked_when_and_for_what_and_not_who(
    place: Playground, path: str, occasion: str
) -> None:
    house, [resident] = await a_letter_waits(place)
    caretaker = uuid4()
    client = place.client(Role.CARETAKER, subject=caretaker, houses=[house])
    assert (await client.get(AT + path, params={"house": house})).status_code == 200
    [reading] = await seen_by(place, resident)
    assert (reading["role"], reading["occasion"]) == ("caretaker", occasion)
    assert reading["sentence"] == sentence(Occasion(occasion), "nl-x-b1", corporation())
    assert str(caretaker) not in str(reading)


async def test_nobody_sees_who_looked_at_a_neighbour(place: Playground) -> None:
    house, [resident, neighbour] = await a_letter_waits(place, people=2)
    await place.client(Role.STAFF).get(f"{AT}/list", params={"house": house})
    both = [await seen_by(place, each) for each in (resident, neighbour)]
    assert [len(each) for each in both] == [1, 1]
    assert both[0][0]["id"] != both[1][0]["id"]


async def test_who_sees_nothing_of_a_house_is_noted_at_nobody_there(place: Playground) -> None:
    house, [resident] = await a_letter_waits(place)
    elsewhere = place.client(Role.CARETAKER, houses=[uuid4()])
    assert (await elsewhere.get(f"{AT}/list", params={"house": house})).json() == []
    assert (await place.client(Role.GUIDE).get(f"{AT}/list")).status_code == 403
    assert await seen_by(place, resident) == []


async def test_whoever_watches_over_privacy_reads_who_looked_at_whom(place: Playground) -> None:
    house, [resident] = await a_letter_waits(place)
    colleague = uuid4()
    await place.client(Role.STAFF, subject=colleague).get(f"{AT}/list", params={"house": house})
    for query in ({"resident": resident}, {"by": str(colleague)}):
        answer = await place.client(Role.OPERATOR).get("/notifications/v1/readings", params=query)
        [reading] = answer.json()["items"]
        assert (reading["resident_id"], reading["read_by"]) == (resident, str(colleague))
        assert reading["role"] == "staff"
        assert RESIDENT["door"]["street"] not in answer.text


async def test_another_corporation_sees_nothing_of_it(place: Playground) -> None:
    house, [resident] = await a_letter_waits(place)
    await place.client(Role.STAFF).get(f"{AT}/list", params={"house": house})
    foreign = place.client(Role.OPERATOR, corporation="de-waterlelie")
    answer = await foreign.get("/notifications/v1/readings", params={"resident": resident})
    assert answer.json()["items"] == []


@pytest.mark.parametrize("role", sorted({*Role} - {Role.OPERATOR}))
async def test_nobody_else_reads_the_trail_and_nobody_takes_it_away(place: Playground, role: Role) -> None:
    client = place.client(role)
    assert (await client.get("/notifications/v1/readings")).status_code == 403
    assert [found.method for found in ROUTES if found.path.endswith("/readings")] == ["GET", "GET"]


async def test_it_comes_in_pages(place: Playground) -> None:
    house, [resident] = await a_letter_waits(place)
    for _ in range(3):
        await place.client(Role.STAFF).get(f"{AT}/list", params={"house": house})
    me = place.client(Role.RESIDENT, subject=UUID(resident))
    first = await _page(me, limit=2)
    rest = await _page(me, limit=2, after=first["next"])
    found = [reading["id"] for reading in (*first["items"], *rest["items"])]
    assert found == sorted(found, reverse=True)
    assert len(found) == 3
    assert rest["next"] is None


async def _page(client: httpx.AsyncClient, **query: object) -> dict[str, Any]:
    answer = await client.get(
        "/notifications/v1/me/readings", params={name: str(value) for name, value in query.items()}
    )
    return dict(answer.json())


async def test_it_goes_with_whoever_is_forgotten(place: Playground) -> None:
    house, [resident] = await a_letter_waits(place)
    staff = place.client(Role.STAFF)
    await staff.get(f"{AT}/list", params={"house": house})
    forgotten = await staff.post(f"/notifications/v1/residents/{resident}/erasure")
    assert forgotten.status_code == 201, forgotten.text
    answer = await place.client(Role.OPERATOR).get(
        "/notifications/v1/readings", params={"resident": resident}
    )
    assert answer.json()["items"] == []


async def test_it_is_kept_for_two_years(place: Playground) -> None:
    house, [resident] = await a_letter_waits(place)
    await place.client(Role.STAFF).get(f"{AT}/list", params={"house": house})
    for age, left in ((KEPT_FOR - timedelta(days=1), 1), (KEPT_FOR + timedelta(days=1), 0)):
        async with place.service("notifications").database.transaction("woonpartners") as session:
            [old] = [row for table, row in outlived(utc_now() + age) if table is readings]
            await session.execute(delete(readings).where(old, readings.c.resident_id == UUID(resident)))
        assert len(await seen_by(place, resident)) == left


async def test_nothing_is_answered_of_which_it_cannot_be_noted(place: Playground) -> None:
    house, _ = await a_letter_waits(place)
    service = place.service("notifications")
    async with service.database.transaction("woonpartners") as session:
        await session.execute(text("SET LOCAL lock_timeout = '30s'"))
        await session.execute(text("LOCK TABLE readings IN ACCESS EXCLUSIVE MODE"))
        staff = place.client(Role.STAFF)
        with pytest.raises(httpx.TimeoutException):
            await staff.get(f"{AT}/list", params={"house": house}, timeout=0.5)


@pytest.mark.parametrize("occasion", Occasion)
def test_every_occasion_has_a_sentence_in_every_language(occasion: Occasion) -> None:
    assert set(SENTENCES[occasion]) == set(LANGUAGES)
    assert all("{corporation}" in said for said in SENTENCES[occasion].values())
