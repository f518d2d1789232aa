"""What sessions and series are called after, and their titles while moderators hide them."""

from alembic import op

revision = "sessions_0007"
down_revision = "sessions_0006"
branch_labels = None
depends_on = None

TABLES = ("sessions", "series")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD option_id uuid, ADD hidden text")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP option_id, DROP hidden")
