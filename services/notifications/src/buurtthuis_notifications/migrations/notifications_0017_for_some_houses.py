"""Houses are read by whoever has a role there."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_house

revision = "notifications_0017"
down_revision = "notifications_0016"
branch_labels = None
depends_on = "library_0011"


def upgrade() -> None:
    belongs_to_one_house("known_houses", "id")


def downgrade() -> None:
    op.execute("DROP POLICY their_houses ON known_houses")
