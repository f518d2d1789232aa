"""Echoes."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sample_echoes_0001"
down_revision = None
branch_labels = ("sample_echoes",)
depends_on = "library_0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE echoes (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            note_id uuid NOT NULL,
            line integer NOT NULL CHECK (line < 1000),
            version integer NOT NULL
        )
        """
    )
    belongs_to_one_corporation("echoes")


def downgrade() -> None:
    op.execute("DROP TABLE echoes")
