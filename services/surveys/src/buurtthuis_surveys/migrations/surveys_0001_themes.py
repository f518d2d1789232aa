"""Themes."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "surveys_0001"
down_revision = None
branch_labels = ("surveys",)
depends_on = "library_0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE themes (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            house_id uuid NOT NULL,
            title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
            origin text NOT NULL,
            captured_via text NOT NULL,
            proposed_by uuid,
            entered_by uuid,
            state text NOT NULL,
            reason text,
            reply text,
            session_id uuid,
            version integer NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX themes_house ON themes (corporation, house_id, id)")
    belongs_to_one_corporation("themes")


def downgrade() -> None:
    op.execute("DROP TABLE themes")
