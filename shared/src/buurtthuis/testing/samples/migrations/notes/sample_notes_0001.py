"""Notes and their pages."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sample_notes_0001"
down_revision = None
branch_labels = ("sample_notes",)
depends_on = "library_0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE notes (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            text text NOT NULL,
            lines integer NOT NULL,
            label text,
            house_id uuid,
            version integer NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE pages (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            note_id uuid NOT NULL REFERENCES notes,
            line integer NOT NULL
        )
        """
    )
    for table in ("notes", "pages"):
        belongs_to_one_corporation(table)


def downgrade() -> None:
    op.execute("DROP TABLE pages, notes")
