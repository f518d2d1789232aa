"""Tokens that were taken back: of a subject, of a sign-in or alone, issued before a moment or whenever."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0005"
down_revision = "library_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE revocations (
            corporation text NOT NULL DEFAULT current_corporation(),
            id uuid NOT NULL,
            before timestamptz NOT NULL,
            said_at timestamptz NOT NULL,
            PRIMARY KEY (corporation, id)
        )
        """
    )
    belongs_to_one_corporation("revocations")


def downgrade() -> None:
    op.execute("DROP TABLE revocations")
