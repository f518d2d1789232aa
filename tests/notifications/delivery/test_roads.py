"""What is not set up is no road: nothing counts as sent by it, nobody joins by it, and everybody can see so."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis_notifications.channels.email import EmailRoad
from buurtthuis_notifications.channels.sink import SinkRoad
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.parts import Parts
from structlog.testing import capture_logs

from tests.conftest import ROOT, emptied
from tests.notifications.delivery.test_sending import (
    BROWSER,
    EVENING,
    MORNING,
    NIGHT,
    PUBLIC,
    THE_SESSION,
    Town,
    _adds,
    served,
    town,
)
from tests.notifications.post import KEY

__all__ = ["served", "town"]

place = emptied

OFF = "Gaat niet door"
STATES = "SELECT state, channel, reason FROM messages WHERE rule = 'session-cancelled'"


def take_away(town: Town, *channels: DeliveryChannel) -> None:
    """As after a restart without their settings."""
    for channel in channels:
        del town.notifications.parts.roads[channel]


async def test_what_cannot_go_by_sms_goes_by_e_mail(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _adds(town, resident, mobile="06 12345678")
    session = await town.session(resident)
    take_away(town, DeliveryChannel.SMS)
    await town.cancel(session)
    assert len(town.told(DeliveryChannel.EMAIL, OFF)) == 1
    assert await town.sql(STATES) == [("sent", "email", None)]


async def test_what_waits_for_a_road_that_is_gone_by_then_takes_another(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    await _adds(town, resident, mobile="06 12345678")
    session = await town.session(resident)
    town.place.clock.move_to(NIGHT)
    await town.cancel(session)
    take_away(town, DeliveryChannel.SMS)
    town.place.clock.move_to(MORNING)
    for _ in range(2):
        await town.place.do_what_is_due()
    assert len(town.told(DeliveryChannel.EMAIL, OFF)) == 1


async def test_whoever_only_a_missing_road_reaches_is_counted_as_such(town: Town) -> None:
    resident = await town.joined(mobile="06 12345678")
    take_away(town, DeliveryChannel.SMS)
    await town.session(resident)
    await town.place.do_what_is_due()
    rules = "SELECT state, reason FROM messages WHERE rule = 'seat-registered'"
    assert await town.sql(rules) == [("suppressed", "no_road")]
    told = (await town.staff.get("/notifications/v1/announcements")).json()["items"]
    assert {one["rule"]: one["no_road"] for one in told}["seat-registered"] == 1
    delivered = [
        one["data"]
        for one in await town.place.events("notifications")
        if one["type"] == "nl.buurtthuis.notifications.announcement-delivered.v1"
    ]
    assert (1, 1) in {(one["failed"], one["no_road"]) for one in delivered}


async def test_a_message_that_has_no_road_left_says_that_one_is_missing(town: Town) -> None:
    resident = await town.joined(mobile="06 12345678")
    session = await town.session(resident)
    town.place.clock.move_to(EVENING)
    await town.sql("UPDATE messages SET state = 'queued' WHERE rule = 'seat-registered'")
    take_away(town, DeliveryChannel.SMS)
    await town.place.do_what_is_due()
    assert session
    rules = "SELECT state, reason FROM messages WHERE rule = 'seat-registered'"
    assert await town.sql(rules) == [("failed", "no_road")]


async def test_what_was_sent_and_not_seen_does_not_fail_for_want_of_the_next_road(town: Town) -> None:
    resident = await town.joined(email="jan@voorbeeld.nl")
    session = await town.session(resident)
    take_away(town, DeliveryChannel.SMS)
    town.place.clock.move_to(THE_SESSION - timedelta(minutes=55))
    await town.cancel(session)
    for _ in range(3):
        town.place.clock.move(timedelta(minutes=11))
        await town.place.do_what_is_due()
    assert await town.sql(STATES) == [("sent", "email", None)]


async def test_a_code_that_waits_for_a_road_that_is_gone_is_not_noted_as_sent(town: Town) -> None:
    asked = await town.place.client().post(
        f"{PUBLIC}/codes", json={"house_id": town.house, "email": "jan@voorbeeld.nl"}
    )
    assert asked.status_code == 202
    take_away(town, DeliveryChannel.EMAIL)
    await town.place.do_what_is_due()
    codes = "SELECT state, reason, secret FROM messages WHERE rule = 'code'"
    assert await town.sql(codes) == [("failed", "no_road", None)]


@pytest.mark.parametrize(
    ("missing", "address", "field", "said"),
    [
        ([DeliveryChannel.SMS], {"mobile": "06 12345678"}, "/mobile", "give an e-mail address"),
        ([DeliveryChannel.EMAIL], {"email": "jan@voorbeeld.nl"}, "/email", "give a mobile number"),
        (
            [DeliveryChannel.EMAIL, DeliveryChannel.SMS],
            {"email": "jan@voorbeeld.nl"},
            "/email",
            "ask the corporation",
        ),
    ],
)
async def test_nobody_joins_by_what_is_not_there(
    town: Town, missing: list[DeliveryChannel], address: dict[str, str], field: str, said: str
) -> None:
    resident = await town.registered()
    take_away(town, *missing)
    joining = await town.place.client().post(f"{PUBLIC}/codes", json={"house_id": town.house, **address})
    adding = await town.me(resident).post("/notifications/v1/me/addresses/codes", json=address)
    for refused in (joining, adding):
        assert refused.status_code == 422, refused.text
        assert refused.json()["type"] == "urn:problem-type:buurtthuis:no-road"
        [error] = refused.json()["errors"]
        assert error["field"] == field
        assert said in error["message"]
    assert await town.sql("SELECT count(*) FROM codes") == [(0,)]
    assert await town.sql("SELECT count(*) FROM messages WHERE rule = 'code'") == [(0,)]


async def test_no_browser_is_added_where_nothing_goes_to_browsers(town: Town) -> None:
    resident = await town.registered()
    take_away(town, DeliveryChannel.PUSH)
    refused = await town.me(resident).post("/notifications/v1/me/addresses/browsers", json=BROWSER)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/endpoint")


async def test_forms_and_wishes_say_which_roads_there_are(town: Town) -> None:
    resident, anybody = await town.registered(), town.place.client()
    take_away(town, DeliveryChannel.SMS, DeliveryChannel.PUSH)
    assert (await anybody.get(f"{PUBLIC}/roads")).json() == {"codes": ["email"], "browsers": False}
    wishes = (await town.me(resident).get("/notifications/v1/me/wishes")).json()
    assert wishes["roads"] == sorted({"email", *BY_HAND})


async def test_an_office_s_mail_without_a_road_is_counted_too(town: Town) -> None:
    own = town.notifications.parts.texts.own["woonpartners"]
    town.notifications.parts.texts.own["woonpartners"] = own.model_copy(update={"staff": "wijk@voorbeeld.nl"})
    take_away(town, DeliveryChannel.EMAIL)
    await town.sql(
        "INSERT INTO announcements (id, rule, cause, urgency, data, made_at, due_at, expires_at, state, version) "
        "SELECT gen_random_uuid(), 'webhook-off', gen_random_uuid(), 'normal', '{}', '2018-11-12', "
        "'2018-11-12', '2018-11-20', 'addressing', 0"
    )
    await town.place.do_what_is_due()
    rules = "SELECT state, reason FROM messages WHERE rule = 'webhook-off'"
    assert await town.sql(rules) == [("suppressed", "no_road")]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAULT_KEYS", KEY)
    for name in ("SMTP_URL", "SMS_URL", "VAPID_KEY_FILE", "TEXTS_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def settings(**more: Any) -> Settings:
    return Settings(corporations_file=ROOT / "tests" / "corporations.toml", **more)


def test_without_settings_there_are_no_roads_and_each_start_says_so_by_name(environment: Any) -> None:
    with capture_logs() as logs:
        parts = Parts.of(settings())
    assert (dict(parts.roads), parts.sink) == ({}, None)
    warned = {(one["road"], one["set"]) for one in logs if one["log_level"] == "warning"}
    assert warned == {("email", "SMTP_URL"), ("sms", "SMS_URL")}


def test_one_road_that_is_set_does_not_put_a_sink_under_the_others(environment: Any) -> None:
    environment.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    parts = Parts.of(settings())
    assert {channel: type(road) for channel, road in parts.roads.items()} == {
        DeliveryChannel.EMAIL: EmailRoad
    }


def test_up_catches_what_would_leave_where_nothing_is_set_up(environment: Any) -> None:
    parts = Parts.of(settings(sink_secret="secret"))
    assert {channel: type(road) for channel, road in parts.roads.items()} == {
        DeliveryChannel.EMAIL: SinkRoad,
        DeliveryChannel.SMS: SinkRoad,
    }


def test_up_catches_nothing_where_something_is_set_up(environment: Any) -> None:
    environment.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    parts = Parts.of(settings(sink_secret="secret"))
    assert (set(parts.roads), parts.sink) == ({DeliveryChannel.EMAIL}, None)
