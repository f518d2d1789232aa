"""Since when somebody belongs to a house, and who moved out: what notifications said is read again, from the beginning."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "moderation_0006"
down_revision = "moderation_0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE neighbours ADD since timestamptz",
    """
    CREATE TABLE departures (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX departures_house ON departures (corporation, house_id)",
    "CREATE INDEX departures_resident ON departures (corporation, resident_id)",
    "ALTER TABLE checkpoints NO FORCE ROW LEVEL SECURITY",  # of every corporation
    "UPDATE checkpoints SET position = 0 WHERE source = 'notifications'",
    "ALTER TABLE checkpoints FORCE ROW LEVEL SECURITY",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    belongs_to_one_corporation("departures")


def downgrade() -> None:
    op.execute("DROP TABLE departures")
    op.execute("ALTER TABLE neighbours DROP since")
