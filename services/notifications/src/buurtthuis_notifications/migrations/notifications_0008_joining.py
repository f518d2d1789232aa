"""How people join a house, and traces of the codes on paper with which they do."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0008"
down_revision = "notifications_0007"
branch_labels = None
depends_on = None

COLUMNS = """
    corporation text NOT NULL DEFAULT current_corporation(),
    id uuid PRIMARY KEY,
    batch_id uuid NOT NULL,
    house_id uuid NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    made_at timestamptz NOT NULL,
    used integer NOT NULL CHECK (used BETWEEN 0 AND people),
    withdrawn_at timestamptz,
    version integer NOT NULL
"""


def upgrade() -> None:
    op.execute("ALTER TABLE known_houses ADD joining text NOT NULL DEFAULT 'open'")
    op.execute(f"CREATE TABLE joining_codes ({COLUMNS})")
    belongs_to_one_corporation("joining_codes")
    for column in ("batch_id", "house_id"):
        op.execute(f"CREATE INDEX joining_codes_{column} ON joining_codes (corporation, {column})")


def downgrade() -> None:
    op.execute("DROP TABLE joining_codes")
    op.execute("ALTER TABLE known_houses DROP joining")
