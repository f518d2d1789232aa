"""Rooms of the corporation, what is booked in them, and since when houses are open."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sessions_0005"
down_revision = "sessions_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE rooms (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            name text NOT NULL,
            address text NOT NULL,
            capacity integer NOT NULL CHECK (capacity > 0),
            hours jsonb NOT NULL,
            wheelchair_accessible boolean NOT NULL,
            state text NOT NULL,
            bookings jsonb NOT NULL,
            version integer NOT NULL
        )
        """
    )
    belongs_to_one_corporation("rooms")
    op.execute("CREATE INDEX rooms_id ON rooms (corporation, id)")
    op.execute(
        "CREATE INDEX sessions_room ON sessions (corporation, room_id, begins) WHERE room_id IS NOT NULL"
    )
    # The journal remembers it; this finds it there.
    op.execute(
        "CREATE INDEX journal_houses_opened ON journal (corporation, house) "
        "WHERE type = 'nl.buurtthuis.sessions.house-opened.v1'"
    )


def downgrade() -> None:
    op.execute("DROP INDEX journal_houses_opened")
    op.execute("DROP INDEX sessions_room")
    op.execute("DROP TABLE rooms")
