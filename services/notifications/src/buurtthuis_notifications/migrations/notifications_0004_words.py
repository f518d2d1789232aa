"""Whose words are told, so that they can be taken back; and indexes for what grows for years."""

from alembic import op

revision = "notifications_0004"
down_revision = "notifications_0003"
branch_labels = None
depends_on = None

COLUMNS = (
    ("announcements", "said_by"),
    ("known_sessions", "titled_by"),
    ("known_series", "titled_by"),
    ("known_series", "theme_id"),
)
#: By what words are taken back, and by what is looked for again and again though most of it is long past.
INDEXES = {
    "announcements_said_by": "announcements (corporation, said_by) WHERE said_by IS NOT NULL",
    "announcements_resident": "announcements (corporation, resident_id) WHERE resident_id IS NOT NULL",
    "announcements_session": "announcements (corporation, session_id) WHERE session_id IS NOT NULL",
    "known_sessions_theme": "known_sessions (corporation, theme_id) WHERE theme_id IS NOT NULL",
    "messages_of_nobody": "messages (corporation, expires_at) WHERE resident_id IS NULL AND announcement_id IS NULL",
    "messages_unread": "messages (corporation, expires_at) WHERE state = 'sent' AND urgency IN ('urgent', 'critical')",
}


def upgrade() -> None:
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} uuid")
    op.execute("DROP INDEX messages_unseen")
    for name, what in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {what}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute(
        "CREATE INDEX messages_unseen ON messages (corporation, sent_at) "
        "WHERE state = 'sent' AND urgency IN ('urgent', 'critical')"
    )
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
