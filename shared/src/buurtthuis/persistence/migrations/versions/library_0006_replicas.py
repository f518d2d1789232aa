"""The processes of this service that are alive, what each has said last, and which of them reads from a checkpoint."""

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
            listens integer,
            PRIMARY KEY (corporation, id)
        )
        """
    )
    belongs_to_one_corporation("replicas")
    op.execute("ALTER TABLE checkpoints ADD COLUMN reader uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE checkpoints DROP COLUMN reader")
    op.execute("DROP TABLE replicas")
