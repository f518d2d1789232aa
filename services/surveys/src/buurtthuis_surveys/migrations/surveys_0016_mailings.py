"""Which addresses have a code of a survey, sealed, and runs of letters to them."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation, belongs_to_one_house

revision = "surveys_0016"
down_revision = "surveys_0015"
branch_labels = None
depends_on = "library_0011"

TABLES = ("mailings", "letter_runs")

STATEMENTS = (
    """
    CREATE TABLE mailings (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        survey_id uuid NOT NULL,
        sealed bytea,
        responses jsonb NOT NULL,
        version integer NOT NULL
    )
    """,
    """
    CREATE TABLE letter_runs (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        survey_id uuid NOT NULL,
        asked_at timestamptz NOT NULL,
        letters integer NOT NULL,
        sealed bytea NOT NULL,
        printed integer NOT NULL,
        state text NOT NULL,
        document bytea,
        why text,
        lease uuid,
        leased_until timestamptz,
        tries integer NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX letter_runs_survey ON letter_runs (corporation, survey_id, id)",
    # What is to be printed, and what outlived its day, is looked for in all corporations at once.
    "CREATE INDEX letter_runs_to_print ON letter_runs (asked_at) WHERE state IN ('queued', 'printing')",
    "CREATE INDEX letter_runs_asked ON letter_runs (asked_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        belongs_to_one_corporation(table)
    belongs_to_one_house("address_lists", "id")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
