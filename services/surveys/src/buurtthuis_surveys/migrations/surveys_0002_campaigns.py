"""Campaigns and their cards; what a theme came out of, who supports it, what it became part of."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0002"
down_revision = "surveys_0001"
branch_labels = None
depends_on = None

TABLES = ("theme_supports", "campaigns", "cards")


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE themes
            ADD proposed_at timestamptz NOT NULL DEFAULT now(),
            ADD source text NOT NULL DEFAULT 'none',
            ADD source_id uuid,
            ADD listed boolean,
            ADD merged_into uuid REFERENCES themes (id),
            ADD words tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('dutch', title)) STORED
        """
    )
    # A rewrite, since an UPDATE is for one corporation and this is for all of them.
    op.execute(
        """
        ALTER TABLE themes
            ALTER listed TYPE boolean USING state NOT IN ('proposed', 'rejected', 'withdrawn'),
            ALTER listed SET NOT NULL,
            ALTER proposed_at DROP DEFAULT,
            ALTER source DROP DEFAULT
        """
    )
    op.execute("CREATE INDEX themes_session ON themes (corporation, session_id) WHERE session_id IS NOT NULL")
    op.execute("CREATE INDEX journal_subject ON journal (corporation, subject)")
    op.execute(
        """
        CREATE TABLE theme_supports (
            theme_id uuid NOT NULL REFERENCES themes (id),
            resident_id uuid NOT NULL,
            corporation text NOT NULL DEFAULT current_corporation(),
            PRIMARY KEY (theme_id, resident_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE campaigns (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            house_id uuid NOT NULL,
            title text NOT NULL,
            incentive text NOT NULL,
            stock integer NOT NULL CHECK (stock >= 0),
            stands jsonb NOT NULL,
            state text NOT NULL,
            handed_out integer NOT NULL CHECK (handed_out BETWEEN 0 AND stock),
            collected integer NOT NULL CHECK (collected >= 0),
            entered integer NOT NULL,
            version integer NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX campaigns_house ON campaigns (corporation, house_id, id)")
    op.execute(
        """
        CREATE TABLE cards (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            campaign_id uuid NOT NULL REFERENCES campaigns (id),
            number text NOT NULL,
            theme_id uuid NOT NULL REFERENCES themes (id) DEFERRABLE INITIALLY DEFERRED,
            salt bytea,
            code bytea,
            tries_left integer NOT NULL CHECK (tries_left >= 0),
            claimed_by uuid,
            version integer NOT NULL
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX cards_number ON cards (corporation, campaign_id, number)")
    for table in TABLES:
        belongs_to_one_corporation(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX journal_subject, themes_session")
    op.execute(
        """
        ALTER TABLE themes DROP words, DROP merged_into, DROP listed, DROP source_id, DROP source,
            DROP proposed_at
        """
    )
