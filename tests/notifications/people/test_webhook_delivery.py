"""Other systems are told: over real HTTP, PostgreSQL and Redis."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground
from buurtthuis_notifications.workers import webhook_delivery
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from tests.conftest import StartSome
from tests.notifications.people.receiver import Nearby, Receiver, receiving
from tests.notifications.post import Noted, with_parts
from tests.people import a_session, made

SCHEDULED = "nl.buurtthuis.sessions.session-scheduled.v1"
OPENED = "nl.buurtthuis.sessions.house-opened.v1"
WANTED = {"url": "https://systeem.example.nl/buurtthuis", "types": [OPENED, SCHEDULED]}
HOOKS = "/notifications/v1/webhooks"


@dataclass
class Neighbour:
    """A place, and a system beside it."""

    place: Playground
    receiver: Receiver

    @property
    def staff(self) -> httpx.AsyncClient:
        """Somebody of the corporation."""
        return self.place.client(Role.STAFF)

    async def attempts(self, webhook: str) -> list[dict[str, Any]]:
        """What came of it, newest first."""
        return list((await self.staff.get(f"{HOOKS}/{webhook}/attempts")).json()["items"])

    async def state(self, webhook: str) -> str:
        """Whether anything is sent."""
        return str((await self.staff.get(f"{HOOKS}/{webhook}")).json()["state"])

    async def say_something(self) -> None:
        """A house opens, and a session in it is scheduled."""
        await a_session(self.staff)
        await self.place.settled()


@pytest.fixture
async def beside(start: StartSome, templates: dict[str, Service]) -> AsyncIterator[Neighbour]:
    async with receiving() as receiver:
        ours = with_parts(templates["notifications"], Noted())
        parts: Any = ours.parts
        ours = replace(
            ours, workers=(), parts=lambda settings: replace(parts(settings), hooks=Nearby(receiver.url))
        )
        async with start([templates["sessions"], ours]) as place:
            yield Neighbour(place, receiver)


async def told(beside: Neighbour) -> None:
    """All rounds until nothing is left, by several replicas at once."""
    running = beside.place.service("notifications")
    corporation = running.corporations["woonpartners"]
    while sum(await asyncio.gather(*(webhook_delivery.deliver(running, corporation) for _ in range(4)))):
        pass


async def test_a_system_is_told_in_order_once_and_without_words(beside: Neighbour) -> None:
    await beside.say_something()
    answer = (await beside.staff.post(HOOKS, json=WANTED)).json()
    for _ in range(5):
        await beside.say_something()
    await told(beside)
    assert beside.receiver.types == ["sessions.house-opened.v1", "sessions.session-scheduled.v1"] * 5
    assert len(set(beside.receiver.ids)) == 10
    for one in beside.receiver.told:
        assert one.event["id"] == one.headers["webhook-id"]
        assert Verifier(answer["secret"]).verify(one.body, one.headers)
    sessions = [one.event for one in beside.receiver.told if one.event["type"] == SCHEDULED]
    assert {one["data"]["title"] for one in sessions} == {None}
    assert {one["status"] for one in await beside.attempts(answer["id"])} == {204}


async def test_what_is_refused_holds_up_what_follows_and_comes_again_with_its_id(beside: Neighbour) -> None:
    webhook = await made(beside.staff, HOOKS, WANTED)
    beside.receiver.answer = lambda _: 500
    await beside.say_something()
    await told(beside)
    beside.receiver.answer = lambda _: 200
    beside.place.clock.move(timedelta(minutes=1))
    await told(beside)
    first, again, second = beside.receiver.ids
    assert first == again != second
    assert [one["status"] for one in await beside.attempts(webhook)] == [200, 200, 500]


async def test_after_days_of_failure_it_is_switched_off_and_goes_on_where_it_stopped(
    beside: Neighbour,
) -> None:
    webhook = await made(beside.staff, HOOKS, WANTED)
    beside.receiver.answer = lambda _: 500
    await beside.say_something()
    for _ in range(2):
        await told(beside)
        beside.place.clock.move(timedelta(days=3))
    assert await beside.state(webhook) == "off"
    said = [one["type"] for one in await beside.place.events("notifications")]
    assert said == ["nl.buurtthuis.notifications.webhook-switched-off.v1"]
    beside.receiver.answer = lambda _: 200
    assert (await beside.staff.post(f"{HOOKS}/{webhook}/resumption")).status_code == 200
    await told(beside)
    assert beside.receiver.types[-2:] == ["sessions.house-opened.v1", "sessions.session-scheduled.v1"]


async def test_one_whose_secret_cannot_be_opened_holds_up_no_other(beside: Neighbour) -> None:
    sealed, _ = [await made(beside.staff, HOOKS, WANTED) for _ in range(2)]
    async with beside.place.service("notifications").database.transaction("woonpartners") as session:
        await session.execute(text("UPDATE webhooks SET secret = 'x' WHERE id = :id"), {"id": sealed})
    await beside.say_something()
    await told(beside)
    assert beside.receiver.types == ["sessions.house-opened.v1", "sessions.session-scheduled.v1"]


async def test_a_webhook_can_be_tried_paused_given_another_secret_and_deleted(beside: Neighbour) -> None:
    staff = beside.staff
    first = (await staff.post(HOOKS, json=WANTED, headers={"Idempotency-Key": "one"})).json()
    assert (await staff.post(HOOKS, json=WANTED, headers={"Idempotency-Key": "one"})).json() == first
    at = f"{HOOKS}/{first['id']}"
    other = (await staff.post(f"{at}/secret")).json()["secret"]
    assert (await staff.post(f"{at}/ping")).status_code == 202
    await told(beside)
    [ping] = beside.receiver.told
    assert [Verifier(one).verify(ping.body, ping.headers) for one in (first["secret"], other)]
    assert (await staff.post(f"{at}/pause")).status_code == 200
    await beside.say_something()
    await told(beside)
    assert beside.receiver.types == ["notifications.ping.v1"]
    assert (await staff.post(f"{at}/ping")).json()["type"].endswith("webhook-cannot-move")
    shown = (await staff.get(HOOKS)).json()["items"]
    assert "secret" not in shown[0]
    assert (await staff.delete(at)).status_code == 204
    assert (await staff.get(f"{at}/attempts")).status_code == 404


BACK = (
    "DELETE FROM journal WHERE position > :position",
    "UPDATE streams SET numbered = :position, published = :position",
)


async def restored(place: Playground, service: str, position: int) -> None:
    """Its journal is as it was, and Redis is empty: nobody but its readers knows what was said since."""
    producer = place.service(service)
    async with producer.database.transaction("woonpartners") as session:
        for statement in BACK:
            await session.execute(text(statement), {"position": position})
    producer.relay.give_up("woonpartners")
    await producer.redis.flushdb()


@pytest.mark.parametrize("told_before", [True, False], ids=["told all", "behind"])
async def test_after_a_restore_with_redis_lost_a_system_is_told_all_that_was_said_since(
    beside: Neighbour, told_before: bool
) -> None:
    """Though it got positions that were given out before."""
    await made(beside.staff, HOOKS, WANTED)
    await beside.say_something()
    await told(beside)
    kept = int((await beside.place.events("sessions"))[-1]["sequence"])
    for _ in range(3):
        await beside.say_something()
    if told_before:
        await told(beside)
    lost = {event["id"] for event in await beside.place.events("sessions") if int(event["sequence"]) > kept}
    await restored(beside.place, "sessions", kept)
    for _ in range(5):
        await beside.say_something()
    await told(beside)
    said = {
        event["id"] for event in await beside.place.events("sessions") if event["type"] in WANTED["types"]
    }
    arrived = Counter(beside.receiver.ids)
    assert len(said) == 12
    assert {id: arrived[id] for id in said if arrived[id] != 1} == {}
    assert arrived.keys() - said <= lost
