"""What several corporations have said is numbered in one statement, and published in one transaction."""

from alembic import op

revision = "library_0010"
down_revision = "library_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In the order of their names, so that two relays that meet do not wait for each other, and for nobody for long.
    # Whoever is not answered for is numbered alone, where it shows what was the matter. A first event is no exception.
    op.execute(
        """
        CREATE FUNCTION number_journals(slugs text[], seen bigint[], most integer)
        RETURNS TABLE (slug text, reached bigint, given bigint)
        LANGUAGE plpgsql VOLATILE SET lock_timeout = '10ms' AS $$
        DECLARE asked record;
        BEGIN
            FOR asked IN SELECT * FROM unnest(slugs, seen) AS pair (slug, seen) ORDER BY pair.slug LOOP
                BEGIN
                    PERFORM set_config('buurtthuis.corporation', asked.slug, true);
                    IF NOT EXISTS (SELECT FROM streams) THEN
                        INSERT INTO streams DEFAULT VALUES ON CONFLICT DO NOTHING;
                    END IF;
                    RETURN QUERY SELECT asked.slug, numbered.reached, numbered.given
                        FROM number_journal(asked.seen, most) AS numbered;
                EXCEPTION WHEN OTHERS THEN
                    NULL;
                END;
            END LOOP;
            PERFORM set_config('buurtthuis.corporation', '', true);
        END $$
        """
    )
    # One that is locked is answered for with a row without a position. The lock comes first: what follows sees what
    # was committed before it was given.
    op.execute(
        """
        CREATE FUNCTION publish_journals(slugs text[], most integer)
        RETURNS TABLE (
            slug text, "position" bigint, event_id text, type text, subject text, house text, audience smallint,
            actor text, "time" timestamptz, traceparent text, data text, previous text
        )
        LANGUAGE plpgsql VOLATILE AS $$
        #variable_conflict use_column
        DECLARE
            asked text;
            before bigint;
            last bigint;
        BEGIN
            PERFORM set_config('synchronous_commit', 'off', true);
            FOR asked IN SELECT each FROM unnest(slugs) AS each ORDER BY each LOOP
                PERFORM set_config('buurtthuis.corporation', asked, true);
                SELECT published INTO before FROM streams FOR UPDATE SKIP LOCKED;
                IF NOT FOUND THEN
                    slug := asked;
                    RETURN NEXT;
                    CONTINUE;
                END IF;
                SELECT max(next.position) INTO last FROM (
                    SELECT position FROM journal WHERE position > before ORDER BY position LIMIT most
                ) AS next;
                IF last IS NOT NULL THEN
                    RETURN QUERY
                        SELECT asked, position, event_id::text, type, subject, house::text, audience, actor, time,
                            traceparent, data::text,
                            coalesce(lag(event_id::text) OVER (ORDER BY position), (
                                SELECT event_id::text FROM journal WHERE position <= before
                                ORDER BY position DESC LIMIT 1
                            ), '00000000-0000-0000-0000-000000000000')
                        FROM journal WHERE position > before AND position <= last ORDER BY position;
                    UPDATE streams SET published = last;
                END IF;
            END LOOP;
            PERFORM set_config('buurtthuis.corporation', '', true);
        END $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION publish_journals(text[], integer)")
    op.execute("DROP FUNCTION number_journals(text[], bigint[], integer)")
