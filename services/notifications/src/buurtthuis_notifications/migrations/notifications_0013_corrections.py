"""Whom staff keep the data of, and what those were before they were corrected."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0013"
down_revision = "notifications_0012"
branch_labels = None
depends_on = None

COLUMNS = """
    corporation text NOT NULL DEFAULT current_corporation(),
    id uuid PRIMARY KEY,
    resident_id uuid NOT NULL,
    before bytea NOT NULL,
    made_at timestamptz NOT NULL,
    version integer NOT NULL
"""
#: Registered by staff, as their first consent says, and not known to have signed in since.
KEPT_BY_STAFF = """
    UPDATE residents SET kept_by_staff = true
    WHERE EXISTS (SELECT FROM consents WHERE resident_id = residents.id AND by_staff)
      AND NOT EXISTS (SELECT FROM consents WHERE resident_id = residents.id AND NOT by_staff)
      AND NOT EXISTS (SELECT FROM sign_ins WHERE resident_id = residents.id)
      AND NOT EXISTS (SELECT FROM addresses WHERE resident_id = residents.id AND kind IN ('email', 'mobile', 'push'))
"""
OF_EVERY_CORPORATION = ("residents", "consents", "sign_ins", "addresses")


def upgrade() -> None:
    op.execute("ALTER TABLE residents ADD kept_by_staff boolean NOT NULL DEFAULT false")
    for table in OF_EVERY_CORPORATION:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(KEPT_BY_STAFF)
    for table in OF_EVERY_CORPORATION:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE TABLE corrections ({COLUMNS})")
    belongs_to_one_corporation("corrections")
    op.execute("CREATE INDEX corrections_resident ON corrections (corporation, resident_id)")


def downgrade() -> None:
    op.execute("DROP TABLE corrections")
    op.execute("ALTER TABLE residents DROP kept_by_staff")
