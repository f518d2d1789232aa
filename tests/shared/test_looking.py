"""Who has work: one question for all corporations, and what it does not answer."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from buurtthuis.persistence import looking
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.journal import UNNUMBERED, journal
from buurtthuis.persistence.looking import Look
from buurtthuis.persistence.lookout import Lookout
from buurtthuis.persistence.revisions import LOOKS
from buurtthuis.persistence.schema import migrate, pending
from buurtthuis.testing import eventually, samples
from buurtthuis.testing.samples.domain import NoteWritten
from sqlalchemy import DateTime, cast, column, select, table, text, union_all
from structlog.testing import capture_logs

from tests.shared.rooms import ECHOES, NOTES, OURS, THEIRS, Rooms, running

MANY = 40
notes = table("notes", column("id"), column("corporation"))
NOTED = Look(
    "noted",
    lambda now: select(notes.c.id).where(
        datetime(2018, 1, 1, tzinfo=UTC) < cast(now, DateTime(timezone=True))
    ),
)


async def connected(rooms: Rooms, role: str) -> asyncpg.Connection:
    settings = rooms.settings.for_service(NOTES)
    url = settings.database_owner_url if role == "owner" else settings.database_url
    return await asyncpg.connect(url.replace("+asyncpg", ""))


@pytest.fixture
async def app(rooms: Rooms) -> AsyncIterator[asyncpg.Connection]:
    """The application's role, in the speaker's database."""
    connection = await connected(rooms, "app")
    yield connection
    await connection.close()


@pytest.fixture
async def owner(rooms: Rooms) -> AsyncIterator[asyncpg.Connection]:
    """The owner of its tables."""
    connection = await connected(rooms, "owner")
    yield connection
    await connection.close()


async def migrated(rooms: Rooms, *looks: Look) -> None:
    url = rooms.settings.for_service(NOTES).database_owner_url
    await migrate(url, NOTES, samples.notes.migrations, [*samples.notes.looks, *looks])


# What it answers


async def test_one_statement_says_of_every_corporation_what_waits(rooms: Rooms) -> None:
    await rooms.write("ours")
    await rooms.write("theirs", THEIRS)
    await rooms.write("theirs too", THEIRS)
    answer = await rooms.notes.who_has_work(["unnumbered", "unpublished", "redacted"])
    assert answer["unnumbered"] == {OURS: 1, THEIRS: 2}
    await rooms.relay().relay(OURS)
    answer = await rooms.notes.who_has_work(["unnumbered", "numbered", "published"])
    assert answer.found == {"unnumbered": {THEIRS: 2}, "numbered": {OURS: 1}, "published": {OURS: 1}}


async def test_only_what_is_asked_is_looked_for(rooms: Rooms) -> None:
    await rooms.write()
    assert (await rooms.notes.who_has_work(["redacted"])).found == {}


async def test_it_answers_names_slugs_and_numbers_and_nothing_else(app: asyncpg.Connection) -> None:
    (row,) = await app.fetch(
        "SELECT pg_get_function_result(oid) AS result, pg_get_function_arguments(oid) AS arguments, provolatile "
        "FROM pg_proc WHERE proname = 'who_has_work'"
    )
    assert row["result"] == "TABLE(what text, corporation text, count bigint)"
    assert row["arguments"] == "asked text[], now timestamp with time zone"
    assert row["provolatile"] == b"s", "it cannot write"


async def test_what_it_was_never_told_to_look_for_is_said(rooms: Rooms) -> None:
    answer = await rooms.notes.who_has_work(["unnumbered", "noted"])
    assert answer.unknown == {"noted"}


async def test_a_database_that_was_never_told_anything_knows_nothing(
    rooms: Rooms, owner: asyncpg.Connection
) -> None:
    await owner.execute(f"DROP FUNCTION {looking.FUNCTION}")
    answer = await rooms.notes.who_has_work(["unnumbered"])
    assert answer.unknown == {"unnumbered"}


async def test_what_is_told_by_something_is_told_apart_and_can_be_of_several_tables(rooms: Rooms) -> None:
    await rooms.write("ours")
    await rooms.write("theirs", THEIRS)
    by_type = Look("said", lambda _: select(journal.c.id), by=journal.c.type)
    both = Look("any", lambda _: union_all(select(journal.c.id), select(notes.c.id)))
    await migrated(rooms, by_type, both)
    answer = await rooms.notes.who_has_work(["said", "any"])
    assert answer[by_type.name_of(NoteWritten.type())] == {OURS: 1, THEIRS: 1}
    assert answer["any"] == {OURS: 2, THEIRS: 2}


def test_it_is_the_same_function_whoever_makes_it() -> None:
    """Or each process would find the other's to be another; a set of words has another order in each."""
    words = {f"word {number}" for number in range(20)}
    look = Look("some", lambda _: select(journal.c.id).where(journal.c.type.in_(words)))
    assert ", ".join(f"'{word}'" for word in sorted(words)) in looking.body([look])


async def test_what_it_does_not_know_is_everybodys_and_is_said_once(rooms: Rooms) -> None:
    told: list[str] = []
    lookout = Lookout(NOTES, rooms.notes, rooms.corporations, lambda _: True)
    lookout.watch(NOTED, timedelta(milliseconds=1), told.append)
    with capture_logs() as lines:
        async with running(lookout.run()):
            await eventually(lambda: _is_told(told, 3), "everybody, again and again")
    assert set(told) == set(rooms.corporations)
    assert [line["unknown"] for line in lines if "not migrated" in line["event"]] == [["noted"]]


async def test_whoever_is_hurried_is_looked_for_alone(rooms: Rooms) -> None:
    await rooms.write("ours")
    await rooms.write("theirs", THEIRS)
    told: list[str] = []
    lookout = Lookout(NOTES, rooms.notes, rooms.corporations, lambda _: False)
    lookout.watch(UNNUMBERED, timedelta(days=1), told.append)
    async with running(lookout.run()):
        lookout.hurry(UNNUMBERED, THEIRS)
        await eventually(lambda: _is_told(told, 1), "theirs has work")
    assert told == [THEIRS]


async def _is_told(told: list[str], times: int) -> bool:
    return len(told) >= 2 * times - 1


# What it does not open


@pytest.mark.parametrize("name", [NOTES, ECHOES])
async def test_the_application_sees_no_other_corporation_whatever_it_sets(rooms: Rooms, name: str) -> None:
    await rooms.write("theirs", THEIRS)
    url = rooms.settings.for_service(name).database_url.replace("+asyncpg", "")
    app = await asyncpg.connect(url)
    try:
        await app.execute("SELECT set_config('buurtthuis.looking', 'yes', false)")
        await app.execute("SELECT set_config('buurtthuis.corporation', 'woonpartners', false)")
        await app.fetch("SELECT * FROM who_has_work(ARRAY['unnumbered'], NULL)")
        assert await app.fetchval("SELECT count(*) FROM journal") == 0
        assert await app.fetchval("SELECT count(*) FROM streams") == 0
    finally:
        await app.close()


async def test_its_owner_sees_nothing_but_through_it(rooms: Rooms, owner: asyncpg.Connection) -> None:
    await rooms.write()
    assert await owner.fetchval("SELECT count(*) FROM who_has_work(ARRAY['unnumbered'], NULL)") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.fetch("SELECT * FROM journal")
    await owner.execute("SELECT set_config('buurtthuis.corporation', '-', false)")
    assert await owner.fetchval("SELECT count(*) FROM journal") == 0


async def test_whoever_asks_stays_where_they_were(rooms: Rooms, app: asyncpg.Connection) -> None:
    await rooms.write("ours")
    await rooms.write("theirs", THEIRS)
    async with app.transaction():
        await app.execute("SELECT set_config('buurtthuis.corporation', 'woonpartners', true)")
        assert await app.fetchval("SELECT count(*) FROM who_has_work(ARRAY['unnumbered'], NULL)") == 2
        assert await app.fetchval("SELECT count(*) FROM journal") == 1
    assert await app.fetchval("SELECT count(*) FROM who_has_work(ARRAY['unnumbered'], NULL)") == 2
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetch("SELECT * FROM journal")


async def test_nobody_else_may_ask(app: asyncpg.Connection, owner: asyncpg.Connection) -> None:
    (granted,) = await owner.fetch("SELECT proacl::text FROM pg_proc WHERE proname = 'who_has_work'")
    assert granted[0] == f"{{{NOTES}_owner=X/{NOTES}_owner,{NOTES}=X/{NOTES}_owner}}"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute(f"DROP FUNCTION {looking.FUNCTION}")


# How it is made


async def test_a_table_is_looked_over_for_as_long_as_something_is_looked_for_in_it(
    rooms: Rooms, owner: asyncpg.Connection
) -> None:
    async def looked_over() -> set[str]:
        rows = await owner.fetch("SELECT tablename FROM pg_policies WHERE policyname = 'looked_over'")
        return {row[0] for row in rows}

    before = await looked_over()
    assert "journal" in before
    for looks, tables in (((NOTED,), before | {"notes"}), ((NOTED,), before | {"notes"}), ((), before)):
        await migrated(rooms, *looks)
        assert await looked_over() == tables


async def test_what_a_version_looks_for_is_pending_until_it_is_migrated(rooms: Rooms) -> None:
    url = rooms.settings.for_service(NOTES).database_url
    assert await pending(url, samples.notes.migrations, samples.notes.looks) == []
    assert await pending(url, samples.notes.migrations, [*samples.notes.looks, NOTED]) == ["who_has_work"]
    await migrated(rooms, NOTED)
    assert await pending(url, samples.notes.migrations, [*samples.notes.looks, NOTED]) == []


async def test_the_moment_is_the_one_it_is_told_or_the_databases_own(
    rooms: Rooms, app: asyncpg.Connection
) -> None:
    await rooms.write()
    await migrated(rooms, NOTED)
    early = rooms.notes.clock() - timedelta(days=36500)
    ask = "SELECT count(*) FROM who_has_work(ARRAY['noted'], $1)"
    assert await app.fetchval(ask, None) == 1
    assert await app.fetchval(ask, early) == 0


async def test_what_is_read_for_an_answer_does_not_grow_with_corporations(
    rooms: Rooms, owner: asyncpg.Connection
) -> None:
    """At rest: all is numbered and published. Only the streams are looked through, a row a corporation."""

    async def read() -> dict[str, int]:
        async with owner.transaction():
            asked = [look.name for look in LOOKS if look.name not in ("numbered", "published")]
            before = {row[0]: row[1] for row in await owner.fetch(READ)}
            await owner.fetch("SELECT * FROM who_has_work($1, NULL)", asked)
            return {row[0]: row[1] - before[row[0]] for row in await owner.fetch(READ)}

    for number in range(MANY):
        await _settle(rooms.notes, f"corporation-{number}")
    await owner.execute("ANALYZE")
    found = await read()
    assert {table for table, rows in found.items() if rows} == {"streams"}
    assert found["streams"] <= 2 * MANY


READ = "SELECT relname, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int FROM pg_stat_xact_user_tables"


SETTLED = text(
    """
    WITH streams AS (INSERT INTO streams (numbered, published) VALUES (50, 50))
    INSERT INTO journal (position, event_id, type, subject, audience, actor, time, data)
    SELECT position, gen_random_uuid(), 'x', 'x', 0, 'system', now(), '{}' FROM generate_series(1, 50) AS position
    """
)


async def _settle(database: Database, slug: str) -> None:
    async with database.transaction(slug) as session:
        await session.execute(SETTLED)
