"""Who belongs to a house: what notifications said is read again, from the beginning.

Giving back what one had twice does no harm; only whoever moved out and came back gives back once more what they took since."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sessions_0012"
down_revision = "sessions_0011"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE neighbours (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        since timestamptz,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX neighbours_house ON neighbours (corporation, house_id)",
    "CREATE INDEX neighbours_resident ON neighbours (corporation, resident_id)",
    "ALTER TABLE checkpoints NO FORCE ROW LEVEL SECURITY",  # of every corporation
    "UPDATE checkpoints SET position = 0 WHERE source = 'notifications'",
    "ALTER TABLE checkpoints FORCE ROW LEVEL SECURITY",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    belongs_to_one_corporation("neighbours")


def downgrade() -> None:
    op.execute("DROP TABLE neighbours")
