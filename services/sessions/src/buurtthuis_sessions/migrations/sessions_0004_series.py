"""Series."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sessions_0004"
down_revision = "sessions_0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE series (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        title text,
        theme_id uuid,
        follow_up_of uuid,
        confirm_by timestamptz,
        state text NOT NULL,
        plan jsonb,
        hosts uuid[] NOT NULL,
        standing uuid[] NOT NULL,
        left_out date[] NOT NULL,
        made_until timestamptz,
        started_at timestamptz,
        risk text,
        at_risk_since timestamptz,
        look_at timestamptz,
        reason text,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX series_house ON series (corporation, house_id, id)",
    "CREATE INDEX series_going_on ON series (corporation, made_until) WHERE state IN ('active', 'at_risk')",
    # One session for each time, whoever makes it; looked at in the end, since sessions change places.
    """
    ALTER TABLE sessions ADD CONSTRAINT sessions_occurrence UNIQUE (series_id, occurrence)
        DEFERRABLE INITIALLY DEFERRED
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    belongs_to_one_corporation("series")


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP CONSTRAINT sessions_occurrence")
    op.execute("DROP TABLE series")
