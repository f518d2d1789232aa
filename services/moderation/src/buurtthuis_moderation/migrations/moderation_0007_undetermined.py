"""Ideas and options come without a language: they were said to be in the corporation's first, whatever they were in."""

from alembic import op

revision = "moderation_0007"
down_revision = "moderation_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE contents NO FORCE ROW LEVEL SECURITY")  # of every corporation
    op.execute("UPDATE contents SET language = 'und' WHERE kind IN ('theme', 'option')")
    op.execute("ALTER TABLE contents FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Nothing to take back: what it said before was a guess."""
