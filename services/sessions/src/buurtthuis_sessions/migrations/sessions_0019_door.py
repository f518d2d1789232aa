"""Who is in, as it is noted at the door, and the code that is shown there."""

from alembic import op

revision = "sessions_0019"
down_revision = "sessions_0018"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE seats ADD arrival jsonb",
    """
    ALTER TABLE sessions
        ADD walked_in jsonb NOT NULL DEFAULT '[]',
        ADD noted_at timestamptz,
        ADD door_code text
    """,
    "CREATE UNIQUE INDEX sessions_door_code ON sessions (corporation, door_code) WHERE door_code IS NOT NULL",
    "CREATE INDEX seats_arrived ON seats (session_id) WHERE arrival IS NOT NULL",
    "CREATE INDEX sessions_walked_in ON sessions (ends) WHERE walked_in <> '[]'",
)
DOWN = (
    "ALTER TABLE sessions DROP walked_in, DROP noted_at, DROP door_code",
    "ALTER TABLE seats DROP arrival",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
