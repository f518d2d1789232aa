"""Ballots lie sealed in the box of their survey while it is open."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation, keeps_ballot_boxes

revision = "surveys_0007"
down_revision = "surveys_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keeps_ballot_boxes()
    op.execute(
        """
        CREATE TABLE sealed_ballots (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            survey_id uuid NOT NULL,
            sealed bytea NOT NULL
        )
        """
    )
    belongs_to_one_corporation("sealed_ballots")
    op.execute("CREATE INDEX sealed_ballots_survey ON sealed_ballots (corporation, survey_id)")
    op.execute(
        "CREATE INDEX voters_receipt ON voters (corporation, survey_id, receipt) WHERE receipt IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX voters_receipt")
    op.execute("DROP TABLE sealed_ballots")
    op.execute("DROP FUNCTION burn_spent_ballot_boxes()")
    op.execute("DROP TABLE ballot_boxes")
