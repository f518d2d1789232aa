"""Sessions in which a place that is free is offered to nobody."""

from alembic import op

revision = "sessions_0013"
down_revision = "sessions_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD no_new_places boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP no_new_places")
