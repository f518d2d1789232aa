"""Up to which position entries went from the journal for their age, by who could see them."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0009"
down_revision = "library_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE history_starts (
            corporation text NOT NULL DEFAULT current_corporation(),
            audience smallint NOT NULL,
            position bigint NOT NULL,
            PRIMARY KEY (corporation, audience)
        )
        """
    )
    belongs_to_one_corporation("history_starts")


def downgrade() -> None:
    op.execute("DROP TABLE history_starts")
