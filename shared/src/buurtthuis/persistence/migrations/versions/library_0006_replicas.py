"""The processes of this service that are alive, and what each has said last."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0006"
down_revision = "library_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE replicas (
            corporation text NOT NULL DEFAULT current_corporation(),
            id uuid NOT NULL,
            beat bigint NOT NULL,
            seen_at timestamptz NOT NULL,
            PRIMARY KEY (corporation, id)
        )
        """
    )
    belongs_to_one_corporation("replicas")


def downgrade() -> None:
    op.execute("DROP TABLE replicas")
