"""Whose address a code was shown to be before it was used, and by what the refresh token was made that stands for a lost one."""

from alembic import op

revision = "notifications_0020"
down_revision = "notifications_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE codes ADD COLUMN let_in uuid")
    op.execute("ALTER TABLE sign_ins ADD COLUMN turn uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE sign_ins DROP COLUMN turn")
    op.execute("ALTER TABLE codes DROP COLUMN let_in")
