"""Who is told of what waits on the page of a house."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0005"
down_revision = "notifications_0004"
branch_labels = None
depends_on = None

COLUMNS = """
    corporation text NOT NULL DEFAULT current_corporation(),
    id uuid PRIMARY KEY,
    house_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    version integer NOT NULL
"""


def upgrade() -> None:
    op.execute(f"CREATE TABLE known_moderators ({COLUMNS})")
    belongs_to_one_corporation("known_moderators")
    for column in ("house_id", "resident_id"):
        op.execute(f"CREATE INDEX known_moderators_{column} ON known_moderators (corporation, {column})")


def downgrade() -> None:
    op.execute("DROP TABLE known_moderators")
