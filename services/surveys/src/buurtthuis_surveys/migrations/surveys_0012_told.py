"""When staff said whose an idea card is."""

from alembic import op

revision = "surveys_0012"
down_revision = "surveys_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE cards ADD told_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE cards DROP told_at")
