"""Themes without words, who lives in a house, and surveys that say once that they close soon."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0004"
down_revision = "surveys_0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE themes ALTER title DROP NOT NULL, ALTER words DROP NOT NULL",
    "ALTER TABLE surveys ADD remind_at timestamptz",
    "CREATE INDEX surveys_reminding ON surveys (corporation, remind_at) WHERE remind_at IS NOT NULL",
    """
    CREATE TABLE neighbours (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX neighbours_house ON neighbours (corporation, house_id)",
    "CREATE INDEX neighbours_resident ON neighbours (corporation, resident_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    belongs_to_one_corporation("neighbours")


def downgrade() -> None:
    op.execute("DROP TABLE neighbours")
    op.execute("ALTER TABLE surveys DROP remind_at")
    op.execute("DELETE FROM themes WHERE title IS NULL")
    op.execute("ALTER TABLE themes ALTER title SET NOT NULL, ALTER words SET NOT NULL")
