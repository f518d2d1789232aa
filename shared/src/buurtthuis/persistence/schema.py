"""Migrations: the library's tables and the service's own, in one database, as its owner.

The application connects as another role that owns nothing, so row-level security binds it.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from buurtthuis.persistence import looking
from buurtthuis.persistence.looking import Look
from buurtthuis.persistence.revisions import LIBRARY, LOOKS

#: One lock for every migration of a database, so that replicas that start together take turns.
MIGRATION_LOCK = 0x6275757274


def belongs_to_one_corporation(table: str) -> None:
    """In a migration: rows of `table` can be seen and made only inside their own corporation."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY one_corporation ON {table} USING (corporation = (SELECT current_corporation())) "
        "WITH CHECK (corporation = (SELECT current_corporation()))"
    )


def shown_to_other_corporations(table: str, where: str) -> None:
    """In a migration, after `belongs_to_one_corporation`: these rows can be read, and no more, in every corporation."""
    op.execute(
        f"CREATE POLICY shown_to_others ON {table} FOR SELECT "
        f"USING (({where}) AND (SELECT current_corporation()) IS NOT NULL)"
    )


def belongs_to_one_house(table: str, house: str) -> None:
    """In a migration: whoever reads for some houses sees those rows where `house`, an SQL expression, is one of them.

    Tables with a column `house_id` need not say so: all of them are limited, see `_limit_to_houses`."""
    op.execute(_limited(table, house))


def keeps_ballot_boxes() -> None:
    """In a migration: the table of `buurtthuis.persistence.ballot_boxes`, and a function that burns what is spent in it.

    The application may not rewrite a table, so the function does it as the owner: only rows that are there go into
    the new file, and PostgreSQL takes the old one away. A row that is deleted is on the disk until something is
    written over it, and VACUUM writes over nothing."""
    op.execute(
        """
        CREATE TABLE ballot_boxes (
            id uuid PRIMARY KEY,
            corporation text NOT NULL DEFAULT current_corporation(),
            salts text,
            key text,
            spent boolean NOT NULL,
            version integer NOT NULL
        )
        """
    )
    belongs_to_one_corporation("ballot_boxes")
    op.execute(
        """
        CREATE FUNCTION burn_spent_ballot_boxes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
        BEGIN
            LOCK TABLE ballot_boxes IN ACCESS EXCLUSIVE MODE;
            DELETE FROM ballot_boxes WHERE spent AND key IS NULL AND salts IS NULL;
            UPDATE ballot_boxes SET spent = false WHERE spent;
            ALTER TABLE ballot_boxes ALTER version TYPE integer USING version + 0;
        END $$
        """
    )


async def migrate(owner_url: str, app_role: str, migrations: Path, looks: Iterable[Look]) -> Sequence[str]:
    """Bring a database up to date and let `app_role` use, but not own, its tables.

    It will answer the service's own `looks` besides the library's. Returns the revisions that were applied, oldest first."""
    engine = create_async_engine(owner_url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade, app_role, migrations, (*LOOKS, *looks))
    finally:
        await engine.dispose()


async def pending(url: str, migrations: Path, looks: Iterable[Look]) -> Sequence[str]:
    """The revisions that `migrate` would apply, and what it would make anew."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            missing = await connection.run_sync(lambda sync: _missing(sync, _config(migrations)))
            if await connection.run_sync(looking.is_installed, (*LOOKS, *looks)):
                return missing
            return [*missing, "who_has_work"]
    finally:
        await engine.dispose()


def role_of(url: str) -> str:
    """The database role that a URL connects as."""
    return make_url(url).username or "postgres"


def _upgrade(connection: Connection, app_role: str, migrations: Path, looks: Sequence[Look]) -> Sequence[str]:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    config = _config(migrations)
    missing = _missing(connection, config)
    if missing:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        _limit_to_houses(connection)
        _grant(connection, app_role)
    looking.install(connection, looks, app_role)
    _vacuum_soon(connection)
    return missing


#: PostgreSQL's own way leaves 50 dead rows of a table, and a fifth of it, for as long as they are no more.
SOON = "autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0"
UNSET = text(
    """
    SELECT format('ALTER TABLE %s SET (%s)', oid::regclass, CAST(:soon AS text)) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND coalesce(NOT reloptions @> ARRAY['autovacuum_vacuum_threshold=0'], true)
    """
)


def _vacuum_soon(connection: Connection) -> None:
    """What was deleted or emptied is vacuumed when autovacuum comes next, a minute later as a rule, in every table."""
    for statement in list(
        connection.scalars(UNSET, {"soon": f"{SOON}, toast.{SOON.replace(', ', ', toast.')}"})
    ):
        connection.exec_driver_sql(statement)


#: Those that nobody has limited yet.
OF_A_HOUSE = text(
    """
    SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attname = 'house_id' AND NOT attisdropped AND relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = attrelid AND polname = 'their_houses')
    """
)


def _limit_to_houses(connection: Connection) -> None:
    """Every table with rows of houses, found in the database itself so that a new one is never forgotten."""
    for table in list(connection.scalars(OF_A_HOUSE)):
        connection.exec_driver_sql(_limited(table, "house_id"))


def _limited(table: str, house: str) -> str:
    """Restrictive: it takes away from what `one_corporation` lets through. Where no limit was set, `ANY` of nothing is
    NULL and every row passes; a row of no house is of none of somebody's."""
    return (
        f"CREATE POLICY their_houses ON {table} AS RESTRICTIVE FOR SELECT USING "
        f"(coalesce(coalesce({house}, '{UUID(int=0)}') = ANY ((SELECT current_houses())::uuid[]), true))"
    )


def _grant(connection: Connection, app_role: str) -> None:
    role = connection.dialect.identifier_preparer.quote(app_role)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
    connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"))


def _missing(connection: Connection, config: Config) -> Sequence[str]:
    script = ScriptDirectory.from_config(config)
    applied = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for head in applied for revision in script.iterate_revisions(head, "base")}
    every = [revision.revision for revision in script.walk_revisions("base", "heads")]
    return [revision for revision in reversed(every) if revision not in known]


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(LIBRARY))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{LIBRARY / 'versions'}\n{migrations}")
    return config
