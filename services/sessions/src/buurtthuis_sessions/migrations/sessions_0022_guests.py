"""A code in letters, with which guests register in a house; what is kept of it opens nothing."""

from alembic import op

revision = "sessions_0022"
down_revision = "sessions_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE houses ADD guest_digest bytea")


def downgrade() -> None:
    op.execute("ALTER TABLE houses DROP guest_digest")
