"""Reading webhooks: who is told what, what came of it, and who is behind."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import BigInteger, Select, and_, cast, column, exists, func, or_, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.webhooks import Told, Webhook, WebhookState
from buurtthuis_notifications.storage.webhooks import webhook_attempts, webhooks

#: So many are told at once.
AT_ONCE = 20


class WebhookView(BaseModel):
    """Another system, and whether it takes what it is told. Its secret is shown once, and not here."""

    id: UUID
    url: str
    types: list[str]
    state: WebhookState
    made_at: datetime
    failures: int
    failing_since: datetime | None
    old_until: datetime | None


class AttemptView(BaseModel):
    """One try: which event, when, and what the other side answered. What was sent is not kept."""

    id: UUID
    event_id: UUID
    type: str
    at: datetime
    took: bool
    status: int | None
    why: str | None


async def list_webhooks(session: AsyncSession, after: UUID | None, limit: int) -> list[WebhookView]:
    """Oldest first."""
    query = select(Webhook).order_by(webhooks.c.id).limit(limit)
    query = query.where(webhooks.c.id > after) if after else query
    return [_view(webhook) for webhook in await session.scalars(query)]


async def show_webhook(session: AsyncSession, id: UUID) -> WebhookView:
    """One of them. Raises NotFound."""
    return _view(await one_webhook(session, id))


async def one_webhook(session: AsyncSession, id: UUID) -> Webhook:
    """All that is kept of it. Raises NotFound."""
    webhook = await session.get(Webhook, id)
    if webhook is None:
        raise NotFound(what="webhook", id=id)
    return webhook


async def list_attempts(
    session: AsyncSession, webhook: UUID, after: UUID | None, limit: int
) -> list[AttemptView]:
    """Newest first. Raises NotFound."""
    await one_webhook(session, webhook)
    query = select(webhook_attempts).where(webhook_attempts.c.webhook_id == webhook)
    query = query.where(webhook_attempts.c.id < after) if after else query
    found = await session.execute(query.order_by(webhook_attempts.c.id.desc()).limit(limit))
    return [AttemptView.model_validate(dict(row)) for row in found.mappings()]


async def taken(session: AsyncSession, webhook: UUID, events: Collection[UUID]) -> set[UUID]:
    """Those of these events that the other system has taken."""
    attempts = webhook_attempts.c
    query = select(attempts.event_id).where(attempts.webhook_id == webhook, attempts.took)
    return set(await session.scalars(query.where(attempts.event_id.in_(events))))


HEARD = text("SELECT source, position, event_id::text FROM checkpoints")


async def heard(session: AsyncSession) -> dict[str, Told]:
    """How far notifications itself has come with each producer: what is said from now on is above that."""
    found = await session.execute(HEARD)
    return {row.source: Told(row.position, row.event_id) for row in found}


checkpoints = table("checkpoints", column("corporation"), column("source"), column("position"))


def due(now: Now) -> Select[UUID]:
    """Those for whom something was said that they may not know yet, and whom nobody tells just now."""
    known = cast(func.jsonb_extract_path_text(webhooks.c.cursors, checkpoints.c.source), BigInteger)
    behind = exists().where(
        checkpoints.c.corporation == webhooks.c.corporation, checkpoints.c.position > func.coalesce(known, 0)
    )
    free = or_(webhooks.c.lease_until.is_(None), webhooks.c.lease_until <= now)
    to_tell = or_(webhooks.c.ping.is_not(None), and_(webhooks.c.due_at <= now, behind))
    query = select(webhooks.c.id).where(webhooks.c.state == WebhookState.ON, free, to_tell)
    return query.order_by(webhooks.c.due_at).limit(AT_ONCE)


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView.model_validate(webhook, from_attributes=True)
