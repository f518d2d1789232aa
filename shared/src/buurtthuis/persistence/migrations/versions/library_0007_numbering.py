"""Numbering is a function, so that it takes one round trip."""

from alembic import op

revision = "library_0007"
down_revision = "library_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The lock comes first: each statement in here sees what was committed before it began, and nobody numbers beside it.
    op.execute(
        """
        CREATE FUNCTION number_journal(seen bigint, most integer, OUT reached bigint, OUT given bigint)
        LANGUAGE plpgsql VOLATILE AS $$
        DECLARE unnumbered bigint[];
        BEGIN
            SELECT numbered INTO STRICT reached FROM streams FOR UPDATE;
            given := 0;
            IF reached < seen THEN
                RETURN;
            END IF;
            unnumbered := ARRAY(
                SELECT id FROM journal WHERE position IS NULL ORDER BY corporation, id LIMIT most
            );
            given := cardinality(unnumbered);
            IF given > 0 THEN
                UPDATE journal SET position = reached + fresh.nth
                FROM unnest(unnumbered) WITH ORDINALITY AS fresh (id, nth) WHERE journal.id = fresh.id;
                reached := reached + given;
                UPDATE streams SET numbered = reached;
                PERFORM pg_notify('buurtthuis_journal', current_corporation());
            END IF;
        END $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION number_journal(bigint, integer)")
