"""Who guesses at a card's code waits, and the card opens again by itself."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0006"
down_revision = "surveys_0005"
branch_labels = None
depends_on = None

COLUMNS = """
    corporation text NOT NULL DEFAULT current_corporation(),
    id uuid PRIMARY KEY,
    since timestamptz NOT NULL,
    used integer NOT NULL,
    version integer NOT NULL
"""


def upgrade() -> None:
    op.execute(f"CREATE TABLE guesses ({COLUMNS})")
    belongs_to_one_corporation("guesses")
    op.execute("ALTER TABLE cards ALTER tries_left SET DEFAULT 5")  # counted by the version before alone


def downgrade() -> None:
    op.execute("ALTER TABLE cards ALTER tries_left DROP DEFAULT")
    op.execute("DROP TABLE guesses")
