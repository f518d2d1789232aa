"""Indexes by which it is found out what is due, in whichever corporation."""

from alembic import op

revision = "notifications_0016"
down_revision = "notifications_0015"
branch_labels = None
depends_on = None

#: What is due is looked for in all corporations at once, so these begin with the moment.
INDEXES = (
    "messages_to_send ON messages (due_at) WHERE state IN ('queued', 'deferred')",
    "messages_to_put_together ON messages (due_at) WHERE state = 'merged' AND digest_id IS NULL",
    "messages_still_unseen ON messages (expires_at) WHERE state = 'sent' AND urgency IN ('urgent', 'critical')",
    "messages_with_codes ON messages (expires_at) WHERE resident_id IS NULL AND announcement_id IS NULL",
    "announcements_of_sessions ON announcements (session_id, rule, expires_at) WHERE session_id IS NOT NULL",
    "known_sessions_coming ON known_sessions (begins) WHERE standing = 'coming'",
)


def upgrade() -> None:
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")


def downgrade() -> None:
    for index in INDEXES:
        op.execute(f"DROP INDEX {index.split()[0]}")
