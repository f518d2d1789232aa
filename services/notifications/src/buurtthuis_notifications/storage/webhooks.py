"""Where webhooks are kept, and what was tried. Of what was sent nothing is."""

from buurtthuis.persistence.columns import Whole, corporation_table, map_aggregate, map_part, word
from sqlalchemy import ARRAY, Boolean, Column, DateTime, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import registry

from buurtthuis_notifications.domain.webhooks import Told, Webhook, WebhookAttempt, WebhookState

mapper = registry()

webhooks = corporation_table(
    "webhooks",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", String, nullable=False),
    Column("types", ARRAY(String, as_tuple=True), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("cursors", Whole(dict[str, int]), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("state", word(WebhookState), nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_until", DateTime(timezone=True)),
    Column("ping", Uuid),
    Column("failures", Integer, nullable=False),
    Column("failing_since", DateTime(timezone=True)),
    Column("lease", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("trails", Whole(dict[str, tuple[Told, ...]]), nullable=False),
    Column("version", Integer, nullable=False),
)

webhook_attempts = corporation_table(
    "webhook_attempts",
    mapper.metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("type", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("took", Boolean, nullable=False),
    Column("status", Integer),
    Column("why", String),
)

map_aggregate(mapper, Webhook, webhooks)
map_part(mapper, WebhookAttempt, webhook_attempts)
