"""E-mail over SMTP, with connections that stay open for the next message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.policy import SMTPUTF8 as WIRE_UTF8
from email.utils import format_datetime
from ssl import SSLContext, create_default_context
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused, SMTPRecipientsRefused, SMTPResponseException
from buurtthuis.database import Clock, utc_now
from buurtthuis.events.notifications import FailureReason
from buurtthuis.settings import SettingsError

from buurtthuis_notifications.channels import Outgoing, TryLater, Undeliverable

CONNECTIONS = 8
SECONDS = 30
SCHEMES = ("smtp", "smtp+starttls", "smtps")
FOR_GOOD = 500


class Email:
    """One SMTP server: `smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`."""

    def __init__(
        self, url: str, sender: str, *, clock: Clock = utc_now, trusted: SSLContext | None = None
    ) -> None:
        """`sender` is an address of ours. Raises SettingsError."""
        self._server = urlsplit(url)
        if self._server.scheme not in SCHEMES or not self._server.hostname:
            raise SettingsError(
                "SMTP_URL: begins with smtp://, smtp+starttls:// or smtps:// and names a host."
            )
        self._sender = sender
        self._domain = sender.rpartition("@")[2]
        self._clock = clock
        self._trusted = trusted
        self._open: list[SMTP] = []
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def send(self, message: Outgoing) -> None:
        """See `channels.Road`."""
        letter = compose(message, self._sender, self._domain, format_datetime(self._clock()))
        ascii_only = message.to.isascii()
        content = letter.as_bytes(policy=WIRE if ascii_only else WIRE_UTF8)
        options = [] if ascii_only else ["SMTPUTF8"]
        try:
            async with self._connection() as smtp:
                await smtp.sendmail(self._sender, [message.to], content, mail_options=options)
        except SMTPRecipientsRefused as refused:
            raise _answer(refused.recipients[0].code) from None
        except (SMTPRecipientRefused, SMTPResponseException) as refused:
            raise _answer(refused.code) from None
        except (SMTPException, OSError, TimeoutError) as error:
            raise TryLater(type(error).__name__) from None

    async def close(self) -> None:
        """See `channels.Road`."""
        while self._open:
            with suppress(SMTPException, OSError, TimeoutError):
                await self._open.pop().quit()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        """An open one, or a new one; it is kept unless something went wrong on it."""
        async with self._places:
            smtp = self._open.pop() if self._open else await self._connect()
            try:
                yield smtp
            except (SMTPRecipientsRefused, SMTPRecipientRefused):
                await self._keep(smtp)
                raise
            except BaseException:
                smtp.close()
                raise
            self._open.append(smtp)

    async def _keep(self, smtp: SMTP) -> None:
        with suppress(SMTPException, OSError, TimeoutError):
            await smtp.rset()
            self._open.append(smtp)

    async def _connect(self) -> SMTP:
        server = self._server
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
        return smtp

    def _context(self) -> SSLContext | None:
        if self._server.scheme == "smtp":
            return None
        self._trusted = self._trusted or create_default_context()
        return self._trusted


def compose(message: Outgoing, sender: str, domain: str, date: str) -> EmailMessage:
    """The whole e-mail. Headers go by the library, which refuses what would begin another one."""
    letter, text = EmailMessage(policy=WIRE), message.text
    letter["From"] = Address(message.sender, addr_spec=sender)
    name, _, place = message.to.rpartition("@")
    letter["To"] = Address(username=name, domain=place)  # as one address it has to be ASCII
    letter["Subject"] = f"{text.pictogram} {text.subject}"
    letter["Date"] = date
    letter["Message-ID"] = f"<{message.id}@{domain}>"
    letter["Content-Language"] = text.language.partition("-x-")[0]
    letter["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        letter["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(plain(message))
    letter.add_alternative(message.html, subtype="html")
    if message.calendar:
        letter.add_attachment(
            message.calendar, maintype="text", subtype="calendar", filename="bijeenkomst.ics"
        )
    return letter


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


def _answer(code: int) -> Exception:
    """A server that has something against us, and not against the address, is tried later."""
    against_us = code in (530, 534, 535, 538, 421)
    for_good = code >= FOR_GOOD and not against_us
    return Undeliverable(FailureReason.REFUSED) if for_good else TryLater(f"SMTP {code}")
