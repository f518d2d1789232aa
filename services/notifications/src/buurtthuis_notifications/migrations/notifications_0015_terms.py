"""Indexes that lead to what was told so long ago that nobody looks it up."""

from alembic import op

revision = "notifications_0015"
down_revision = "notifications_0014"
branch_labels = None
depends_on = None

TABLES = ("messages", "announcements", "hand_deliveries")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"CREATE INDEX {table}_long_ago ON {table} (expires_at)")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP INDEX {table}_long_ago")
