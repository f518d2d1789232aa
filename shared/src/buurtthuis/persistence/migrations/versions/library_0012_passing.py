"""Checkpoints of many readers move past what nobody reacts to in one statement."""

from alembic import op

revision = "library_0012"
down_revision = "library_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Whoever is not answered for is moved alone, where it shows what was the matter. A move that is lost with what was
    # not on the disk yet is made again, and has had no effect: the commit need not wait for the disk.
    op.execute(
        """
        CREATE FUNCTION move_checkpoints(moves jsonb) RETURNS SETOF integer
        LANGUAGE plpgsql VOLATILE SET lock_timeout = '10ms' AS $$
        DECLARE move record;
        BEGIN
            PERFORM set_config('synchronous_commit', 'off', true);
            FOR move IN
                SELECT * FROM jsonb_to_recordset(moves) AS each (
                    nth integer, slug text, source text, "position" bigint, event_id uuid,
                    last bigint, last_id uuid, said_at timestamptz, positions bigint[], events uuid[]
                ) ORDER BY slug, source
            LOOP
                BEGIN
                    PERFORM set_config('buurtthuis.corporation', move.slug, true);
                    UPDATE checkpoints SET position = move.last, event_id = move.last_id
                    WHERE source = move.source AND position = move.position
                        AND event_id IS NOT DISTINCT FROM move.event_id;
                    IF FOUND THEN
                        INSERT INTO heard (source, last, said_at, positions, events)
                        VALUES (move.source, move.last, move.said_at, move.positions, move.events);
                        RETURN NEXT move.nth;
                    END IF;
                EXCEPTION WHEN OTHERS THEN
                    NULL;
                END;
            END LOOP;
            PERFORM set_config('buurtthuis.corporation', '', true);
        END $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION move_checkpoints(jsonb)")
