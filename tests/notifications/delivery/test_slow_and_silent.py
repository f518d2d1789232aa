"""Nobody who is slow, silent or gone outside holds up anybody else, or makes anybody unreachable for good."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.notifications import DeliveryChannel, FailureReason
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import eventually
from buurtthuis_notifications.channels import AgainstUs, NobodyThere, TryLater, Undeliverable, outside
from buurtthuis_notifications.channels.places import Places
from buurtthuis_notifications.channels.web_push import WebPush
from buurtthuis_notifications.domain.addresses import AT_MOST, SILENCES, SILENT_FOR, AddressKind
from buurtthuis_notifications.domain.messages import DEADLINE, FIRST_PAUSE, LEASE
from buurtthuis_notifications.domain.rules import Urgency
from buurtthuis_notifications.rendering.outgoing import Outgoing
from buurtthuis_notifications.workers import message_delivery
from sqlalchemy import text

from tests.conftest import StartSome, emptied
from tests.notifications.channels.browsers import Browser, vapid_key
from tests.notifications.delivery.test_sending import (
    AGREED,
    BROWSER,
    PUBLIC,
    Held,
    Town,
    _so_many_wait,
    _three_on_their_way,
    served,
    town,
)
from tests.notifications.post import Noted, with_parts
from tests.people import HOUSE, made

pytestmark = pytest.mark.both_corporations

__all__ = ["served", "town"]

place = emptied

OFF = "Gaat niet door"
FAILED = "SELECT kind, failed_why FROM addresses WHERE failed_at IS NOT NULL"
B = "de-waterlelie"


@dataclass
class Tarpit:
    """Takes every connection, and never says anything."""

    url: str = ""
    stuck: int = 0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.stuck += 1
        try:
            await self.let_go.wait()
        finally:
            writer.close()


@asynccontextmanager
async def tarpit() -> AsyncIterator[Tarpit]:
    """While it runs."""
    found = Tarpit()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        found.let_go.set()
        server.close()


A_MESSAGE_TO_BROWSERS = """
    WITH one AS (INSERT INTO residents (id, language, level, joined_at, version)
                 VALUES ('{resident}', 'nl', 'usual', '2018-11-12', 0)),
    home AS (INSERT INTO memberships (id, resident_id, house_id, joined_at)
             VALUES (gen_random_uuid(), '{resident}', '{house}', '2018-11-12')),
    address AS (INSERT INTO addresses (id, resident_id, kind, secret, digest, verified_at, silences)
                SELECT gen_random_uuid(), '{resident}', 'push', decode(secret, 'hex'), sha256(decode(secret, 'hex')),
                       '2018-11-12', 0 FROM unnest('{{{secrets}}}'::text[]) AS secret),
    news AS (INSERT INTO announcements (id, rule, cause, urgency, data, made_at, due_at, expires_at, resident_id, state,
                                        version)
             VALUES (gen_random_uuid(), 'moved-out', gen_random_uuid(), 'normal', '{{}}', '2018-11-12', '2018-11-12',
                     '2018-11-20', '{resident}', 'told', 0) RETURNING id)
    INSERT INTO messages (id, rule, topic, urgency, state, channel, language, made_at, due_at, expires_at, tried, attempts,
                          announcement_id, resident_id, version)
    SELECT gen_random_uuid(), 'moved-out', 'account', 'normal', 'queued', 'push', 'nl', '{now}', '{now}', '2018-11-20', '{{}}',
           0, id, '{resident}', 0 FROM news
"""


async def test_a_code_comes_while_forty_endpoints_of_another_corporation_never_answer(
    start: StartSome, templates: dict[str, Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one of the same corporation too. All of it is real but for the mail server, and that nobody's time runs out."""
    monkeypatch.setattr(message_delivery, "DEADLINE", LEASE - timedelta(seconds=1))
    monkeypatch.setattr(outside, "WHOLE", LEASE.total_seconds())
    monkeypatch.setattr(outside, "TIMEOUTS", dict.fromkeys(outside.TIMEOUTS, LEASE.total_seconds()))
    mail, push = Noted(), WebPush(vapid_key(tmp_path), "mailto:x@example.nl", anywhere=True)
    notifications = with_parts(templates["notifications"], mail, push=push)
    async with tarpit() as pit, start([templates["sessions"], notifications]) as place:
        service = place.service("notifications")
        houses = {}
        for slug in ("woonpartners", B):
            houses[slug] = await made(
                place.client(Role.STAFF, corporation=slug), "/sessions/v1/houses", HOUSE
            )
        await place.settled()
        async with service.database.transaction("woonpartners") as session:
            for _ in range(8):
                endpoints = (f"{pit.url}/{uuid4()}" for _ in range(5))
                sealed = [
                    service.parts.vault.seal(json.dumps(Browser().subscription(one))) for one in endpoints
                ]
                secrets = ",".join(one.hex() for one in sealed)
                statement = A_MESSAGE_TO_BROWSERS.format(
                    resident=uuid4(), house=houses["woonpartners"], secrets=secrets, now=place.clock()
                )
                await session.execute(text(statement))

        async def all_are_stuck() -> bool:
            return pit.stuck == 40

        await eventually(all_are_stuck, "forty messages are on their way to nobody")
        for slug, email in ((B, "jan@voorbeeld.nl"), ("woonpartners", "piet@voorbeeld.nl")):
            body = {"house_id": houses[slug], "email": email, "agreed": AGREED}
            asked = await place.client().post(f"/notifications/v1/public/{slug}/codes", json=body)
            assert asked.status_code == 202, asked.text

        async def the_codes_came() -> bool:
            return {one.to for one in mail.taken} == {"jan@voorbeeld.nl", "piet@voorbeeld.nl"}

        await eventually(the_codes_came, "the codes came")
        assert pit.stuck == 40
        assert await _waiting(service) == 8
        pit.let_go.set()


async def _waiting(service: Any) -> int:
    async with service.database.transaction("woonpartners") as session:
        found = text(
            "SELECT count(*) FROM messages WHERE rule = 'moved-out' AND attempts = 1 AND state = 'queued'"
        )
        return int((await session.execute(found)).scalar_one())


async def test_a_code_waits_behind_no_announcement(town: Town) -> None:
    held = await _three_on_their_way(town)
    round_for_all = asyncio.create_task(message_delivery.send(town.notifications, town.corporation))
    await eventually(lambda: _so_many_wait(held, 3))
    asked = await town.place.client().post(
        f"{PUBLIC}/codes", json={"house_id": town.house, "email": "nieuw@voorbeeld.nl"}
    )
    assert asked.status_code == 202
    in_its_lane = asyncio.create_task(message_delivery.send_codes(town.notifications, town.corporation))
    await eventually(lambda: _so_many_wait(held, 4))
    assert not round_for_all.done()
    held.let_go.set()
    assert (await in_its_lane, await round_for_all) == (1, 3)
    assert await message_delivery.send_codes(town.notifications, town.corporation) == 0


async def test_some_places_of_a_road_are_for_what_is_critical() -> None:
    places, inside = Places(4, 1), asyncio.Event()

    async def take(urgency: Urgency) -> None:
        async with places.taken(urgency):
            await inside.wait()

    others = [asyncio.create_task(take(Urgency.URGENT)) for _ in range(50)]
    await asyncio.sleep(0)
    async with asyncio.timeout(30), places.taken(Urgency.CRITICAL):
        inside.set()
    await asyncio.gather(*others)


def test_no_message_is_on_its_way_for_longer_than_it_is_ours() -> None:
    assert 2 * DEADLINE < LEASE


async def test_who_does_not_take_a_message_in_time_gets_it_later(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_delivery, "DEADLINE", timedelta(milliseconds=10))
    held = await _three_on_their_way(town)
    assert await message_delivery.send(town.notifications, town.corporation) == 3
    held.let_go.set()
    town.place.clock.move(FIRST_PAUSE)
    await message_delivery.send(town.notifications, town.corporation)
    assert len({one.to for one in held.taken}) == len(held.taken) == 3


async def test_what_waited_too_long_for_its_turn_is_left_to_whoever_takes_it_next(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await _three_on_their_way(town)
    monkeypatch.setitem(town.notifications.parts.places, DeliveryChannel.EMAIL, Places(1, 0))
    sender = asyncio.create_task(message_delivery.send(town.notifications, town.corporation))
    await eventually(lambda: _so_many_wait(held, 1))
    town.place.clock.move(LEASE - DEADLINE)
    held.let_go.set()
    await sender
    assert len(held.taken) == 1
    town.place.clock.move(LEASE)
    await message_delivery.send(town.notifications, town.corporation)
    assert len({one.to for one in held.taken}) == len(held.taken) == 3


async def test_what_arrived_is_noted_though_another_takes_its_time(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await _three_on_their_way(town)
    slow = Held()

    async def send(message: Outgoing) -> None:
        await (slow if message.to == "buur0@voorbeeld.nl" else held).send(message)

    monkeypatch.setattr(message_delivery, "NOTED_WITHIN", 0.0)
    held.let_go.set()
    town.notifications.parts.roads[DeliveryChannel.EMAIL] = Noted()
    monkeypatch.setattr(town.notifications.parts.roads[DeliveryChannel.EMAIL], "send", send)
    sender = asyncio.create_task(message_delivery.send(town.notifications, town.corporation))

    async def two_are_noted() -> bool:
        counted = "SELECT count(*) FROM messages WHERE rule = 'session-scheduled' AND state = 'sent'"
        return await town.sql(counted) == [(2,)]

    await eventually(two_are_noted, "two are noted")
    assert not sender.done()
    slow.let_go.set()
    await sender


async def a_town_with_browsers(town: Town, *names: str) -> tuple[UUID, str]:
    resident = await town.joined(mobile="06 12345678")
    for name in names:
        browser = {**BROWSER, "endpoint": f"https://push.example.org/send/{name}"}
        added = await town.me(resident).post("/notifications/v1/me/addresses/browsers", json=browser)
        assert added.status_code == 204
    return resident, await town.session(resident)


async def test_all_browsers_are_told_at_once(town: Town) -> None:
    _, session = await a_town_with_browsers(town, "a", "b", "c")
    town.notifications.parts.roads[DeliveryChannel.PUSH] = held = Held()
    cancelled = asyncio.create_task(town.cancel(session))
    await eventually(lambda: _so_many_wait(held, 3))
    held.let_go.set()
    await cancelled


async def test_of_more_browsers_than_five_the_oldest_make_room(town: Town) -> None:
    resident, _ = await a_town_with_browsers(town)
    for number in range(AT_MOST[AddressKind.PUSH] + 2):
        town.place.clock.move(timedelta(seconds=1))
        browser = {**BROWSER, "endpoint": f"https://push.example.org/send/{number}"}
        await town.me(resident).post("/notifications/v1/me/addresses/browsers", json=browser)
    own = (await town.me(resident).get("/notifications/v1/me")).json()["addresses"]
    kept = {one["value"]["endpoint"][-1] for one in own if one["kind"] == "push"}
    assert kept == {"2", "3", "4", "5", "6"}


async def test_a_browser_that_nobody_answers_for_days_is_given_up_and_no_sooner(town: Town) -> None:
    _, session = await a_town_with_browsers(town, "a", "b")
    town.roads[DeliveryChannel.PUSH].fail = lambda one: (
        NobodyThere("silent") if one.to.count("send/a") else None
    )
    for number in range(SILENCES + 1):
        assert await town.sql(FAILED) == []
        await town.sql(
            "UPDATE messages SET state = 'queued', channel = 'push' WHERE rule = 'seat-registered'"
        )
        town.place.clock.move(SILENT_FOR / SILENCES)
        await town.sql(f"UPDATE messages SET due_at = '{town.place.clock()}' WHERE state = 'queued'")
        await town.place.do_what_is_due()
        assert number <= SILENCES
    assert session
    assert await town.sql(FAILED) == [("push", "no_answer")]


async def test_whoever_answers_again_was_not_silent(town: Town) -> None:
    resident, session = await a_town_with_browsers(town, "a")
    town.roads[DeliveryChannel.PUSH].fail = lambda _: NobodyThere("silent")
    await town.cancel(session)
    assert await town.sql("SELECT silences FROM addresses WHERE kind = 'push'") == [(1,)]
    town.roads[DeliveryChannel.PUSH].fail = lambda _: None
    town.place.clock.move(FIRST_PAUSE)
    await town.place.do_what_is_due()
    assert resident
    assert await town.sql("SELECT silences, silent_since FROM addresses WHERE kind = 'push'") == [(0, None)]


# Addresses that are given up, and back again


async def test_staff_see_that_an_address_failed_and_why_but_not_which_and_undo_it(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: Undeliverable(FailureReason.REFUSED, "SMTP 550 5.1.1")
    await town.session(resident)
    answer = await town.staff.get("/notifications/v1/failed-addresses")
    [failed] = answer.json()["items"]
    assert (failed["resident_id"], failed["failed_why"]) == (str(resident), "SMTP 550 5.1.1")
    assert "voorbeeld" not in answer.text
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: None
    path = f"/notifications/v1/residents/{resident}/addresses/{failed['id']}/trying-again"
    assert (await town.staff.post(path)).status_code == 200
    assert (await town.staff.get("/notifications/v1/failed-addresses")).json()["items"] == []
    await town.session(resident)
    assert town.told(DeliveryChannel.EMAIL, "U doet mee")


async def test_a_resident_undoes_it_too_and_nobody_else_s(town: Town) -> None:
    resident, other = await town.joined(email="jan@voorbeeld.nl"), await town.joined(email="p@voorbeeld.nl")
    await town.sql("UPDATE addresses SET failed_at = now(), failed_why = 'x'")
    own = (await town.me(resident).get("/notifications/v1/me")).json()["addresses"]
    path = f"/notifications/v1/me/addresses/{own[0]['id']}/trying-again"
    assert (await town.me(other).post(path)).status_code == 404
    assert (await town.me(resident).post(path)).status_code == 204
    assert len(await town.sql(FAILED)) == 1


async def test_an_address_where_a_code_arrives_is_good_again(town: Town) -> None:
    await town.joined(email="jan@voorbeeld.nl")
    await town.joined(email="piet@voorbeeld.nl")
    await town.sql("UPDATE addresses SET failed_at = now(), failed_why = 'x'")
    asked = await town.place.client().post(f"{PUBLIC}/codes", json={"email": "jan@voorbeeld.nl"})
    assert asked.status_code == 202
    await town.place.do_what_is_due()
    assert len(await town.sql(FAILED)) == 1


async def test_what_a_server_has_against_us_makes_nobody_unreachable(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: AgainstUs("SMTP 550 5.7.1")
    await town.session(resident)
    assert await town.sql(FAILED) == []
    waits = "SELECT state, reason FROM messages WHERE rule = 'seat-registered'"
    assert await town.sql(waits) == [("queued", "us: SMTP 550 5.7.1")]
    measured = (await town.place.client().get("/notifications/metrics")).text
    assert 'buurtthuis_messages_waiting{corporation="woonpartners",road="email"}' in measured
    assert 'buurtthuis_messages_sent_total{end="us",road="email"}' in measured
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: None
    town.place.clock.move(FIRST_PAUSE)
    await town.place.do_what_is_due()
    assert await town.sql(waits) == [("sent", None)]


async def test_what_nobody_can_take_for_long_goes_by_the_next_road(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: TryLater("552 5.2.2")
    await town.session(resident)
    await town.sql("UPDATE messages SET attempts = 29 WHERE rule = 'seat-registered'")
    town.place.clock.move(FIRST_PAUSE)
    await town.place.do_what_is_due()
    assert await town.sql(FAILED) == []
    assert await town.sql("SELECT state FROM messages WHERE rule = 'seat-registered'") == [("failed",)]
