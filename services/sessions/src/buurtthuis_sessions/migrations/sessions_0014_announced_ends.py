"""Ends of houses that were announced, and take effect a day later."""

from alembic import op

revision = "sessions_0014"
down_revision = "sessions_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE houses ADD announced_outcome text, ADD announced_reason text, ADD takes_effect_at timestamptz"
    )
    op.execute(
        "CREATE INDEX houses_to_end ON houses (corporation, takes_effect_at) WHERE takes_effect_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE houses DROP announced_outcome, DROP announced_reason, DROP takes_effect_at")
