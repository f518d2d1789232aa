"""Lines and effects; `nth` is the order in which effects came about."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "town_0001"
down_revision = None
branch_labels = ("town",)
depends_on = "library_0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE lines (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            said integer NOT NULL,
            version integer NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE effects (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            nth bigint GENERATED ALWAYS AS IDENTITY,
            reaction text NOT NULL CHECK (length(reaction) < 50),
            line uuid NOT NULL,
            number integer NOT NULL,
            word text NOT NULL,
            version integer NOT NULL
        )
        """
    )
    belongs_to_one_corporation("lines")
    belongs_to_one_corporation("effects")


def downgrade() -> None:
    op.execute("DROP TABLE lines, effects")
