"""The command line, as real processes."""

import asyncio
import json
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import psutil
import pytest
import typer.main
from buurtthuis.cli.main import app
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.settings import Settings
from buurtthuis.embedded import servers_on
from buurtthuis.eventlog.streams import connect
from buurtthuis.persistence.engine import Database
from buurtthuis.runtime.serving import listen_on
from buurtthuis.testing import eventually
from typer.testing import CliRunner

from tests.commands import BUURTTHUIS, ROOT, Up, bare, buurtthuis, buurtthuis_anew, free_port, up, with_a_copy
from tests.servers import RealServers

HOUSE = {"title": "BuurtThuis Wingerd", "town": "Waddinxveen", "dwellings": 96}


def commands() -> Iterator[tuple[str, ...]]:
    yield ()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        yield (name,)
        for below in getattr(command, "commands", {}):
            yield (name, below)


@pytest.fixture(scope="module")
async def running(used_data: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Up]:
    """One system for the tests that only ask it something."""
    async with up(with_a_copy(used_data, tmp_path_factory.mktemp("running"))) as system:
        yield system


async def test_up_says_where_anybody_can_be_anybody(running: Up) -> None:
    assert f"Without a password: only to try things out.\n  {running.url}/sign-in\n" in running.welcome
    async with httpx.AsyncClient(base_url=running.url) as stranger:
        page = (await stranger.get("/sign-in")).text
    corporations = Corporations.load(ROOT / "corporations.toml").values()
    assert [corporation.name in page for corporation in corporations] == [True] * len(corporations)


async def themes(system: Up) -> list[dict[str, object]]:
    """A house and a theme in it, and what surveys said about them."""
    async with await system.client("staff") as staff:
        house = (await staff.post("/sessions/v1/houses", json=HOUSE)).json()["id"]
        theme = {"house_id": house, "title": "Ontmoeten"}
        assert (await staff.post("/surveys/v1/themes", json=theme)).status_code == 201

        async def said() -> list[dict[str, object]]:
            return list((await staff.get("/surveys/v1/events", params={"house": house})).json())

        return await eventually(said, "surveys says what was proposed")


async def park(system: Up, envelope: dict[str, object], reaction: str = "draft_a_session") -> str:
    """Set an event aside in sessions, as if its reaction had failed five times."""
    servers = servers_on(system.data)
    assert servers
    id = uuid4()
    connection = await asyncpg.connect(servers.postgres.replace("/postgres?", "/sessions?"))
    try:
        await connection.execute(
            "INSERT INTO parked_events VALUES ($1, 'woonpartners', 'surveys', $2, $3, now(), $4, $5)",
            id,
            int(str(envelope["sequence"])),
            reaction,
            "ValueError in [bold]domain.py[/nothing]:12",
            json.dumps(envelope),
        )
    finally:
        await connection.close()
    return str(id)


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_says_what_it_is_for(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(app, [*words, "--help"])
    assert (said.exit_code, said.stderr) == (0, "")
    assert "Usage: " in said.stdout


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "A token to try it with"),
        ("/surveys/v1/docs", "API of surveys"),
        ("/surveys/v1/docs/swagger-ui-bundle.js", "SwaggerUIBundle"),
        ("/sessions/v1/asyncapi", "Events of sessions"),
        ("/readyz", '"sessions":"ready"'),
    ],
)
async def test_up_shows_its_pages(running: Up, path: str, text: str) -> None:
    async with await running.client("staff") as anybody:
        answer = await anybody.get(path)
    assert answer.status_code == 200
    assert text in answer.text


async def test_up_says_where_it_is_and_how_to_get_a_token(running: Up) -> None:
    assert f"ready at {running.url}" in running.welcome
    assert f"token --corporation woonpartners --role staff --data {running.data}" in running.welcome


async def test_up_says_where_its_own_servers_answer(running: Up) -> None:
    told = dict(re.findall(r"([A-Z]+_URL)='(.*)'", running.welcome))
    redis = connect(told["REDIS_URL"])
    assert await redis.ping()
    await redis.aclose()
    database = Database(Settings(database_url=told["DATABASE_URL"]).for_service("surveys").database_url)
    await database.clock_ahead()
    await database.close()


async def test_up_says_nothing_of_servers_that_are_somebody_elses(
    servers: RealServers, settings: Settings, tmp_path: Path
) -> None:
    env = {
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "REDIS_URL": settings.redis_url,
        "ISSUER_KEY_FILE": str(settings.issuer_key_file),
    }
    async with up(tmp_path, env=env) as system:
        assert "_URL" not in system.welcome
        assert f"{system.url}/sign-in" not in system.welcome, "these servers may hold what is real"


def offer(folder: Path, group: str, module: str) -> dict[str, str]:
    """A package of somebody else's, as an installer leaves it, with this in its module; how a process finds it."""
    info = folder / "broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{group}]\nbroken = broken:offered\n")
    (folder / "broken.py").write_text(module)
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (
            "import nothing_of_the_kind",
            "ModuleNotFoundError at broken:1: No module named 'nothing_of_the_kind'",
        ),
        ("1 / 0", "ZeroDivisionError at broken:1: division by zero"),
        ("def x(:", "SyntaxError"),
        ("", "has no attribute 'offered'"),
        ("offered = 3", "is a int, and no Service"),
    ],
)
@pytest.mark.parametrize("words", [("up",), ("serve", "broken"), ("migrate", "broken")])
async def test_an_extension_that_cannot_be_loaded_is_named_with_what_is_wrong(
    tmp_path: Path, module: str, why: str, words: tuple[str, ...]
) -> None:
    env = offer(tmp_path / "there", "buurtthuis.services", module)
    if words != ("up",):
        env |= dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), "postgresql+asyncpg://a@127.0.0.1:1/a")
        env |= {"REDIS_URL": "redis://127.0.0.1:1", "FEED_URL": "http://127.0.0.1:1"}
    said = await buurtthuis(*words, folder=tmp_path, env=env)
    assert said.code == 1
    assert said.err.startswith("The service broken ")
    assert why in said.err
    assert len(said.err.splitlines()) == 1


async def test_commands_that_cannot_be_loaded_keep_nobody_from_the_others(tmp_path: Path) -> None:
    env = offer(tmp_path / "there", "buurtthuis.commands", "import nothing_of_the_kind")
    said = await buurtthuis_anew("service-key", "held_sessions", folder=tmp_path, env=env)
    assert (said.code, said.out.partition("=")[0]) == (0, "SERVICE_KEY")
    assert said.err.startswith("The commands of broken cannot be loaded: ModuleNotFoundError")
    assert len(said.err.splitlines()) == 1


async def test_up_shows_what_it_catches_at_an_address_that_it_alone_tells(running: Up) -> None:
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(running.sink)).status_code == 200
        assert (await anybody.get(running.sink.rpartition("/")[0])).status_code == 404
        assert (await anybody.get(running.sink[:-1])).status_code == 404


async def test_a_signal_stops_it_cleanly_and_the_next_start_finds_what_was_kept(tmp_path: Path) -> None:
    async with up(tmp_path) as system, await system.client("staff") as staff:
        house = (await staff.post("/sessions/v1/houses", json=HOUSE)).json()["id"]
        await is_stopped_cleanly_while_somebody_follows_a_feed(system, staff, signal.SIGTERM)
    async with up(tmp_path) as system, await system.client("staff") as staff:
        assert (await staff.get(f"/sessions/v1/houses/{house}")).json()["title"] == HOUSE["title"]
        await is_stopped_cleanly_while_somebody_follows_a_feed(system, staff, signal.SIGINT)


async def is_stopped_cleanly_while_somebody_follows_a_feed(
    system: Up, staff: httpx.AsyncClient, number: signal.Signals
) -> None:
    async with staff.stream("GET", "/surveys/v1/events", headers={"Accept": "text/event-stream"}) as feed:
        lines = feed.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        family = system.family()
        goodbye = await system.stop(number)
        # A busy machine has more to say, as JSON.
        told = [line for line in goodbye.splitlines() if not line.startswith("{")]
        assert (system.process.returncode, told[-1]) == (0, "Stopped.")
        assert not [left for left in family if left.is_running() and left.status() != psutil.STATUS_ZOMBIE]
        assert [line async for line in lines if line.startswith("data")] == []


async def test_a_signal_during_the_start_leaves_nothing_running(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        BUURTTHUIS, "up", "--port", str(free_port()), cwd=tmp_path, env=bare(), stdout=PIPE, stderr=PIPE
    )
    parent = psutil.Process(process.pid)

    async def children() -> list[psutil.Process]:
        return parent.children(recursive=True)

    family = await eventually(children, "the first server starts")
    process.send_signal(signal.SIGINT)
    _, complaint = await process.communicate()
    assert process.returncode != 0
    assert b"Traceback" not in complaint

    async def all_gone() -> bool:
        return not any(child.is_running() for child in family)

    assert await eventually(all_gone, "the servers end")


async def test_a_port_that_is_taken_is_one_clear_sentence(tmp_path: Path) -> None:
    with listen_on("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        said = await buurtthuis("up", "--port", port, folder=tmp_path)
    assert said.code == 1
    assert said.err == (
        f"Cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Choose another port with --port (or PORT=).\n"
    )


async def test_a_data_folder_in_use_is_one_clear_sentence(running: Up, tmp_path: Path) -> None:
    said = await buurtthuis("up", "--port", free_port(), "--data", running.data, folder=tmp_path)
    assert said.code == 1
    assert said.err == (
        f"The data folder {running.data} is in use by process {running.process.pid}: "
        "stop that one first, or give another folder with --data.\n"
    )


@pytest.mark.parametrize(
    ("env", "complaint"),
    [
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'.\n"),
        ({"DATABASE_URL": "mysql://x", "REDIS_URL": "redis://x"}, "DATABASE_URL: must begin with"),
        ({"DATABASE_URL": "postgresql+asyncpg://x"}, "Set both DATABASE_URL and REDIS_URL, or none"),
        ({"CORPORATIONS_FILE": "none.toml"}, "CORPORATIONS_FILE: none.toml: "),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, env: dict[str, str], complaint: str
) -> None:
    said = await buurtthuis("up", "--port", free_port(), folder=tmp_path, env=env)
    assert said.code == 1
    assert said.err.startswith(complaint)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("env", "complaint"),
    [
        ({}, "Set DATABASE_URL: `serve` runs against servers of your own.\n"),
        (
            {"DATABASE_URL": "postgresql+asyncpg://x"},
            "Set REDIS_URL: `serve` runs against servers of your own.\n",
        ),
        (
            {"DATABASE_URL": "postgresql+asyncpg://x", "REDIS_URL": "redis://x"},
            "Set FEED_URL: who was away reads the past from the feed of moderation, notifications, sessions.\n",
        ),
    ],
)
async def test_serve_names_the_setting_it_misses(tmp_path: Path, env: dict[str, str], complaint: str) -> None:
    said = await buurtthuis("serve", "surveys", folder=tmp_path, env=env)
    assert (said.code, said.err) == (1, complaint)


async def test_serve_names_the_services_there_are(tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql+asyncpg://buurtthuis@localhost/x", "REDIS_URL": "redis://localhost"}
    said = await buurtthuis("serve", "gardens", folder=tmp_path, env=env)
    assert said.code == 2
    assert (
        "there is no service called gardens; installed are moderation, notifications, sessions, surveys"
        in said.err
    )


async def test_serve_runs_one_service_until_it_is_told_to_stop(settings: Settings, tmp_path: Path) -> None:
    env = bare(
        {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "FEED_URL": "http://127.0.0.1:9/{service}/v1/events",
            "ISSUER_KEY_FILE": str(settings.issuer_key_file),
        }
    )
    port = free_port()
    words = ("serve", "surveys", "--host", "127.0.0.1", "--port", str(port))
    process = await asyncio.create_subprocess_exec(
        BUURTTHUIS, *words, cwd=tmp_path, env=env, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    assert process.stderr
    ready = json.loads(await process.stderr.readline())
    while ready["event"] != "ready":
        ready = json.loads(await process.stderr.readline())
    process.terminate()
    await process.communicate()
    assert ready["services"] == ["surveys"]
    assert process.returncode == 0


async def test_a_token_is_accepted_where_it_was_made(running: Up) -> None:
    async with await running.client("staff") as staff:
        assert (await staff.get("/sessions/v1/houses")).status_code == 200


async def test_a_token_holds_the_roles_it_was_made_with(running: Up) -> None:
    async with await running.client("resident") as resident:
        assert (await resident.post("/sessions/v1/houses", json=HOUSE)).status_code == 403


async def test_a_token_that_is_taken_back_is_refused_and_another_of_the_same_person_is_not(
    running: Up,
) -> None:
    words = ("token", "-c", "woonpartners", "-r", "staff", "--subject", uuid4(), "--data", running.data)
    lost, kept = [(await buurtthuis(*words, folder=running.folder)).out.strip() for _ in range(2)]

    async def is_refused() -> bool:
        return await _answer_to(lost, running) == 401

    said = await running.ask("revoke", lost)
    assert (said.code, said.out) == (0, "Taken back.\n"), said.err
    await eventually(is_refused, "being refused")
    assert await _answer_to(kept, running) == 200


async def _answer_to(token: str, running: Up) -> int:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        return (await client.get(f"{running.url}/sessions/v1/houses")).status_code


@pytest.mark.parametrize("what", ["jan", "e30.e30.e30"])
async def test_what_is_neither_a_token_nor_an_id_is_one_clear_sentence(running: Up, what: str) -> None:
    said = await running.ask("revoke", what)
    assert (said.code, said.err) == (1, "That is neither a token nor an id.\n")


async def test_an_unknown_corporation_is_one_clear_sentence(running: Up) -> None:
    words = ("token", "-c", "nobody", "-r", "staff", "--data", running.data)
    said = await buurtthuis(*words, folder=running.folder)
    assert said.code == 1
    assert said.err.endswith("corporations.toml has no corporation called nobody.\n")


async def test_where_nothing_ever_ran_no_token_is_made_up(tmp_path: Path) -> None:
    said = await buurtthuis("token", "-c", "woonpartners", "-r", "staff", folder=tmp_path)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("There is no key in .data: start `buurtthuis up` there first")
    assert list(tmp_path.iterdir()) == []


async def test_tail_shows_what_was_and_stops_at_the_count(running: Up) -> None:
    expected = (await themes(running))[0]
    house = ("--house", expected["house"], "--after", 0, "--count", 1)
    said = await running.ask("events", "tail", "surveys", *house)
    assert (said.code, json.loads(said.out)["id"]) == (0, expected["id"])


async def test_tail_from_past_the_end_of_the_journal_begins_anew(running: Up) -> None:
    expected = (await themes(running))[0]
    house = ("--house", expected["house"], "--after", 10**9, "--count", 1)
    said = await running.ask("events", "tail", "surveys", *house)
    assert (said.code, json.loads(said.out)["id"]) == (0, expected["id"])


async def test_tail_shows_what_happens_until_ctrl_c(running: Up) -> None:
    words = ("events", "tail", "surveys", "-c", "woonpartners", "--after", "0", "--url", running.url)
    tail = await asyncio.create_subprocess_exec(
        BUURTTHUIS,
        *(*words, "--data", str(running.data)),
        cwd=running.folder,
        env=bare(),
        stdout=PIPE,
        stderr=PIPE,
    )
    expected = (await themes(running))[0]
    assert tail.stdout
    seen = json.loads(await tail.stdout.readline())
    while seen["id"] != expected["id"]:
        seen = json.loads(await tail.stdout.readline())
    tail.send_signal(signal.SIGINT)
    _, complaint = await tail.communicate()
    assert (tail.returncode, complaint) == (0, b"")


async def test_show_prints_one_event(running: Up) -> None:
    expected = (await themes(running))[0]
    said = await running.ask("events", "show", "surveys", expected["sequence"])
    assert json.loads(said.out) == expected


async def test_show_says_that_there_is_no_such_event(running: Up) -> None:
    said = await running.ask("events", "show", "surveys", 4000)
    assert (said.code, said.err) == (1, "surveys has no event at position 4000.\n")


async def test_nothing_there_is_one_clear_sentence(running: Up) -> None:
    port = free_port()
    words = ("events", "parked", "surveys", "-c", "woonpartners", "--data", running.data)
    said = await buurtthuis(*words, "--url", f"http://127.0.0.1:{port}", folder=running.folder)
    assert said.code == 1
    assert said.err == (
        f"Nothing answers at http://127.0.0.1:{port}/: start BuurtThuis, or say where it runs with --url.\n"
    )


async def test_parked_lists_what_a_reaction_gave_up_on_and_why(running: Up) -> None:
    id = await park(running, (await themes(running))[0])
    said = await running.ask("events", "parked", "sessions")
    line = next(line for line in said.out.splitlines() if id in line)
    assert "draft_a_session" in line
    assert "ValueError in [bold]domain.py[/nothing]:12" in line


async def test_an_id_stays_in_one_piece_on_a_narrow_screen(running: Up) -> None:
    id = await park(running, (await themes(running))[0])
    where = ("-c", "woonpartners", "--data", running.data, "--url", running.url)
    said = await buurtthuis_anew(
        "events", "parked", "sessions", *where, folder=running.folder, env={"COLUMNS": "60"}
    )
    assert id in said.out


async def test_nothing_parked_is_said_so(running: Up) -> None:
    assert (await running.ask("events", "parked", "surveys")).out == "Nothing is parked.\n"


async def test_a_retry_that_works_takes_the_event_off_the_list(running: Up) -> None:
    async with await running.client("staff") as staff:
        proposed = (await themes(running))[0]
        theme = str(proposed["subject"])
        await staff.post(f"/surveys/v1/themes/{theme}/admission")
        await staff.post(f"/surveys/v1/themes/{theme}/selection")

        async def selected() -> list[dict[str, object]]:
            query = {"house": str(proposed["house"]), "type": "surveys.theme-selected.v1"}
            return list((await staff.get("/surveys/v1/events", params=query)).json())

        id = await park(running, (await eventually(selected))[0])
    said = await running.ask("events", "retry", "sessions", id)
    assert (said.code, said.out) == (0, "It worked; the event is no longer parked.\n")
    assert id not in (await running.ask("events", "parked", "sessions")).out


async def test_a_retry_that_fails_says_why_and_keeps_the_event(running: Up) -> None:
    id = await park(running, (await themes(running))[0], reaction="no_such_reaction")
    said = await running.ask("events", "retry", "sessions", id)
    assert said.code == 1
    assert "Traceback" not in said.err
    assert id in (await running.ask("events", "parked", "sessions")).out


async def test_drop_takes_an_event_away_for_good(running: Up) -> None:
    id = await park(running, (await themes(running))[0])
    said = await running.ask("events", "drop", "sessions", id, "--yes")
    assert (said.code, said.out) == (0, "Dropped.\n")
    assert id not in (await running.ask("events", "parked", "sessions")).out


async def test_drop_does_nothing_without_a_yes(running: Up) -> None:
    id = await park(running, (await themes(running))[0])
    assert (await running.ask("events", "drop", "sessions", id)).code == 1
    assert id in (await running.ask("events", "parked", "sessions")).out


async def test_dropping_what_is_not_parked_is_one_clear_sentence(running: Up) -> None:
    id = uuid4()
    said = await running.ask("events", "drop", "sessions", id, "--yes")
    assert (said.code, said.err) == (1, f"There is no parked event with id {id}.\n")


async def test_migrate_says_what_it_applied_and_then_that_all_is_up_to_date(
    servers: RealServers, templates: object, tmp_path: Path
) -> None:
    name = f"empty_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(servers.admin_url)
    await connection.execute(f'CREATE DATABASE "{name}" OWNER surveys_owner')
    env = {
        "DATABASE_URL": servers.database_url(name, "surveys"),
        "DATABASE_OWNER_URL": servers.database_url(name, "surveys_owner"),
    }
    try:
        first = await buurtthuis("migrate", "surveys", folder=tmp_path, env=env)
        second = await buurtthuis("migrate", "surveys", folder=tmp_path, env=env)
    finally:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.close()
    assert first.out.startswith("surveys: library_0001, ")
    assert ", surveys_0001, " in first.out
    assert (second.code, second.out) == (0, "surveys: up to date\n")


async def test_migrate_names_the_settings_it_needs(tmp_path: Path) -> None:
    said = await buurtthuis("migrate", folder=tmp_path)
    assert said.code == 1
    assert said.err == (
        "Set DATABASE_URL (the application's role) and DATABASE_OWNER_URL (the tables' owner).\n"
    )


async def test_migrate_says_that_the_database_does_not_let_it_in(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://surveys:geheim@127.0.0.1:{free_port()}/surveys"
    env = {"DATABASE_URL": url, "DATABASE_OWNER_URL": url}
    said = await buurtthuis("migrate", "surveys", folder=tmp_path, env=env)
    assert said.code == 1
    assert said.err == (
        "The database of surveys does not let us in (ConnectionRefusedError): see DATABASE_OWNER_URL.\n"
    )
