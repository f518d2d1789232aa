"""A post office for tests: a real SMTP server, and roads that note what comes, with everything to read it by."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from ssl import SSLContext
from typing import Any
from uuid import uuid4

from aiosmtpd.smtp import SMTP
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.settings import Settings
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service
from buurtthuis_notifications.channels.email import EmailRoad, MailServer
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.rules import Urgency, rule_named
from buurtthuis_notifications.parts import Parts
from buurtthuis_notifications.rendering.outgoing import Outgoing
from buurtthuis_notifications.texts import Texts
from buurtthuis_notifications.vault import Vault, new_key

KEY = new_key()
SENDER = "buurtthuis@woonpartners.example.nl"
PUBLIC = "https://buurtthuis.example.nl"


@dataclass
class Mailbox:
    """What an SMTP server took, in order. `refuse` answers a recipient with an error instead."""

    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: Callable[[str], str | None] = lambda _: None
    on_taken: Callable[[], None] = lambda: None
    #: Connections that are open.
    callers: int = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:  # noqa: N802
        refused = self.refuse(to)
        if not refused:
            envelope.rcpt_tos.append(to)
        return refused or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.taken += [(to, letter) for to in envelope.rcpt_tos]
        self.on_taken()
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """What came for somebody."""
        return [letter for to, letter in self.taken if to == address]

    def subjects(self, address: str) -> list[str]:
        """The subjects of what came for somebody."""
        return [letter["Subject"] for letter in self.to(address)]


class Counting(SMTP):
    """Says how many connections are open: what a caller that was killed had sent before is taken until it hangs up."""

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self.event_handler.callers += 1

    def connection_lost(self, error: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        super().connection_lost(error)
        self.event_handler.callers -= 1


@asynccontextmanager
async def smtp_server(
    mailbox: Mailbox, scheme: str = "smtp", tls: SSLContext | None = None
) -> AsyncIterator[str]:
    """Its address, while it runs. With `smtp+starttls` it takes what comes in the clear too."""
    loop = asyncio.get_running_loop()
    later, at_once = (None, tls) if scheme == "smtps" else (tls, None)
    server = await loop.create_server(
        lambda: Counting(mailbox, enable_SMTPUTF8=True, tls_context=later, loop=loop),
        "127.0.0.1",
        0,
        ssl=at_once,
    )
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@dataclass
class Noted:
    """A road that notes what it was given, and fails as it is told to."""

    taken: list[Outgoing] = field(default_factory=list)
    fail: Callable[[Outgoing], Exception | None] = lambda _: None

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`."""
        failure = self.fail(message)
        if failure:
            raise failure
        self.taken.append(message)

    async def close(self) -> None:
        """See `channels.Road`."""


def with_parts(service: Service, email: Any, folder: Path | None = None, **roads: Any) -> Service:
    """Notifications with these roads, corporations' own texts, and the vault's key of all tests."""

    def parts(settings: Settings) -> Parts:
        noted = {channel: roads.get(channel.value) or Noted() for channel in DeliveryChannel}
        texts = Texts(Corporations.load(settings.corporations_file), folder)
        return Parts(Vault([KEY]), texts, {**noted, DeliveryChannel.EMAIL: email}, PUBLIC, SENDER)

    return replace(service, parts=parts)


def at_rest(service: Service) -> Service:
    """A service that does nothing by itself, but what a test asks for."""
    resting = (replace(worker, eager=False, every=timedelta(days=1)) for worker in service.workers)
    return replace(service, workers=tuple(resting))


def new_roads(running: RunningService) -> dict[DeliveryChannel, Noted]:
    """From now on everything goes by these, that have taken nothing yet."""
    roads = {channel: Noted() for channel in DeliveryChannel}
    running.parts.roads.update(roads)
    return roads


def over_smtp(url: str, trusted: SSLContext | None = None) -> EmailRoad:
    """The real road for e-mail."""
    return EmailRoad(MailServer(url, trusted=trusted), SENDER)


def queued(
    rule: str, urgency: Urgency, channel: DeliveryChannel, now: datetime, expires_at: datetime
) -> Message:
    """A message to a resident, as it is taken from the queue."""
    return Message(
        uuid4(),
        rule,
        rule_named(rule).topic,
        urgency,
        MessageState.QUEUED,
        channel,
        "nl-x-b1",
        now,
        now,
        expires_at,
        announcement_id=uuid4(),
        resident_id=uuid4(),
        house_id=uuid4(),
    )
