"""One corporation per transaction, on real PostgreSQL: what the database itself refuses, and units of work."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from buurtthuis.core.errors import NotFound
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause, new_id
from buurtthuis.persistence import tenancy as database_room
from buurtthuis.persistence.engine import Database, is_transient
from buurtthuis.persistence.unit_of_work import Committed
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import Clock, eventually
from buurtthuis.testing.samples import Note
from buurtthuis.testing.samples.domain import NoteWritten
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from tests.actors import STAFF
from tests.servers import RealServers
from tests.shared.conftest import emptied_rooms
from tests.shared.rooms import NOTES, OURS, THEIRS, Rooms

rooms = emptied_rooms

ROOT = Path(__file__).parent.parent.parent
TABLES = """
    SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    AND relname <> 'alembic_version'
"""
CAUSE = Cause(STAFF)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.starts(name)) for name in installed_services()])
async def app(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A plain connection to one installed service's database, as the application's role."""
    url = settings.for_service(request.param).database_url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


Administer = Callable[[str], Awaitable[object]]
DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"


@pytest.fixture
async def administer(servers: RealServers) -> AsyncIterator[Administer]:
    """Statements of whoever runs PostgreSQL."""
    connection = await asyncpg.connect(servers.admin_url)
    yield connection.execute
    await connection.close()


async def names(app: asyncpg.Connection, query: str) -> set[str]:
    return {row[0] for row in await app.fetch(query)}


# Walls in every installed service's database


async def test_every_table_has_row_security_enabled_and_forced(app: asyncpg.Connection) -> None:
    assert await names(app, TABLES)
    assert await names(app, f"{TABLES} AND NOT (relrowsecurity AND relforcerowsecurity)") == set()


#: What other corporations may read too, and nothing more than read.
SHOWN = ("templates", "shown_to_others", "PERMISSIVE", "SELECT")


OTHERS = ("looked_over", "their_houses")


async def test_every_table_has_exactly_the_one_policy_of_its_corporation(app: asyncpg.Connection) -> None:
    found = await app.fetch(
        "SELECT tablename, policyname, permissive, cmd, qual, with_check FROM pg_policies"
    )
    rows = [row for row in found if tuple(row)[:4] != SHOWN and row["policyname"] not in OTHERS]
    rule = "(corporation = ( SELECT current_corporation() AS current_corporation))"
    assert {(row["tablename"], *list(row)[1:]) for row in rows} == {
        (table, "one_corporation", "PERMISSIVE", "ALL", rule, rule) for table in await names(app, TABLES)
    }


async def test_every_table_with_rows_of_houses_is_limited_for_who_reads_for_some(
    app: asyncpg.Connection,
) -> None:
    """To take away from what the policy of its corporation lets through, and to read alone."""
    found = await app.fetch("SELECT * FROM pg_policies WHERE policyname = 'their_houses'")
    assert {(row["permissive"], row["cmd"], row["with_check"]) for row in found} <= {
        ("RESTRICTIVE", "SELECT", None)
    }
    of_houses = await names(
        app, "SELECT table_name FROM information_schema.columns WHERE column_name = 'house_id'"
    )
    assert of_houses - {row["tablename"] for row in found} == set()


async def test_whoever_reads_for_no_house_reads_none_and_no_setting_limits_nobody(
    app: asyncpg.Connection,
) -> None:
    for setting, houses in (("", None), ("{}", []), ("{01a204c1-fe22-7520-b7a9-199f15c86465}", 1)):
        await app.execute("SELECT set_config('buurtthuis.houses', $1, false)", setting)
        read = await app.fetchval("SELECT current_houses()")
        assert read == houses or len(read) == houses


async def test_only_their_owner_looks_over_tables_and_only_while_it_looks(app: asyncpg.Connection) -> None:
    found = await app.fetch(
        "SELECT roles::text[], cmd, qual, with_check, (SELECT datdba::regrole::text FROM pg_database "
        "WHERE datname = current_database()) AS owner FROM pg_policies WHERE policyname = 'looked_over'"
    )
    rule = "(( SELECT current_setting('buurtthuis.looking'::text, true) AS current_setting) = 'yes'::text)"
    assert found
    for row in found:
        assert tuple(row)[:4] == ([row["owner"]], "SELECT", rule, None)


async def test_every_table_fills_in_the_corporation_itself(app: asyncpg.Connection) -> None:
    filled = await names(
        app,
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND column_name = 'corporation' AND is_nullable = 'NO' AND column_default = 'current_corporation()'",
    )
    assert filled == await names(app, TABLES)


async def test_of_every_table_is_said_how_long_its_rows_are_kept(app: asyncpg.Connection) -> None:
    kept = (ROOT / "docs" / "operations.md").read_text().split("## What is kept, and for how long")[1]
    said = set(re.findall(r"`(\w+)`", kept.split("\n## ")[0]))
    assert await names(app, TABLES) - said == set()


async def test_the_application_owns_nothing(app: asyncpg.Connection) -> None:
    owned = "SELECT relname FROM pg_class WHERE pg_has_role(current_user, relowner, 'USAGE')"
    assert await names(app, owned) == set()


async def test_the_application_cannot_pass_by_row_security(app: asyncpg.Connection) -> None:
    role = await app.fetchrow("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    assert role is not None
    assert tuple(role) == (False, False)


async def test_the_application_cannot_switch_row_security_off(app: asyncpg.Connection) -> None:
    await app.execute("SET row_security = off")
    await app.execute("SELECT set_config('buurtthuis.corporation', 'woonpartners', false)")
    for table in await names(app, TABLES):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch(f'SELECT * FROM "{table}"')


async def test_the_application_cannot_change_the_walls(app: asyncpg.Connection) -> None:
    for statement in (
        "ALTER TABLE journal DISABLE ROW LEVEL SECURITY",
        "DROP POLICY one_corporation ON journal",
        "TRUNCATE journal",
        "CREATE TABLE beside (id int)",
        "CREATE OR REPLACE FUNCTION current_corporation() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)


async def test_the_application_cannot_say_which_migrations_ran(app: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("DELETE FROM alembic_version")


# Another corporation's rows


@pytest.fixture
async def theirs(rooms: Rooms) -> Rooms:
    """Rooms in which only another corporation has a note, and events of it."""
    await rooms.write("theirs", THEIRS)
    return rooms


@pytest.mark.parametrize("table", ["notes", "journal"])
async def test_another_corporations_rows_cannot_be_read(theirs: Rooms, table: str) -> None:
    assert await theirs.sql(theirs.notes, f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("table", ["notes", "journal"])
async def test_another_corporations_rows_cannot_be_changed(theirs: Rooms, table: str) -> None:
    assert await theirs.sql(theirs.notes, f"UPDATE {table} SET corporation = corporation") == 0


@pytest.mark.parametrize("table", ["notes", "journal"])
async def test_another_corporations_rows_cannot_be_deleted(theirs: Rooms, table: str) -> None:
    assert await theirs.sql(theirs.notes, f"DELETE FROM {table}") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO streams (corporation) VALUES (:theirs)",
        "UPDATE notes SET corporation = :theirs",
    ],
)
async def test_rows_cannot_be_given_to_another_corporation(rooms: Rooms, statement: str) -> None:
    await rooms.write("ours")
    with pytest.raises(DBAPIError, match="row-level security"):
        await rooms.sql(rooms.notes, statement, theirs=THEIRS)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM notes",
        "UPDATE notes SET text = ''",
        "DELETE FROM notes",
        "INSERT INTO streams DEFAULT VALUES",
    ],
)
async def test_without_a_corporation_there_is_an_error_and_no_row(theirs: Rooms, statement: str) -> None:
    async with theirs.notes.engine.connect() as connection:
        with pytest.raises(DBAPIError, match="no corporation is set"):
            await connection.execute(text(statement))


async def test_a_corporation_is_forgotten_at_the_end_of_its_transaction(theirs: Rooms) -> None:
    alone = Database(theirs.settings.for_service("sample_notes").database_url, pool_size=1)
    async with alone.transaction(THEIRS) as session:
        await session.execute(text("SELECT * FROM notes"))
    async with alone.engine.connect() as same_connection:
        with pytest.raises(DBAPIError, match="no corporation is set"):
            await same_connection.execute(text("SELECT * FROM notes"))
    await alone.close()


# Units of work


async def test_work_that_fails_leaves_nothing(rooms: Rooms) -> None:
    note = Note(new_id(), "half")

    async def fail_after_writing() -> None:
        async with rooms.notes.work(rooms.ours, CAUSE) as work:
            work.record(work.add((note, NoteWritten(note_id=note.id, text="half"))))
            await work.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()
    assert await rooms.sql(rooms.notes, "SELECT count(*) FROM notes") == 0
    assert await rooms.sql(rooms.notes, "SELECT count(*) FROM journal") == 0


async def test_what_a_unit_of_work_left_behind_is_told_once_it_is_committed(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Committed] = []
    monkeypatch.setattr(rooms.notes, "_on_committed", told.append)
    id = (await rooms.write()).id
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        note = await work.get(Note, id)
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        (await work.get(Note, id)).text = "another"
    with pytest.raises(NotFound):
        async with rooms.notes.work(rooms.ours, CAUSE) as work:
            work.record(note.add_line())
            await work.get(Note, new_id())
    assert [committed.journalled for committed in told] == [True, False, False]
    assert told == [
        Committed(OURS, frozenset({"notes", "journal"})),
        Committed(OURS, frozenset()),
        Committed(OURS, frozenset({"notes"})),
    ]


async def test_an_aggregate_is_got_once_and_the_same_each_time(rooms: Rooms) -> None:
    id = (await rooms.write()).id
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        note = await work.get(Note, id)
        assert await work.get(Note, id) is note
        assert await work.find(Note, text="a note") == [note]


async def test_what_was_added_is_found_before_it_is_committed(rooms: Rooms) -> None:
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        note = Note(new_id(), "fresh")
        work.add((note, NoteWritten(note_id=note.id, text="fresh")))
        assert await work.find(Note, text="fresh") == [note]


async def test_two_who_change_the_same_aggregate_take_turns(rooms: Rooms) -> None:
    id = (await rooms.write()).id

    async def add_a_line() -> None:
        async with rooms.notes.work(rooms.ours, CAUSE) as work:
            work.record((await work.get(Note, id)).add_line())

    await asyncio.gather(*(add_a_line() for _ in range(16)))
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        note = await work.get(Note, id)
        assert (note.lines, note.version, len(note.pages)) == (17, 17, 16)


async def test_two_who_find_the_same_aggregate_take_turns(rooms: Rooms) -> None:
    await rooms.write("found")

    async def add_a_line() -> None:
        async with rooms.notes.work(rooms.ours, CAUSE) as work:
            (note,) = await work.find(Note, text="found")
            work.record(note.add_line())

    await asyncio.gather(*(add_a_line() for _ in range(8)))
    assert await rooms.sql(rooms.notes, "SELECT lines FROM notes") == 9


async def test_an_unknown_aggregate_is_told_by_its_kind_and_id(rooms: Rooms) -> None:
    id = new_id()
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        with pytest.raises(NotFound, match=f"There is no note with id {id}"):
            await work.get(Note, id)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$", True),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53300'; END $$", True),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '25006'; END $$", True),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23505'; END $$", False),
        ("SELECT 1 / 0", False),
        ("SELECT nothing_of_the_kind", False),
    ],
)
async def test_only_what_another_try_may_cure_is_transient(
    rooms: Rooms, statement: str, expected: bool
) -> None:
    with pytest.raises(DBAPIError) as failed:
        await rooms.sql(rooms.notes, statement)
    assert is_transient(failed.value) is expected


async def test_a_database_that_is_not_there_is_transient() -> None:
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:9/nothing")
    with pytest.raises(OSError) as failed:  # noqa: PT011
        async with nowhere.transaction(OURS) as session:
            await session.execute(text("SELECT 1"))
    assert is_transient(failed.value)


@pytest.mark.parametrize(
    ("close", "reopen"),
    [
        ('ALTER DATABASE "{name}" ALLOW_CONNECTIONS false', 'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'),
        ('ALTER DATABASE "{name}" CONNECTION LIMIT 0', 'ALTER DATABASE "{name}" CONNECTION LIMIT -1'),
        ('ALTER DATABASE "{name}" RENAME TO "set_aside"', 'ALTER DATABASE "set_aside" RENAME TO "{name}"'),
        ("ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN"),
        (
            'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC, {role}',
            'GRANT CONNECT ON DATABASE "{name}" TO PUBLIC, {role}',
        ),
    ],
    ids=["no connections", "none left", "another name", "no such role for now", "no right to it"],
)
async def test_a_database_that_lets_nobody_in_is_transient(
    rooms: Rooms, administer: Administer, close: str, reopen: str
) -> None:
    url = make_url(rooms.settings.for_service(NOTES).database_url)
    names = {"name": url.database, "role": url.username}
    await rooms.notes.engine.dispose()
    await administer(DISCONNECT.format(**names))
    await administer(close.format(**names))
    try:
        with pytest.raises(DBAPIError) as failed:
            await rooms.sql(rooms.notes, "SELECT 1")
    finally:
        await administer(reopen.format(**names))
    assert is_transient(failed.value)
    assert await rooms.sql(rooms.notes, "SELECT 1") == 1


async def test_a_statement_without_the_right_to_a_table_is_not(rooms: Rooms) -> None:
    with pytest.raises(DBAPIError, match="permission denied") as failed:
        await rooms.sql(rooms.notes, "SELECT rolpassword FROM pg_authid")
    assert not is_transient(failed.value)


async def test_a_connection_that_ended_while_nobody_used_it_is_given_to_nobody(
    rooms: Rooms, administer: Administer
) -> None:
    async with rooms.notes.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
    await administer(DISCONNECT.format(name=rooms.notes.engine.url.database))

    async def it_ended() -> bool:
        return bool(driver.is_closed())

    await eventually(it_ended, "the end of the connection")
    assert await rooms.sql(rooms.notes, "SELECT 1") == 1


async def test_a_pool_without_a_free_connection_is_transient(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Database(rooms.settings.for_service("sample_notes").database_url, pool_size=1)
    monkeypatch.setattr(busy.engine.pool, "_timeout", 0.01)
    async with busy.transaction(OURS) as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(Exception, match="QueuePool") as failed:
            async with busy.transaction(OURS) as another:
                await another.execute(text("SELECT 1"))
    await busy.close()
    assert is_transient(failed.value)


# What is told to nobody, and time


async def test_the_moment_of_a_deadline_is_the_databases_own(rooms: Rooms) -> None:
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        before, moment, after = [
            (await work.session.execute(text("SELECT clock_timestamp()"))).scalar_one(),
            await work.time(),
            (await work.session.execute(text("SELECT clock_timestamp()"))).scalar_one(),
        ]
    assert before < moment < after


async def test_a_clock_that_somebody_holds_goes_before_the_databases(rooms: Rooms) -> None:
    rooms.notes.clock = Clock()
    async with rooms.notes.work(rooms.ours, CAUSE) as work:
        assert await work.time() == work.now == Clock()()


async def test_many_may_share_an_aggregate_and_whoever_changes_it_waits_for_them(rooms: Rooms) -> None:
    note = (await rooms.write()).id
    async with rooms.notes.work(rooms.ours, CAUSE) as one, rooms.notes.work(rooms.ours, CAUSE) as another:
        await one.share(Note, note)
        await another.share(Note, note)
        async with rooms.notes.work(rooms.ours, CAUSE) as changing:
            await changing.session.execute(text("SET LOCAL lock_timeout = 50"))
            with pytest.raises(DBAPIError) as waited:
                await changing.get(Note, note)
            assert getattr(waited.value.orig, "sqlstate", "") == "55P03"
            await changing.session.rollback()


async def test_who_is_stopped_between_two_messages_of_a_statement_loses_its_locks(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncpg asks for a statement to be prepared, and waits for that before it asks for more."""
    async with rooms.notes.engine.connect() as connection:
        if (connection.dialect.server_version_info or ()) < (17,):
            pytest.skip("PostgreSQL ends such a transaction from version 17 on")
    monkeypatch.setattr(database_room, "LONGEST_TRANSACTION_MS", 300)
    with pytest.raises(DBAPIError):
        async with rooms.notes.transaction(OURS) as stopped:
            await stopped.execute(text("INSERT INTO streams DEFAULT VALUES"))
            raw: Any = await (await stopped.connection()).get_raw_connection()
            await raw.driver_connection.prepare("SELECT 1")
            async with rooms.notes.transaction(OURS) as other:
                await other.execute(text("INSERT INTO streams DEFAULT VALUES"))
