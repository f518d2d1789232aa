"""An index that leads to tries which count no more."""

from alembic import op

revision = "surveys_0014"
down_revision = "surveys_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX guesses_since ON guesses (since)")


def downgrade() -> None:
    op.execute("DROP INDEX guesses_since")
