"""What hosts may call somebody at the door, sealed; and an index that leads to what is to be forgotten of it."""

from alembic import op

revision = "sessions_0018"
down_revision = "sessions_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE seats ADD called text")
    op.execute("DROP INDEX seats_with_needs")
    op.execute(
        "CREATE INDEX seats_with_needs ON seats (session_id) WHERE needs IS NOT NULL OR called IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE seats DROP called")
    op.execute("CREATE INDEX seats_with_needs ON seats (session_id) WHERE needs IS NOT NULL")
