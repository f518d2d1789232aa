"""An index that leads to tries which count no more."""

from alembic import op

revision = "sessions_0017"
down_revision = "sessions_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX wrong_codes_since ON wrong_codes (since)")


def downgrade() -> None:
    op.execute("DROP INDEX wrong_codes_since")
