"""Residents who asked to be forgotten: in their name nothing is done any more."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0004"
down_revision = "library_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE erased_residents (
            corporation text NOT NULL DEFAULT current_corporation(),
            resident uuid NOT NULL,
            PRIMARY KEY (corporation, resident)
        )
        """
    )
    belongs_to_one_corporation("erased_residents")
    # A look that waited for the lock has to see what was committed meanwhile, so it is a statement of its own.
    op.execute(
        """
        CREATE FUNCTION is_erased(asked uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(hashtextextended(current_corporation() || asked, 0));
            RETURN EXISTS (SELECT FROM erased_residents WHERE resident = asked);
        END $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION is_erased(uuid)")
    op.execute("DROP TABLE erased_residents")
