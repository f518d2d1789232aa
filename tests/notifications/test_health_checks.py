"""What the doctor says of roads, and a mail that an operator sends to try one."""

import asyncio
from pathlib import Path
from typing import Any

import dns.asyncresolver
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.persistence.engine import Database
from buurtthuis.runtime.service import HealthFinding
from buurtthuis_notifications.cli import cli
from buurtthuis_notifications.workers.health_checks import examine
from sqlalchemy import text
from typer.testing import CliRunner

from tests.notifications.channels.test_email_refusals import KnowsUsNot
from tests.notifications.channels.test_mail_domains import dns_server
from tests.notifications.post import Mailbox, smtp_server

pytestmark = pytest.mark.starts("notifications")

REFUSED = """
    INSERT INTO messages (id, rule, topic, urgency, state, channel, language, made_at, due_at, expires_at, tried, attempts,
                          reason, version)
    SELECT gen_random_uuid(), 'welcome', 'account', 'normal', 'queued', 'email', 'nl', now(), now(), now(), '{}', 1,
           'us: SMTP 550 5.7.1', 0 FROM generate_series(1, 3)
"""


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "SMS_URL", "VAPID_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


async def findings(settings: Settings) -> dict[str, HealthFinding]:
    return {one.what: one for one in await examine(settings.for_service("notifications"))}


async def test_what_is_not_set_is_named(settings: Settings) -> None:
    found = await findings(settings)
    assert {what: one.well for what, one in found.items()} == {
        "road email": False,
        "road sms": True,
        "road push": True,
    }
    assert all("is not set" in one.said for one in found.values())


async def test_what_up_catches_is_no_complaint(settings: Settings) -> None:
    found = await findings(settings.model_copy(update={"sink_secret": "x"}))
    assert all(one.well for one in found.values())


async def test_a_server_that_answers_is_well_and_gets_no_letter(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with smtp_server(mailbox := Mailbox()) as url:
        monkeypatch.setenv("SMTP_URL", url)
        found = (await findings(settings))["road email"]
    assert (found.well, found.said, mailbox.taken) == (True, "127.0.0.1 answers", [])


async def test_a_server_that_does_not_take_our_sender_is_a_finding(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with smtp_server(KnowsUsNot()) as url:
        monkeypatch.setenv("SMTP_URL", url)
        found = (await findings(settings))["road email"]
    assert not found.well
    assert "refuses us (SMTP 550 5.7.1)" in found.said


async def test_others_that_are_away_are_findings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("SMS_URL", "json://127.0.0.1:1/{to}")
    found = await findings(settings)
    for road in ("email", "sms"):
        assert not found[f"road {road}"].well
        assert "does not answer" in found[f"road {road}"].said


async def test_a_setting_that_cannot_be_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "http://mail.example.nl")
    found = await findings(settings)
    assert "SMTP_URL" in found["roads"].said


async def test_a_name_of_a_corporation_s_own_that_its_server_does_not_take_is_a_finding_of_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "corporations.toml"
    said = 'sender = { mail_from = "buurt@woonpartners.example.nl" }\n'
    own.write_text(settings.corporations_file.read_text() + said)
    async with smtp_server(KnowsUsNot()) as url:
        monkeypatch.setenv("SMTP_URL", url)
        found = await findings(settings.model_copy(update={"corporations_file": own}))
    assert not found["woonpartners: road email"].well
    assert "woonpartners: road sms" not in found


async def test_what_others_cannot_see_of_a_corporation_s_domain_is_a_finding_by_its_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "corporations.toml"
    said = 'sender = { mail_from = "buurt@woonpartners.example.nl", dkim_selector = "bt" }\n'
    own.write_text(settings.corporations_file.read_text() + said)
    texts = {"woonpartners.example.nl": ["v=spf1 -all"], "bt._domainkey.woonpartners.example.nl": ["p=abc"]}
    async with dns_server(texts) as resolver, smtp_server(Mailbox()) as url:
        monkeypatch.setenv("SMTP_URL", url)
        monkeypatch.setattr(dns.asyncresolver, "default_resolver", resolver)
        found = await findings(settings.model_copy(update={"corporations_file": own}))
    seen = {name: found[f"woonpartners: {name}"].well for name in ("SPF", "DKIM", "DMARC")}
    assert seen == {"SPF": True, "DKIM": True, "DMARC": False}
    assert "SPF" not in found


@pytest.mark.both_corporations
async def test_what_waits_because_of_us_is_a_finding(settings: Settings) -> None:
    database = Database(settings.for_service("notifications").database_url)
    async with database.transaction("de-waterlelie") as session:
        await session.execute(text(REFUSED))
    await database.close()
    found = [one.said for one in await examine(settings.for_service("notifications")) if not one.well]
    assert "de-waterlelie: 3 messages wait, the other side refuses us (SMTP 550 5.7.1)." in found


async def mailed(*arguments: str) -> Any:
    return await asyncio.to_thread(CliRunner().invoke, cli, ["test-mail", *arguments])


async def test_an_operator_sends_one_mail_to_try_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    async with smtp_server(mailbox := Mailbox()) as url:
        monkeypatch.setenv("SMTP_URL", url)
        done = await mailed("beheer@voorbeeld.nl")
    assert (done.exit_code, mailbox.subjects("beheer@voorbeeld.nl")) == (0, ["✉️ Proefbericht"])


async def test_a_mail_that_does_not_go_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async with smtp_server(KnowsUsNot()) as url:
        monkeypatch.setenv("SMTP_URL", url)
        done = await mailed("beheer@voorbeeld.nl")
    assert done.exit_code == 1
    assert (await mailed("beheer@voorbeeld.nl")).exit_code == 1
