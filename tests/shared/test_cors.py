"""Which pages of other sites may read what, and how answers are packed."""

from collections.abc import AsyncIterator

import httpx
import pytest
from buurtthuis.core.corporations import Corporations
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import HOUSE, made

place = together

OURS, THEIRS = "https://www.woonpartners.nl", "https://www.waterlelie.nl"
STRANGE = "https://evil.example"
ENTRY = """
[[corporation]]
slug = "{slug}"
name = "{slug}"
kvk = "{kvk}"
languages = ["nl"]
time_zone = "Europe/Amsterdam"
origins = [{origins}]
"""


async def granted(client: httpx.AsyncClient, path: str, origin: str) -> str | None:
    answer = await client.get(path, headers={"Origin": origin})
    allowed: str | None = answer.headers.get("access-control-allow-origin")
    return allowed


@pytest.fixture
async def listed(place: Playground) -> AsyncIterator[Playground]:
    """Both corporations list a site of their own."""
    before = Corporations(place.process.corporations.values())
    sites = {"woonpartners": (OURS,), "de-waterlelie": (THEIRS,)}
    await place.process.serve(
        Corporations(one.model_copy(update={"origins": sites.get(one.slug, ())}) for one in before.values())
    )
    yield place
    await place.process.serve(before)


@pytest.mark.parametrize(
    "path",
    [
        "/surveys/v1/openapi.json",
        "/surveys/v1/asyncapi.json",
        "/notifications/v1/public/woonpartners/push-key",
        "/sessions/v1/public/woonpartners/houses/x/agenda",
    ],
)
async def test_what_everybody_may_read_every_page_may_read(place: Playground, path: str) -> None:
    answer = await place.client().get(path, headers={"Origin": STRANGE})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert (await place.client().get(path)).headers["access-control-allow-origin"] == "*"


async def test_all_else_only_pages_of_the_callers_own_corporation_may_read(listed: Playground) -> None:
    staff, others = listed.client(Role.STAFF), listed.client(Role.STAFF, corporation="de-waterlelie")
    for path in ("/surveys/v1/themes", "/surveys/v1/events", "/surveys/v1/themes?x=1"):
        assert await granted(staff, path, OURS) == OURS
        assert await granted(others, path, THEIRS) == THEIRS
        for foreign in (STRANGE, "null", "", OURS + ".evil.example", OURS.replace("https", "http")):
            assert await granted(staff, path, foreign) is None
    assert await granted(staff, "/surveys/v1/themes", THEIRS) is None
    answer = await staff.get("/surveys/v1/themes", headers={"Origin": OURS})
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers["vary"]


async def test_a_page_can_read_why_it_is_refused(listed: Playground) -> None:
    for path in ("/surveys/v1/themes", "/surveys/v1/themes?x=1"):
        assert await granted(listed.client(), path, OURS) == OURS


async def test_a_browser_that_asks_beforehand_is_answered_without_a_token(listed: Playground) -> None:
    asks = {"Origin": OURS, "Access-Control-Request-Method": "POST"}
    answer = await listed.client().options("/surveys/v1/themes", headers=asks)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, OURS)
    assert "POST" in answer.headers["access-control-allow-methods"]
    for header in ("Authorization", "If-Match", "Idempotency-Key", "Last-Event-ID"):
        assert header in answer.headers["access-control-allow-headers"]
    answer = await listed.client().options("/surveys/v1/themes", headers={**asks, "Origin": STRANGE})
    assert "access-control-allow-origin" not in answer.headers
    answer = await listed.client().options(
        "/notifications/v1/public/woonpartners/codes", headers={**asks, "Origin": STRANGE}
    )
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_live_feed_can_be_followed_from_a_listed_page(listed: Playground) -> None:
    staff = listed.client(Role.STAFF)
    headers = {"Origin": OURS, "Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    async with staff.stream("GET", "/surveys/v1/events", headers=headers) as live:
        assert live.headers["access-control-allow-origin"] == OURS
        assert "content-encoding" not in live.headers


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://www.woonpartners.nl", True),
        ("https://www.woonpartners.nl:8443", True),
        ("http://localhost:5173", True),
        ("http://www.woonpartners.nl", False),
        ("https://www.woonpartners.nl/", False),
        ("https://WWW.woonpartners.nl", False),
        ("https://a@woonpartners.nl", False),
        ("*", False),
        ("null", False),
        ("", False),
    ],
)
def test_an_origin_is_a_name_and_nothing_behind_it(origin: str, right: bool) -> None:
    entry = ENTRY.format(slug="wp", kvk="90000011", origins=f'"{origin}"')
    if right:
        assert Corporations.parse(entry)["wp"].origins == (origin,)
    else:
        with pytest.raises(ValueError, match=r"origin|https"):
            Corporations.parse(entry)


async def test_what_is_read_is_sent_compressed_and_what_a_command_answers_is_not(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    zipped = await staff.get("/sessions/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    plain = await staff.get("/sessions/v1/openapi.json", headers={"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.json() == plain.json()
    assert int(zipped.headers["content-length"]) * 5 < int(plain.headers["content-length"])
    assert "Accept-Encoding" in zipped.headers["vary"]
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    body = {"count": 200, "valid_days": 30}
    made_codes = await staff.post(f"/notifications/v1/houses/{house}/joining-codes", json=body)
    assert "content-encoding" not in made_codes.headers
