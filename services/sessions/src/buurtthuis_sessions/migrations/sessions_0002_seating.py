"""Rooms for sessions to be in, seats apart from the capacity, waiting lists, offers, tasks, and keys to agendas."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "sessions_0002"
down_revision = "sessions_0001"
branch_labels = None
depends_on = None

#: The owner of the tables is in no corporation; these rows are to be seen all the same.
EVERYBODYS = ("sessions", "seats")

UP = (
    """
    ALTER TABLE sessions
        ADD begins timestamptz,
        ADD ends timestamptz,
        ADD room_id uuid,
        ADD roles jsonb NOT NULL DEFAULT '{"host": 2}',
        ADD newcomer_seats integer NOT NULL DEFAULT 0,
        ADD newcomers_first interval NOT NULL DEFAULT '48 hours',
        ADD series_id uuid,
        ADD occurrence timestamp,
        ADD follow_up_of uuid,
        ADD confirm_by timestamptz,
        ADD attended integer NOT NULL DEFAULT 0,
        ADD no_shows integer NOT NULL DEFAULT 0,
        ADD report text,
        ADD sequence integer NOT NULL DEFAULT 0
    """,
    """
    UPDATE sessions SET
        begins = starts_at AT TIME ZONE time_zone,
        ends = ends_at AT TIME ZONE time_zone,
        attended = (SELECT count(*) FROM seats WHERE session_id = sessions.id AND state = 'attended'),
        no_shows = (SELECT count(*) FROM seats WHERE session_id = sessions.id AND state = 'no_show')
    """,
    "CREATE INDEX sessions_begins ON sessions (corporation, house_id, begins)",
    "CREATE INDEX sessions_series ON sessions (corporation, series_id, begins) WHERE series_id IS NOT NULL",
    "CREATE INDEX sessions_confirm_by ON sessions (corporation, confirm_by) WHERE state = 'draft'",
    """
    ALTER TABLE seats
        ADD house_id uuid,
        ADD number integer,
        ADD role text,
        ADD plus_one boolean NOT NULL DEFAULT false,
        ADD newcomer boolean NOT NULL DEFAULT false,
        ADD standing boolean NOT NULL DEFAULT false,
        ADD confirmed boolean NOT NULL DEFAULT true,
        ADD expires_at timestamptz,
        ADD needs text
    """,
    """
    UPDATE seats SET house_id = sessions.house_id, number = counted.number
    FROM sessions,
         (SELECT id, row_number() OVER (PARTITION BY session_id ORDER BY id) AS number FROM seats) AS counted
    WHERE sessions.id = seats.session_id AND counted.id = seats.id
    """,
    "ALTER TABLE seats ALTER house_id SET NOT NULL, ALTER number SET NOT NULL",
    "DROP INDEX seats_one_each",
    """
    CREATE UNIQUE INDEX seats_one_each ON seats (session_id, resident_id)
        WHERE state IN ('registered', 'waitlisted', 'offered')
    """,
    "CREATE INDEX seats_resident ON seats (corporation, resident_id)",
    "CREATE INDEX seats_house ON seats (corporation, house_id, resident_id)",
    "CREATE INDEX seats_offered ON seats (corporation, expires_at) WHERE state = 'offered'",
    """
    CREATE TABLE tasks (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        kind text NOT NULL,
        raised_at timestamptz NOT NULL,
        session_id uuid,
        series_id uuid,
        done_at timestamptz,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX tasks_house ON tasks (corporation, house_id, id) WHERE done_at IS NULL",
    """
    CREATE TABLE agenda_keys (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        digest bytea,
        version integer NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX agenda_keys_digest ON agenda_keys (corporation, digest)",
)

DOWN = (
    "DROP TABLE agenda_keys",
    "DROP TABLE tasks",
    "DROP INDEX seats_one_each",
    "DELETE FROM seats WHERE state IN ('waitlisted', 'offered', 'offer_expired') OR role IS NOT NULL",
    "CREATE UNIQUE INDEX seats_one_each ON seats (session_id, resident_id) WHERE state = 'registered'",
    """
    ALTER TABLE seats DROP house_id, DROP number, DROP role, DROP plus_one, DROP newcomer, DROP standing,
        DROP confirmed, DROP expires_at, DROP needs
    """,
    """
    UPDATE sessions SET state = CASE state WHEN 'closed' THEN 'held' ELSE 'cancelled' END
        WHERE state IN ('closed', 'not_held')
    """,
    """
    ALTER TABLE sessions DROP begins, DROP ends, DROP room_id, DROP roles, DROP newcomer_seats,
        DROP newcomers_first, DROP series_id, DROP occurrence, DROP follow_up_of, DROP confirm_by,
        DROP attended, DROP no_shows, DROP report, DROP sequence
    """,
)


def upgrade() -> None:
    _seen_by_the_owner(UP)
    for table in ("tasks", "agenda_keys"):
        belongs_to_one_corporation(table)


def downgrade() -> None:
    _seen_by_the_owner(DOWN)


def _seen_by_the_owner(statements: tuple[str, ...]) -> None:
    for table in EVERYBODYS:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    for table in EVERYBODYS:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
