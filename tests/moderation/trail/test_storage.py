"""The trail in PostgreSQL: nobody rewrites it, and a command finds out who did."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.engine import Database
from buurtthuis.testing import Playground
from buurtthuis_moderation.cli import cli
from buurtthuis_moderation.domain.trail import Fault
from buurtthuis_moderation.queries.verification import Verified, verify
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner, Result

from tests.conftest import emptied
from tests.moderation.people import a_page
from tests.people import done, made

pytestmark = pytest.mark.both_corporations
place = emptied

#: Another value for each, as SQL.
CHANGED = {
    "id": "gen_random_uuid()",
    "corporation": "'de-waterlelie'",
    "house_id": "gen_random_uuid()",
    "number": "number + 100",
    "at": "at + interval '1 second'",
    "what": "'moderation.case-closed.v1'",
    "about": "gen_random_uuid()",
    "facts": 'facts || \'{"by": "guide"}\'',
    "digest": "repeat('0', 64)",
    "actor_id": "gen_random_uuid()",
    "actor_salt": "repeat('0', 32)",
    "person_id": "gen_random_uuid()",
    "person_salt": "repeat('0', 32)",
}
ROLES = ("app", "owner")


async def a_trail(place: Playground) -> str:
    """A page on which staff appointed two moderators and a guide, one after the other."""
    page, staff = await a_page(place), place.client(Role.STAFF)
    for _ in range(2):
        await made_moderator(place, page)
    await done(staff, f"/moderation/v1/pages/{page}/guide", {"guide_id": str(uuid4())})
    return page


async def made_moderator(place: Playground, page: str, resident: UUID | None = None) -> None:
    body = {"resident_id": str(resident or uuid4())}
    await made(place.client(Role.STAFF), f"/moderation/v1/pages/{page}/moderators", body)


@asynccontextmanager
async def database_of(settings: Settings, role: str) -> AsyncIterator[Database]:
    ours = settings.for_service("moderation")
    database = Database(ours.database_owner_url if role == "owner" else ours.database_url)
    yield database
    await database.close()


async def executed(settings: Settings, role: str, *statements: str) -> int:
    """How many rows the last one touched."""
    async with database_of(settings, role) as database, database.transaction("woonpartners") as session:
        results = [await session.execute(text(one)) for one in statements]
    return int(results[-1].rowcount)  # type: ignore[attr-defined]


async def behind_its_back(settings: Settings, *statements: str) -> None:
    """As the owner of the tables can who lets nothing watch over them for a moment."""
    off, on = (f"ALTER TABLE trail_entries {word} TRIGGER USER" for word in ("DISABLE", "ENABLE"))
    await executed(settings, "owner", off, *statements, on)


async def verified(place: Playground) -> list[Verified]:
    moderation = place.service("moderation")
    return [one async for one in verify(moderation.database, moderation.corporations.values())]


async def faults(place: Playground) -> Sequence[Fault]:
    return [one.fault for one in await verified(place) if one.fault]


@pytest.fixture
def settings(place: Playground) -> Settings:
    """Of what runs."""
    return place.process.settings


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CORPORATIONS_FILE", str(settings.corporations_file))
    return CliRunner()


async def said(command: CliRunner) -> Result:
    """By a process of its own, as far as the event loop knows."""
    return await asyncio.to_thread(command.invoke, cli, ["verify"])


# What the database refuses.


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_that_was_done_is_rewritten(place: Playground, settings: Settings, role: str) -> None:
    await a_trail(place)
    for column, value in CHANGED.items():
        with pytest.raises(DBAPIError, match="what was done is not rewritten"):
            await executed(settings, role, f"UPDATE trail_entries SET {column} = {value} WHERE number = 1")
    assert await faults(place) == []


async def test_the_values_above_are_for_every_column(place: Playground, settings: Settings) -> None:
    """Else one could be rewritten unseen."""
    async with place.service("moderation").database.transaction("woonpartners") as session:
        columns = await session.scalars(text(COLUMNS))
    assert set(columns) == set(CHANGED)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("number", ["1", "(SELECT max(number) FROM trail_entries)"])
async def test_nothing_that_was_done_is_deleted(
    place: Playground, settings: Settings, role: str, number: str
) -> None:
    await a_trail(place)
    with pytest.raises(DBAPIError, match="what was done is not rewritten"):
        await executed(settings, role, f"DELETE FROM trail_entries WHERE number = {number}")


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_empties_the_trail(place: Playground, settings: Settings, role: str) -> None:
    await a_trail(place)
    with pytest.raises(DBAPIError):
        await executed(settings, role, "TRUNCATE trail_entries")


async def test_the_application_cannot_send_the_watch_away(place: Playground, settings: Settings) -> None:
    with pytest.raises(DBAPIError, match="must be owner"):
        await executed(settings, "app", "ALTER TABLE trail_entries DISABLE TRIGGER USER")


async def test_two_entries_never_have_one_number(place: Playground, settings: Settings) -> None:
    await a_trail(place)
    with pytest.raises(DBAPIError, match="duplicate key"):
        await executed(settings, "app", TWIN)


@pytest.mark.parametrize("role", ROLES)
async def test_who_it_was_can_be_forgotten(place: Playground, settings: Settings, role: str) -> None:
    await a_trail(place)
    touched = await executed(settings, role, "UPDATE trail_entries SET actor_id = NULL, actor_salt = NULL")
    assert (touched > 0, await faults(place)) == (True, [])


async def test_who_was_forgotten_is_never_named_again(place: Playground, settings: Settings) -> None:
    await a_trail(place)
    await executed(settings, "app", "UPDATE trail_entries SET actor_id = NULL, actor_salt = NULL")
    with pytest.raises(DBAPIError, match="what was done is not rewritten"):
        await executed(settings, "app", "UPDATE trail_entries SET actor_id = gen_random_uuid()")


# What is found all the same.


@pytest.mark.parametrize("column", ["at", "facts", "actor_id"])
async def test_what_the_owner_changed_is_found(place: Playground, settings: Settings, column: str) -> None:
    await a_trail(place)
    changed = f"UPDATE trail_entries SET {column} = {CHANGED[column]} WHERE number = 2"
    await behind_its_back(settings, changed)
    assert [one.number for one in await faults(place)] == [2]


@pytest.mark.parametrize("number", ["1", "2", "(SELECT max(number) FROM trail_entries)"])
async def test_what_the_owner_took_away_is_missed(place: Playground, settings: Settings, number: str) -> None:
    await a_trail(place)
    await behind_its_back(settings, f"DELETE FROM trail_entries WHERE number = {number}")
    assert [one.what for one in await faults(place)] == ["is missing"]


async def test_what_was_moved_to_another_page_is_found_on_both(place: Playground, settings: Settings) -> None:
    await a_trail(place)
    await behind_its_back(settings, "UPDATE trail_entries SET house_id = gen_random_uuid() WHERE number = 1")
    assert len(await faults(place)) == 2


async def test_a_page_of_which_everything_is_gone_is_missed(place: Playground, settings: Settings) -> None:
    await a_trail(place)
    await behind_its_back(settings, "TRUNCATE trail_entries")
    assert await faults(place) == [Fault(1, "is missing")]


async def test_a_page_of_which_nobody_knows_how_much_there_was_is_found(
    place: Playground, settings: Settings
) -> None:
    await a_trail(place)
    await executed(settings, "owner", "DELETE FROM trails")
    assert len(await faults(place)) == 1


async def test_a_fault_on_one_page_is_not_on_another(place: Playground, settings: Settings) -> None:
    broken, _ = await a_trail(place), await a_trail(place)
    changed = f"UPDATE trail_entries SET about = gen_random_uuid() WHERE house_id = '{broken}'"
    await behind_its_back(settings, changed)
    found = {str(one.trail.house_id) for one in await verified(place) if one.fault}
    assert found == {broken}


# The command.


async def test_a_command_says_that_all_is_well(place: Playground, command: CliRunner) -> None:
    page = await a_trail(place)
    result = await said(command)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "All is as it was written.")
    assert f"woonpartners, page {page}: " in result.output


async def test_without_any_page_all_is_well(place: Playground, command: CliRunner) -> None:
    result = await said(command)
    assert (result.exit_code, result.output.splitlines()) == (0, ["All is as it was written."])


async def test_a_command_says_which_entry_was_changed(
    place: Playground, settings: Settings, command: CliRunner
) -> None:
    page = await a_trail(place)
    await behind_its_back(settings, "UPDATE trail_entries SET about = gen_random_uuid() WHERE number = 2")
    result = await said(command)
    assert (result.exit_code, result.output.splitlines()[-1]) == (1, "Something was changed.")
    assert f"woonpartners, page {page}: entry 2 was changed" in result.output


async def test_a_command_says_which_entry_is_gone(
    place: Playground, settings: Settings, command: CliRunner
) -> None:
    page = await a_trail(place)
    await behind_its_back(settings, "DELETE FROM trail_entries WHERE number = 2")
    result = await said(command)
    assert result.exit_code == 1
    assert f"woonpartners, page {page}: entry 2 is missing" in result.output


async def test_a_command_prints_a_digest_to_keep_elsewhere(
    place: Playground, settings: Settings, command: CliRunner
) -> None:
    await a_trail(place)
    async with place.service("moderation").database.transaction("woonpartners") as session:
        digest = await session.scalar(text("SELECT digest FROM trails"))
    assert f"entries, {digest}" in (await said(command)).output


COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'trail_entries'"
TWIN = """
    INSERT INTO trail_entries (id, house_id, number, at, what, about, facts, digest)
    SELECT gen_random_uuid(), house_id, number, at, what, about, facts, digest FROM trail_entries
"""


async def test_what_is_done_while_it_is_verified_is_no_fault(place: Playground) -> None:
    pages = [await a_trail(place) for _ in range(2)]
    moderation = place.service("moderation")
    found = verify(moderation.database, moderation.corporations.values())
    first = await anext(found)
    for page in pages:
        await made_moderator(place, page)
    assert [one.fault for one in [first, *[one async for one in found]]] == [None, None]


@pytest.mark.parametrize(
    ("role", "leaving", "goes"),
    [("app", "woonpartners", False), ("owner", "de-waterlelie", False), ("owner", "woonpartners", True)],
)
async def test_a_trail_goes_with_its_corporation_by_the_owner_alone(
    place: Playground, settings: Settings, role: str, leaving: str, goes: bool
) -> None:
    await a_trail(place)
    async with database_of(settings, role) as database, database.transaction("woonpartners") as session:
        await session.execute(text("SELECT set_config('buurtthuis.leaving', :slug, true)"), {"slug": leaving})
        remove = session.execute(text("DELETE FROM trail_entries"))
        if goes:
            await remove
            assert await session.scalar(text("SELECT count(*) FROM trail_entries")) == 0
        else:
            with pytest.raises(DBAPIError, match="what was done is not rewritten"):
                await remove
            await session.rollback()
