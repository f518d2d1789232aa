"""E-mail over TLS: to a server that is who it says it is, and to no other, and never in the clear instead."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis_notifications.channels import TryLater
from sqlalchemy import text
from structlog.testing import capture_logs
from trustme import CA

from tests.conftest import StartSome
from tests.notifications.channels.messages import a_message
from tests.notifications.post import Mailbox, over_smtp, smtp_server, with_parts
from tests.people import HOUSE, made

HOST, TO = "127.0.0.1", "fatma@example.nl"
SCHEMES = ("smtps", "smtp+starttls")
LONG_AGO = datetime(2018, 11, 12, tzinfo=UTC)


@dataclass
class Office:
    """A mail server, its certificate, and who is believed about it."""

    authority: CA = field(default_factory=CA)
    tls: ssl.SSLContext = field(default_factory=lambda: ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
    trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def __post_init__(self) -> None:
        self.authority.configure_trust(self.trusted)

    def shows(self, *hosts: str, by: CA | None = None, until: datetime | None = None) -> None:
        """From now on, to whoever connects."""
        (by or self.authority).issue_cert(*hosts, not_after=until).configure_cert(self.tls)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_message_arrives_where_the_certificate_is_trusted(
    scheme: str, office: Office, mailbox: Mailbox
) -> None:
    office.shows(HOST)
    async with smtp_server(mailbox, scheme, office.tls) as url:
        road = over_smtp(url, office.trusted)
        await road.send(a_message(TO))
        await road.close()
    assert len(mailbox.to(TO)) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("host", "authority", "until"),
    [
        pytest.param(HOST, CA(), None, id="by somebody whom nobody trusts"),
        pytest.param("elsewhere.example.nl", None, None, id="for another server"),
        pytest.param(HOST, None, LONG_AGO, id="that ran out"),
    ],
)
async def test_nothing_goes_to_a_server_with_a_certificate(
    scheme: str, host: str, authority: CA | None, until: datetime | None, office: Office, mailbox: Mailbox
) -> None:
    """Not in the clear either, which it would take; it may have a better one later."""
    office.shows(host, by=authority, until=until)
    async with smtp_server(mailbox, scheme, office.tls) as url:
        with pytest.raises(TryLater):
            await over_smtp(url, office.trusted).send(a_message(TO))
    assert mailbox.taken == []


async def test_what_cannot_go_safely_waits_until_it_can_and_the_log_says_why(
    start: StartSome, templates: dict[str, Service], office: Office, mailbox: Mailbox
) -> None:
    office.shows(HOST, by=CA())
    async with smtp_server(mailbox, "smtp+starttls", office.tls) as url:
        notifications = with_parts(templates["notifications"], over_smtp(url, office.trusted))
        async with start([templates["sessions"], notifications]) as place:
            house = await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE)
            await place.settled()
            wish = {"house_id": house, "email": TO, "agreed": ["messages"]}
            with capture_logs() as lines:
                await place.client().post("/notifications/v1/public/woonpartners/codes", json=wish)
                await place.do_what_is_due()
            async with place.service("notifications").database.transaction("woonpartners") as session:
                states = list(await session.scalars(text("SELECT state FROM messages")))
            assert (states, mailbox.taken) == (["queued"], [])
            assert "SSLCertVerificationError" in {one.get("why") for one in lines}

            office.shows(HOST)
            place.clock.move(timedelta(minutes=1))
            await place.do_what_is_due()
            assert len(mailbox.to(TO)) == 1
