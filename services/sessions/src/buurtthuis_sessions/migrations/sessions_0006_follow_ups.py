"""Follow-up votes: counts, apart from them who voted, and how many wrong codes somebody typed."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sessions_0006"
down_revision = "sessions_0005"
branch_labels = None
depends_on = None

TABLES = ("follow_up_votes", "follow_up_voters", "wrong_codes")


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE follow_up_votes (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            session_id uuid NOT NULL,
            house_id uuid NOT NULL,
            options jsonb NOT NULL,
            at_most integer NOT NULL CHECK (at_most > 0),
            places integer NOT NULL CHECK (places > 0),
            present integer NOT NULL,
            walk_ins integer NOT NULL,
            closes_at timestamptz,
            code text,
            state text NOT NULL,
            phones jsonb NOT NULL,
            cards jsonb NOT NULL,
            winners uuid[] NOT NULL,
            tied uuid[] NOT NULL,
            version integer NOT NULL,
            CHECK (code IS NULL OR state = 'open'),
            CHECK ((phones ->> 'ballots')::integer + (cards ->> 'ballots')::integer <= present)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE follow_up_voters (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            vote_id uuid NOT NULL REFERENCES follow_up_votes ON DELETE CASCADE,
            resident_id uuid NOT NULL,
            walked_in boolean NOT NULL,
            UNIQUE (vote_id, resident_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE wrong_codes (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            since timestamptz NOT NULL,
            wrong integer NOT NULL,
            version integer NOT NULL
        )
        """
    )
    for table in TABLES:
        belongs_to_one_corporation(table)
    op.execute("CREATE INDEX follow_up_votes_house ON follow_up_votes (corporation, house_id, id)")
    op.execute(
        "CREATE UNIQUE INDEX follow_up_votes_one_each ON follow_up_votes (session_id) WHERE state <> 'cancelled'"
    )
    op.execute(
        "CREATE UNIQUE INDEX follow_up_votes_code ON follow_up_votes (corporation, code) WHERE code IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX follow_up_votes_closes_at ON follow_up_votes (corporation, closes_at) WHERE state = 'open'"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
