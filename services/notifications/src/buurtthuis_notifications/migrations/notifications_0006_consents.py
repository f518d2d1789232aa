"""Consents are ours, by version and language; a message knows the code that it brings."""

from alembic import op

revision = "notifications_0006"
down_revision = "notifications_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE consents ADD version integer, ADD language text")
    op.execute("ALTER TABLE messages ADD code_id uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE messages DROP code_id")
    op.execute("ALTER TABLE consents DROP version, DROP language")
