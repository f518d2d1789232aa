"""Of which houses a transaction reads: all, or those that it says."""

from alembic import op

revision = "library_0011"
down_revision = "library_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION current_houses() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
            SELECT nullif(current_setting('buurtthuis.houses', true), '')::uuid[]
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION current_houses() CASCADE")
