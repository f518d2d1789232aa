"""People on the page of a house, for tests that need one."""

import asyncio
import itertools
from collections.abc import Awaitable, Iterable
from typing import Any
from uuid import UUID, uuid4

import httpx
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.people import HOUSE, done, made

DOORS = itertools.count(1)
RESIDENT: dict[str, Any] = {
    "door": {"street": "Wingerd", "number": "1", "postcode": "2742 ZX", "town": "Waddinxveen"},
    "agreed": ["messages"],
}


async def a_page(place: Playground, **rules: Any) -> str:
    """The page of a new house, on which posts of newcomers wait for nobody unless these rules say so."""
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    await looked_after(staff, house, **{"first_posts": 0, **rules})
    return house


async def a_neighbour(place: Playground, page: str) -> httpx.AsyncClient:
    """Somebody new whom moderation knows to live in the house of this page."""
    body = {"house_id": page, **RESIDENT, "door": {**RESIDENT["door"], "number": str(next(DOORS))}}
    resident = await made(place.client(Role.STAFF), "/notifications/v1/residents", body)
    await place.settled()
    return place.client(Role.RESIDENT, subject=UUID(resident))


async def guided(place: Playground, page: str) -> httpx.AsyncClient:
    """The guide who stands by this page."""
    guide = uuid4()
    await done(place.client(Role.STAFF), f"/moderation/v1/pages/{page}/guide", {"guide_id": str(guide)})
    return place.client(Role.GUIDE, subject=guide)


async def looked_after(staff: httpx.AsyncClient, page: str, **rules: Any) -> None:
    """By these rules from now on."""
    version = (await staff.get(f"/moderation/v1/pages/{page}")).headers["ETag"]
    response = await staff.put(
        f"/moderation/v1/pages/{page}/rules", json=rules, headers={"If-Match": version}
    )
    assert response.status_code == 200, response.text


async def a_post(
    client: httpx.AsyncClient, page: str, text: str = "Wie gaat er mee wandelen?", **more: Any
) -> str:
    """A post on this page, or a reply where `reply_to` says so."""
    return await made(client, f"/moderation/v1/pages/{page}/posts", {"text": text, "language": "nl", **more})


async def read(client: httpx.AsyncClient, post: str) -> dict[str, Any]:
    """One post as this client reads it."""
    response = await client.get(f"/moderation/v1/posts/{post}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def on_page(client: httpx.AsyncClient, page: str, **query: Any) -> list[str]:
    """The posts in the order of the page, without those on top."""
    response = await client.get(f"/moderation/v1/pages/{page}/posts", params=query)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


async def edited(client: httpx.AsyncClient, post: str, text: str) -> httpx.Response:
    """An attempt to change what it says."""
    version = (await client.get(f"/moderation/v1/posts/{post}")).headers.get("ETag", '"1"')
    return await client.put(
        f"/moderation/v1/posts/{post}", json={"text": text}, headers={"If-Match": version}
    )


async def at_once(jobs: Iterable[Awaitable[Any]]) -> list[Any]:
    """What each of them came to, errors too, all begun at once."""
    return await asyncio.gather(*jobs, return_exceptions=True)
