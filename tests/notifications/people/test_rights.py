"""Rights for houses: given and taken away by staff, and counting in every service."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import ForAllHouses, Invalid, NotFound, NotYourHouse
from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.work import Cause
from buurtthuis.events.notifications import GivenRole, RightGiven, RightTakenAway
from buurtthuis.identity.principals import Role
from buurtthuis.testing import FakeWork, Playground
from buurtthuis_notifications.commands.rights import GiveRight, TakeRightAway, give_right, take_right_away
from buurtthuis_notifications.domain.known import KnownHouse
from buurtthuis_notifications.domain.rights import HasRightAlready, Held, NotForYourself, Right, RightHasEnded

from tests.conftest import together
from tests.people import HOUSE, done, fields, made, problem

pytestmark = pytest.mark.starts("sessions", "notifications", "surveys")
place = together
RIGHTS = "/notifications/v1/rights"
STAFF = Actor(ActorKind.STAFF, uuid4())
HERE, ANNA = uuid4(), uuid4()
NOON = datetime.fromisoformat("2018-11-12T12:00+00:00")


def work(*kept: Any, houses: Houses = ALL_HOUSES, now: datetime = NOON) -> FakeWork:
    return FakeWork(KnownHouse(HERE, "Wingerd"), *kept, now=now, cause=Cause(STAFF, houses=houses))


async def give(
    at: FakeWork, role: GivenRole = GivenRole.GUIDE, house: UUID | None = HERE, **more: Any
) -> RightGiven:
    return await give_right(GiveRight(Held(ANNA, role, house), STAFF, **more), at)


def right_of(at: FakeWork, given: RightGiven) -> Right:
    return at.changed()[Right, given.right_id]  # type: ignore[no-any-return]


# What holds of them


async def test_a_right_says_whose_it_is_for_which_house_by_whom_and_until_when() -> None:
    at, until = work(), NOON + timedelta(days=30)
    given = await give(at, until=until)
    right = right_of(at, given)
    assert (right.subject_id, right.role, right.house_id) == (ANNA, GivenRole.GUIDE, HERE)
    assert (right.given_by, right.given_at, right.until) == (STAFF.id, NOON, until)
    assert at.rights[right.id] == right.given()


async def test_a_right_that_would_have_ended_is_not_given() -> None:
    with pytest.raises(Invalid):
        await give(work(), until=NOON)


async def test_the_same_right_is_given_once_and_again_when_it_has_ended() -> None:
    at = work()
    given = await give(at, until=NOON + timedelta(days=1))
    with pytest.raises(HasRightAlready):
        await give(at)
    await give(work(right_of(at, given), now=NOON + timedelta(days=1)))


async def test_nobody_gives_rights_to_themselves() -> None:
    with pytest.raises(NotForYourself):
        await give_right(GiveRight(Held(STAFF.person, GivenRole.STAFF, HERE), STAFF), work())


async def test_of_a_house_that_nobody_knows_there_are_no_rights() -> None:
    with pytest.raises(NotFound):
        await give(work(), house=uuid4())


async def test_who_is_for_some_houses_gives_rights_for_those_alone_and_makes_nobody_staff() -> None:
    limited = Houses(frozenset({HERE}))
    await give(work(houses=limited))
    with pytest.raises(NotYourHouse):
        await give(work(houses=limited), house=None)
    with pytest.raises(ForAllHouses):
        await give(work(houses=limited), GivenRole.STAFF)
    at = work()
    staffs = right_of(at, await give(at, GivenRole.STAFF))
    with pytest.raises(ForAllHouses):
        await take_right_away(TakeRightAway(staffs.id, STAFF), work(staffs, houses=limited))


async def test_what_is_taken_away_is_gone_with_everything_that_gives_the_same_and_once() -> None:
    held = Held(ANNA, GivenRole.GUIDE, None)
    both = [Right.give(held, uuid4(), NOON)[0] for _ in range(2)]
    at = work(*both)
    result = await take_right_away(TakeRightAway(both[0].id, STAFF), at)
    assert {event.right_id for event in result.events if isinstance(event, RightTakenAway)} == {
        right.id for right in both
    }
    assert {right.until for right in at.rights.values()} == {NOON}
    with pytest.raises(RightHasEnded):
        await take_right_away(TakeRightAway(both[0].id, STAFF), at)


# Over HTTP


async def two_houses(place: Playground) -> list[str]:
    staff = place.client(Role.STAFF)
    houses = [await made(staff, "/sessions/v1/houses", HOUSE) for _ in range(2)]
    await place.settled()
    return houses


async def seen_by(client: httpx.AsyncClient) -> set[str] | str:
    """The houses that somebody is shown, or why not."""
    answer = await client.get("/sessions/v1/houses?limit=200")
    return {house["id"] for house in answer.json()["items"]} if answer.status_code == 200 else problem(answer)


def a_right(subject: UUID, house: str | None, **more: Any) -> dict[str, Any]:
    return {"subject_id": str(subject), "role": "chain_partner", "house_id": house, **more}


async def test_from_the_first_right_on_a_role_is_for_the_houses_that_were_given_in_every_service(
    place: Playground,
) -> None:
    staff, anna = place.client(Role.STAFF), uuid4()
    here, there = await two_houses(place)
    partner = place.client(Role.CHAIN_PARTNER, subject=anna)
    assert {here, there} <= await seen_by(partner)  # type: ignore[operator]
    await made(staff, RIGHTS, a_right(anna, here))
    await place.settled()
    assert await seen_by(partner) == {here}
    second = await made(staff, RIGHTS, a_right(anna, there))
    await place.settled()
    assert await seen_by(partner) == {here, there}
    await done(staff, f"{RIGHTS}/{second}/withdrawal")
    await place.settled()
    assert await seen_by(partner) == {here}
    assert problem(await staff.post(f"{RIGHTS}/{second}/withdrawal")) == "right-has-ended"


async def test_a_role_comes_with_a_right_and_goes_with_the_last_of_them_and_does_not_grow(
    place: Playground,
) -> None:
    """Not to what the token alone would give."""
    staff, jan = place.client(Role.STAFF), uuid4()
    here, _ = await two_houses(place)
    resident, partner = (place.client(role, subject=jan) for role in (Role.RESIDENT, Role.CHAIN_PARTNER))
    right = await made(staff, RIGHTS, a_right(jan, here, role="guide"))
    taken = await made(staff, RIGHTS, a_right(jan, here))
    await place.settled()
    assert (await resident.get("/surveys/v1/campaigns")).status_code == 200  # for guides and staff
    await done(staff, f"{RIGHTS}/{taken}/withdrawal")
    await done(staff, f"{RIGHTS}/{right}/withdrawal")
    await place.settled()
    assert problem(await resident.get("/surveys/v1/campaigns")) == "for-no-house"
    assert await seen_by(partner) == "for-no-house"


async def test_a_right_ends_by_itself(place: Playground) -> None:
    staff, anna = place.client(Role.STAFF), uuid4()
    here, _ = await two_houses(place)
    ends = place.clock() + timedelta(days=1)
    await made(staff, RIGHTS, a_right(anna, here, until=ends.isoformat()))
    await place.settled()
    partner = place.client(Role.CHAIN_PARTNER, subject=anna)
    assert await seen_by(partner) == {here}
    place.clock.move(timedelta(days=1))
    assert await seen_by(partner) == "for-no-house"
    [right] = (await staff.get(RIGHTS, params={"subject": str(anna)})).json()["items"]
    assert right["holds"] is False


async def test_whoever_follows_a_feed_is_let_go_when_a_right_is_taken_away(place: Playground) -> None:
    staff, anna = place.client(Role.STAFF), uuid4()
    here, _ = await two_houses(place)
    right = await made(staff, RIGHTS, a_right(anna, here))
    await place.settled()
    partner = place.client(Role.CHAIN_PARTNER, subject=anna)
    live = {"Accept": "text/event-stream"}
    async with (
        asyncio.timeout(20),
        partner.stream("GET", "/sessions/v1/events?after=0", headers=live) as answer,
    ):
        lines = answer.aiter_lines()
        shown = [line async for line in _until_data(lines)]
        await done(staff, f"{RIGHTS}/{right}/withdrawal")
        shown += [line async for line in lines]
    assert any(here in line for line in shown)


async def _until_data(lines: Any) -> Any:
    async for line in lines:
        yield line
        if line.startswith("data"):
            return


async def test_rights_are_listed_of_a_house_and_of_a_person_and_the_limited_see_those_of_their_houses(
    place: Playground,
) -> None:
    staff, anna = place.client(Role.STAFF), uuid4()
    here, there = await two_houses(place)
    mine, theirs = [await made(staff, RIGHTS, a_right(anna, house)) for house in (here, there)]
    everywhere = await made(staff, RIGHTS, a_right(uuid4(), None))

    async def ids(client: httpx.AsyncClient, **query: str) -> set[str]:
        return {right["id"] for right in (await client.get(RIGHTS, params=query)).json()["items"]}

    assert await ids(staff, subject=str(anna)) == {mine, theirs}
    assert await ids(staff, house=here) >= {mine, everywhere}
    assert theirs not in await ids(staff, house=here)
    assert await ids(place.client(Role.STAFF, houses=[here])) == {mine}
    assert (await staff.get(f"{RIGHTS}/{mine}")).json()["given_by"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"subject_id": None}, "/subject_id"),
        ({"sub": "anna"}, "/subject_id"),
        ({"subject_id": None, "sub": "anna"}, "/issuer"),
        ({"role": "operator"}, "/role"),
        ({"role": "resident"}, "/role"),
        ({"until": "2018-01-01T00:00:00Z"}, "/until"),
        ({"until": "tomorrow"}, "/until"),
        ({"house_id": "Wingerd"}, "/house_id"),
    ],
)
async def test_bad_input_is_refused_by_its_field(place: Playground, body: dict[str, Any], field: str) -> None:
    answer = await place.client(Role.STAFF).post(RIGHTS, json={**a_right(uuid4(), None), **body})
    assert answer.status_code in (400, 422), answer.text
    assert fields(answer) == [field]


async def test_of_many_who_give_the_same_at_once_one_does(place: Playground) -> None:
    staff, anna = place.client(Role.STAFF), uuid4()
    here, _ = await two_houses(place)
    answers = await asyncio.gather(*(staff.post(RIGHTS, json=a_right(anna, here)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
