"""Houses, sessions and seats."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sessions_0001"
down_revision = None
branch_labels = ("sessions",)
depends_on = "library_0001"

TABLES = ("houses", "sessions", "seats")


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE houses (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            title text NOT NULL,
            town text NOT NULL,
            dwellings integer NOT NULL CHECK (dwellings > 0),
            label text,
            ends_on date,
            version integer NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE sessions (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            house_id uuid NOT NULL,
            theme_id uuid,
            title text,
            state text NOT NULL,
            kind text,
            starts_at timestamp,
            ends_at timestamp,
            time_zone text,
            place text,
            capacity integer CHECK (capacity > 0),
            languages text[] NOT NULL,
            walk_ins integer NOT NULL,
            reason text,
            version integer NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX sessions_house ON sessions (corporation, house_id, id)")
    op.execute(
        """
        CREATE TABLE seats (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            session_id uuid NOT NULL REFERENCES sessions (id),
            resident_id uuid NOT NULL,
            state text NOT NULL
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX seats_one_each ON seats (session_id, resident_id) WHERE state = 'registered'"
    )
    op.execute("CREATE INDEX seats_session ON seats (corporation, session_id, id)")
    for table in TABLES:
        belongs_to_one_corporation(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
