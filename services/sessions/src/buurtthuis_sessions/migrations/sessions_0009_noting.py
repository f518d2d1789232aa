"""Whether somebody was asked who came, of a session that is over and was not noted."""

from alembic import op

revision = "sessions_0009"
down_revision = "sessions_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD asked_who_came boolean NOT NULL DEFAULT false")
    op.execute(
        "CREATE INDEX sessions_unnoted ON sessions (corporation, ends)"
        " WHERE state = 'scheduled' AND NOT asked_who_came"
    )


def downgrade() -> None:
    op.execute("DROP INDEX sessions_unnoted")
    op.execute("ALTER TABLE sessions DROP asked_who_came")
