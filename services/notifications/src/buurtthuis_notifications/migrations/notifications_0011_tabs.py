"""Which refresh tokens of a sign-in were just replaced, so that no tab that is behind ends it."""

from alembic import op

revision = "notifications_0011"
down_revision = "notifications_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE sign_ins ADD COLUMN earlier jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE sign_ins DROP COLUMN earlier")
