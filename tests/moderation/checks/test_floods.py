"""More than anybody reads."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_moderation.domain.floods import MANY, is_flood, reads_as

from tests.conftest import together
from tests.moderation.people import a_page, a_post, read

place = together

NOW = datetime(2018, 12, 14, 12, tzinfo=UTC)


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


@pytest.mark.parametrize(
    ("written", "same", "flood"),
    [
        (ago(1, 2, 3, 4, 5), [], True),
        (ago(1, 2, 3, 4), [], False),
        (ago(1, 2, 3, 4, 10), [], False),
        (ago(60), ago(60), True),
        (ago(24 * 60), ago(24 * 60), False),
    ],
)
def test_a_flood_is_many_in_a_short_time_or_the_same_again(
    written: list[datetime], same: list[datetime], flood: bool
) -> None:
    assert is_flood(written, same, NOW) is flood


async def test_the_same_words_again_wait(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    await a_post(author, page, "Koop nu!")
    assert (await read(author, await a_post(author, page, "Koop nu!")))["state"] == "pending"


@pytest.mark.parametrize(
    "again",
    [
        "KOOP NU",
        "Koop  nu!!!",
        "Koop\u200b nu!",
        "Ko\u00adop nu!",
        "K.o.o.p n.u",
        "Кооp nu",
        "Koop nu 👍",
        "Koop\u3164nu",
    ],
)
def test_the_same_words_are_what_people_see_of_them(again: str) -> None:
    assert reads_as(again) == reads_as("Koop nu!")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Inloop om 1 uur", "Inloop om 11 uur"),
        ("Wie is er thuis?", "Wie is er uit?"),
        ("👍", "🎉"),
        ("?", "!"),
        ("قهوة الساعة ٣", "قهوة الساعة ٤"),
    ],
)
def test_other_words_are_other_words(one: str, other: str) -> None:
    assert reads_as(one) != reads_as(other)


async def test_the_same_words_wait_however_they_are_disguised(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    await a_post(author, page, "Koop nu!")
    assert (await read(author, await a_post(author, page, "k o o p\u2060 N\u00adU")))["state"] == "pending"


async def test_somebody_elses_words_are_no_flood(place: Playground) -> None:
    page = await a_page(place)
    await a_post(place.client(Role.RESIDENT), page, "Welkom!")
    other = place.client(Role.RESIDENT)
    assert (await read(other, await a_post(other, page, "Welkom!")))["state"] == "published"


async def test_of_the_same_words_at_once_all_but_one_wait(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    posts = await asyncio.gather(*(a_post(author, page, "Koop nu!") for _ in range(4)))
    states = [(await read(author, post))["state"] for post in posts]
    assert sorted(states) == ["pending", "pending", "pending", "published"]


async def test_staff_may_write_as_much_as_they_like(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    posts = [await a_post(staff, page, "Vanavond: koffie") for _ in range(MANY + 1)]
    assert {(await read(staff, post))["state"] for post in posts} == {"published"}
