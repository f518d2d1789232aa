"""One count per house."""

from alembic import op
from buurtthuis import belongs_to_one_corporation

revision = "held_sessions_0001"
down_revision = None
branch_labels = ("held_sessions",)
depends_on = "library_0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE held_sessions (
            corporation text NOT NULL DEFAULT current_corporation(),
            house_id uuid NOT NULL,
            held integer NOT NULL DEFAULT 1,
            PRIMARY KEY (corporation, house_id)
        )
        """
    )
    belongs_to_one_corporation("held_sessions")


def downgrade() -> None:
    op.execute("DROP TABLE held_sessions")
