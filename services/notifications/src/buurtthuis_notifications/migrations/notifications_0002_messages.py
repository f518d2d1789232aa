"""What has to be told, to whom, and how they like to hear it."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None

CORPORATION = "corporation text NOT NULL DEFAULT current_corporation()"

TABLES = {
    "announcements": """
        id uuid PRIMARY KEY,
        rule text NOT NULL,
        cause uuid NOT NULL,
        urgency text NOT NULL,
        data jsonb NOT NULL,
        words jsonb,
        made_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        house_id uuid,
        session_id uuid,
        series_id uuid,
        theme_id uuid,
        survey_id uuid,
        resident_id uuid,
        state text NOT NULL,
        reached uuid,
        told_at timestamptz,
        version integer NOT NULL
    """,
    "messages": """
        id uuid PRIMARY KEY,
        rule text NOT NULL,
        topic text NOT NULL,
        urgency text NOT NULL,
        state text NOT NULL,
        channel text,
        language text NOT NULL,
        made_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        announcement_id uuid,
        resident_id uuid,
        house_id uuid,
        digest_id uuid,
        address bytea,
        secret bytea,
        tried text[] NOT NULL,
        attempts integer NOT NULL,
        lease_until timestamptz,
        sent_at timestamptz,
        seen_at timestamptz,
        reason text,
        version integer NOT NULL
    """,
    "hand_deliveries": """
        id uuid PRIMARY KEY,
        message_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        house_id uuid,
        channel text NOT NULL,
        rule text NOT NULL,
        requested_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        state text NOT NULL,
        tries integer NOT NULL,
        done_at timestamptz,
        version integer NOT NULL
    """,
    "wishes": """
        id uuid PRIMARY KEY,
        off jsonb NOT NULL,
        digests jsonb NOT NULL,
        digest_at time NOT NULL,
        digest_day integer NOT NULL,
        quiet_from time NOT NULL,
        quiet_until time NOT NULL,
        at_most integer NOT NULL,
        version integer NOT NULL
    """,
}

INDEXES = (
    "CREATE INDEX announcements_open ON announcements (corporation, due_at) WHERE state <> 'told'",
    "CREATE INDEX announcements_house ON announcements (corporation, house_id, id)",
    "CREATE INDEX messages_due ON messages (corporation, due_at, made_at, id) WHERE state IN ('queued', 'deferred')",
    "CREATE INDEX messages_critical ON messages (corporation, due_at) "
    "WHERE state IN ('queued', 'deferred') AND urgency = 'critical'",
    "CREATE INDEX messages_merged ON messages (corporation, due_at) WHERE state = 'merged'",
    "CREATE INDEX messages_unseen ON messages (corporation, sent_at) WHERE state = 'sent' AND urgency IN ('urgent', 'critical')",
    "CREATE INDEX messages_digest ON messages (corporation, digest_id) WHERE digest_id IS NOT NULL",
    "CREATE INDEX messages_announcement ON messages (corporation, announcement_id, state)",
    "CREATE UNIQUE INDEX hand_deliveries_open ON hand_deliveries (corporation, message_id) WHERE state = 'requested'",
    "CREATE INDEX hand_deliveries_house ON hand_deliveries (corporation, house_id, id) WHERE state = 'requested'",
    "CREATE INDEX hand_deliveries_resident ON hand_deliveries (corporation, resident_id)",
    "CREATE INDEX messages_resident ON messages (corporation, resident_id, made_at)",
)


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({CORPORATION}, {columns})")
        belongs_to_one_corporation(table)
    op.execute("ALTER TABLE messages SET (fillfactor = 50)")  # so that a lease touches no index
    for index in INDEXES:
        op.execute(index)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
