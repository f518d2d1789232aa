"""Other systems that are told what happens."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None

CORPORATION = "corporation text NOT NULL DEFAULT current_corporation()"

TABLES = {
    "webhooks": """
        id uuid PRIMARY KEY,
        url text NOT NULL,
        types text[] NOT NULL,
        secret bytea NOT NULL,
        cursors jsonb NOT NULL,
        made_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        state text NOT NULL,
        old_secret bytea,
        old_until timestamptz,
        ping uuid,
        failures integer NOT NULL,
        failing_since timestamptz,
        lease uuid,
        lease_until timestamptz,
        version integer NOT NULL
    """,
    "webhook_attempts": """
        id uuid PRIMARY KEY,
        webhook_id uuid NOT NULL,
        event_id uuid NOT NULL,
        type text NOT NULL,
        at timestamptz NOT NULL,
        took boolean NOT NULL,
        status integer,
        why text
    """,
}

INDEXES = (
    "CREATE INDEX webhooks_on ON webhooks (corporation, due_at) WHERE state = 'on'",
    "CREATE INDEX webhook_attempts_webhook ON webhook_attempts (corporation, webhook_id, id)",
    "CREATE INDEX webhook_attempts_at ON webhook_attempts (corporation, at)",
)


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({CORPORATION}, {columns})")
        belongs_to_one_corporation(table)
    for index in INDEXES:
        op.execute(index)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
