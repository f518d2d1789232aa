"""Why nothing arrives at an address any more, and how often nobody answered there.

Until now any refusal of a mail server gave an address up, also those that were about us. Which they were nobody noted: each is
tried once more."""

from alembic import op

revision = "notifications_0007"
down_revision = "notifications_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE addresses ADD COLUMN failed_why text")
    op.execute("ALTER TABLE addresses ADD COLUMN silences integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE addresses ADD COLUMN silent_since timestamptz")
    op.execute("ALTER TABLE addresses NO FORCE ROW LEVEL SECURITY")  # of every corporation
    op.execute("UPDATE addresses SET failed_at = NULL WHERE kind = 'email'")
    op.execute("ALTER TABLE addresses FORCE ROW LEVEL SECURITY")
    op.execute("CREATE INDEX addresses_failed ON addresses (corporation, id) WHERE failed_at IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX addresses_failed")
    for column in ("failed_why", "silences", "silent_since"):
        op.execute(f"ALTER TABLE addresses DROP COLUMN {column}")
