"""A trail leaves with its corporation: the owner of the tables takes all of it away, and nobody else any of it."""

from alembic import op

revision = "moderation_0009"
down_revision = "moderation_0008"
branch_labels = None
depends_on = None

#: What every version of the function allows: somebody is forgotten.
STAYS = """
    CREATE OR REPLACE FUNCTION trail_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {leaves}
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
"""
#: The application is not the owner, and could never do more than this with a setting that anybody may make.
LEAVES = """
        IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW'
            AND OLD.corporation = current_setting('buurtthuis.leaving', true)
            AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
        THEN
            RETURN OLD;
        END IF;
"""


def upgrade() -> None:
    op.execute(STAYS.format(leaves=LEAVES))


def downgrade() -> None:
    op.execute(STAYS.format(leaves=""))
