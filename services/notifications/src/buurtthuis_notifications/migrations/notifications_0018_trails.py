"""Past which events a webhook has come, and not only up to which positions."""

from alembic import op

revision = "notifications_0018"
down_revision = "notifications_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE webhooks ADD COLUMN trails jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE webhooks DROP COLUMN trails")
