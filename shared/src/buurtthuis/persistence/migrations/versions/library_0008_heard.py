"""A checkpoint knows which event it stands at, and a reader which events it heard where: a position is not an identity."""

from alembic import op
from buurtthuis.persistence.schema import belongs_to_one_corporation

revision = "library_0008"
down_revision = "library_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE checkpoints ADD COLUMN event_id uuid, ADD COLUMN said_before timestamptz")
    op.execute(
        """
        CREATE TABLE heard (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            source text NOT NULL,
            last bigint NOT NULL,
            said_at timestamptz NOT NULL,
            positions bigint[] NOT NULL,
            events uuid[] NOT NULL,
            astray boolean NOT NULL DEFAULT false
        )
        """
    )
    op.execute("CREATE INDEX heard_backwards ON heard (corporation, source, last, id)")
    op.execute("CREATE INDEX heard_astray ON heard (corporation, source) WHERE astray")
    belongs_to_one_corporation("heard")
    # Whoever moves a checkpoint by hand means a place, knows no event that stands there, and wants all of it heard again.
    op.execute(
        """
        CREATE FUNCTION forget_which_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.event_id := NULL;
            NEW.said_before := NULL;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER checkpoints_by_hand BEFORE UPDATE ON checkpoints FOR EACH ROW
        WHEN (NEW.position <> OLD.position AND NEW.event_id IS NOT DISTINCT FROM OLD.event_id)
        EXECUTE FUNCTION forget_which_event()
        """
    )
    # Two events may have stood at the same position, and both be parked.
    op.execute(
        "ALTER TABLE parked_events DROP CONSTRAINT parked_events_corporation_source_position_reaction_key"
    )
    op.execute(
        "CREATE UNIQUE INDEX parked_events_once ON parked_events (corporation, source, (envelope ->> 'id'), reaction)"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER checkpoints_by_hand ON checkpoints")
    op.execute("DROP FUNCTION forget_which_event()")
    op.execute("DROP INDEX parked_events_once")
    op.execute("ALTER TABLE parked_events ADD UNIQUE (corporation, source, position, reaction)")
    op.execute("DROP TABLE heard")
    op.execute("ALTER TABLE checkpoints DROP COLUMN said_before, DROP COLUMN event_id")
