"""What was said of hand deliveries before, with whom they are for, is for services alone: staff see the addresses."""

from alembic import op

revision = "notifications_0009"
down_revision = "notifications_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE journal NO FORCE ROW LEVEL SECURITY")  # of every corporation
    op.execute(
        "UPDATE journal SET audience = 3 "  # Audience.SYSTEM
        "WHERE type LIKE 'nl.buurtthuis.notifications.hand-delivery-%.v1'"
    )
    op.execute("ALTER TABLE journal FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """It stays so."""
