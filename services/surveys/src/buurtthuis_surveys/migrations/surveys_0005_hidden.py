"""Themes that moderators took out of sight."""

from alembic import op

revision = "surveys_0005"
down_revision = "surveys_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE themes ADD hidden boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE themes DROP hidden")
