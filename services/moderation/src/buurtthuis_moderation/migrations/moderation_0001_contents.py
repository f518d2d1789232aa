"""What residents write, and how it read before they changed it."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "moderation_0001"
down_revision = None
branch_labels = ("moderation",)
depends_on = "library_0001"

STATEMENTS = (
    """
    CREATE TABLE contents (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        kind text NOT NULL,
        author_id uuid,
        text text,
        language text NOT NULL,
        written_at timestamptz NOT NULL,
        origin text NOT NULL,
        state text NOT NULL,
        published_at timestamptz,
        edited_at timestamptz,
        reply_to uuid,
        theme_id uuid,
        session_id uuid,
        pinned boolean NOT NULL,
        findings jsonb NOT NULL,
        leaving boolean NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX contents_house ON contents (corporation, house_id, coalesce(published_at, written_at), id)",
    "CREATE INDEX contents_pinned ON contents (corporation, house_id) WHERE pinned",
    "CREATE INDEX contents_author ON contents (corporation, author_id, house_id) WHERE author_id IS NOT NULL",
    "CREATE INDEX contents_replies ON contents (corporation, reply_to) WHERE reply_to IS NOT NULL",
    """
    CREATE TABLE revisions (
        content_id uuid NOT NULL REFERENCES contents,
        number integer NOT NULL,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        text text NOT NULL,
        until timestamptz NOT NULL,
        PRIMARY KEY (content_id, number)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in ("contents", "revisions"):
        belongs_to_one_corporation(table)


def downgrade() -> None:
    op.execute("DROP TABLE revisions, contents")
