"""Indexes by which it is found out what is due, in whichever corporation."""

from alembic import op

revision = "sessions_0016"
down_revision = "sessions_0015"
branch_labels = None
depends_on = None

#: What is due is looked for in all corporations at once, so these begin with the moment.
INDEXES = (
    "sessions_without_a_host ON sessions (confirm_by) WHERE state = 'draft'",
    "sessions_to_note ON sessions (ends) WHERE state = 'scheduled' AND NOT asked_who_came",
    "seats_waitlisted ON seats (session_id) WHERE state = 'waitlisted'",
    "seats_with_needs ON seats (session_id) WHERE needs IS NOT NULL",
    "series_to_extend ON series (made_until) WHERE state IN ('active', 'at_risk')",
    "series_to_look_at ON series (look_at) WHERE state IN ('active', 'at_risk')",
    "series_on_trial ON series (confirm_by) WHERE state = 'trial'",
    "series_in_a_gap ON series (id) WHERE risk = 'gap'",
    "follow_up_votes_to_decide ON follow_up_votes (closes_at) WHERE state = 'open'",
)


def upgrade() -> None:
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")


def downgrade() -> None:
    for index in INDEXES:
        op.execute(f"DROP INDEX {index.split()[0]}")
