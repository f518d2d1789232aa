"""What notifications has besides a database: the vault, texts, and roads to the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import structlog
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.core.settings import Settings
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.persistence.holdings import Opens

from buurtthuis_notifications.channels import Road
from buurtthuis_notifications.channels.email import EmailRoad, MailServer
from buurtthuis_notifications.channels.places import Places, places
from buurtthuis_notifications.channels.senders import Deployment, Senders
from buurtthuis_notifications.channels.sink import Sink
from buurtthuis_notifications.channels.webhooks import Hooks
from buurtthuis_notifications.domain.addresses import CODES_BY, AddressKind
from buurtthuis_notifications.domain.planning import BY_HAND
from buurtthuis_notifications.rendering.context import MessageContext
from buurtthuis_notifications.rendering.writer import Writer
from buurtthuis_notifications.settings import NotificationSettings
from buurtthuis_notifications.texts import Texts
from buurtthuis_notifications.vault import Vault

log = structlog.get_logger(__name__)

#: What names the server at the end of a road.
SETTINGS = {
    DeliveryChannel.EMAIL: "SMTP_URL",
    DeliveryChannel.SMS: "SMS_URL",
    DeliveryChannel.PUSH: "VAPID_KEY_FILE",
}
#: Whom a corporation reaches, and how: what it takes along when it leaves. Codes, links and keys end with it.
TAKEN_ALONG = ("addresses.secret", "residents.called", "corrections.before", "messages.address")
#: What the sink catches.
CAUGHT = (DeliveryChannel.EMAIL, DeliveryChannel.SMS)


@dataclass(frozen=True)
class Parts:
    """See `buurtthuis.runtime.parts.Parts`. What is not among the `roads` is not set up: nothing goes by it."""

    vault: Vault
    texts: Texts
    roads: Mapping[DeliveryChannel, Road]
    public_url: str
    mail_from: str
    sink: Sink | None = None
    hooks: Hooks = field(default_factory=Hooks)
    places: Mapping[DeliveryChannel, Places] = field(default_factory=places)
    senders: Senders = field(default_factory=Senders)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the environment says. Raises SettingsError."""
        ours = NotificationSettings.read()
        corporations = Corporations.load(settings.corporations_file)
        roads, sink, senders = set_up(ours), None, own_senders(ours, corporations)
        if settings.sink_secret and not roads.keys() & {*CAUGHT}:
            sink = Sink(settings.sink_secret)
            roads |= {channel: sink.road(channel) for channel in CAUGHT}
        _say_what_is_missing(roads)
        return cls(
            ours.vault(settings),
            Texts(corporations, ours.texts_folder),
            roads,
            settings.public_url,
            ours.mail_from,
            sink,
            senders=senders,
        )

    def prepare(self, corporations: Mapping[str, Corporation]) -> None:
        """See `buurtthuis.runtime.service.Service`."""
        self.texts.prepare(corporations)
        self.senders.prepare(corporations)

    def channels_of(self, corporation: Corporation) -> frozenset[DeliveryChannel]:
        """By which something goes: the roads, and what people bring."""
        return frozenset(self.roads) | self.senders.roads_of(corporation.slug).keys() | BY_HAND

    def code_addresses_of(self, corporation: Corporation) -> list[AddressKind]:
        """To what kinds of address a code can be sent."""
        channels = self.channels_of(corporation)
        return [kind for kind, channel in CODES_BY.items() if channel in channels]

    def road(self, corporation: Corporation, channel: DeliveryChannel) -> tuple[Road, Places]:
        """Its own, or the deployment's; with the places at whoever is at the end of it."""
        own = self.senders.roads_of(corporation.slug).get(channel)
        return (
            (own.road, own.places or self.places[channel])
            if own
            else (self.roads[channel], self.places[channel])
        )

    def writer(self, corporation: Corporation, context: MessageContext, now: datetime) -> Writer:
        """For the messages of one batch."""
        return Writer(
            self.vault,
            self.texts,
            corporation,
            context,
            now,
            public_url=self.public_url,
            mail_from=corporation.sender.mail_from or self.mail_from,
        )

    @property
    def push_key(self) -> str | None:
        """What browsers subscribe with; None where no messages go to them."""
        return getattr(self.roads.get(DeliveryChannel.PUSH), "public_key", None)

    def hints(self, url: str) -> Sequence[str]:
        """See `buurtthuis.runtime.parts.Parts`: where whoever runs `up` looks at what was caught."""
        if self.sink is None:
            return ()
        said = (
            f"\nNothing leaves by {' or '.join(CAUGHT)}. What would have, with its codes, for your eyes only:"
        )
        return said, f"  {url}/sink/{self.sink.secret}"

    async def close(self) -> None:
        for road in self.roads.values():
            await road.close()
        await self.senders.close()
        await self.hooks.close()


def opens(settings: Settings) -> Opens:
    """See `buurtthuis.runtime.service.Service`. Raises SettingsError where there is no key."""
    return dict.fromkeys(TAKEN_ALONG, NotificationSettings.read().vault(settings).open)


def set_up(ours: NotificationSettings) -> dict[DeliveryChannel, Road]:
    """The roads that are. Raises SettingsError. What they stand on takes half a second to import, so only those that are set do."""
    found: dict[DeliveryChannel, Road] = {}
    if ours.smtp_url:
        found[DeliveryChannel.EMAIL] = EmailRoad(MailServer(ours.smtp_url), ours.mail_from)
    if ours.sms_url:
        from buurtthuis_notifications.channels.gateways import Gateway

        found[DeliveryChannel.SMS] = Gateway(ours.sms_url, ours.sms_from)
    if ours.vapid_key_file:
        from buurtthuis_notifications.channels.web_push import WebPush

        found[DeliveryChannel.PUSH] = WebPush(ours.vapid_key_file, f"mailto:{ours.mail_from}")
    return found


def own_senders(ours: NotificationSettings, corporations: Mapping[str, Corporation]) -> Senders:
    """What corporations have of their own. Raises SettingsError for the deployment's alone."""
    senders = Senders(Deployment(ours.smtp_url, ours.mail_from, ours.sms_url, ours.sms_from))
    senders.prepare(corporations)
    return senders


def _say_what_is_missing(roads: Mapping[DeliveryChannel, Road]) -> None:
    for channel, setting in SETTINGS.items():
        if channel not in roads:
            tell = log.info if channel is DeliveryChannel.PUSH else log.warning
            tell(
                "a road is not set up: nothing goes by it, nobody joins by it",
                road=channel.value,
                set=setting,
            )
