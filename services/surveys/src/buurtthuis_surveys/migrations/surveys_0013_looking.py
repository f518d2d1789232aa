"""Indexes by which it is found out what is due, in whichever corporation."""

from alembic import op

revision = "surveys_0013"
down_revision = "surveys_0012"
branch_labels = None
depends_on = None

#: What is due is looked for in all corporations at once, so these begin with the moment.
INDEXES = (
    "surveys_to_close ON surveys (closes_at) WHERE state IN ('open', 'paused')",
    "surveys_to_remind_of ON surveys (remind_at) WHERE state = 'open' AND remind_at IS NOT NULL",
)


def upgrade() -> None:
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")


def downgrade() -> None:
    for index in INDEXES:
        op.execute(f"DROP INDEX {index.split()[0]}")
