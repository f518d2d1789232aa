"""Surveys, the voter list, and the pieces of ballots."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0003"
down_revision = "surveys_0002"
branch_labels = None
depends_on = None

TABLES = ("surveys", "voters", "ballots", "answers", "marks")

STATEMENTS = (
    """
    CREATE TABLE surveys (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        form jsonb NOT NULL,
        voting text NOT NULL,
        tie_rule text NOT NULL,
        closes_at timestamptz,
        state text NOT NULL,
        salts bytea[] NOT NULL,
        seed text NOT NULL,
        results jsonb,
        runoff_of uuid,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX surveys_house ON surveys (corporation, house_id, id)",
    "CREATE INDEX surveys_closing ON surveys (corporation, closes_at) WHERE state IN ('open', 'paused')",
    # No table below has a column, a default or a sequence that tells when a row came.
    """
    CREATE TABLE voters (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        survey_id uuid NOT NULL,
        entitled_by text NOT NULL,
        answered boolean NOT NULL,
        receipt bytea,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX voters_survey ON voters (corporation, survey_id)",
    """
    CREATE TABLE ballots (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        survey_id uuid NOT NULL,
        channel text NOT NULL,
        language text NOT NULL
    )
    """,
    "CREATE INDEX ballots_survey ON ballots (corporation, survey_id)",
    """
    CREATE TABLE answers (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        survey_id uuid NOT NULL,
        question_id uuid NOT NULL,
        channel text NOT NULL,
        text text
    )
    """,
    "CREATE INDEX answers_survey ON answers (corporation, survey_id, id)",
    """
    CREATE TABLE marks (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        survey_id uuid NOT NULL,
        question_id uuid NOT NULL,
        option_id uuid NOT NULL,
        rank smallint NOT NULL,
        channel text NOT NULL
    )
    """,
    "CREATE INDEX marks_survey ON marks (corporation, survey_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        belongs_to_one_corporation(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
