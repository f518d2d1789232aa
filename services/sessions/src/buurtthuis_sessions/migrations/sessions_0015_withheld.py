"""Sessions whose reason and report moderators keep from being read."""

from alembic import op

revision = "sessions_0015"
down_revision = "sessions_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD withheld boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP withheld")
