"""Messages on their way, on real PostgreSQL, over roads that do as they are told."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest
from buurtthuis.core.corporations import Corporation
from buurtthuis.events.notifications import DeliveryChannel, FailureReason
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.retention import delete_some
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground, eventually
from buurtthuis_notifications.channels import TryLater, Undeliverable
from buurtthuis_notifications.channels.web_push import WebPush
from buurtthuis_notifications.domain.messages import FIRST_PAUSE, LEASE, LOOKED_UP_FOR, Message
from buurtthuis_notifications.domain.webhooks import KEPT_FOR
from buurtthuis_notifications.queries.hand_deliveries import waiting
from buurtthuis_notifications.rendering.context import load_context
from buurtthuis_notifications.rendering.outgoing import Outgoing
from buurtthuis_notifications.storage import queue
from buurtthuis_notifications.storage.queue import record_arrivals
from buurtthuis_notifications.storage.retention import outlived
from buurtthuis_notifications.workers import fan_out, message_delivery
from sqlalchemy import select, text
from vobject import readOne

from tests.conftest import emptied
from tests.notifications.channels.browsers import vapid_key
from tests.notifications.post import SENDER, Noted, at_rest, new_roads, with_parts
from tests.people import HOUSE, PLAN, made, schedule

AGREED = ["messages"]
DOOR = {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"}
BROWSER = {
    "endpoint": "https://push.example.org/send/abc",
    "keys": {
        "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "auth": "tBHItJI5svbpez7KI4CCXg",
    },
}
PUBLIC = "/notifications/v1/public/woonpartners"
NEWS = "SELECT DISTINCT state FROM messages WHERE rule = 'session-scheduled'"
THE_SESSION = datetime(2019, 1, 10, 18, 30, tzinfo=UTC)
EVENING = datetime(2018, 11, 12, 19, 59, 30, tzinfo=UTC)  # a minute before nine o'clock there
EVENING_BEFORE = datetime(2019, 1, 9, 20, 30, tzinfo=UTC)  # half past nine there
MORNING_OF = datetime(2019, 1, 10, 7, tzinfo=UTC)  # eight o'clock there
NIGHT = datetime(2018, 11, 12, 22, tzinfo=UTC)
MORNING = datetime(2018, 11, 13, 7, tzinfo=UTC)
AN_ATTEMPT = """
    INSERT INTO webhook_attempts (id, webhook_id, event_id, type, at, took)
    VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x', '2018-11-12', true)
"""
MANY = 200
ABOUT_MANY_SESSIONS = """
    WITH about AS (
        INSERT INTO announcements (id, rule, cause, urgency, data, made_at, due_at, expires_at, session_id, state, version)
        SELECT gen_random_uuid(), 'seat-registered', gen_random_uuid(), 'normal', '{{}}', '2018-11-12', '2018-11-12',
               '2018-11-20', gen_random_uuid(), 'told', 0 FROM generate_series(1, {many}) RETURNING id
    )
    INSERT INTO messages (id, rule, topic, urgency, state, channel, language, made_at, due_at, expires_at, tried, attempts,
                          announcement_id, resident_id, version)
    SELECT gen_random_uuid(), 'seat-registered', 'my_sessions', 'normal', 'sent', 'email', 'nl', '2018-11-12',
           '2018-11-12', '2018-11-20', '{{}}', 0, id, gen_random_uuid(), 0 FROM about
"""
THE_IDEA = """
    WITH idea AS (INSERT INTO known_themes (id, house_id, title, version)
                VALUES (gen_random_uuid(), '{house}', 'Koffie', 0) RETURNING id),
    followed AS (INSERT INTO followers (id, theme_id, resident_id, version)
                 SELECT gen_random_uuid(), idea.id, one, 0 FROM idea, unnest('{followers}'::uuid[]) AS one)
    INSERT INTO announcements (id, rule, cause, urgency, data, made_at, due_at, expires_at, house_id, theme_id,
                               state, version)
    SELECT gen_random_uuid(), 'theme-selected', gen_random_uuid(), 'info', '{{}}', '2018-11-12', '2018-11-12',
           '2018-11-20', '{house}', id, 'addressing', 0 FROM idea
"""


BROUGHT = """
    INSERT INTO hand_deliveries (id, message_id, resident_id, channel, rule, requested_at, expires_at, state, tries, version)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'letter', 'welcome', '2018-11-12', '2018-11-20', state,
           0, 0 FROM unnest(ARRAY['done', 'requested']) AS state
"""


@dataclass
class Town:
    """A house in which things happen, and what comes of them."""

    place: Playground
    house: str = ""
    last: str = ""
    roads: dict[DeliveryChannel, Noted] = field(default_factory=dict)

    @property
    def staff(self) -> httpx.AsyncClient:
        return self.place.client(Role.STAFF)

    def me(self, resident: UUID) -> httpx.AsyncClient:
        return self.place.client(Role.RESIDENT, subject=resident)

    async def joined(self, **address: str) -> UUID:
        body = {"house_id": self.house, "agreed": AGREED, **address}
        asked = await self.place.client().post(f"{PUBLIC}/codes", json=body)
        await self.place.do_what_is_due()
        code = self.last_code(DeliveryChannel.SMS if "mobile" in address else DeliveryChannel.EMAIL)
        used = await self.place.client().post(f"{PUBLIC}/codes/{asked.json()['id']}/use", json={"code": code})
        assert used.status_code == 200, used.text
        return UUID(used.json()["resident_id"])

    async def registered(self, *agreed: str, **ways: Any) -> UUID:
        body = {"house_id": self.house, "another": True, "agreed": [*AGREED, *agreed]} | (
            ways or {"door": DOOR}
        )
        return UUID(await made(self.staff, "/notifications/v1/residents", body))

    async def session(self, *seated: UUID) -> str:
        session = await made(
            self.staff, "/sessions/v1/sessions", {"house_id": self.house, "title": "Koffietafel"}
        )
        assert (await schedule(self.staff, session)).status_code == 200
        for resident in seated:
            seat = {"resident_id": str(resident)}
            await made(self.staff, f"/sessions/v1/sessions/{session}/seats", seat)
        await self.place.do_what_is_due()
        return session

    async def cancel(self, session: str) -> None:
        path = f"/sessions/v1/sessions/{session}/cancellation"
        assert (await self.staff.post(path, json={"reason": "Ziek."})).status_code == 200
        await self.place.do_what_is_due()

    def last_code(self, channel: DeliveryChannel) -> str:
        found = re.findall(r"\b\d{6}\b", " ".join(one.text.short for one in self.roads[channel].taken))
        return str(found[-1])

    @property
    def notifications(self) -> RunningService:
        return self.place.service("notifications")

    @property
    def corporation(self) -> Corporation:
        return self.notifications.corporations["woonpartners"]

    async def move(self, session: str, days: int) -> None:
        path = f"/sessions/v1/sessions/{session}"
        etag = (await self.staff.get(path)).headers["ETag"]
        times = {
            name: (datetime.fromisoformat(PLAN[name]) + timedelta(days=days)).isoformat()  # type: ignore[arg-type]
            for name in ("starts_at", "ends_at")
        }
        moved = await self.staff.put(f"{path}/plan", json=PLAN | times, headers={"If-Match": etag})
        assert moved.status_code == 200, moved.text
        await self.place.do_what_is_due()

    def told(self, channel: DeliveryChannel, rule_words: str) -> list[Any]:
        """What went by one road, as far as its subject has these words."""
        return [one for one in self.roads[channel].taken if rule_words in one.text.subject]

    async def tidied(self, now: datetime, left: str) -> list[Any]:
        """What is left when it was looked then what may go."""
        async with self.notifications.database.transaction("woonpartners") as session:
            await delete_some(session, outlived, now)
        return await self.sql(left)

    async def sql(self, query: str) -> list[Any]:
        async with self.notifications.database.transaction("woonpartners") as session:
            found: Any = await session.execute(text(query))
            return [tuple(row) for row in found] if found.returns_rows else []


@pytest.fixture(scope="module")
def served(templates: dict[str, Service]) -> list[Service]:
    """Nothing goes by itself."""
    return [templates["sessions"], at_rest(with_parts(templates["notifications"], Noted()))]


place = emptied


@pytest.fixture
async def town(place: Playground) -> Town:
    town = Town(place)
    town.roads = new_roads(town.notifications)
    town.house = await made(town.staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    return town


async def test_an_address_that_is_refused_is_known_by_it_and_the_next_road_is_taken(town: Town) -> None:
    resident = await town.joined(email="oud@voorbeeld.nl")
    await _adds(town, resident, mobile="06 12345678")
    session = await town.session(resident)
    town.roads[DeliveryChannel.SMS].fail = lambda _: Undeliverable(FailureReason.REFUSED)
    await town.cancel(session)
    await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "Gaat niet door")) == 1
    own = (await town.me(resident).get("/notifications/v1/me")).json()["addresses"]
    assert {one["kind"]: bool(one["failed_at"]) for one in own} == {"email": False, "mobile": True}


async def test_what_a_road_cannot_take_now_is_tried_again_by_the_same_road(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: TryLater("away")
    await town.cancel(session)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: None
    assert town.told(DeliveryChannel.EMAIL, "Gaat niet door") == []
    town.place.clock.move(timedelta(minutes=1))
    await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "Gaat niet door")) == 1


async def test_a_message_keeps_its_id_however_often_it_is_sent(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await town.cancel(await town.session(resident))
    [before] = town.told(DeliveryChannel.EMAIL, "Gaat niet door")
    await town.sql("UPDATE messages SET state = 'queued' WHERE rule = 'session-cancelled'")
    await town.place.do_what_is_due()
    assert [one.id for one in town.told(DeliveryChannel.EMAIL, "Gaat niet door")] == [before.id] * 2


async def test_whoever_reads_a_mails_headers_and_what_staff_see_finds_no_resident_by_its_id(
    town: Town,
) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await town.cancel(await town.session(resident))
    [told] = town.told(DeliveryChannel.EMAIL, "Gaat niet door")
    announcements = (await town.staff.get("/notifications/v1/announcements")).json()["items"]
    assert announcements
    assert told.id not in {uuid5(UUID(one["id"]), str(resident)) for one in announcements}


async def test_senders_side_by_side_send_everything_once(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await town.session(resident)
    service = town.place.service("notifications")
    corporation = service.corporations["woonpartners"]
    town.roads[DeliveryChannel.EMAIL].taken.clear()
    await town.sql(
        "INSERT INTO messages SELECT (m).* FROM (SELECT jsonb_populate_record(messages, "
        "jsonb_build_object('id', gen_random_uuid(), 'state', 'queued', 'sent_at', NULL)) AS m "
        "FROM messages, generate_series(1, 300) WHERE rule = 'seat-registered') AS copies"
    )
    await asyncio.gather(*(_send_all(service, corporation) for _ in range(4)))
    sent = [one.id for one in town.roads[DeliveryChannel.EMAIL].taken]
    assert len(sent) == 300
    assert len(set(sent)) == 300


async def test_whoever_takes_on_a_draft_hears_so_once_it_has_a_time(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    draft = {"house_id": town.house, "title": "Koffietafel"}
    session = await made(town.staff, "/sessions/v1/sessions", draft)
    lead = {"role": "host", "resident_id": str(resident)}
    await made(town.staff, f"/sessions/v1/sessions/{session}/roles", lead)
    await town.place.do_what_is_due()
    assert town.told(DeliveryChannel.EMAIL, "U leidt") == []
    town.place.clock.move(timedelta(days=5))
    planned = await town.me(resident).put(
        f"/sessions/v1/sessions/{session}/plan", json=PLAN, headers={"If-Match": '"2"'}
    )
    assert planned.status_code == 200, planned.text
    for _ in range(2):
        await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "U leidt: Koffietafel")) == 1


async def test_nobody_is_reminded_of_what_is_cancelled(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    town.place.clock.move_to(THE_SESSION - timedelta(hours=23))
    await town.sql("UPDATE known_sessions SET standing = 'off'")
    await town.place.do_what_is_due()
    assert town.told(DeliveryChannel.EMAIL, "Denkt u eraan") == []
    assert session


async def test_a_reminder_that_waits_is_not_sent_to_who_gave_the_seat_back(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: TryLater("away")
    town.place.clock.move_to(THE_SESSION - timedelta(hours=23))
    await town.place.do_what_is_due()
    seat = {"resident_id": str(resident)}
    await town.staff.post(f"/sessions/v1/sessions/{session}/withdrawal", json=seat)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: None
    town.place.clock.move(timedelta(minutes=1))
    await town.place.do_what_is_due()
    assert town.told(DeliveryChannel.EMAIL, "Denkt u eraan") == []


async def test_reminders_come_a_day_and_two_hours_before_and_once(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await town.session(resident)
    for hours in (25, 23, 12, 1):
        town.place.clock.move_to(THE_SESSION - timedelta(hours=hours))
        for _ in range(2):
            await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "Denkt u eraan? Koffietafel")) == 1
    assert len(town.told(DeliveryChannel.EMAIL, "Vandaag: Koffietafel")) == 1


async def test_a_reminder_that_waits_is_not_sent_when_the_session_moved(town: Town) -> None:
    """It has another one, at its own time."""
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: TryLater("away")
    town.place.clock.move_to(THE_SESSION - timedelta(hours=23))
    await town.place.do_what_is_due()
    await town.move(session, days=7)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: None
    town.place.clock.move(timedelta(minutes=1))
    await town.place.do_what_is_due()
    assert town.told(DeliveryChannel.EMAIL, "Denkt u eraan") == []
    assert len(town.told(DeliveryChannel.EMAIL, "het is veranderd")) == 1


async def test_what_waits_for_the_morning_is_not_sent_to_who_took_consent_back(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    town.place.clock.move_to(NIGHT)
    await town.session()
    assert (await town.me(resident).delete("/notifications/v1/me/consents/messages")).status_code == 204
    town.place.clock.move_to(MORNING)
    await town.place.do_what_is_due()
    assert town.told(DeliveryChannel.EMAIL, "Nieuw") == []


async def test_what_waits_for_the_morning_is_not_sent_to_who_moved_out(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    town.place.clock.move_to(NIGHT)
    await town.session()
    left = await town.me(resident).post(f"/notifications/v1/me/houses/{town.house}/moving-out")
    assert left.status_code == 204, left.text
    town.place.clock.move_to(MORNING)
    await town.place.do_what_is_due()
    assert town.told(DeliveryChannel.EMAIL, "Nieuw") == []


async def test_an_idea_in_a_house_is_not_told_to_who_followed_it_there_and_left(town: Town) -> None:
    resident, other = await town.joined(email="jan@voorbeeld.nl"), await town.registered()
    left = await town.me(resident).post(f"/notifications/v1/me/houses/{town.house}/moving-out")
    assert left.status_code == 204, left.text
    await town.sql(THE_IDEA.format(house=town.house, followers=f"{{{resident},{other}}}"))
    await town.place.do_what_is_due()
    told = await town.sql("SELECT resident_id FROM messages WHERE rule = 'theme-selected'")
    assert told == [(other,)]


async def test_what_could_not_go_in_the_evening_waits_for_the_morning(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    town.place.clock.move_to(EVENING)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: TryLater("away")
    await town.cancel(session)
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: None
    town.place.clock.move(timedelta(minutes=1))
    await town.place.do_what_is_due()
    assert town.told(DeliveryChannel.EMAIL, "Gaat niet door") == []
    town.place.clock.move_to(MORNING)
    await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "Gaat niet door")) == 1


async def test_what_nobody_saw_in_the_evening_goes_on_in_the_morning(town: Town) -> None:
    resident = await town.joined(mobile="06 12345678")
    await town.me(resident).post("/notifications/v1/me/addresses/browsers", json=BROWSER)
    session = await town.session(resident)
    town.place.clock.move_to(EVENING)
    await town.cancel(session)
    town.place.clock.move(timedelta(hours=3))
    for _ in range(2):
        await town.place.do_what_is_due()
    assert (
        len(town.told(DeliveryChannel.PUSH, "Gaat niet")),
        town.told(DeliveryChannel.SMS, "Gaat niet"),
    ) == (1, [])
    town.place.clock.move_to(MORNING)
    await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.SMS, "Gaat niet")) == 1


async def test_whoever_has_a_door_alone_is_on_the_list_until_somebody_ticks_it(town: Town) -> None:
    resident = await town.registered("visits")
    await town.cancel(await town.session(resident))
    path = f"/notifications/v1/hand-deliveries?house={town.house}"
    waiting = (await town.staff.get(path)).json()["items"]
    [visit] = [one for one in waiting if one["rule"] == "session-cancelled"]
    assert (visit["channel"], visit["to"]["street"]) == ("visit", "Wingerd")
    assert "gaat niet door" in visit["body"]
    assert (await town.staff.post(f"/notifications/v1/hand-deliveries/{visit['id']}/done")).status_code == 200
    left = (await town.staff.get(path)).json()["items"]
    assert visit["id"] not in [one["id"] for one in left]


async def to_bring(town: Town) -> list[dict[str, Any]]:
    """What staff are to bring of a cancellation."""
    found = (await town.staff.get(f"/notifications/v1/hand-deliveries?house={town.house}")).json()["items"]
    return [one for one in found if one["rule"] == "session-cancelled"]


async def test_everybody_is_reached_in_the_way_that_they_chose(town: Town) -> None:
    """By a call, by a neighbour's, at the door, or through it."""
    neighbour = {"name": "Jan van 14", "telephone": "0182 654321"}
    named = {**DOOR, "name": "Mw. De Vries"}
    ways: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({"telephone": "0182 123456"}, ()),
        ({"door": named, "neighbour": neighbour}, ("visits",)),
        ({"door": {**DOOR, "number": "16"}}, ("visits",)),
        ({"door": {**DOOR, "number": "18"}}, ()),
    ]
    residents = [await town.registered(*agreed, **way) for way, agreed in ways]
    await town.cancel(await town.session(*residents))
    found = {(one["channel"], one["by"]): one for one in await to_bring(town)}
    by = {("call", "telephone"), ("call", "neighbour"), ("visit", "door"), ("letter", "door")}
    assert found.keys() == by
    assert found["call", "telephone"]["to"] == "+31182123456"
    assert found["visit", "door"]["to"]["number"] == "16"
    assert found["letter", "door"]["to"]["number"] == "18"
    asked = found["call", "neighbour"]
    assert (asked["to"]["name"], asked["door"]["name"]) == ("Jan van 14", "Mw. De Vries")
    assert "Zeg niet waar het over gaat" in asked["caution"]
    assert all(one["caution"] is None for key, one in found.items() if key != ("call", "neighbour"))


async def test_where_more_waits_than_a_list_holds_what_ends_first_is_on_it(town: Town) -> None:
    town.place.clock.move_to(THE_SESSION - timedelta(days=2))
    resident = await town.registered(door=DOOR, telephone="0182 123456")
    await town.place.do_what_is_due()
    await town.cancel(await town.session(resident))
    oldest = (await town.staff.get(f"/notifications/v1/hand-deliveries?house={town.house}")).json()["items"][
        0
    ]
    assert oldest["rule"] == "welcome"
    async with town.notifications.database.transaction("woonpartners") as session:
        found = await waiting(session, house=UUID(town.house), channel=None, limit=200)
    ends = [one.expires_at for one in found]
    assert (ends, found[-1].rule) == (sorted(ends), "welcome")
    assert "session-cancelled" in [one.rule for one in found]


async def test_nobody_is_visited_who_takes_that_back_and_they_hear_it_by_letter(town: Town) -> None:
    resident = await town.registered("visits")
    await town.cancel(await town.session(resident))
    assert [one["channel"] for one in await to_bring(town)] == ["visit"]
    assert (await town.me(resident).delete("/notifications/v1/me/consents/visits")).status_code == 204
    assert await to_bring(town) == []  # at once
    await town.place.do_what_is_due()
    assert [one["channel"] for one in await to_bring(town)] == ["letter"]


async def test_a_visit_that_waited_for_its_hour_is_none_without_consent(town: Town) -> None:
    resident = await town.registered("visits")
    session = await town.session(resident)
    town.place.clock.move_to(EVENING)
    await town.cancel(session)
    await town.me(resident).delete("/notifications/v1/me/consents/visits")
    town.place.clock.move_to(MORNING)
    for _ in range(2):
        await town.place.do_what_is_due()
    assert [one["channel"] for one in await to_bring(town)] == ["letter"]


async def test_whoever_nobody_could_reach_is_not_registered(town: Town) -> None:
    body = {"house_id": town.house, "agreed": AGREED}
    answer = await town.staff.post("/notifications/v1/residents", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/door")


async def test_what_nobody_saw_in_time_goes_on_by_another_road(town: Town) -> None:
    resident = await town.joined(mobile="06 12345678")
    browser = await town.me(resident).post("/notifications/v1/me/addresses/browsers", json=BROWSER)
    assert browser.status_code == 204
    session = await town.session(resident)
    town.place.clock.move_to(THE_SESSION - timedelta(minutes=55))
    await town.cancel(session)
    assert len(town.told(DeliveryChannel.PUSH, "Gaat niet door")) == 1
    assert town.told(DeliveryChannel.SMS, "Gaat niet door") == []
    for _ in range(3):
        town.place.clock.move(timedelta(minutes=10))
        await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.SMS, "Gaat niet door")) == 1
    assert (await town.staff.get("/notifications/v1/hand-deliveries")).json()["items"] == []


async def test_what_was_seen_goes_nowhere_else_and_looking_at_the_link_is_not_seeing(town: Town) -> None:
    resident = await town.joined(mobile="06 12345678")
    session = await town.session(resident)
    await town.cancel(session)
    [message] = town.told(DeliveryChannel.SMS, "Gaat niet door")
    link = message.seen.removeprefix("https://buurtthuis.example.nl")
    state = "SELECT state FROM messages WHERE rule = 'session-cancelled'"
    assert (await town.place.client().get(link)).status_code == 200
    assert await town.sql(state) == [("sent",)]
    for click in CLICKS:
        assert (await town.place.client().post(link, **click)).status_code == 200
    assert await town.sql(state) == [("delivered",)]


async def test_a_browser_finds_what_to_subscribe_with_where_messages_go_to_browsers(
    town: Town, tmp_path: Path
) -> None:
    path = f"{PUBLIC}/push-key"
    assert (await town.place.client().get(path)).status_code == 404
    road = WebPush(vapid_key(tmp_path), "mailto:buurtthuis@woonpartners.example.nl")
    town.notifications.parts.roads[DeliveryChannel.PUSH] = road
    assert (await town.place.client().get(path)).json() == {"key": road.public_key}


#: As mail programs send it (RFC 8058, 3.2), and as little as some of them do.
CLICKS: list[dict[str, Any]] = [
    {
        "content": "List-Unsubscribe=One-Click",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    },
    {"files": {"List-Unsubscribe": (None, "One-Click")}},
    {"content": "List-Unsubscribe=One-Click", "headers": {"Content-Type": "text/plain"}},
    {"content": b"List-Unsubscribe=One-Click"},
    {},
]


async def test_one_click_stops_messages_of_a_kind_by_that_road(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await town.session(resident)
    [message] = town.told(DeliveryChannel.EMAIL, "Nieuw")
    link = message.unsubscribe.removeprefix("https://buurtthuis.example.nl")
    for click in CLICKS:
        assert (await town.place.client().post(link, **click)).status_code == 200
    await town.session()
    assert len(town.told(DeliveryChannel.EMAIL, "Nieuw")) == 1


async def test_codes_and_counts_do_not_stay_for_ever(town: Town) -> None:
    await town.joined(email="jan@voorbeeld.nl")
    await town.sql(AN_ATTEMPT)
    left = (
        "SELECT (SELECT count(*) FROM codes), (SELECT count(*) FROM allowances), "
        "(SELECT count(*) FROM messages WHERE rule = 'code'), (SELECT count(*) FROM webhook_attempts)"
    )
    assert await town.sql(left) == [(1, 4, 1, 1)]
    town.place.clock.move(timedelta(days=2))
    await town.place.do_what_is_due()
    assert await town.sql(left) == [(0, 0, 0, 1)]
    town.place.clock.move(KEPT_FOR)
    await town.place.do_what_is_due()
    assert await town.sql(left) == [(0, 0, 0, 0)]


async def test_what_was_told_is_looked_up_for_two_years(town: Town) -> None:
    await town.sql(ABOUT_MANY_SESSIONS.format(many=2))
    await town.sql(
        "UPDATE messages SET state = 'queued' WHERE id = (SELECT min(id::text)::uuid FROM messages)"
    )
    await town.sql(BROUGHT)
    left = (
        "SELECT (SELECT count(*) FROM announcements), (SELECT count(*) FROM messages), "
        "(SELECT count(*) FROM hand_deliveries)"
    )
    until = datetime(2018, 11, 20, tzinfo=UTC) + LOOKED_UP_FOR
    assert await town.tidied(until - timedelta(seconds=1), left) == [(2, 2, 2)]
    # What is not at an end yet stays, and what it is about.
    assert await town.tidied(until, left) == [(1, 1, 1)]


async def test_as_many_sessions_as_there_are_people_are_no_burden(town: Town) -> None:
    """Each message is about one of them; with every pair of both it was more than a statement takes."""
    await town.sql(ABOUT_MANY_SESSIONS.format(many=MANY))
    async with town.place.service("notifications").database.transaction("woonpartners") as session:
        found = list(await session.scalars(select(Message)))
        context = await load_context(session, found)
    assert len(context.announcements) == MANY


async def test_a_visit_is_not_asked_for_when_what_it_was_about_is_off(town: Town) -> None:
    resident = await town.registered()
    session = await town.session(resident)
    path = f"/notifications/v1/hand-deliveries?house={town.house}"
    before = {one["rule"] for one in (await town.staff.get(path)).json()["items"]}
    await town.cancel(session)
    after = {one["rule"] for one in (await town.staff.get(path)).json()["items"]}
    assert before - after == {"session-scheduled", "seat-registered"}
    assert after - before == {"session-cancelled"}


async def test_who_cannot_be_reached_at_all_is_counted_among_the_failed(town: Town) -> None:
    await town.joined(email="jan@voorbeeld.nl")
    await town.sql("UPDATE addresses SET failed_at = now()")
    await town.session()
    await town.place.do_what_is_due()
    delivered = [
        one["data"]
        for one in await town.place.events("notifications")
        if one["type"] == "nl.buurtthuis.notifications.announcement-delivered.v1"
    ]
    assert {(one["suppressed"], one["failed"]) for one in delivered[-1:]} == {(0, 1)}


async def test_a_link_that_nobody_made_does_nothing(town: Town) -> None:
    for kind in ("seen", "unsubscriptions"):
        assert (await town.place.client().post(f"{PUBLIC}/{kind}/{'x' * 40}")).status_code == 404


@pytest.mark.parametrize(
    ("browser", "language", "direction"),
    [
        ("ar-EG, en;q=0.5", "ar", "rtl"),
        ("en;q=0.3, tr;q=0.8", "tr", "ltr"),
        ("nl-NL,nl;q=0.9,en-US;q=0.8,en;q=0.7", "nl-x-b1", "ltr"),
        ("uk, *", "nl-x-b1", "ltr"),
        ("ar;q=0", "nl-x-b1", "ltr"),
        ("", "nl-x-b1", "ltr"),
    ],
)
async def test_our_own_pages_are_in_the_best_language_for_a_browser_that_the_corporation_writes_in(
    town: Town, browser: str, language: str, direction: str
) -> None:
    headers = {"Accept-Language": browser}
    page = await town.place.client().post(f"{PUBLIC}/seen/{'x' * 40}", headers=headers)
    assert f'<html lang="{language}" dir="{direction}">' in page.text
    assert page.headers["Content-Language"] == language
    assert "Accept-Language" in page.headers["Vary"]


async def test_several_messages_come_in_one_at_the_hour_that_somebody_chose(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _wishes(town, resident, digests={"new_sessions": "daily"})
    for _ in range(2):
        await town.session()
    assert town.told(DeliveryChannel.EMAIL, "Nieuw") == []
    town.place.clock.move_to(datetime(2018, 11, 13, 8, 0, tzinfo=UTC))
    for _ in range(2):
        await town.place.do_what_is_due()
    [digest] = town.told(DeliveryChannel.EMAIL, "Nieuws voor u")
    assert digest.text.body.count("Koffietafel") == 2


async def test_a_digest_is_in_one_language_and_in_plain_dutch_below_it(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl", language="ar")
    await _wishes(town, resident, digests={"new_sessions": "daily"})
    await town.session()
    town.place.clock.move_to(datetime(2018, 11, 13, 8, 0, tzinfo=UTC))
    for _ in range(2):
        await town.place.do_what_is_due()
    [digest] = town.told(DeliveryChannel.EMAIL, "أخبار لكم")
    assert "جديد: " in digest.text.body
    assert "Nieuw: Koffietafel" not in digest.text.body
    assert "Nieuw: Koffietafel" in digest.text.below.body
    assert not re.search("[\u0600-\u06ff]", digest.text.below.body)


async def test_a_session_without_a_title_is_called_by_its_kind_in_its_readers_calendar(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl", language="ar")
    session = await town.session(resident)
    await town.sql(f"UPDATE known_sessions SET title = NULL WHERE id = '{session}'")
    await town.cancel(session)
    [off] = town.told(DeliveryChannel.EMAIL, "أُلغي")
    assert readOne(off.calendar.content.decode()).vevent.summary.value == "جلسة قهوة"


async def test_a_weekly_digest_holds_what_happened_all_week(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _wishes(town, resident, digests={"new_sessions": "weekly"}, digest_day=0)
    for _ in range(2):
        await town.session()
    town.place.clock.move_to(datetime(2018, 11, 19, 7, 0, tzinfo=UTC))
    for _ in range(2):
        await town.place.do_what_is_due()
    [digest] = town.told(DeliveryChannel.EMAIL, "Nieuws voor u")
    assert digest.text.body.count("Koffietafel") == 2


async def test_a_reminder_does_not_wait_for_a_digest_that_comes_after_the_session(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _wishes(town, resident, digests={"my_sessions": "weekly"}, digest_day=0)
    await town.session(resident)
    town.place.clock.move_to(THE_SESSION - timedelta(hours=23))
    await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "Denkt u eraan")) == 1


async def test_what_is_too_much_for_a_day_comes_day_by_day(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _wishes(town, resident, at_most=1)
    for _ in range(3):
        await town.session()
    for told in (1, 2, 3):
        assert len(town.told(DeliveryChannel.EMAIL, "Nieuw")) == told
        town.place.clock.move(timedelta(days=1))
        await town.place.do_what_is_due()


async def test_a_place_that_comes_free_the_evening_before_goes_to_the_first_who_waits(town: Town) -> None:
    """At ten in the morning: before anybody could have read an offer it would have run out, five times."""
    first, *others = await _five_wait_and_one_gives_back(town, "10:00", at=EVENING_BEFORE)
    town.place.clock.move_to(MORNING_OF)
    for _ in range(2):
        await town.place.do_what_is_due()
    [told] = town.told(DeliveryChannel.EMAIL, "U doet mee")
    assert told.to == "eerste@voorbeeld.nl"
    assert "niet eerst gevraagd" in told.text.body
    assert await _seats(town) == {first: "registered"} | dict.fromkeys(others, "waitlisted")


async def test_a_place_that_is_offered_at_night_can_be_taken_in_the_morning(town: Town) -> None:
    first, second, *others = await _five_wait_and_one_gives_back(town, "15:00", at=EVENING_BEFORE)
    town.place.clock.move_to(MORNING_OF)
    for _ in range(2):
        await town.place.do_what_is_due()
    [told] = town.told(DeliveryChannel.EMAIL, "Er is een plek voor u")
    assert (told.to, await _seats(town)) == (
        "eerste@voorbeeld.nl",
        {first: "offered"} | dict.fromkeys((second, *others), "waitlisted"),
    )
    town.place.clock.move(timedelta(hours=1, minutes=59))
    taken = await town.me(first).post(f"/sessions/v1/sessions/{town.last}/acceptance")
    assert taken.status_code == 200, taken.text
    assert (await _seats(town))[first] == "registered"


async def test_who_does_not_answer_in_the_morning_leaves_time_for_the_next(town: Town) -> None:
    first, second, *_ = await _five_wait_and_one_gives_back(town, "19:30", at=EVENING_BEFORE)
    for moment in (MORNING_OF, MORNING_OF + timedelta(hours=3)):
        town.place.clock.move_to(moment)
        for _ in range(2):
            await town.place.do_what_is_due()
    found = await _seats(town)
    assert (found[first], found[second]) == ("offer_expired", "offered")
    assert [one.to for one in town.told(DeliveryChannel.EMAIL, "Er is een plek voor u")] == [
        "eerste@voorbeeld.nl",
        "ander0@voorbeeld.nl",
    ]


async def test_six_messages_on_one_day_keep_back_no_cancellation(town: Town) -> None:
    """Half a day and five minutes ahead: urgent, and not critical."""
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    town.place.clock.move_to(THE_SESSION - timedelta(hours=22))
    for _ in range(6):
        await town.session()
    town.place.clock.move_to(THE_SESSION - timedelta(hours=12, minutes=5))
    await town.cancel(session)
    assert town.told(DeliveryChannel.EMAIL, "Gaat niet door") == []
    town.place.clock.move_to(THE_SESSION - timedelta(hours=11, minutes=30))  # eight o'clock there
    for _ in range(2):
        await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "Gaat niet door")) == 1


async def test_what_is_off_before_it_was_told_leaves_room_for_another_message(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _wishes(town, resident, at_most=1)
    town.place.clock.move_to(NIGHT)
    off = await town.session()
    await town.cancel(off)
    await town.session()
    town.place.clock.move_to(MORNING)
    await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, "Nieuw")) == 1


async def test_several_messages_in_one_count_once_for_a_day(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _wishes(town, resident, digests={"new_sessions": "daily"}, at_most=2)
    for _ in range(2):
        session = await town.session()
    town.place.clock.move_to(MORNING)
    for _ in range(2):
        await town.place.do_what_is_due()
    await made(town.staff, f"/sessions/v1/sessions/{session}/seats", {"resident_id": str(resident)})
    await town.place.do_what_is_due()
    assert (
        len(town.told(DeliveryChannel.EMAIL, "Nieuws voor u")),
        len(town.told(DeliveryChannel.EMAIL, "U doet mee")),
    ) == (
        1,
        1,
    )


async def test_what_was_never_sent_in_time_is_said_and_is_on_the_list_of_staff(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await town.session(resident)
    town.place.clock.move_to(THE_SESSION - timedelta(hours=23))
    town.roads[DeliveryChannel.EMAIL].fail = lambda _: TryLater("away")
    await town.place.do_what_is_due()
    path = "/notifications/v1/announcements?missed=true"
    before = (await town.staff.get(path)).json()["items"]
    town.place.clock.move_to(THE_SESSION + timedelta(hours=1))
    for _ in range(2):
        await town.place.do_what_is_due()
    [missed] = (await town.staff.get(path)).json()["items"]
    assert (before, missed["rule"], missed["counts"]) == ([], "session-tomorrow", {"expired": {"email": 1}})
    said = {one["type"]: one["data"] for one in await town.place.events("notifications")}
    failed = said["nl.buurtthuis.notifications.delivery-failed.v1"]
    assert (failed["resident_id"], failed["reason"]) == (str(resident), "too_late")
    assert said["nl.buurtthuis.notifications.announcement-delivered.v1"]["failed"] == 1


async def test_a_session_goes_into_somebody_s_own_calendar_and_comes_off_it(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    await town.cancel(session)
    [seat] = town.told(DeliveryChannel.EMAIL, "U doet mee")
    [off] = town.told(DeliveryChannel.EMAIL, "Gaat niet door")
    first, second = (readOne(one.calendar.content.decode()) for one in (seat, off))
    assert (first.method.value, second.method.value) == ("PUBLISH", "CANCEL")
    assert (seat.calendar.method, off.calendar.method) == ("PUBLISH", "CANCEL")
    assert first.vevent.uid.value == second.vevent.uid.value == session
    assert int(second.vevent.sequence.value) > int(first.vevent.sequence.value)
    assert second.vevent.status.value == "CANCELLED"
    organizer = first.vevent.organizer  # RFC 5546, 3.2.1 and 3.2.5; an office, nobody's own
    assert organizer.value == second.vevent.organizer.value == f"mailto:{SENDER}"
    assert organizer.params["CN"] == ["Woonpartners Midden-Holland"]


async def test_a_session_has_the_same_version_in_a_mail_and_in_the_houses_own_calendar(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    feed = f"/sessions/v1/public/woonpartners/houses/{town.house}/agenda.ics"
    found = [readOne((await town.place.client().get(feed)).text).vevent]
    await town.cancel(session)
    found.append(readOne((await town.place.client().get(feed)).text).vevent)
    [seat], [off] = (
        town.told(DeliveryChannel.EMAIL, "U doet mee"),
        town.told(DeliveryChannel.EMAIL, "Gaat niet door"),
    )
    mailed = [readOne(one.calendar.content.decode()).vevent for one in (seat, off)]
    assert [one.uid.value for one in mailed] == [one.uid.value for one in found]
    assert [one.sequence.value for one in mailed] == [one.sequence.value for one in found]


async def test_an_announcement_says_when_everybody_has_been_told_and_how(town: Town) -> None:
    by_mail, at_the_door = await town.joined(email="jan@voorbeeld.nl"), await town.registered()
    await town.cancel(await town.session(by_mail, at_the_door))
    await town.place.do_what_is_due()
    delivered = [
        one["data"]
        for one in await town.place.events("notifications")
        if one["type"] == "nl.buurtthuis.notifications.announcement-delivered.v1"
    ]
    cause = next(
        one["id"]
        for one in await town.place.events("sessions")
        if one["type"] == "nl.buurtthuis.sessions.session-cancelled.v1"
    )
    [told] = [one for one in delivered if one["cause"] == cause]
    assert (told["by_channel"], told["by_hand"]) == ({"email": 1}, 1)


async def test_without_consent_news_is_not_sent_and_one_s_own_seat_is(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    assert (await town.me(resident).delete("/notifications/v1/me/consents/messages")).status_code == 204
    await town.session(resident)
    assert town.told(DeliveryChannel.EMAIL, "Nieuw") == []
    assert len(town.told(DeliveryChannel.EMAIL, "U doet mee")) == 1


async def test_a_digest_on_paper_tells_of_the_seats_in_it_too(town: Town) -> None:
    resident = await town.registered()
    await _wishes(town, resident, digests={"my_sessions": "daily"})
    await town.session(resident)
    town.place.clock.move_to(datetime(2018, 11, 13, 8, 0, tzinfo=UTC))
    for _ in range(2):
        await town.place.do_what_is_due()
    letters = (await town.staff.get(f"/notifications/v1/hand-deliveries?house={town.house}")).json()["items"]
    [digest] = [one for one in letters if one["rule"] == "digest"]
    assert "Koffietafel" in digest["body"]


@dataclass
class Held(Noted):
    """A road that takes nothing until it is let go."""

    waiting: int = 0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`."""
        self.waiting += 1
        await self.let_go.wait()
        await super().send(message)


async def test_a_sender_that_is_stopped_lets_arrive_what_is_on_its_way_and_notes_it(town: Town) -> None:
    held = await _three_on_their_way(town)
    sender = asyncio.create_task(message_delivery.send(town.notifications, town.corporation))
    await eventually(lambda: _so_many_wait(held, 3))
    sender.cancel()
    held.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await sender
    assert (len(held.taken), await town.sql(NEWS)) == (3, [("sent",)])


async def test_what_a_stopped_sender_took_and_did_not_send_can_be_sent_at_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await _three_on_their_way(town)
    monkeypatch.setattr(message_delivery, "AT_ONCE", 1)
    sender = asyncio.create_task(message_delivery.send(town.notifications, town.corporation))
    await eventually(lambda: _so_many_wait(held, 1))
    sender.cancel()
    held.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await sender
    assert len(held.taken) == 1
    await message_delivery.send(town.notifications, town.corporation)
    assert len({one.id for one in held.taken}) == len(held.taken) == 3


async def test_a_message_that_cannot_be_sent_keeps_no_other_from_its_time(town: Town) -> None:
    held = await _three_on_their_way(town)
    held.let_go.set()
    held.fail = lambda message: ValueError("broken") if message.to == "buur1@voorbeeld.nl" else None
    await message_delivery.send(town.notifications, town.corporation)
    assert {one.to for one in held.taken} == {"buur0@voorbeeld.nl", "buur2@voorbeeld.nl"}
    held.fail = lambda _: None
    town.place.clock.move(FIRST_PAUSE)
    await message_delivery.send(town.notifications, town.corporation)
    assert [one.to for one in held.taken][2:] == ["buur1@voorbeeld.nl"]


async def test_what_arrived_is_noted_also_where_the_database_was_away_in_the_meantime(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await _three_on_their_way(town)
    held.let_go.set()
    noting = [record_arrivals, _is_away]
    monkeypatch.setattr(queue, "record_arrivals", lambda *told: noting.pop()(*told))
    await message_delivery.send(town.notifications, town.corporation)
    assert (len(held.taken), await town.sql(NEWS)) == (3, [("sent",)])


async def test_what_is_critical_goes_before_newsletters_that_have_waited_longer(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await _three_on_their_way(town)
    held.let_go.set()
    last = "UPDATE messages SET urgency = 'critical', due_at = due_at + interval '1 second' WHERE id = (SELECT max(id::text)::uuid FROM messages WHERE state = 'queued') RETURNING id"
    [(critical,)] = await town.sql(last)
    town.place.clock.move(timedelta(seconds=1))
    monkeypatch.setattr(message_delivery, "AT_ONCE", 1)
    monkeypatch.setattr(queue, "BATCH", 2)
    await message_delivery.send(town.notifications, town.corporation)
    assert held.taken[0].id.bytes == town.notifications.parts.vault.digest(f"message:{critical}")[:16]


async def test_what_could_not_go_for_hours_wakes_nobody_at_night(town: Town) -> None:
    held = await _three_on_their_way(town)
    held.let_go.set()
    town.place.clock.move_to(NIGHT)
    await _send_all(town.notifications, town.corporation)
    assert held.taken == []
    town.place.clock.move_to(MORNING)
    await _send_all(town.notifications, town.corporation)
    assert len(held.taken) == 3


async def test_where_one_of_two_browsers_is_away_the_other_hears_it_once(town: Town) -> None:
    resident = await town.joined(mobile="06 12345678")
    for name in ("desk", "phone"):
        browser = {**BROWSER, "endpoint": f"https://push.example.org/send/{name}"}
        added = await town.me(resident).post("/notifications/v1/me/addresses/browsers", json=browser)
        assert added.status_code == 204
    session = await town.session(resident)
    town.roads[DeliveryChannel.PUSH].fail = lambda one: TryLater("503") if "desk" in one.to else None
    await town.cancel(session)
    town.place.clock.move(FIRST_PAUSE)
    await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.PUSH, "Gaat niet door")) == 1


async def _is_away(*_told: Any) -> None:
    raise ConnectionRefusedError


async def test_a_sender_so_slow_that_somebody_else_may_be_at_them_sends_no_more(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await _three_on_their_way(town)
    monkeypatch.setattr(message_delivery, "AT_ONCE", 1)
    sender = asyncio.create_task(message_delivery.send(town.notifications, town.corporation))
    await eventually(lambda: _so_many_wait(held, 1))
    town.place.clock.move(LEASE)
    held.let_go.set()
    await sender
    assert len(held.taken) == 1
    await message_delivery.send(town.notifications, town.corporation)
    assert len({one.id for one in held.taken}) == len(held.taken) == 3


async def _three_on_their_way(town: Town) -> Held:
    """Three people are to be told of a new session, by a road that is held."""
    for number in range(3):
        await town.joined(email=f"buur{number}@voorbeeld.nl")
    await town.place.do_what_is_due()
    session = await made(
        town.staff, "/sessions/v1/sessions", {"house_id": town.house, "title": "Koffietafel"}
    )
    assert (await schedule(town.staff, session)).status_code == 200
    await town.place.settled()
    while await fan_out.fan_out(town.notifications, town.corporation):
        pass
    town.notifications.parts.roads[DeliveryChannel.EMAIL] = held = Held()
    return held


async def _so_many_wait(road: Held, expected: int) -> bool:
    return road.waiting == expected


async def _five_wait_and_one_gives_back(town: Town, starts: str, *, at: datetime) -> list[UUID]:
    """Whoever had the only place gives it back at that moment; those who wait, in their order."""
    names = ["had", "eerste", *(f"ander{number}" for number in range(4))]
    had, *waiting = [await town.joined(email=f"{name}@voorbeeld.nl") for name in names]
    await town.place.settled()  # sessions knows who belongs to the house
    draft = {"house_id": town.house, "title": "Koffietafel"}
    town.last = await made(town.staff, "/sessions/v1/sessions", draft)
    times = {"starts_at": f"2019-01-10T{starts}:00", "ends_at": "2019-01-10T22:00:00"}
    assert (await schedule(town.staff, town.last, capacity=1, **times)).status_code == 200
    for resident in (had, *waiting):
        await made(town.me(resident), f"/sessions/v1/sessions/{town.last}/seats", {})
    await town.place.do_what_is_due()
    town.place.clock.move_to(at)
    town.roads[DeliveryChannel.EMAIL].taken.clear()
    gone = await town.me(had).post(f"/sessions/v1/sessions/{town.last}/withdrawal")
    assert gone.status_code == 200, gone.text
    for hour in range(1, 11):  # the clock of sessions goes on all night
        await town.place.do_what_is_due()
        town.place.clock.move_to(at + timedelta(hours=hour))
    town.roads[DeliveryChannel.EMAIL].taken[:] = [
        one for one in town.roads[DeliveryChannel.EMAIL].taken if one.to[:3] != "had"
    ]
    return waiting


async def _seats(town: Town) -> dict[UUID, str]:
    """What everybody but who gave it back has."""
    found = (await town.staff.get(f"/sessions/v1/sessions/{town.last}/seats")).json()
    return {UUID(one["resident_id"]): one["state"] for one in found if one["state"] != "withdrawn"}


async def _wishes(town: Town, resident: UUID, **wishes: Any) -> None:
    me = town.me(resident)
    etag = (await me.get("/notifications/v1/me/wishes")).headers["ETag"]
    changed = await me.put("/notifications/v1/me/wishes", json=wishes, headers={"If-Match": etag})
    assert changed.status_code == 204, changed.text


async def _adds(town: Town, resident: UUID, **address: str) -> None:
    """Another address, with the code that is sent to it."""
    asked = await town.me(resident).post("/notifications/v1/me/addresses/codes", json=address)
    await town.place.do_what_is_due()
    code = town.last_code(DeliveryChannel.SMS if "mobile" in address else DeliveryChannel.EMAIL)
    used = await town.place.client().post(f"{PUBLIC}/codes/{asked.json()['id']}/use", json={"code": code})
    assert used.status_code == 200, used.text


async def _send_all(service: Any, corporation: Any) -> None:
    while await message_delivery.send(service, corporation):
        pass
