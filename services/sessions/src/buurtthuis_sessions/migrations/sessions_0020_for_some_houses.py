"""Houses are read by whoever has a role there."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_house

revision = "sessions_0020"
down_revision = "sessions_0019"
branch_labels = None
depends_on = "library_0011"


def upgrade() -> None:
    belongs_to_one_house("houses", "id")


def downgrade() -> None:
    op.execute("DROP POLICY their_houses ON houses")
