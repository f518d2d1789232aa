"""The share of loops closed, over HTTP: what each said is asked of PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_surveys.domain.closing import ClosingQuestion
from buurtthuis_surveys.domain.themes import Theme

from tests.conftest import together
from tests.people import a_theme

place = together
PATH = "/surveys/v1/themes/loops"


async def asked(place: Playground, answers: Sequence[bool | None], *, days: int = 1) -> str:
    """A house in which that was said to a question; who said nothing has so many days left."""
    house, now = uuid4(), place.clock()
    theme = UUID(await a_theme(place.client(Role.STAFF), house_id=str(house)))
    async with place.service("surveys").database.transaction("woonpartners") as session:
        closes_at = now + timedelta(days=days)
        session.add_all(
            ClosingQuestion(uuid4(), theme, house, uuid4(), now, closes_at, solved) for solved in answers
        )
        if False in answers:
            found = await session.get(Theme, theme)
            assert found
            found.reopened_at = now
    return str(house)


async def read(place: Playground, house: str, **who: Any) -> Any:
    answer = await place.client(who.pop("role", Role.STAFF), **who).get(PATH, params={"house": house})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("days", "unanswered", "waiting"), [(1, 0, 2), (-1, 2, 0)])
async def test_the_share_is_of_all_that_were_asked(
    place: Playground, days: int, unanswered: int, waiting: int
) -> None:
    house = await asked(place, [True, True, True, False, None, None], days=days)
    assert await read(place, house) == {
        "house_id": house,
        "asked": 6,
        "yes": 3,
        "no": 1,
        "unanswered": unanswered,
        "waiting": waiting,
        "reopened": 1,
        "share": 50.0,
    }


async def test_what_so_few_said_is_not_told(place: Playground) -> None:
    house = await asked(place, [True, True, False, None])
    found = await read(place, house)
    assert found["asked"] == 4
    assert {found[name] for name in ("yes", "no", "unanswered", "waiting", "reopened", "share")} == {None}


async def test_where_nobody_was_asked_there_is_no_share(place: Playground) -> None:
    found = await read(place, str(uuid4()))
    assert (found["asked"], found["share"]) == (0, None)


async def test_all_houses_are_those_of_whoever_reads(place: Playground) -> None:
    houses = [await asked(place, [True] * 5) for _ in range(2)]
    mine = place.client(Role.GUIDE, houses=houses[:1])
    assert (await mine.get(PATH)).json()["asked"] == 5
    assert (await mine.get(PATH, params={"house": houses[1]})).json()["asked"] == 0
    assert (await place.client(Role.RESIDENT).get(PATH)).status_code == 403
