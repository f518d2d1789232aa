"""Codes that are withdrawn, the batches that they were made in, and what was put right of the words of a survey."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0010"
down_revision = "surveys_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE voters ADD withdrawn boolean NOT NULL DEFAULT false")
    op.execute("ALTER TABLE surveys ADD corrections jsonb NOT NULL DEFAULT '[]'")
    op.execute(
        """
        CREATE TABLE code_batches (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            survey_id uuid NOT NULL,
            made_at timestamptz NOT NULL,
            codes integer NOT NULL,
            sealed bytea NOT NULL,
            withdrawn boolean NOT NULL,
            version integer NOT NULL
        )
        """
    )
    belongs_to_one_corporation("code_batches")
    op.execute("CREATE INDEX code_batches_survey ON code_batches (corporation, survey_id, id)")


def downgrade() -> None:
    op.execute("DROP TABLE code_batches")
    op.execute("ALTER TABLE surveys DROP corrections")
    op.execute("ALTER TABLE voters DROP withdrawn")
