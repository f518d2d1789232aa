"""Pages are read by whoever has a role there."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_house

revision = "moderation_0010"
down_revision = "moderation_0009"
branch_labels = None
depends_on = "library_0011"


def upgrade() -> None:
    belongs_to_one_house("pages", "id")


def downgrade() -> None:
    op.execute("DROP POLICY their_houses ON pages")
