"""What can be asked of webhooks, and what is noted about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work, new_id
from buurtthuis.events.notifications import WebhookSwitchedOff

from buurtthuis_notifications.domain.webhooks import AT_MOST, Told, TooManyWebhooks, Webhook, WebhookAttempt

on = Handlers()


@dataclass(frozen=True)
class RegisterWebhook:
    url: str
    types: tuple[str, ...]
    secret: bytes
    heard: Mapping[str, Told] = field(default_factory=dict)


@on.command
async def register_webhook(command: RegisterWebhook, work: Work) -> Result:
    if sum((await work.count(Webhook)).values()) >= AT_MOST:
        raise TooManyWebhooks(at_most=AT_MOST)
    now = await work.time()
    webhook = Webhook.register(command.url, command.types, command.secret, command.heard, now)
    work.keep(webhook)
    return Result(webhook)


@dataclass(frozen=True)
class DeleteWebhook:
    webhook_id: UUID


@on.command
async def delete_webhook(command: DeleteWebhook, work: Work) -> None:
    """And what was noted about it. Raises NotFound."""
    await work.get(Webhook, command.webhook_id)
    await work.forget(WebhookAttempt, webhook_id=command.webhook_id)
    await work.forget(Webhook, id=command.webhook_id)


@dataclass(frozen=True)
class PauseWebhook:
    webhook_id: UUID


@on.command
async def pause_webhook(command: PauseWebhook, work: Work) -> Result:
    webhook = await work.get(Webhook, command.webhook_id)
    webhook.pause()
    return Result(webhook)


@dataclass(frozen=True)
class ResumeWebhook:
    webhook_id: UUID


@on.command
async def resume_webhook(command: ResumeWebhook, work: Work) -> Result:
    webhook = await work.get(Webhook, command.webhook_id)
    webhook.resume(await work.time())
    return Result(webhook)


@dataclass(frozen=True)
class RotateSecret:
    webhook_id: UUID
    secret: bytes


@on.command
async def rotate_secret(command: RotateSecret, work: Work) -> Result:
    webhook = await work.get(Webhook, command.webhook_id)
    webhook.rotate(command.secret, await work.time())
    return Result(webhook)


@dataclass(frozen=True)
class PingWebhook:
    webhook_id: UUID


@on.command
async def ping_webhook(command: PingWebhook, work: Work) -> Result:
    webhook = await work.get(Webhook, command.webhook_id)
    webhook.ask_for_ping()
    return Result(webhook)


@dataclass(frozen=True)
class LeaseWebhook:
    """One sender at a time keeps what it sends in order."""

    webhook_id: UUID
    lease: UUID


@on.command
async def lease_webhook(command: LeaseWebhook, work: Work) -> None:
    if webhook := await work.find_one(Webhook, id=command.webhook_id):
        webhook.lend(command.lease, await work.time())


@dataclass(frozen=True)
class ReturnWebhook:
    webhook_id: UUID
    lease: UUID


@on.command
async def return_webhook(command: ReturnWebhook, work: Work) -> None:
    if webhook := await work.find_one(Webhook, id=command.webhook_id):
        webhook.give_back(command.lease)


@dataclass(frozen=True)
class PassBy:
    """Up to there nothing that this webhook wants was said."""

    webhook_id: UUID
    lease: UUID
    producer: str
    told: Told


@on.command
async def pass_by(command: PassBy, work: Work) -> None:
    if webhook := await work.find_one(Webhook, id=command.webhook_id, lease=command.lease):
        webhook.pass_by(command.producer, command.told)


@dataclass(frozen=True)
class GoBack:
    """A producer's database came back from an older copy: this position is the newest that both know.

    Of what stands above it there everything up to `told` was sent already."""

    webhook_id: UUID
    lease: UUID
    producer: str
    position: int
    told: Told


@on.command
async def go_back(command: GoBack, work: Work) -> None:
    if webhook := await work.find_one(Webhook, id=command.webhook_id, lease=command.lease):
        webhook.go_back(command.producer, command.position)
        webhook.pass_by(command.producer, command.told)


@dataclass(frozen=True)
class Sending:
    """One event on its way, from this `position` of its producer's journal; a ping has neither."""

    webhook_id: UUID
    lease: UUID
    event_id: UUID
    type: str
    producer: str | None = None
    position: int = 0


@dataclass(frozen=True)
class NoteAttempt:
    """What came of it. `status` is HTTP's; `for_good` is that the other side wants no more."""

    sending: Sending
    took: bool
    status: int | None = None
    why: str | None = None
    for_good: bool = False


@on.command
async def note_attempt(command: NoteAttempt, work: Work) -> Result:
    """A sender that lost its lease notes what it did, and moves nothing."""
    sending, now = command.sending, await work.time()
    if webhook := await work.find_one(Webhook, id=sending.webhook_id):
        work.keep(
            WebhookAttempt(
                new_id(),
                webhook.id,
                sending.event_id,
                sending.type,
                now,
                command.took,
                command.status,
                command.why,
            )
        )
        if webhook.holds(sending.lease):
            return Result(sending.webhook_id, _note(webhook, command, now))
    return Result(sending.webhook_id)


def _note(webhook: Webhook, command: NoteAttempt, now: datetime) -> list[WebhookSwitchedOff]:
    sending = command.sending
    if webhook.ping == sending.event_id:
        webhook.ping = None
    if not command.took:
        return webhook.did_not_take(now, for_good=command.for_good)
    webhook.took(now)
    if sending.producer:
        webhook.pass_by(sending.producer, Told(sending.position, str(sending.event_id)))
    return []
