"""A house ends: its page is read for a while, and then it is gone."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from sqlalchemy import text

from tests.conftest import together
from tests.moderation.people import a_page, a_post, edited, on_page
from tests.people import done, event_types, made, problem

place = together

WORD = "Jansen"
JAN = uuid4()
TABLES = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
)


async def holding(place: Playground, word: str) -> set[str]:
    """The tables of moderation in which a word is anywhere."""
    async with place.service("moderation").database.transaction("woonpartners") as session:
        tables = list(await session.scalars(TABLES))
        found = {table: await session.scalar(_search(table), {"word": f"%{word}%"}) for table in tables}
    return {table for table, rows in found.items() if rows}


def _search(table: str) -> Any:
    return text(f'SELECT count(*) FROM "{table}" AS row WHERE CAST(row AS text) LIKE :word')


async def a_full_page(place: Playground) -> tuple[str, str]:
    """A moderator took a name, wrote, and changed it; the page, and the post."""
    page, jan = await a_page(place), place.client(Role.RESIDENT, subject=JAN)
    await done(jan, f"/moderation/v1/pages/{page}/name", {"name": WORD})
    staff = place.client(Role.STAFF)
    await made(staff, f"/moderation/v1/pages/{page}/moderators", {"resident_id": str(JAN)})
    post = await a_post(jan, page, f"Koffie bij {WORD}")
    await edited(jan, post, f"Thee bij {WORD}")
    return page, post


async def ended(place: Playground, page: str) -> None:
    """The house ends; its data goes after 90 days."""
    ending = {"outcome": "stopped", "reason": "Het was mooi.", "at_once": True}
    await done(place.client(Role.STAFF), f"/sessions/v1/houses/{page}/ending", ending)
    await place.settled()


async def test_on_the_page_of_a_house_that_ended_everything_can_be_read(place: Playground) -> None:
    page, post = await a_full_page(place)
    await ended(place, page)
    assert await on_page(place.client(Role.RESIDENT), page) == [post]


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER])
async def test_nobody_writes_on_it(place: Playground, role: Role) -> None:
    page, _ = await a_full_page(place)
    await ended(place, page)
    response = await place.client(role).post(
        f"/moderation/v1/pages/{page}/posts", json={"text": "Dag!", "language": "nl"}
    )
    assert problem(response) == "page-is-archived"


async def test_nothing_is_put_on_top_of_it(place: Playground) -> None:
    page, post = await a_full_page(place)
    await ended(place, page)
    response = await place.client(Role.STAFF).post(
        f"/moderation/v1/posts/{post}/pin", headers={"If-Match": '"2"'}
    )
    assert problem(response) == "page-is-archived"


async def test_what_is_on_it_is_not_changed_but_can_be_taken_back(place: Playground) -> None:
    page, post = await a_full_page(place)
    await ended(place, page)
    jan = place.client(Role.RESIDENT, subject=JAN)
    assert problem(await edited(jan, post, "Dag!")) == "page-is-archived"
    await done(jan, f"/moderation/v1/posts/{post}/withdrawal")


async def test_an_end_that_is_told_again_is_one_end(place: Playground) -> None:
    page, _ = await a_full_page(place)
    ending = {"outcome": "continued", "reason": "Het gaat door.", "at_once": True}
    await done(place.client(Role.STAFF), f"/sessions/v1/houses/{page}/ending", ending)
    await ended(place, page)
    assert event_types(await place.events("moderation")).count("page-archived") == 1


async def test_before_the_promised_day_there_is_what_there_is(place: Playground) -> None:
    """Else the tests below would prove nothing."""
    page, _ = await a_full_page(place)
    await ended(place, page)
    place.clock.move(timedelta(days=88))
    await place.do_what_is_due()
    assert await holding(place, WORD) == {"contents", "revisions", "members", "journal"}


async def test_on_the_promised_day_nobody_is_left(place: Playground) -> None:
    page, _ = await a_full_page(place)
    await ended(place, page)
    place.clock.move(timedelta(days=90))
    await place.do_what_is_due()
    assert await holding(place, WORD) == set()
    assert await holding(place, str(JAN)) <= {"journal"}, "as the pseudonym that nobody can resolve any more"


async def test_the_page_says_what_went_and_that_nothing_is_left(place: Playground) -> None:
    page, _ = await a_full_page(place)
    await ended(place, page)
    place.clock.move(timedelta(days=90))
    await place.do_what_is_due()
    said = (await place.events("moderation"))[-1]["data"]
    went = {kind: number for kind, number in said["removed"].items() if number}
    assert went == {"revisions": 1, "contents": 1, "members": 1, "pages": 1, "trail": 3, "journal": 1}
    assert set(said["left"].values()) == {0}


async def test_nobody_is_put_on_a_page_that_is_gone(place: Playground) -> None:
    page, _ = await a_full_page(place)
    await ended(place, page)
    place.clock.move(timedelta(days=90))
    await place.do_what_is_due()
    guide = {"guide_id": str(uuid4())}
    response = await place.client(Role.STAFF).post(f"/moderation/v1/pages/{page}/guide", json=guide)
    assert problem(response) == "page-is-archived"
