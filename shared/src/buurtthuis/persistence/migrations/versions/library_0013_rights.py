"""Rights that staff gave for houses, as every service knows them."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0013"
down_revision = "library_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE known_rights (
            corporation text NOT NULL DEFAULT current_corporation(),
            id uuid NOT NULL,
            subject uuid NOT NULL,
            role text NOT NULL,
            house uuid,
            until timestamptz NOT NULL,
            PRIMARY KEY (corporation, id)
        )
        """
    )
    belongs_to_one_corporation("known_rights")


def downgrade() -> None:
    op.execute("DROP TABLE known_rights")
