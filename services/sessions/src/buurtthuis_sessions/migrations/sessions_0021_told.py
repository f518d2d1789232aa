"""How many ballots of a follow-up vote were told of."""

from alembic import op

revision = "sessions_0021"
down_revision = "sessions_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE follow_up_votes ADD told integer NOT NULL DEFAULT 0, ADD told_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE follow_up_votes DROP told, DROP told_at")
