"""When whoever brought an idea in is asked whether it is solved, and what they said."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0018"
down_revision = "surveys_0017"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE themes ADD ask_at timestamptz, ADD reopened_at timestamptz",
    """
    CREATE TABLE closing_questions (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        theme_id uuid NOT NULL,
        house_id uuid NOT NULL,
        resident_id uuid,
        asked_at timestamptz NOT NULL,
        closes_at timestamptz NOT NULL,
        solved boolean,
        objection text,
        answered_at timestamptz,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX closing_questions_theme ON closing_questions (corporation, theme_id, id)",
    "CREATE INDEX closing_questions_house ON closing_questions (corporation, house_id)",
    "CREATE INDEX closing_questions_resident ON closing_questions (corporation, resident_id)",
    "CREATE INDEX themes_merged_into ON themes (corporation, merged_into) WHERE merged_into IS NOT NULL",
    # Looked for in all corporations at once, so this begins with the moment.
    "CREATE INDEX themes_to_ask_about ON themes (ask_at) WHERE ask_at IS NOT NULL AND NOT hidden",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    belongs_to_one_corporation("closing_questions")


def downgrade() -> None:
    op.execute("DROP TABLE closing_questions")
    op.execute("DROP INDEX themes_merged_into")
    op.execute("ALTER TABLE themes DROP ask_at, DROP reopened_at")
