"""Who read contact data, of whom, when and for what."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0025"
down_revision = "notifications_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE readings (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            resident_id uuid NOT NULL,
            read_by uuid NOT NULL,
            role text NOT NULL,
            occasion text NOT NULL,
            read_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX readings_resident ON readings (corporation, resident_id, id)")
    op.execute("CREATE INDEX readings_read_at ON readings (read_at)")
    belongs_to_one_corporation("readings")


def downgrade() -> None:
    op.execute("DROP TABLE readings")
