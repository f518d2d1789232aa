"""E-mail over SMTP, with connections that stay open for the next message."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.policy import SMTPUTF8 as WIRE_UTF8
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from ssl import SSLContext, create_default_context
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
)
from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.settings import SettingsError
from buurtthuis.events.notifications import DeliveryChannel, FailureReason

from buurtthuis_notifications.channels import AgainstUs, TryLater, Undeliverable
from buurtthuis_notifications.channels.answers import RefusalCause, Stage, about, in_short
from buurtthuis_notifications.channels.circuit import Circuit
from buurtthuis_notifications.rendering.outgoing import Invitation, Outgoing
from buurtthuis_notifications.texts.layout import SEEN, UNSUBSCRIBE

SECONDS = 10
SCHEMES = ("smtp", "smtp+starttls", "smtps")
LONGEST_LINE = 900
SEVEN_BIT: "EmailPolicy[Any]" = WIRE.clone(cte_type="7bit")
#: An address that needs no quoting, and can be put in its place as it is.
ORDINARY = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
#: So many letters are kept to be filled in again.
SHARED = 64
#: What was said last; all else comes before any address.
STAGES = {SMTPRecipientRefused: Stage.RECIPIENT, SMTPDataError: Stage.CONTENT}
#: Where one reader's own goes; the links have places in the page.
TO_PLACE, ID_PLACE, DATE_PLACE = "reader@place.invalid", UUID(int=0), "Thu, 01 Jan 1970 00:00:00 -0000"
PLACES = re.compile(
    "|".join(map(re.escape, (TO_PLACE, str(ID_PLACE), DATE_PLACE, SEEN, UNSUBSCRIBE))).join("()").encode()
)


@dataclass(frozen=True)
class Names:
    """Whose e-mail it is."""

    sender: str
    reply_to: str | None = None

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


class EmailRoad:
    """E-mail that comes from one address. A server that refuses this one is not left alone by others."""

    def __init__(
        self, server: "MailServer", sender: str, reply_to: str | None = None, *, clock: Clock = utc_now
    ) -> None:
        """`sender` is an address of ours; answers go to `reply_to`, where there is one."""
        self.server = server
        self._names = Names(sender, reply_to)
        self._clock = clock
        self._shared: dict[Any, Shared | None] = {}
        self._circuit = Circuit(DeliveryChannel.EMAIL, most=5, different=3)

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`. Who is asked for too long is not asked again for a while, nor who refuses us."""
        self._circuit.check(message.urgency)
        try:
            async with self.server.connection() as smtp:
                eight_bit = smtp.supports_extension("8bitmime")
                content, options = self._written(message, eight_bit=eight_bit)
                await _handed_over(smtp, self._names.sender, message.to, content, options)
        except SMTPResponseException as refused:
            raise self._refusal(refused, message.to, str(message.id)) from None
        except SMTPNotSupported as unable:  # of this address alone: another one may be ASCII
            raise TryLater(str(unable)) from None
        except (SMTPException, OSError, TimeoutError) as error:
            self._circuit.went_wrong(str(message.id))
            raise TryLater(type(error.__cause__ or error).__name__) from None
        except asyncio.CancelledError:
            self._circuit.went_wrong(str(message.id))
            raise
        self._circuit.went_well()

    async def check(self) -> str:
        """Say what the server is, after everything that comes before an address. Raises TryLater and AgainstUs."""
        try:
            async with self.server.connection() as smtp:
                await smtp.mail(self._names.sender)
                await smtp.rset()
        except SMTPResponseException as refused:
            raise self._refusal(refused, "", "") from None
        except (SMTPException, OSError, TimeoutError) as error:
            raise TryLater(type(error.__cause__ or error).__name__) from None
        return self.server.host

    def _refusal(self, refused: SMTPResponseException, to: str, id: str) -> Exception:
        """What follows from an answer, and who is left alone for it."""
        stage = STAGES.get(type(refused), Stage.GREETING)
        found, why = about(refused.code, refused.message, stage), in_short(refused.code, refused.message)
        if found is RefusalCause.ADDRESS:
            self._circuit.went_well()
            return Undeliverable(FailureReason.REFUSED, why)
        if found is RefusalCause.US:
            domain = to.rpartition("@")[2].lower()
            self._circuit.went_wrong(domain, whoever_it_is=stage is Stage.GREETING)
            return AgainstUs(why)
        if stage is Stage.GREETING:
            self._circuit.went_wrong(id)
        return TryLater(why)

    @property
    def domain(self) -> str:
        """The one that its e-mail comes from."""
        return self._names.domain

    async def close(self) -> None:
        await self.server.close()

    def _written(self, message: Outgoing, *, eight_bit: bool) -> tuple[bytes, list[str]]:
        """The e-mail as it travels, and what the server has to know of it."""
        date = _dated(int(self._clock().timestamp()))
        if not message.to.isascii():
            letter = compose(message, self._names, date, policy=WIRE_UTF8)
            return letter.as_bytes(), ["SMTPUTF8", "BODY=8BITMIME"]
        if eight_bit and ORDINARY.fullmatch(message.to):
            shared = self._shared_by(message)
            if shared:
                return shared.fill(message, date), ["BODY=8BITMIME"]
        letter = compose(message, self._names, date, policy=WIRE if eight_bit else SEVEN_BIT)
        return letter.as_bytes(), ["BODY=8BITMIME"] if eight_bit else []

    def _shared_by(self, message: Outgoing) -> "Shared | None":
        """Made once for all who read the same: to put a letter together takes longer than to send it."""
        key = (message.text, message.page, message.calendar, message.sender, bool(message.seen))
        if key not in self._shared:
            if len(self._shared) >= SHARED:
                self._shared.clear()
            self._shared[key] = Shared.made_from(message, self._names)
        return self._shared[key]


class MailServer:
    """`smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`, and what is open to it."""

    def __init__(self, url: str, *, trusted: SSLContext | None = None) -> None:
        """Raises SettingsError."""
        self._url = urlsplit(url)
        if self._url.scheme not in SCHEMES or not self._url.hostname or not _has_a_port(self._url):
            raise SettingsError(
                "SMTP_URL: begins with smtp://, smtp+starttls:// or smtps:// and names a host."
            )
        self._trusted = trusted
        self._open: list[SMTP] = []

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return self.host in ("localhost", "127.0.0.1", "::1")

    @property
    def is_overheard(self) -> bool:
        """Whether messages travel to it as everybody on the way can read them."""
        return self._url.scheme == "smtp" and not self.is_here

    @property
    def host(self) -> str:
        return str(self._url.hostname)

    async def close(self) -> None:
        while self._open:
            with suppress(SMTPException, OSError, TimeoutError):
                await self._open.pop().quit()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[SMTP]:
        """An open one, or a new one; it is kept unless something went wrong on it."""
        smtp = self._kept() or await self._connect()
        try:
            yield smtp
        except SMTPRecipientRefused:
            await self._keep(smtp)
            raise
        except BaseException:
            smtp.close()
            raise
        self._open.append(smtp)

    def _kept(self) -> SMTP | None:
        """One that is open still: servers hang up on who says nothing for a while."""
        while self._open:
            smtp = self._open.pop()
            if smtp.is_connected:
                return smtp
        return None

    async def _keep(self, smtp: SMTP) -> None:
        with suppress(SMTPException, OSError, TimeoutError):
            await smtp.rset()
            self._open.append(smtp)

    async def _connect(self) -> SMTP:
        server = self._url
        smtp = SMTP(
            hostname=server.hostname,
            port=server.port,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp+starttls",
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            timeout=SECONDS,
            tls_context=self._context(),
        )
        await smtp.connect()
        if smtp.is_ehlo_or_helo_needed:
            await smtp.ehlo()
        return smtp

    def _context(self) -> SSLContext | None:
        if self._url.scheme == "smtp":
            return None
        self._trusted = self._trusted or create_default_context()
        return self._trusted


@dataclass(frozen=True)
class Shared:
    """A whole e-mail in pieces: between them goes what is one reader's own. It is ours, and begins no line."""

    pieces: Sequence[bytes]
    #: For each gap, which of the places it is.
    gaps: Sequence[str]

    @classmethod
    def made_from(cls, message: Outgoing, names: Names) -> Self | None:
        """None where a place is hidden by how the content is written, or not where it should be."""
        seen, unsubscribe = message.seen and SEEN, message.unsubscribe and UNSUBSCRIBE
        places = replace(message, id=ID_PLACE, to=TO_PLACE, seen=seen, unsubscribe=unsubscribe)
        content = compose(places, names, DATE_PLACE).as_bytes()
        expected = {TO_PLACE: 1, str(ID_PLACE): 1, DATE_PLACE: 1}
        expected |= {SEEN: 2 if seen else 0, UNSUBSCRIBE: 3 if unsubscribe else 0}
        *pieces, last = PLACES.split(content)
        gaps = [gap.decode() for gap in pieces[1::2]]
        return cls([*pieces[::2], last], gaps) if Counter(gaps) == Counter(expected) else None

    def fill(self, message: Outgoing, date: str) -> bytes:
        own = {
            TO_PLACE: message.to,
            str(ID_PLACE): str(message.id),
            DATE_PLACE: date,
            SEEN: message.seen or "",
            UNSUBSCRIBE: message.unsubscribe or "",
        }
        *pieces, last = self.pieces
        filled = (piece + own[gap].encode() for piece, gap in zip(pieces, self.gaps, strict=True))
        return b"".join((*filled, last))


async def _handed_over(smtp: SMTP, sender: str, to: str, content: bytes, options: list[str]) -> None:
    """One envelope. The library's own `sendmail` looks at the addresses and the content twice."""
    encoding = "ascii"
    if "SMTPUTF8" in options:
        if not smtp.supports_extension("smtputf8"):
            raise SMTPNotSupported("SMTPUTF8")
        encoding = "utf-8"
    await smtp.mail(sender, options=options, encoding=encoding)
    await smtp.rcpt(to, encoding=encoding)
    await smtp.data(content)


def _has_a_port(url: SplitResult) -> bool:
    """Or none, but no words in its place."""
    try:
        return url.port is None or url.port > 0
    except ValueError:
        return False


@lru_cache(maxsize=8)
def _dated(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def compose(message: Outgoing, names: Names, date: str, policy: "EmailPolicy[Any]" = WIRE) -> EmailMessage:
    """The whole e-mail. Headers go by the library, which refuses what would begin another one."""
    letter, text = EmailMessage(policy=policy), message.text
    letter["From"] = Address(message.sender, addr_spec=names.sender)
    if names.reply_to:
        letter["Reply-To"] = names.reply_to
    name, _, place = message.to.rpartition("@")
    letter["To"] = Address(username=name, domain=place)  # as one address it has to be ASCII
    letter["Subject"] = f"{text.pictogram} {text.subject}"
    letter["Date"] = date
    letter["Message-ID"] = f"<{message.id}@{names.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        letter["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        if message.unsubscribe.startswith("https://"):  # RFC 8058, 3.1: over http it may not be offered
            letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    words, page = plain(message), message.html
    letter.set_content(words, cte=_encoding(words, policy))
    letter.add_alternative(page, subtype="html", cte=_encoding(page, policy))
    if message.calendar:
        _attach(message.calendar, letter)
    spoken = (version.language.partition("-x-")[0] for version in (text, text.below) if version)
    letter["Content-Language"] = ", ".join(spoken)  # earlier it would go to the first part
    return letter


def _attach(invitation: Invitation, letter: EmailMessage) -> None:
    """With its method and charset beside its type, or no calendar does what it asks (RFC 6047, 2.4)."""
    letter.add_attachment(
        invitation.content.decode(),
        subtype="calendar",
        charset="utf-8",
        cte="base64",
        params={"method": invitation.method},
        filename="invite.ics",
    )


def plain(message: Outgoing) -> str:
    """The text for who reads without HTML."""
    text, below = message.text, message.text.below
    parts = [
        text.body,
        message.seen or "",
        f"———\n\n{below.body}" if below else "",
        message.unsubscribe or "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _encoding(words: str, policy: "EmailPolicy[Any]") -> str | None:
    """As it is, where a server takes that and no line is too long (RFC 5321, 4.5.3.1.6); else the library chooses."""
    short = max(map(len, words.encode().split(b"\n"))) <= LONGEST_LINE
    return "8bit" if short and policy.cte_type == "8bit" else None
