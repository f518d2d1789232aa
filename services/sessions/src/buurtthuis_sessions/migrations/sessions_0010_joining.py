"""How people join a house."""

from alembic import op

revision = "sessions_0010"
down_revision = "sessions_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE houses ADD joining text NOT NULL DEFAULT 'open'")


def downgrade() -> None:
    op.execute("ALTER TABLE houses DROP joining")
