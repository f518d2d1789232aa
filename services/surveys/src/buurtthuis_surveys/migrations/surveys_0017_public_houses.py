"""Of which houses everybody may know. Those of which anybody could read something before are known from the beginning."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation, belongs_to_one_house

revision = "surveys_0017"
down_revision = "surveys_0016"
branch_labels = None
depends_on = None

READ = ("surveys", "themes")
UP = (
    """
    CREATE TABLE public_houses (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        version integer NOT NULL
    )
    """,
    *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in READ),  # of every corporation
    """
    INSERT INTO public_houses (id, corporation, version)
    SELECT house_id, corporation, 1 FROM surveys WHERE state NOT IN ('draft', 'cancelled')
    UNION SELECT house_id, corporation, 1 FROM themes WHERE listed
    ON CONFLICT DO NOTHING
    """,
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in READ),
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)
    belongs_to_one_corporation("public_houses")
    belongs_to_one_house("public_houses", "id")


def downgrade() -> None:
    op.execute("DROP TABLE public_houses")
