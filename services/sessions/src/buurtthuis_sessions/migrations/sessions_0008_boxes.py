"""Marks by phone lie sealed in the box of their vote while it is open, and who voted is known to that box alone.

Of a vote that is open while this runs nobody knows any more who voted: they could once more, as long as there are
people left who may. Their numbers lie in rows that are written anew, so that no resident's id stays on the disk.
"""

from alembic import op
from buurtthuis.persistence.schema import keeps_ballot_boxes

revision = "sessions_0008"
down_revision = "sessions_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keeps_ballot_boxes()
    op.execute("ALTER TABLE follow_up_votes ADD sealed bytea")
    op.execute("ALTER TABLE follow_up_voters RENAME resident_id TO known_as")
    op.execute("ALTER TABLE follow_up_voters ALTER known_as TYPE uuid USING gen_random_uuid()")


def downgrade() -> None:
    op.execute("ALTER TABLE follow_up_voters RENAME known_as TO resident_id")
    op.execute("ALTER TABLE follow_up_votes DROP sealed")
    op.execute("DROP FUNCTION burn_spent_ballot_boxes()")
    op.execute("DROP TABLE ballot_boxes")
