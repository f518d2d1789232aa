"""Houses that are proposed, paused and ended; what stays when they are anonymised; and templates of their programmes."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation, shown_to_other_corporations

revision = "sessions_0003"
down_revision = "sessions_0002"
branch_labels = None
depends_on = "library_0003"

UP = (
    """
    ALTER TABLE houses
        ADD gap_limit_days integer NOT NULL DEFAULT 21,
        ADD retention_days integer NOT NULL DEFAULT 90,
        ADD state text NOT NULL DEFAULT 'running',
        ADD reason text,
        ADD outcome text,
        ADD ended_on date,
        ADD anonymise_on date,
        ADD removed jsonb
    """,
    """
    CREATE INDEX houses_anonymise_on ON houses (corporation, anonymise_on)
        WHERE anonymise_on IS NOT NULL AND state <> 'anonymised'
    """,
    # To take the words about a house back, and to count what is left of them.
    "CREATE INDEX journal_house ON journal (corporation, house) WHERE house IS NOT NULL",
    """
    CREATE TABLE templates (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        title text NOT NULL,
        entries jsonb NOT NULL,
        shared boolean NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX templates_own ON templates (corporation, id)",
    "CREATE INDEX templates_shared ON templates (id) WHERE shared",
)

DOWN = (
    "DROP TABLE templates",
    "DROP INDEX journal_house",
    """
    ALTER TABLE houses DROP gap_limit_days, DROP retention_days, DROP state, DROP reason, DROP outcome,
        DROP ended_on, DROP anonymise_on, DROP removed
    """,
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)
    belongs_to_one_corporation("templates")
    shown_to_other_corporations("templates", where="shared")


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
