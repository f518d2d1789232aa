"""Keys."""

from alembic import op
from buurtthuis import belongs_to_one_corporation

revision = "lent_keys_0001"
down_revision = None
branch_labels = ("lent_keys",)
depends_on = "library_0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE keys (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            room text NOT NULL,
            due_at timestamptz NOT NULL,
            state text NOT NULL,
            rung boolean NOT NULL,
            version integer NOT NULL
        )
        """
    )
    belongs_to_one_corporation("keys")


def downgrade() -> None:
    op.execute("DROP TABLE keys")
