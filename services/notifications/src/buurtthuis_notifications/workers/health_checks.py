"""What the doctor looks at in notifications: which roads there are, whether the other side answers, and what it said."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from buurtthuis.core.corporations import Corporations
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.persistence.engine import Database
from buurtthuis.runtime.service import HealthFinding

from buurtthuis_notifications.channels import AgainstUs, CheckedRoad, Road, TryLater
from buurtthuis_notifications.channels.email import EmailRoad
from buurtthuis_notifications.channels.mail_domains import NoDns, examine_domain
from buurtthuis_notifications.channels.senders import Senders
from buurtthuis_notifications.parts import CAUGHT, SETTINGS, own_senders, set_up
from buurtthuis_notifications.queries import messages
from buurtthuis_notifications.settings import NotificationSettings

SECONDS = 15
#: Without it staff hear nothing, nor do most residents; the others are a choice.
NEEDED = DeliveryChannel.EMAIL


async def examine(settings: Settings) -> Sequence[HealthFinding]:
    """Talks to the other sides, and sends nothing."""
    corporations = Corporations.load(settings.corporations_file)
    try:
        ours = NotificationSettings.read()
        roads, senders = set_up(ours), own_senders(ours, corporations)
    except SettingsError as error:
        return [HealthFinding(False, "roads", str(error))]
    caught = bool(settings.sink_secret) and not roads.keys() & {*CAUGHT}
    found = [await _about(channel, roads.get(channel), caught=caught) for channel in SETTINGS]
    found += await _as_mail_is_seen(roads.get(DeliveryChannel.EMAIL), ours.dkim_selector or None)
    for road in roads.values():
        await road.close()
    return found + await _of_corporations(senders, corporations, ours) + await _refusals(settings)


async def _of_corporations(
    senders: Senders, corporations: Corporations, ours: NotificationSettings
) -> list[HealthFinding]:
    """Whether those that have a name or a server of their own are let in with it, and known by it."""
    found = []
    for slug, channel, road in senders:
        own = corporations[slug].sender
        selector = own.dkim_selector or (None if own.mail_from else ours.dkim_selector or None)
        said = [await _about(channel, road, caught=False), *await _as_mail_is_seen(road, selector)]
        found += [replace(each, what=f"{slug}: {each.what}") for each in said]
    await senders.close()
    return found


async def _as_mail_is_seen(road: Road | None, selector: str | None) -> list[HealthFinding]:
    """What receivers find out about e-mail by this road, and whether it can be read on its way to the server."""
    if not isinstance(road, EmailRoad) or (road.server.is_here and road.domain == "localhost"):
        return []
    found = []
    if road.server.is_overheard:
        said = "Messages can be read on their way to the mail server: let SMTP_URL begin with smtp+starttls:// or smtps://."
        found.append(HealthFinding(False, "STARTTLS", said))
    try:
        seen = await examine_domain(road.domain, selector)
    except NoDns as away:
        said = f"What others see of {road.domain} cannot be looked up ({away}): does DNS answer here?"
        return [*found, HealthFinding(False, "DNS", said)]
    return found + [HealthFinding(each.well, each.what, each.said) for each in seen]


async def _about(channel: DeliveryChannel, road: Road | None, *, caught: bool) -> HealthFinding:
    what, setting = f"road {channel}", SETTINGS[channel]
    if road is None and caught and channel in CAUGHT:
        return HealthFinding(True, what, f"`up` catches what would go: {setting} is not set")
    if road is None:
        said = f"{setting} is not set: nothing goes by {channel}, and nobody joins by it."
        return HealthFinding(channel is not NEEDED, what, said)
    if not isinstance(road, CheckedRoad):
        return HealthFinding(True, what, f"{setting} holds a key")
    try:
        async with asyncio.timeout(SECONDS):
            return HealthFinding(True, what, f"{await road.check()} answers")
    except AgainstUs as refusal:
        return HealthFinding(
            False, what, f"The other side refuses us ({refusal}): see {setting} and MAIL_FROM."
        )
    except (TryLater, TimeoutError) as away:
        return HealthFinding(
            False, what, f"The other side does not answer ({away or 'in time'}): see {setting}."
        )


async def _refusals(settings: Settings) -> list[HealthFinding]:
    """What waits because of us, and not because of an address."""
    database, found = Database(settings.database_url), []
    try:
        for slug in Corporations.load(settings.corporations_file):
            async with database.transaction(slug) as session:
                for row in await messages.refused(session):
                    said = f"{slug}: {row.many} messages wait, the other side refuses us ({row.reason[4:]})."
                    found.append(HealthFinding(False, f"road {row.channel}", said))
    finally:
        await database.close()
    return found
