"""What the measured reactions write, twice: as a service does, and bare."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "bench_0001"
down_revision = None
branch_labels = ("bench",)
depends_on = "library_0001"

OURS = ("notes", "tallies")


def upgrade() -> None:
    for prefix in ("", "bare_"):
        op.execute(
            f"""
            CREATE TABLE {prefix}notes (
                id uuid PRIMARY KEY,
                corporation text NOT NULL DEFAULT 'nobody',
                theme_id uuid NOT NULL,
                house_id uuid NOT NULL,
                title text NOT NULL,
                version integer NOT NULL
            )
            """
        )
        op.execute(
            f"""
            CREATE TABLE {prefix}tallies (
                id uuid PRIMARY KEY,
                corporation text NOT NULL DEFAULT 'nobody',
                seen integer NOT NULL,
                version integer NOT NULL
            )
            """
        )
    for table in OURS:
        op.execute(f"ALTER TABLE {table} ALTER corporation SET DEFAULT current_corporation()")
        belongs_to_one_corporation(table)
    op.execute("CREATE TABLE bare_inbox (event_id uuid PRIMARY KEY)")
    op.execute("CREATE TABLE bare_checkpoints (source text PRIMARY KEY, position bigint NOT NULL)")


def downgrade() -> None:
    for table in (*OURS, "bare_notes", "bare_tallies", "bare_inbox", "bare_checkpoints"):
        op.execute(f"DROP TABLE {table}")
