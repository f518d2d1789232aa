"""Slips: where a ballot lies that staff typed in, so that they can put it right on the same day."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0009"
down_revision = "surveys_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE slips (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            survey_id uuid NOT NULL,
            day date NOT NULL,
            sealed bytea NOT NULL,
            version integer NOT NULL
        )
        """
    )
    belongs_to_one_corporation("slips")
    op.execute("CREATE INDEX slips_survey ON slips (corporation, survey_id, day)")


def downgrade() -> None:
    op.execute("DROP TABLE slips")
