"""Which building of the register and of the corporation's own administration a house or a room is."""

from alembic import op

revision = "sessions_0026"
down_revision = "sessions_0023"
branch_labels = None
depends_on = None

TABLES = ("houses", "rooms")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD bag_id text, ADD vera_id text")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP bag_id, DROP vera_id")
