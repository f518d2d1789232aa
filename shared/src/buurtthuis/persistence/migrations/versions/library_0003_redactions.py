"""Positions whose words were taken back, until the relay has taken them off the stream."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0003"
down_revision = "library_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE redactions (
            corporation text NOT NULL DEFAULT current_corporation(),
            position bigint NOT NULL,
            PRIMARY KEY (corporation, position)
        )
        """
    )
    belongs_to_one_corporation("redactions")


def downgrade() -> None:
    op.execute("DROP TABLE redactions")
