"""Cases, what was decided about them, and a trail of what was done that nobody can rewrite."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "moderation_0003"
down_revision = "moderation_0002"
branch_labels = None
depends_on = None

TABLES = ("cases", "reports", "recusals", "decisions", "appeals", "mutes", "trails", "trail_entries")

STATEMENTS = (
    """
    CREATE TABLE cases (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        content_id uuid NOT NULL,
        kind text NOT NULL,
        opened_at timestamptz NOT NULL,
        why jsonb NOT NULL,
        urgent boolean NOT NULL,
        state text NOT NULL,
        assignee_id uuid,
        escalated text,
        removal_by uuid,
        cleared boolean NOT NULL,
        ground text,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX cases_house ON cases (corporation, house_id, state, urgent DESC, opened_at, id)",
    "CREATE INDEX cases_content ON cases (corporation, content_id)",
    """
    CREATE TABLE reports (
        case_id uuid NOT NULL REFERENCES cases,
        number integer NOT NULL,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        reporter_id uuid,
        category text NOT NULL,
        words text,
        urgent boolean NOT NULL,
        at timestamptz NOT NULL,
        state text NOT NULL,
        PRIMARY KEY (case_id, number)
    )
    """,
    "CREATE INDEX reports_reporter ON reports (corporation, reporter_id, at) WHERE reporter_id IS NOT NULL",
    "CREATE INDEX reports_house ON reports (corporation, house_id)",
    """
    CREATE TABLE recusals (
        case_id uuid NOT NULL REFERENCES cases,
        number integer NOT NULL,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        person_id uuid,
        reason text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (case_id, number)
    )
    """,
    """
    CREATE TABLE decisions (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        case_id uuid NOT NULL,
        content_id uuid NOT NULL,
        kind text NOT NULL,
        author_id uuid,
        action text NOT NULL,
        rule text,
        reason text,
        decided_by text NOT NULL,
        decider_id uuid,
        at timestamptz NOT NULL,
        opened_at timestamptz NOT NULL,
        seconder_id uuid,
        text text,
        was_pinned boolean NOT NULL,
        appeal_until timestamptz,
        mute_id uuid,
        muted_until timestamptz,
        undone boolean NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX decisions_house ON decisions (corporation, house_id, at)",
    "CREATE INDEX decisions_case ON decisions (corporation, case_id)",
    "CREATE INDEX decisions_author ON decisions (corporation, author_id, at) WHERE author_id IS NOT NULL",
    "CREATE INDEX decisions_text ON decisions (corporation, appeal_until) WHERE text IS NOT NULL",
    """
    CREATE TABLE appeals (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        case_id uuid NOT NULL,
        decision_id uuid NOT NULL,
        author_id uuid,
        words text,
        filed_at timestamptz NOT NULL,
        state text NOT NULL,
        reason text,
        decided_by text,
        decider_id uuid,
        decided_at timestamptz,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX appeals_house ON appeals (corporation, house_id, state, filed_at, id)",
    """
    CREATE TABLE mutes (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        resident_id uuid NOT NULL,
        until timestamptz NOT NULL,
        lifted boolean NOT NULL,
        version integer NOT NULL
    )
    """,
    "CREATE INDEX mutes_house ON mutes (corporation, house_id, resident_id) WHERE NOT lifted",
    """
    CREATE TABLE trails (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        entries integer NOT NULL,
        digest text NOT NULL,
        version integer NOT NULL
    )
    """,
    """
    CREATE TABLE trail_entries (
        id uuid PRIMARY KEY,
        corporation text NOT NULL DEFAULT current_corporation(),
        house_id uuid NOT NULL,
        number integer NOT NULL,
        at timestamptz NOT NULL,
        what text NOT NULL,
        about uuid NOT NULL,
        facts jsonb NOT NULL,
        digest text NOT NULL,
        actor_id uuid,
        actor_salt text,
        person_id uuid,
        person_salt text,
        UNIQUE (corporation, house_id, number)
    )
    """,
    """
    CREATE FUNCTION trail_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE'
            AND (NEW.actor_id IS NULL OR NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id)
            AND (NEW.actor_salt IS NULL OR NEW.actor_salt IS NOT DISTINCT FROM OLD.actor_salt)
            AND (NEW.person_id IS NULL OR NEW.person_id IS NOT DISTINCT FROM OLD.person_id)
            AND (NEW.person_salt IS NULL OR NEW.person_salt IS NOT DISTINCT FROM OLD.person_salt)
            AND (NEW.id, NEW.corporation, NEW.house_id, NEW.number, NEW.at, NEW.what, NEW.about, NEW.facts,
                 NEW.digest)
              = (OLD.id, OLD.corporation, OLD.house_id, OLD.number, OLD.at, OLD.what, OLD.about, OLD.facts,
                 OLD.digest)
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'what was done is not rewritten';
    END
    $$
    """,
    """
    CREATE TRIGGER trail_entries_stay BEFORE UPDATE OR DELETE ON trail_entries
    FOR EACH ROW EXECUTE FUNCTION trail_entries_stay()
    """,
    """
    CREATE TRIGGER trail_entries_stay_all BEFORE TRUNCATE ON trail_entries
    FOR EACH STATEMENT EXECUTE FUNCTION trail_entries_stay()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        belongs_to_one_corporation(table)


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(reversed(TABLES))}")
    op.execute("DROP FUNCTION trail_entries_stay")
