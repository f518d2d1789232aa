"""Which date suits: a few dates for a draft, and what people say of each until one is chosen."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sessions_0023"
down_revision = "sessions_0022"
branch_labels = None
depends_on = None

UP = (
    """
    CREATE TABLE date_polls (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        session_id uuid NOT NULL,
        house_id uuid NOT NULL,
        time_zone text NOT NULL,
        dates jsonb NOT NULL,
        code text,
        chosen uuid,
        counted jsonb NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX date_polls_one_each ON date_polls (session_id) WHERE chosen IS NULL",
    "CREATE UNIQUE INDEX date_polls_code ON date_polls (corporation, code) WHERE code IS NOT NULL",
    "CREATE INDEX date_polls_house ON date_polls (corporation, house_id)",
    """
    CREATE TABLE date_answers (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        poll_id uuid NOT NULL REFERENCES date_polls ON DELETE CASCADE,
        house_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        suits jsonb NOT NULL,
        UNIQUE (poll_id, resident_id)
    )
    """,
    "CREATE INDEX date_answers_house ON date_answers (corporation, house_id)",
    "CREATE INDEX date_answers_resident ON date_answers (corporation, resident_id)",
    "ALTER TABLE sessions ADD suits timestamp",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)
    for table in ("date_polls", "date_answers"):
        belongs_to_one_corporation(table)


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP suits")
    op.execute("DROP TABLE date_answers")
    op.execute("DROP TABLE date_polls")
