"""Since when somebody belongs to a house, and when a survey opened: who may answer it."""

from alembic import op

revision = "surveys_0008"
down_revision = "surveys_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE neighbours ADD since timestamptz")
    op.execute("ALTER TABLE surveys ADD opened_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE surveys DROP opened_at")
    op.execute("ALTER TABLE neighbours DROP since")
