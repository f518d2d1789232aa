"""Pages, who writes on them, and who looks after them."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "moderation_0002"
down_revision = "moderation_0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE pages (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        rules jsonb NOT NULL,
        moderators uuid[] NOT NULL,
        guide_id uuid,
        state text NOT NULL,
        anonymise_on date,
        removed jsonb,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX pages_archived ON pages (corporation, anonymise_on) WHERE state = 'archived'",
    """
    CREATE TABLE members (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        name text,
        look text,
        version integer NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX members_look ON members (corporation, house_id, look) WHERE look IS NOT NULL",
    "CREATE INDEX members_resident ON members (corporation, resident_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in ("pages", "members"):
        belongs_to_one_corporation(table)


def downgrade() -> None:
    op.execute("DROP TABLE members, pages")
