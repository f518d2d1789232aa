"""A checkpoint knows whether somebody reads from it, so that the next process sees that the last one was killed."""

from alembic import op

revision = "library_0002"
down_revision = "library_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE checkpoints ADD COLUMN reading boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE checkpoints DROP COLUMN reading")
