"""Tasks over HTTP: who sees which, and who says that one is done."""

from typing import Any
from uuid import uuid4

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from httpx import AsyncClient

from tests.people import PLAN, a_follow_up_vote, done, made, problem, schedule

TASKS = "/sessions/v1/tasks"


async def tasks(client: AsyncClient, **query: Any) -> list[str]:
    return [one["id"] for one in (await client.get(TASKS, params=query)).json()["items"]]


async def a_tied_session(staff: AsyncClient, place: Playground, host: str) -> str:
    """That a resident leads, with a vote that decided nothing; its house."""
    house = await made(staff, "/sessions/v1/houses", {"title": "Wingerd", "town": "x", "dwellings": 9})
    session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffie"})
    assert (await schedule(staff, session, **PLAN)).status_code == 200
    await made(staff, f"/sessions/v1/sessions/{session}/roles", {"resident_id": host, "role": "host"})
    place.clock.move_to(place.clock().replace(year=2019, month=1, day=10, hour=19))
    await done(staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": []})
    await done(staff, f"/sessions/v1/follow-up-votes/{await a_follow_up_vote(staff, session)}/decision")
    place.clock.move_to(place.clock().replace(year=2018, month=11))
    return house


async def test_tasks_from_raising_to_done(place: Playground) -> None:
    staff, guide, host = place.client(Role.STAFF), place.client(Role.GUIDE), uuid4()
    leads, passer_by = place.client(Role.RESIDENT, subject=host), place.client(Role.RESIDENT)
    house = await a_tied_session(staff, place, str(host))
    await a_tied_session(staff, place, str(uuid4()))

    both = await tasks(staff)
    assert len(both) == 2
    assert await tasks(guide) == both
    assert await tasks(leads) == await tasks(staff, house=house) == both[:1]
    assert await tasks(passer_by) == []
    assert await tasks(staff, kind="discuss_further") == both
    assert await tasks(staff, kind="find_a_host") == []

    assert problem(await passer_by.post(f"{TASKS}/{both[0]}/done")) == "not-a-host"
    await done(leads, f"{TASKS}/{both[0]}/done")
    await done(staff, f"{TASKS}/{both[0]}/done")
    assert await tasks(staff, open=True) == both[1:]
    assert await tasks(staff, open=False) == both[:1]
    assert await tasks(staff, limit=1, after=both[0]) == both[1:]
