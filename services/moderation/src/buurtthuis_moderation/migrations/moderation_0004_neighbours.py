"""Who lives in a house, and which reports hid something at once."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "moderation_0004"
down_revision = "moderation_0003"
branch_labels = None
depends_on = None

STATEMENTS = (
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
    "ALTER TABLE reports ADD hid boolean NOT NULL DEFAULT false",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    belongs_to_one_corporation("neighbours")


def downgrade() -> None:
    op.execute("ALTER TABLE reports DROP hid")
    op.execute("DROP TABLE neighbours")
