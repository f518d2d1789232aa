"""Who was given which role in which house, by whom and until when."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0019"
down_revision = "notifications_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE rights (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            subject_id uuid NOT NULL,
            role text NOT NULL,
            house_id uuid,
            given_by uuid NOT NULL,
            given_at timestamptz NOT NULL,
            until timestamptz,
            taken_away_by uuid,
            version integer NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX rights_subject ON rights (corporation, subject_id)")
    belongs_to_one_corporation("rights")


def downgrade() -> None:
    op.execute("DROP TABLE rights")
