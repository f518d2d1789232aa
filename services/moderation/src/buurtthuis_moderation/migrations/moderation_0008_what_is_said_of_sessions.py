"""What was said of sessions before moderation listened for that: what sessions said is read again, from the beginning."""

from alembic import op

revision = "moderation_0008"
down_revision = "moderation_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE checkpoints NO FORCE ROW LEVEL SECURITY")  # of every corporation
    op.execute("UPDATE checkpoints SET position = 0 WHERE source = 'sessions'")
    op.execute("ALTER TABLE checkpoints FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Nothing to take back: reading again ends where it was."""
