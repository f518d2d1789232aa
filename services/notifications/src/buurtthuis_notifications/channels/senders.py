"""Corporations' own roads: their own name on what they say, and their own servers where they have any.

A road each, so that whoever is refused or has a wrong password keeps no other waiting (`Circuit`); what cannot be used is
said by name when it is read, and what is to go by it waits as it does for a server that refuses us.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import structlog
from buurtthuis.core.corporations import Corporation, Sender
from buurtthuis.core.settings import SettingsError
from buurtthuis.events.notifications import DeliveryChannel
from dotenv import dotenv_values

from buurtthuis_notifications.channels import AgainstUs, Road
from buurtthuis_notifications.channels.email import EmailRoad, MailServer
from buurtthuis_notifications.channels.places import AT_ONCE, Places
from buurtthuis_notifications.rendering.outgoing import Outgoing

log = structlog.get_logger(__name__)

SECRETS = ("SMTP_URL", "SMS_URL")
FROM = "{from}"


@dataclass(frozen=True)
class Deployment:
    """What corporations have that say nothing of their own."""

    smtp_url: str = ""
    mail_from: str = ""
    sms_url: str = ""
    sms_from: str = ""


@dataclass(frozen=True)
class OwnRoad:
    """`places` where the server at its end is the corporation's own as well: else it takes those of the deployment's."""

    road: Road
    places: Places | None = None


class OutOfOrder:
    """In place of a road whose settings cannot be used: nothing is lost, and nothing goes in another name."""

    def __init__(self, why: str) -> None:
        """`why` is for operators alone."""
        self._why = why

    async def send(self, message: Outgoing) -> None:  # noqa: ARG002
        """See `channels.Road`. Raises AgainstUs."""
        raise AgainstUs("its settings cannot be used")

    async def check(self) -> str:
        """Raises AgainstUs, which says why."""
        raise AgainstUs(self._why)

    async def close(self) -> None:
        """Nothing is held open."""


class Senders:
    """Those that there are now. What did not change keeps its connections and what it knows of the other side."""

    def __init__(self, deployment: Deployment = Deployment()) -> None:
        self._deployment = deployment
        self._server = MailServer(deployment.smtp_url) if deployment.smtp_url else None
        self._made: dict[str, tuple[object, Mapping[DeliveryChannel, OwnRoad]]] = {}
        self._outworn: list[Road] = []

    def prepare(self, corporations: Mapping[str, Corporation]) -> None:
        """Have these corporations' own roads from now on. What is wrong is logged, and stops nobody."""
        made = {slug: self._made_of(slug, corporation.sender) for slug, corporation in corporations.items()}
        replaced = (
            roads for slug, (_, roads) in self._made.items() if made.get(slug) is not self._made[slug]
        )
        self._outworn += [own.road for roads in replaced for own in roads.values()]
        self._made = made

    def roads_of(self, slug: str) -> Mapping[DeliveryChannel, OwnRoad]:
        """Its own, and none of the deployment's."""
        return self._made[slug][1] if slug in self._made else {}

    def __iter__(self) -> Iterator[tuple[str, DeliveryChannel, Road]]:
        """Of all corporations."""
        for slug, (_, roads) in self._made.items():
            yield from ((slug, channel, own.road) for channel, own in roads.items())

    async def close(self) -> None:
        for road in (*self._outworn, *(road for _, _, road in self)):
            await road.close()

    def _made_of(self, slug: str, sender: Sender) -> tuple[object, Mapping[DeliveryChannel, OwnRoad]]:
        try:
            secrets = _secrets(sender.secrets_file)
        except SettingsError as error:
            return sender, dict.fromkeys(
                (DeliveryChannel.EMAIL, DeliveryChannel.SMS), self._out_of_order(slug, error)
            )
        before, said = self._made.get(slug), (sender, secrets)
        return before if before and before[0] == said else (said, self._roads(slug, sender, secrets))

    def _roads(self, slug: str, sender: Sender, secrets: Mapping[str, str]) -> dict[DeliveryChannel, OwnRoad]:
        found = {}
        makers = {DeliveryChannel.EMAIL: self._email, DeliveryChannel.SMS: self._sms}
        for channel, make in makers.items():
            try:
                own = make(sender, secrets)
            except SettingsError as error:
                own = self._out_of_order(slug, error)
            if own:
                found[channel] = own
        return found

    def _email(self, sender: Sender, secrets: Mapping[str, str]) -> OwnRoad | None:
        server = MailServer(secrets["SMTP_URL"]) if "SMTP_URL" in secrets else None
        at = server or self._server
        if at is None or not (server or sender.mail_from or sender.reply_to):
            return None
        road = EmailRoad(at, sender.mail_from or self._deployment.mail_from, sender.reply_to)
        return OwnRoad(road, Places(*AT_ONCE[DeliveryChannel.EMAIL]) if server else None)

    def _sms(self, sender: Sender, secrets: Mapping[str, str]) -> OwnRoad | None:
        url = secrets.get("SMS_URL", self._deployment.sms_url)
        if not url or not ("SMS_URL" in secrets or sender.sms_from):
            return None
        if sender.sms_from and FROM not in url:
            raise SettingsError("sms_from: there is no {from} in SMS_URL, so no telephone would show it.")
        from buurtthuis_notifications.channels.gateways import Gateway  # half a second, for who needs it

        own = Places(*AT_ONCE[DeliveryChannel.SMS]) if "SMS_URL" in secrets else None
        return OwnRoad(Gateway(url, sender.sms_from or self._deployment.sms_from), own)

    def _out_of_order(self, slug: str, error: SettingsError) -> OwnRoad:
        log.error(
            "a corporation's sender cannot be used: what it says waits", corporation=slug, why=str(error)
        )
        return OwnRoad(OutOfOrder(str(error)))


def _secrets(path: Path | None) -> dict[str, str]:
    """By the names that the deployment's have. Raises SettingsError, which names no value."""
    if path is None:
        return {}
    try:
        found = dotenv_values(stream=StringIO(path.read_text(encoding="utf-8")), interpolate=False)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise SettingsError(f"secrets_file: {path}: {why}.") from None
    unknown = sorted(found.keys() - {*SECRETS})
    if unknown or not all(found.values()):
        raise SettingsError(
            f"secrets_file: {path}: a line each of {' and '.join(SECRETS)}, and nothing else."
        )
    return {name: value for name, value in found.items() if value}
