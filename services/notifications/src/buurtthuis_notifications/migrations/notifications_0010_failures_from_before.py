"""What was said before of what nobody brought in time, with whom it was for, is for services alone: staff see the addresses."""

from alembic import op

revision = "notifications_0010"
down_revision = "notifications_0009"
branch_labels = None
depends_on = None

TABLES = ("journal", "hand_deliveries")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")  # of every corporation
    op.execute(
        "UPDATE journal SET audience = 3 "  # Audience.SYSTEM
        "WHERE type = 'nl.buurtthuis.notifications.delivery-failed.v1' AND EXISTS ("
        "SELECT FROM hand_deliveries WHERE hand_deliveries.corporation = journal.corporation "
        "AND message_id::text = data->>'message_id')"
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """It stays so."""
