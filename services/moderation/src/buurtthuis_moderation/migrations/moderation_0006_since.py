"""Since when somebody belongs to a house, as every service that knows neighbours keeps it."""

from alembic import op

revision = "moderation_0006"
down_revision = "moderation_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE neighbours ADD since timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE neighbours DROP since")
