"""The contact vault, and what is known of the others' things."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "notifications_0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = "library_0001"

CORPORATION = "corporation text NOT NULL DEFAULT current_corporation()"

TABLES = {
    "residents": """
        id uuid PRIMARY KEY,
        language text NOT NULL,
        level text NOT NULL,
        joined_at timestamptz NOT NULL,
        version integer NOT NULL
    """,
    "memberships": """
        id uuid PRIMARY KEY,
        resident_id uuid NOT NULL REFERENCES residents (id),
        house_id uuid NOT NULL,
        joined_at timestamptz NOT NULL,
        left_at timestamptz
    """,
    "addresses": """
        id uuid PRIMARY KEY,
        resident_id uuid NOT NULL REFERENCES residents (id),
        kind text NOT NULL,
        secret bytea NOT NULL,
        digest bytea NOT NULL,
        verified_at timestamptz NOT NULL,
        failed_at timestamptz
    """,
    "consents": """
        id uuid PRIMARY KEY,
        resident_id uuid NOT NULL REFERENCES residents (id),
        purpose text NOT NULL,
        wording text NOT NULL,
        given_at timestamptz NOT NULL,
        by_staff boolean NOT NULL,
        withdrawn_at timestamptz
    """,
    "codes": """
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        secret bytea NOT NULL,
        digests bytea[] NOT NULL,
        link bytea NOT NULL,
        digits bytea NOT NULL,
        wish jsonb NOT NULL,
        expires_at timestamptz NOT NULL,
        adds uuid,
        tries integer NOT NULL,
        used_at timestamptz,
        version integer NOT NULL
    """,
    "sign_ins": """
        id uuid PRIMARY KEY,
        resident_id uuid NOT NULL,
        digest bytea NOT NULL,
        signed_in_at timestamptz NOT NULL,
        renewed_at timestamptz NOT NULL,
        before bytea,
        ended_at timestamptz,
        version integer NOT NULL
    """,
    "allowances": """
        id uuid PRIMARY KEY,
        since timestamptz NOT NULL,
        used integer NOT NULL,
        version integer NOT NULL
    """,
    "erasures": """
        id uuid PRIMARY KEY,
        resident_id uuid NOT NULL,
        requested_at timestamptz NOT NULL,
        expects text[] NOT NULL,
        answers jsonb NOT NULL,
        alarmed_at timestamptz,
        completed_at timestamptz,
        version integer NOT NULL
    """,
    "known_houses": """
        id uuid PRIMARY KEY,
        title text NOT NULL,
        open boolean NOT NULL,
        anonymise_on date,
        version integer NOT NULL
    """,
    "known_sessions": """
        id uuid PRIMARY KEY,
        house_id uuid NOT NULL,
        title text,
        kind text NOT NULL,
        begins timestamptz NOT NULL,
        ends timestamptz NOT NULL,
        time_zone text NOT NULL,
        place text NOT NULL,
        series_id uuid,
        theme_id uuid,
        standing text NOT NULL,
        changes integer NOT NULL,
        version integer NOT NULL
    """,
    "known_series": """
        id uuid PRIMARY KEY,
        house_id uuid NOT NULL,
        title text,
        kind text NOT NULL,
        version integer NOT NULL
    """,
    "known_seats": """
        id uuid PRIMARY KEY,
        session_id uuid NOT NULL,
        house_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        standing text NOT NULL,
        role text,
        since timestamptz,
        expires_at timestamptz,
        version integer NOT NULL
    """,
    "known_themes": """
        id uuid PRIMARY KEY,
        house_id uuid NOT NULL,
        title text,
        proposer uuid,
        version integer NOT NULL
    """,
    "followers": """
        id uuid PRIMARY KEY,
        theme_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        version integer NOT NULL
    """,
    "known_surveys": """
        id uuid PRIMARY KEY,
        house_id uuid NOT NULL,
        closes_at timestamptz,
        open boolean NOT NULL,
        version integer NOT NULL
    """,
}

INDEXES = (
    "CREATE UNIQUE INDEX memberships_one_each ON memberships (corporation, house_id, resident_id) WHERE left_at IS NULL",
    "CREATE INDEX memberships_resident ON memberships (corporation, resident_id)",
    "CREATE UNIQUE INDEX addresses_digest ON addresses (corporation, digest) WHERE kind IN ('email', 'mobile')",
    "CREATE INDEX addresses_resident ON addresses (corporation, resident_id)",
    "CREATE INDEX consents_resident ON consents (corporation, resident_id)",
    "CREATE INDEX codes_expires ON codes (corporation, expires_at)",
    "CREATE INDEX sign_ins_resident ON sign_ins (corporation, resident_id)",
    "CREATE INDEX sign_ins_renewed ON sign_ins (corporation, renewed_at)",
    "CREATE INDEX allowances_since ON allowances (corporation, since)",
    "CREATE INDEX erasures_open ON erasures (corporation, requested_at) WHERE completed_at IS NULL",
    "CREATE INDEX known_sessions_house ON known_sessions (corporation, house_id)",
    "CREATE INDEX known_sessions_begins ON known_sessions (corporation, begins) WHERE standing = 'coming'",
    "CREATE INDEX known_seats_session ON known_seats (corporation, session_id, resident_id)",
    "CREATE INDEX known_seats_resident ON known_seats (corporation, resident_id)",
    "CREATE INDEX known_seats_expires ON known_seats (corporation, expires_at) WHERE standing = 'offered'",
    "CREATE INDEX known_themes_house ON known_themes (corporation, house_id)",
    "CREATE INDEX followers_theme ON followers (corporation, theme_id, resident_id)",
    "CREATE INDEX followers_resident ON followers (corporation, resident_id)",
    "CREATE INDEX known_surveys_closes ON known_surveys (corporation, closes_at) WHERE open",
)


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({CORPORATION}, {columns})")
        belongs_to_one_corporation(table)
    for index in INDEXES:
        op.execute(index)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
