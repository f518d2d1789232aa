"""A corporation's messages in its own name: asked for over HTTP, sent over SMTP, with what is refused and what waits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from buurtthuis.core.corporations import Sender
from buurtthuis.events.notifications import DeliveryChannel

from tests.conftest import emptied
from tests.notifications.delivery.test_roads import take_away
from tests.notifications.delivery.test_sending import PUBLIC, Town, served, town
from tests.notifications.post import Mailbox, smtp_server

__all__ = ["served", "town"]

pytestmark = pytest.mark.starts("sessions", "notifications")

place = emptied

TO = "jan@voorbeeld.nl"
WAITING = "SELECT state, reason FROM messages WHERE rule = 'code'"


@pytest.fixture(autouse=True)
def as_before(town: Town) -> Iterator[None]:
    """The next test has the same process, and nobody in it a name of their own."""
    yield
    town.notifications.parts.senders.prepare({})


def has(town: Town, sender: Sender) -> None:
    """As when its file is read again."""
    known = town.corporation.model_copy(update={"sender": sender})
    town.notifications.parts.senders.prepare({known.slug: known})


async def ask_for_a_code(town: Town) -> int:
    """And have it sent."""
    body = {"house_id": town.house, "agreed": ["messages"], "email": TO}
    asked = await town.place.client().post(f"{PUBLIC}/codes", json=body)
    await town.place.do_what_is_due()
    return asked.status_code


async def test_a_code_comes_by_the_corporation_s_own_server_in_its_own_name(
    town: Town, tmp_path: Path
) -> None:
    secrets = tmp_path / "woonpartners"
    async with smtp_server(mailbox := Mailbox()) as url:
        secrets.write_text(f"SMTP_URL={url}\n")
        said = Sender(mail_from="buurt@woonpartners.example.nl", secrets_file=secrets)
        has(town, said)
        assert await ask_for_a_code(town) == 202
    [letter] = mailbox.to(TO)
    assert letter["From"].addresses[0].addr_spec == said.mail_from
    assert town.roads[DeliveryChannel.EMAIL].taken == []


async def test_a_server_of_its_own_is_a_road_where_the_deployment_has_none(
    town: Town, tmp_path: Path
) -> None:
    take_away(town, DeliveryChannel.EMAIL)
    assert await ask_for_a_code(town) == 422
    (tmp_path / "woonpartners").write_text("SMTP_URL=smtp://127.0.0.1:1\n")
    has(town, Sender(secrets_file=tmp_path / "woonpartners"))
    assert "email" in (await town.place.client().get(f"{PUBLIC}/roads")).json()["codes"]
    assert await ask_for_a_code(town) == 202


async def test_without_its_secrets_a_message_waits_and_goes_in_no_other_name(
    town: Town, tmp_path: Path
) -> None:
    has(town, Sender(secrets_file=tmp_path / "woonpartners"))
    await ask_for_a_code(town)
    assert await town.sql(WAITING) == [("queued", "us: its settings cannot be used")]
    assert town.roads[DeliveryChannel.EMAIL].taken == []
