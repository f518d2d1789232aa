"""The journal and what stands around it: streams, checkpoints, attempts, parked events, idempotency keys."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0001"
down_revision = None
branch_labels = ("library",)
depends_on = None

TABLES = ("journal", "streams", "checkpoints", "attempts", "parked_events", "idempotency_keys")

STATEMENTS = (
    """
    CREATE TABLE journal (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        position bigint,
        event_id uuid NOT NULL,
        type text NOT NULL,
        subject text NOT NULL,
        house uuid,
        audience smallint NOT NULL,
        actor text NOT NULL,
        time timestamptz NOT NULL,
        traceparent text,
        data jsonb NOT NULL
    )
    """,
    """
    CREATE UNIQUE INDEX journal_position ON journal (corporation, position) WHERE position IS NOT NULL
    """,
    """
    CREATE INDEX journal_unnumbered ON journal (corporation, id) WHERE position IS NULL
    """,
    """
    CREATE TABLE streams (
        corporation text PRIMARY KEY DEFAULT current_corporation(),
        numbered bigint NOT NULL DEFAULT 0,
        published bigint NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE checkpoints (
        corporation text NOT NULL DEFAULT current_corporation(),
        source text NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (corporation, source)
    )
    """,
    """
    CREATE TABLE attempts (
        corporation text NOT NULL DEFAULT current_corporation(),
        source text NOT NULL,
        position bigint NOT NULL,
        reaction text NOT NULL,
        count integer NOT NULL,
        PRIMARY KEY (corporation, source, position, reaction)
    )
    """,
    """
    CREATE TABLE parked_events (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        source text NOT NULL,
        position bigint NOT NULL,
        reaction text NOT NULL,
        parked_at timestamptz NOT NULL,
        why text NOT NULL,
        envelope jsonb NOT NULL,
        UNIQUE (corporation, source, position, reaction)
    )
    """,
    """
    CREATE TABLE idempotency_keys (
        corporation text NOT NULL DEFAULT current_corporation(),
        principal uuid NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        used_at timestamptz NOT NULL,
        answer jsonb,
        PRIMARY KEY (corporation, principal, key)
    )
    """,
    """
    CREATE INDEX idempotency_keys_used_at ON idempotency_keys (corporation, used_at)
    """,
)


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION current_corporation() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        DECLARE slug text := current_setting('buurtthuis.corporation', true);
        BEGIN
            IF slug IS NULL OR slug = '' THEN
                RAISE EXCEPTION 'no corporation is set in this transaction' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN slug;
        END $$
        """
    )
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        belongs_to_one_corporation(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION current_corporation()")
