"""What notifications has besides a database: the vault, texts, and roads to the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from buurtthuis.corporations import Corporations
from buurtthuis.events.notifications import Channel
from buurtthuis.settings import Settings

from buurtthuis_notifications.channels import Road
from buurtthuis_notifications.channels.email import Email
from buurtthuis_notifications.channels.sink import Sink, SinkRoad
from buurtthuis_notifications.channels.webhooks import Hooks
from buurtthuis_notifications.settings import NotificationSettings
from buurtthuis_notifications.texts import Texts
from buurtthuis_notifications.vault import Vault

#: What names the server at the end of a road.
SETTINGS = {Channel.EMAIL: "SMTP_URL", Channel.SMS: "SMS_URL", Channel.PUSH: "VAPID_KEY_FILE"}


@dataclass(frozen=True)
class Parts:
    """See `buurtthuis.service.Parts`. What has no road of its own goes into the sink."""

    vault: Vault
    texts: Texts
    roads: Mapping[Channel, Road]
    public_url: str
    mail_from: str
    sink: Sink = field(default_factory=Sink)
    hooks: Hooks = field(default_factory=Hooks)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the environment says. Raises SettingsError."""
        ours, sink = NotificationSettings.read(), Sink(settings.sink_secret)
        corporations = Corporations.load(settings.corporations_file)
        return cls(
            ours.vault(settings),
            Texts(corporations, ours.texts_folder),
            {**{channel: sink.road(channel) for channel in Channel}, **_roads(ours)},
            ours.public_url,
            ours.mail_from,
            sink,
        )

    @property
    def push_key(self) -> str | None:
        """What browsers subscribe with; None where no messages go to them."""
        return getattr(self.roads[Channel.PUSH], "public_key", None)

    @property
    def caught(self) -> Sequence[Channel]:
        """The roads that lead into the sink, though a setting could name a server at their end."""
        return sorted(road for road in SETTINGS if isinstance(self.roads[road], SinkRoad))

    def hints(self, url: str) -> Sequence[str]:
        """See `buurtthuis.service.Parts`: where whoever runs `up` looks at what was caught."""
        if not self.caught or not self.sink.secret:
            return ()
        roads = ", ".join(road.value for road in self.caught)
        said = f"\nNothing leaves by {roads}. What would have, with its codes, for your eyes only:"
        return said, f"  {url}/sink/{self.sink.secret}"

    async def close(self) -> None:
        """Hang up."""
        for road in self.roads.values():
            await road.close()
        await self.hooks.close()


def _roads(ours: NotificationSettings) -> Mapping[Channel, Road]:
    """The real ones. What they stand on takes half a second to import, so only those that are set do."""
    found: dict[Channel, Road] = {}
    if ours.smtp_url:
        found[Channel.EMAIL] = Email(ours.smtp_url, ours.mail_from)
    if ours.sms_url:
        from buurtthuis_notifications.channels.gateways import Gateway

        found[Channel.SMS] = Gateway(ours.sms_url)
    if ours.vapid_key_file:
        from buurtthuis_notifications.channels.web_push import WebPush

        found[Channel.PUSH] = WebPush(ours.vapid_key_file, f"mailto:{ours.mail_from}")
    return found
