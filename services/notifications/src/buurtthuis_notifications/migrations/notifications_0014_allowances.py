"""What is counted of a network, a mailbox or an asker is counted for each corporation apart: the ids are of words that all share."""

from alembic import op

revision = "notifications_0014"
down_revision = "notifications_0013"
branch_labels = None
depends_on = None

KEY = "ALTER TABLE allowances DROP CONSTRAINT allowances_pkey, ADD PRIMARY KEY"


def upgrade() -> None:
    op.execute(f"{KEY} (corporation, id)")


def downgrade() -> None:
    op.execute("TRUNCATE allowances")  # of two corporations one is kept, and each lasts an hour
    op.execute(f"{KEY} (id)")
