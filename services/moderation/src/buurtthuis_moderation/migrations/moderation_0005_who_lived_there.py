"""Who lived in a house before moderation noted it: what notifications said is read again, from the beginning.

Erasing and resigning twice does no harm; only whoever moderated, moved out and was appointed anew since is not any more."""

from alembic import op

revision = "moderation_0005"
down_revision = "moderation_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE checkpoints NO FORCE ROW LEVEL SECURITY")  # of every corporation
    op.execute("UPDATE checkpoints SET position = 0 WHERE source = 'notifications'")
    op.execute("ALTER TABLE checkpoints FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Nothing to take back: reading again ends where it was."""
