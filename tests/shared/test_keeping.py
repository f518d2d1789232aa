"""What everybody may keep: for how long, and that it is not sent again to whoever has it."""

from datetime import UTC, datetime

import pytest
from buurtthuis.http.keeping import A_MOMENT, Copies, has_seen
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.people import HOUSE, made

pytestmark = pytest.mark.starts("sessions")

HOUSES = "/sessions/v1/public/woonpartners/houses"


@pytest.mark.parametrize("seen", ['W/"a"', '"a"', '"b", W/"a"', "*", ' "b" ,"a" '])
def test_a_tag_is_known_among_those_that_somebody_has_however_strong_it_is(seen: str) -> None:
    assert has_seen('W/"a"', seen)


@pytest.mark.parametrize("seen", [None, "", '"b"', '"ab"', "a"])
def test_a_tag_is_not_known_by_a_part_of_another(seen: str | None) -> None:
    assert not has_seen('W/"a"', seen)


NOW = datetime(2018, 11, 12, tzinfo=UTC)
KEY, START, BODY = ("https", "/public/woonpartners/houses"), {"status": 200}, b"[]"


class Held:
    """A clock that somebody holds."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def found(copies: Copies, corporation: str = "woonpartners") -> bytes | None:
    copy = copies.find(corporation, KEY)
    return copy.body if copy else None


def kept(clock: Held | None = None) -> Copies:
    copies = Copies(clock or Held())
    copies.keep("woonpartners", copies.turn("woonpartners"), KEY, START, BODY)
    return copies


def test_what_was_answered_is_found_again_by_the_same_question_to_the_same_corporation() -> None:
    assert (found(kept()), found(kept(), "de-waterlelie")) == (BODY, None)


def test_what_was_answered_is_not_found_once_something_happened_there() -> None:
    copies = kept()
    copies.forget("de-waterlelie")
    assert found(copies) == BODY
    copies.forget("woonpartners")
    assert found(copies) is None


def test_what_was_read_before_something_happened_is_not_kept_after_it() -> None:
    copies = Copies(Held())
    turn = copies.turn("woonpartners")
    copies.forget("woonpartners")
    copies.keep("woonpartners", turn, KEY, START, BODY)
    assert found(copies) is None


def test_what_was_answered_is_found_for_a_moment_only() -> None:
    copies = kept(clock := Held())
    clock.now += A_MOMENT
    assert found(copies) is None


async def test_whoever_has_it_is_told_so_until_it_is_another(place: Playground) -> None:
    stranger = place.client()
    first = await stranger.get(HOUSES)
    assert first.headers["cache-control"] == "public, max-age=60"
    seen = {"If-None-Match": first.headers["etag"]}
    again = await stranger.get(HOUSES, headers=seen)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE)
    other = await stranger.get(HOUSES, headers=seen)
    assert (other.status_code, other.headers["etag"] == first.headers["etag"]) == (200, False)


async def test_a_head_and_a_copy_tell_the_same_to_pages_of_any_site(place: Playground) -> None:
    stranger = place.client()
    head = await stranger.head(HOUSES, headers={"Origin": "https://www.example.org"})
    tag = head.headers["etag"]
    copy = await stranger.get(HOUSES, headers={"Origin": "https://www.example.org", "If-None-Match": tag})
    assert (head.status_code, head.content, copy.status_code, copy.headers["etag"]) == (200, b"", 304, tag)
    assert head.headers["access-control-allow-origin"] == copy.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["openapi.json", "asyncapi.json", "docs"])
async def test_documents_can_be_kept_and_asked_after(place: Playground, path: str) -> None:
    stranger = place.client()
    document = await stranger.get(f"/sessions/v1/{path}")
    assert document.headers["cache-control"] == "public, max-age=300"
    copy = await stranger.get(f"/sessions/v1/{path}", headers={"If-None-Match": document.headers["etag"]})
    assert copy.status_code == 304


async def test_a_copy_is_of_one_language(place: Playground) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    path = f"{HOUSES}/{house}/agenda.ics"
    told = [
        (await stranger.get(path, headers={"Accept-Language": language})).headers["content-language"]
        for language in ("nl", "ar", "nl")
    ]
    assert told == ["nl", "ar", "nl"]


async def test_a_refusal_is_not_kept(place: Playground) -> None:
    missing = await place.client().get("/sessions/v1/public/nobody/houses")
    assert (missing.status_code, missing.headers.get("etag")) == (404, None)
    assert "public" not in missing.headers.get("cache-control", "")
