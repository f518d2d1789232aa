"""The organisation that brought an idea in."""

from alembic import op

revision = "surveys_0011"
down_revision = "surveys_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE themes ADD organisation text")


def downgrade() -> None:
    op.execute("ALTER TABLE themes DROP organisation")
