"""What somebody wrote about a session: nothing of it is left where moderators remove it, or its host is forgotten."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.flows.test_erasure import holding
from tests.moderation.people import RESIDENT, a_page, guided
from tests.people import done, made, schedule

pytestmark = pytest.mark.starts("surveys", "sessions", "notifications", "moderation")
SERVICES = ("surveys", "sessions", "notifications", "moderation")
WORD = "Jansen"
REMOVE = {"action": "remove", "rule": "privacy", "reason": "Dit gaat over iemand."}


async def a_host(place: Playground, house: str) -> UUID:
    body = {"house_id": house, **RESIDENT}
    return UUID(await made(place.client(Role.STAFF), "/notifications/v1/residents", body))


async def a_reported_session(place: Playground, house: str, host: UUID) -> str:
    """Its host wrote about somebody, and everything that was heard of it waits in notifications."""
    staff = place.client(Role.STAFF)
    session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"})
    assert (await schedule(staff, session)).status_code == 200
    await made(staff, f"/sessions/v1/sessions/{session}/roles", {"role": "host", "resident_id": str(host)})
    place.clock.move(timedelta(days=90))
    path, lead = f"/sessions/v1/sessions/{session}", place.client(Role.RESIDENT, subject=host)
    await done(lead, f"{path}/attendance", {"attended": [], "walk_ins": 5})
    await done(lead, f"{path}/report", {"report": f"Mevrouw {WORD} was boos."})
    await place.settled()
    return session


async def where(place: Playground, word: str) -> dict[str, set[str]]:
    found = {name: await holding(place, name, word) for name in SERVICES}
    return {name: tables for name, tables in found.items() if tables}


async def decide(client: httpx.AsyncClient, case: str) -> None:
    version = (await client.get(f"/moderation/v1/cases/{case}")).headers["ETag"]
    path = f"/moderation/v1/cases/{case}/decision"
    answer = await client.post(path, json=REMOVE, headers={"If-Match": version})
    assert answer.status_code == 200, answer.text


async def test_what_a_host_wrote_is_nowhere_once_it_is_removed_but_for_an_appeal_and_nowhere_at_all_once_they_are_forgotten(
    place: Playground,
) -> None:
    house = await a_page(place)
    host = await a_host(place, house)
    session = await a_reported_session(place, house, host)
    assert {"sessions", "notifications", "moderation"} <= (await where(place, WORD)).keys()
    reader = place.client(Role.RESIDENT, subject=uuid4())
    complaint = {"category": "privacy", "words": "Dat ben ik."}
    answer = await reader.post(f"/moderation/v1/contents/{session}/reports", json=complaint)
    assert answer.is_success, answer.text
    guide, staff = await guided(place, house), place.client(Role.STAFF)
    [case] = (await staff.get(f"/moderation/v1/pages/{house}/cases")).json()["items"]
    for client in (staff, guide):
        await decide(client, case["id"])
    await place.settled()
    shown = (await reader.get(f"/sessions/v1/sessions/{session}")).json()
    assert (shown["title"], shown["report"]) == (None, None)
    assert (await where(place, WORD)).keys() == {"moderation"}
    for name in SERVICES:
        assert WORD not in json.dumps(await place.events(name))
    lead = place.client(Role.RESIDENT, subject=host)
    asked = await lead.post("/notifications/v1/me/erasure", json={"forget_me": True})
    assert asked.is_success, asked.text
    await place.settled()
    await place.do_what_is_due()
    assert await where(place, WORD) == {}


async def test_what_a_host_wrote_is_nowhere_once_they_are_forgotten(place: Playground) -> None:
    house = await a_page(place)
    host = await a_host(place, house)
    await a_reported_session(place, house, host)
    asked = await place.client(Role.RESIDENT, subject=host).post(
        "/notifications/v1/me/erasure", json={"forget_me": True}
    )
    assert asked.is_success, asked.text
    await place.settled()
    await place.do_what_is_due()
    assert await where(place, WORD) == {}
