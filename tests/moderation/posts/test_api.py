"""The page over HTTP: who writes, who reads, and what becomes of it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.work import Cause
from buurtthuis.events.moderation import ContentKind
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_moderation.domain.contents import Content

from tests.conftest import together
from tests.moderation.people import a_page, a_post, edited, guided, on_page, read
from tests.people import done, fields, problem

place = together

READERS = (Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE)
WAITS = {"checks": {"words": "hold"}}


# Writing and reading.


@pytest.mark.parametrize("role", READERS)
async def test_everybody_reads_what_is_on_the_page(place: Playground, role: Role) -> None:
    page = await a_page(place)
    post = await a_post(place.client(Role.RESIDENT), page)
    assert await on_page(place.client(role), page) == [post]


@pytest.mark.parametrize(
    ("role", "origin"),
    [
        (Role.RESIDENT, "resident"),
        (Role.STAFF, "corporation"),
        (Role.CHAIN_PARTNER, "chain_partner"),
    ],
)
async def test_a_post_says_for_whom_its_writer_speaks(place: Playground, role: Role, origin: str) -> None:
    page = await a_page(place)
    post = await a_post(place.client(role), page)
    assert (await read(place.client(Role.RESIDENT), post))["origin"] == origin


async def test_a_house_that_is_not_there_has_no_page_to_read(place: Playground) -> None:
    response = await place.client(Role.RESIDENT).get(f"/moderation/v1/pages/{uuid4()}/posts")
    assert (response.status_code, problem(response)) == (404, "not-found")


async def test_a_house_that_is_not_there_has_no_page_to_write_on(place: Playground) -> None:
    response = await place.client(Role.RESIDENT).post(
        f"/moderation/v1/pages/{uuid4()}/posts", json={"text": "Hallo", "language": "nl"}
    )
    assert (response.status_code, problem(response)) == (404, "not-found")


async def test_the_newest_post_comes_first(place: Playground) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    posts = [await a_post(resident, page, f"Bericht {number}") for number in range(3)]
    assert await on_page(resident, page) == posts[::-1]


async def test_whoever_pages_on_sees_each_post_once_although_others_write_meanwhile(
    place: Playground,
) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    posts = [await a_post(resident, page, f"Bericht {number}") for number in range(4)]
    first = (await resident.get(f"/moderation/v1/pages/{page}/posts", params={"limit": 2})).json()
    await a_post(place.client(Role.RESIDENT), page)
    second = await on_page(resident, page, after=first["next"], limit=2)
    assert [one["id"] for one in first["items"]] + second == posts[::-1]


async def test_a_post_is_found_by_what_it_is_about(place: Playground) -> None:
    page, resident, theme, session = await a_page(place), place.client(Role.RESIDENT), uuid4(), uuid4()
    about_theme = await a_post(resident, page, "Leuk idee", theme_id=str(theme))
    about_session = await a_post(resident, page, "Ik kom ook", session_id=str(session))
    in_turkish = await a_post(resident, page, "Merhaba", language="tr")
    assert await on_page(resident, page, theme=str(theme)) == [about_theme]
    assert await on_page(resident, page, session=str(session)) == [about_session]
    assert await on_page(resident, page, language="tr") == [in_turkish]


async def test_nobody_learns_the_pseudonym_of_whoever_wrote_a_post(place: Playground) -> None:
    page, author = await a_page(place), uuid4()
    post = await a_post(place.client(Role.RESIDENT, subject=author), page)
    await place.settled()
    resident = place.client(Role.RESIDENT)
    read_by_others = [
        await resident.get(f"/moderation/v1/posts/{post}"),
        await resident.get("/moderation/v1/events"),
    ]
    assert all(post in one.text and str(author) not in one.text for one in read_by_others)


async def test_what_another_service_keeps_is_no_post(place: Playground) -> None:
    page, author = await a_page(place), uuid4()
    theme = Content(uuid4(), UUID(page), ContentKind.THEME, author, "Ontmoeten", "nl", place.clock())
    moderation = place.service("moderation")
    async with moderation.database.work(moderation.corporations["woonpartners"], Cause(SYSTEM)) as work:
        work.keep(theme)
    client, path = place.client(Role.RESIDENT, subject=author), f"/moderation/v1/posts/{theme.id}"
    answers = [
        await client.get(path),
        await edited(client, str(theme.id), "x"),
        await client.post(f"{path}/withdrawal"),
    ]
    assert [one.status_code for one in answers] == [404, 404, 404]


# Replies.


async def test_replies_stand_under_their_post_and_not_on_the_page(place: Playground) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(resident, page)
    replies = [await a_post(resident, page, f"Ik {number}", reply_to=post) for number in range(2)]
    found = (await resident.get(f"/moderation/v1/posts/{post}/replies")).json()["items"]
    assert [one["id"] for one in found] == replies
    assert await on_page(resident, page) == [post]


async def test_a_post_says_how_many_replies_can_be_read(place: Playground) -> None:
    page, resident = await a_page(place, **WAITS), place.client(Role.RESIDENT)
    post = await a_post(resident, page)
    await a_post(resident, page, "Ik!", reply_to=post)
    await a_post(resident, page, "Klootzak", reply_to=post)
    assert (await read(place.client(Role.RESIDENT), post))["replies"] == 1


@pytest.mark.parametrize("what", ["nothing", "a reply", "of another page", "taken back"])
async def test_only_a_post_of_the_page_can_be_answered(place: Playground, what: str) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(resident, page if what != "of another page" else await a_page(place))
    if what == "a reply":
        post = await a_post(resident, page, "Ik!", reply_to=post)
    if what == "taken back":
        await done(resident, f"/moderation/v1/posts/{post}/withdrawal")
    body = {"text": "Ik ook", "language": "nl", "reply_to": str(uuid4()) if what == "nothing" else post}
    response = await resident.post(f"/moderation/v1/pages/{page}/posts", json=body)
    assert (problem(response), fields(response)) == ("cannot-answer", ["/reply_to"])


# What waits.


async def test_a_first_post_waits_and_only_its_author_and_those_who_look_after_the_page_see_it(
    place: Playground,
) -> None:
    page, author = await a_page(place, first_posts=1), place.client(Role.RESIDENT)
    post = await a_post(author, page)
    assert await on_page(place.client(Role.RESIDENT), page) == []
    assert await on_page(author, page) == await on_page(place.client(Role.STAFF), page) == [post]
    assert (await read(author, post))["state"] == "pending"


@pytest.mark.parametrize("role", [Role.STAFF, Role.CHAIN_PARTNER])
async def test_only_residents_are_new(place: Playground, role: Role) -> None:
    page = await a_page(place, first_posts=1)
    post = await a_post(place.client(role), page)
    assert (await read(place.client(Role.RESIDENT), post))["state"] == "published"


async def test_what_waits_is_told_to_no_resident(alone: Playground) -> None:
    page = await a_page(alone, first_posts=1)
    await a_post(alone.client(Role.RESIDENT), page, "Dit leest nog niemand")
    await alone.settled()
    feed = await alone.client(Role.RESIDENT).get("/moderation/v1/events", params={"after": 0})
    assert feed.json() == []


async def test_what_was_found_in_a_post_is_shown_to_its_author_and_to_nobody_else(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(author, page, "Jij klootzak")
    assert (await read(author, post))["findings"] == [{"check": "words", "start": 4, "end": 12}]
    assert (await read(place.client(Role.RESIDENT), post))["findings"] == []


async def test_the_event_of_what_waits_says_which_check_held_it(place: Playground) -> None:
    page = await a_page(place, checks={"contacts": "hold"})
    await a_post(place.client(Role.RESIDENT), page, "Bel 06-12345678")
    said = await place.events("moderation")
    (waits,) = (one["data"] for one in said if one["type"].endswith("post-submitted.v1"))
    assert waits["checks"] == ["contacts"]


# Changing and taking back.


async def test_a_post_reads_differently_once_it_was_changed(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(author, page, "Morgen om 10 uur")
    await edited(author, post, "Morgen om 11 uur")
    found = await read(place.client(Role.RESIDENT), post)
    assert (found["text"], found["edited_at"] is not None) == ("Morgen om 11 uur", True)


async def test_how_it_read_before_is_shown_to_its_author_and_to_whoever_looks_after_the_page(
    place: Playground,
) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(author, page, "Morgen om 10 uur")
    await edited(author, post, "Morgen om 11 uur")
    guide = await guided(place, page)
    for reader in (author, place.client(Role.STAFF), guide):
        history = (await reader.get(f"/moderation/v1/posts/{post}/history")).json()
        assert [one["text"] for one in history] == ["Morgen om 10 uur"]
    assert (await place.client(Role.RESIDENT).get(f"/moderation/v1/posts/{post}/history")).status_code == 404


async def test_what_waits_is_read_by_the_guide_of_the_page_and_no_other(place: Playground) -> None:
    page = await a_page(place, first_posts=1)
    post = await a_post(place.client(Role.RESIDENT), page)
    readers = await guided(place, page), await guided(place, await a_page(place)), place.client(Role.GUIDE)
    seen = [(await one.get(f"/moderation/v1/posts/{post}")).status_code for one in readers]
    assert seen == [200, 404, 404]


@pytest.mark.parametrize(
    "text", ["\u200b", "\u2060\ufeff", "\u00a0", "\u3164", "\u115f\u1160\uffa0", "\u2800"]
)
async def test_there_is_something_to_read_in_every_post(place: Playground, text: str) -> None:
    page = await a_page(place)
    response = await place.client(Role.RESIDENT).post(
        f"/moderation/v1/pages/{page}/posts", json={"text": text, "language": "nl"}
    )
    assert (response.status_code, fields(response)) == (400, ["/text"])


async def test_feeds_forget_how_it_read_before(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(author, page, "Morgen om 10 uur")
    await edited(author, post, "Morgen om 11 uur")
    texts = [one["data"].get("text") for one in await place.events("moderation") if one["subject"] == post]
    assert texts == [None, "Morgen om 11 uur"]


async def test_after_an_hour_it_stays_as_it_is(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(author, page)
    place.clock.move(timedelta(hours=1))
    assert problem(await edited(author, post, "Iets anders")) == "too-late-to-edit"


async def test_nobody_puts_into_a_post_what_would_have_made_it_wait(place: Playground) -> None:
    page, author = await a_page(place, **WAITS), place.client(Role.RESIDENT)
    post = await a_post(author, page)
    response = await edited(author, post, "Jij klootzak")
    assert (problem(response), fields(response)) == ("edit-waits", ["/text"])


async def test_nobody_changes_or_takes_back_what_another_wrote(place: Playground) -> None:
    page, other = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(place.client(Role.RESIDENT), page)
    assert problem(await edited(other, post, "Iets anders")) == "not-your-post"
    assert problem(await other.post(f"/moderation/v1/posts/{post}/withdrawal")) == "not-your-post"


async def test_what_was_taken_back_is_gone_for_others_and_from_feeds(place: Playground) -> None:
    page, author = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(author, page, "Toch maar niet")
    await done(author, f"/moderation/v1/posts/{post}/withdrawal")
    assert (await place.client(Role.RESIDENT).get(f"/moderation/v1/posts/{post}")).status_code == 404
    assert "Toch maar niet" not in str(await place.events("moderation"))


# On top.


async def test_a_pinned_post_stands_on_top_and_nowhere_else(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    pinned, other = await a_post(staff, page, "Welkom"), await a_post(staff, page)
    await done(staff, f"/moderation/v1/posts/{pinned}/pin")
    found = (await staff.get(f"/moderation/v1/pages/{page}/posts")).json()
    assert [one["id"] for one in found["pinned"]] == [pinned]
    assert [one["id"] for one in found["items"]] == [other]


async def test_a_post_that_is_unpinned_goes_back_to_its_place(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    posts = [await a_post(staff, page, "Welkom"), await a_post(staff, page)]
    await done(staff, f"/moderation/v1/posts/{posts[0]}/pin")
    await staff.delete(f"/moderation/v1/posts/{posts[0]}/pin")
    assert await on_page(staff, page) == posts[::-1]


async def test_what_waits_cannot_be_pinned(place: Playground) -> None:
    page = await a_page(place, first_posts=1)
    post = await a_post(place.client(Role.RESIDENT), page)
    response = await place.client(Role.STAFF).post(f"/moderation/v1/posts/{post}/pin")
    assert problem(response) == "cannot-pin"
