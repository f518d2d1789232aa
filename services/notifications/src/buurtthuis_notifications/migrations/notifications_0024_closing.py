"""Who is asked whether their idea is solved."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0024"
down_revision = "notifications_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE closing_questions (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            theme_id uuid NOT NULL,
            house_id uuid NOT NULL,
            resident_id uuid NOT NULL,
            closes_at timestamptz NOT NULL,
            solved boolean,
            version integer NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX closing_questions_resident ON closing_questions (corporation, resident_id, id)")
    op.execute("CREATE INDEX closing_questions_house ON closing_questions (corporation, house_id)")
    belongs_to_one_corporation("closing_questions")


def downgrade() -> None:
    op.execute("DROP TABLE closing_questions")
