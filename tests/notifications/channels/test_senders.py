"""A corporation's own name and servers: what goes out says whose it is, and what is wrong at one keeps no other waiting."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from buurtthuis.core.corporations import Corporation, Corporations, Sender
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis_notifications.channels import AgainstUs, Road, TryLater
from buurtthuis_notifications.channels.places import places
from buurtthuis_notifications.channels.senders import Deployment, Senders
from structlog.testing import capture_logs

from tests.conftest import ROOT
from tests.notifications.channels.messages import a_message
from tests.notifications.channels.test_email_refusals import KnowsUsNot
from tests.notifications.people.receiver import Receiver, receiving
from tests.notifications.post import SENDER, Mailbox, smtp_server

EMAIL, SMS = DeliveryChannel.EMAIL, DeliveryChannel.SMS
TO, NUMBER = "fatma@example.nl", "+31612345678"
OURS, THEIRS = "woonpartners", "de-waterlelie"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def server(mailbox: Mailbox) -> AsyncIterator[str]:
    async with smtp_server(mailbox) as url:
        yield url


@pytest.fixture
async def sms() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        found.answer = lambda _: 200
        yield found


def corporations(**senders: Sender) -> dict[str, Corporation]:
    """Both of the tests, with what is said of them by slug, in which _ stands for -."""
    known = Corporations.load(ROOT / "tests" / "corporations.toml")
    said = {slug: senders.get(slug.replace("-", "_"), Sender()) for slug in known}
    return {slug: known[slug].model_copy(update={"sender": sender}) for slug, sender in said.items()}


def senders(url: str = "", *, sms: str = "", **said: Sender) -> Senders:
    found = Senders(Deployment(url, SENDER, sms, "BuurtThuis"))
    found.prepare(corporations(**said))
    return found


def road(found: Senders, slug: str, channel: DeliveryChannel = EMAIL) -> Road:
    return found.roads_of(slug)[channel].road


def secrets(folder: Path, *lines: str) -> Path:
    path = folder / "secrets.env"
    path.write_text("\n".join(lines))
    return path


async def test_e_mail_comes_from_the_corporation_and_answers_go_where_it_says(
    mailbox: Mailbox, server: str
) -> None:
    said = Sender(mail_from="buurt@woonpartners.example.nl", reply_to="wijk@woonpartners.example.nl")
    found = senders(server, woonpartners=said)
    await road(found, OURS).send(a_message(TO))
    await found.close()
    [letter] = mailbox.to(TO)
    assert letter["From"].addresses[0].addr_spec == "buurt@woonpartners.example.nl"
    assert letter["Reply-To"] == "wijk@woonpartners.example.nl"
    assert letter["Message-ID"].endswith("@woonpartners.example.nl>")


def test_who_says_nothing_goes_as_the_deployment_does() -> None:
    assert not senders("smtp://127.0.0.1:1").roads_of(THEIRS)


async def test_it_goes_by_the_corporation_s_own_server(tmp_path: Path, mailbox: Mailbox, server: str) -> None:
    path = secrets(tmp_path, f"SMTP_URL={server}")
    found = senders("smtp://127.0.0.1:1", woonpartners=Sender(secrets_file=path))
    await road(found, OURS).send(a_message(TO))
    await found.close()
    assert mailbox.to(TO)[0]["From"].addresses[0].addr_spec == SENDER


@pytest.mark.parametrize("sender", ["Woonpartner", "+31201234567"])
async def test_telephones_show_the_corporation(sms: Receiver, sender: str) -> None:
    url = sms.url.replace("http:", "json:") + "/{from}/{to}"
    found = senders(sms=url, woonpartners=Sender(sms_from=sender))
    await road(found, OURS, SMS).send(a_message(NUMBER))
    assert [told.path for told in sms.told] == [f"/{sender}/31612345678"]


def test_a_sender_that_no_telephone_would_show_is_said_by_name() -> None:
    with capture_logs() as logs:
        senders(sms="json://127.0.0.1:1/{to}", woonpartners=Sender(sms_from="Woonpartner"))
    [told] = logs
    assert (told["log_level"], told["corporation"]) == ("error", OURS)
    assert "sms_from" in told["why"]


@pytest.mark.parametrize(
    ("lines", "channels"),
    [
        (["SMTP_URL=http://mail.example.nl:geheim"], [EMAIL]),
        (["SMTP_URL=smtp://user:geheim@host:geheim"], [EMAIL]),
        (["SMS_URL=nonsense"], [SMS]),
        (["SMTP_URL="], [EMAIL, SMS]),
        (["PASSWORD=geheim"], [EMAIL, SMS]),
    ],
)
def test_secrets_that_cannot_be_used_are_said_by_name_and_not_quoted(
    tmp_path: Path, lines: list[str], channels: list[DeliveryChannel]
) -> None:
    with capture_logs() as logs:
        found = senders(woonpartners=Sender(secrets_file=secrets(tmp_path, *lines)))
    assert [(told["log_level"], told["corporation"]) for told in logs] == [("error", OURS)]
    assert "geheim" not in str(logs)
    assert [*found.roads_of(OURS)] == channels


async def test_without_its_secrets_nothing_goes_in_another_name(mailbox: Mailbox, server: str) -> None:
    found = senders(server, woonpartners=Sender(secrets_file=Path("/nowhere/secrets.env")))
    for channel in (EMAIL, SMS):
        with pytest.raises(AgainstUs):
            await road(found, OURS, channel).send(a_message(TO))
    assert mailbox.taken == []


async def test_a_name_that_the_server_refuses_pauses_no_other_name(mailbox: Mailbox) -> None:
    refuses = KnowsUsNot()
    async with smtp_server(refuses) as url:
        said = Sender(mail_from="buurt@woonpartners.example.nl"), Sender(mail_from="buurt@lelie.example.nl")
        found = senders(url, woonpartners=said[0], de_waterlelie=said[1])
        with pytest.raises(AgainstUs):
            await road(found, OURS).send(a_message(TO))
        with pytest.raises(TryLater, match="left alone"):
            await road(found, OURS).send(a_message(TO))
        with pytest.raises(AgainstUs):  # it is asked all the same
            await road(found, THEIRS).send(a_message(TO))
        await found.close()


def test_who_has_a_server_of_its_own_takes_nobody_s_place(tmp_path: Path) -> None:
    path = secrets(tmp_path, "SMTP_URL=smtp://127.0.0.1:1", "SMS_URL=json://127.0.0.1:1/{to}")
    own = senders(woonpartners=Sender(secrets_file=path)).roads_of(OURS)
    assert own.keys() == {EMAIL, SMS}
    assert all(found.places and found.places is not places()[channel] for channel, found in own.items())


def test_what_did_not_change_is_kept_when_the_file_is_read_again(tmp_path: Path) -> None:
    path = secrets(tmp_path, "SMTP_URL=smtp://127.0.0.1:1")
    said = corporations(woonpartners=Sender(secrets_file=path), de_waterlelie=Sender(secrets_file=path))
    found = Senders()
    found.prepare(said)
    before = road(found, OURS), road(found, THEIRS)
    said[THEIRS] = said[THEIRS].model_copy(update={"sender": Sender(secrets_file=path, reply_to=TO)})
    found.prepare(said)
    assert road(found, OURS) is before[0]
    assert road(found, THEIRS) is not before[1]


def test_secrets_that_were_put_right_are_used_once_the_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    said = corporations(woonpartners=Sender(secrets_file=path))
    found = Senders()
    found.prepare(said)
    broken = road(found, OURS)
    secrets(tmp_path, "SMTP_URL=smtp://127.0.0.1:1")
    found.prepare(said)
    assert type(road(found, OURS)) is not type(broken)
    assert [*found.roads_of(OURS)] == [EMAIL]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mail_from", "geen adres"),
        ("mail_from", "a@b"),
        ("mail_from", "a@b.nl\r\nBcc: c@d.nl"),
        ("reply_to", "Wijk <wijk@voorbeeld.nl>"),
        ("sms_from", "Woonpartners Midden"),
        ("sms_from", "0612345678"),
        ("sms_from", "Café"),
        ("smtp_url", "smtp://user:password@host"),
    ],
)
def test_what_cannot_be_a_sender_is_refused_by_corporation_and_field(field: str, value: str) -> None:
    text = (
        '[[corporation]]\nslug = "aan-de-maas"\nname = "Maas"\nkvk = "90000099"\nlanguages = ["nl"]\n'
        f'time_zone = "Europe/Amsterdam"\nsender = {{ {field} = {value!r} }}\n'
    )
    with pytest.raises(ValueError, match=rf"'aan-de-maas', field 'sender.{field}'"):
        Corporations.parse(text.replace("'", '"'))
