"""Processes and servers that can be killed, stopped and started, and the people who talk to them meanwhile."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import asyncpg
import httpx
from buurtthuis.core.corporations import Corporations
from buurtthuis.embedded import PostgresServer, ValkeyServer
from buurtthuis.embedded.databases import create_database
from buurtthuis.eventlog.streams import connect, stream_name
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.replicas import holder_of
from buurtthuis.testing.real import PLAIN_HTTP

from tests.commands import free_port
from tests.servers import EVERYTHING

ROOT = Path(__file__).parents[2]
BUURTTHUIS = Path(sys.executable).with_name("buurtthuis")
CORPORATION = "woonpartners"
CORPORATION_TOML = """
[[corporation]]
slug = "{slug}"
name = "{slug}"
kvk = "{kvk}"
languages = ["nl"]
time_zone = "Europe/Amsterdam"
"""
#: How long anything may take to heal, in seconds: what the design promises.
HEALED_WITHIN = 60.0


async def eventually(
    condition: Callable[[], Awaitable[Any]], what: str, within: float = HEALED_WITHIN
) -> Any:
    """Wait until the condition gives something true; what fails meanwhile is not true yet."""
    deadline, said = asyncio.get_running_loop().time() + within, ""
    while asyncio.get_running_loop().time() < deadline:
        try:
            if found := await condition():
                return found
        except (httpx.HTTPError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            said = f"; at last it said {error!r}"
        await asyncio.sleep(0.03)
    raise AssertionError(f"{what} did not come true in {within:.0f} seconds{said}")


async def post_for_certain(client: httpx.AsyncClient, path: str, body: dict[str, str] | None = None) -> str:
    """The id of what was made or changed, with a key and as often as it takes."""
    key = str(uuid4())

    async def answered() -> str | None:
        response = await client.post(path, json=body, headers={"Idempotency-Key": key})
        return str(response.json()["id"]) if response.status_code < 300 else None

    return str(await eventually(answered, f"an answer to {path}"))


async def select_a_theme(client: httpx.AsyncClient) -> str:
    """Proposed, admitted and selected, whatever happens meanwhile."""
    theme = await post_for_certain(client, "/themes", {"house_id": str(uuid4()), "title": "Ontmoeten"})
    await post_for_certain(client, f"/themes/{theme}/admission")
    await post_for_certain(client, f"/themes/{theme}/selection")
    return theme


NOTHING_WAITS = """
    SELECT NOT EXISTS (SELECT FROM journal WHERE position IS NULL)
       AND NOT EXISTS (SELECT FROM streams WHERE numbered > published)
"""


ALIVE = """
    SELECT id FROM replicas WHERE seen_at > now() - interval '6 seconds'
    AND EXISTS (SELECT FROM pg_stat_get_activity(listens))
"""
DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
READERS = "SELECT corporation, reader FROM checkpoints WHERE reading AND source = 'speaker'"


class MortalPostgres(PostgresServer):
    """Does not wait for the disk: it is processes that die here, not machines."""

    def command(self) -> list[str]:
        """The program and its arguments."""
        return [*super().command(), "-c", "fsync=off", "-c", "full_page_writes=off"]


class MortalValkey(ValkeyServer):
    """Whose user may empty it, and make it a replica."""

    rights = EVERYTHING


@dataclass(frozen=True)
class Servers:
    """PostgreSQL and Valkey, to be killed and revived."""

    postgres: PostgresServer
    valkey: ValkeyServer
    sockets: Path
    #: Where databases are that failed over.
    elsewhere: Mapping[str, PostgresServer] = field(default_factory=dict)

    def moved(self, to: PostgresServer, databases: Iterable[str]) -> Self:
        """The same, after these failed over."""
        return replace(self, elsewhere=dict.fromkeys(databases, to))

    def database_url(self, database: str, role: str) -> str:
        """A database as one of its roles."""
        return f"postgresql+asyncpg://{role}@/{database}?host={self.sockets}&port=5432"

    @asynccontextmanager
    async def admin(self, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
        """A connection that sees every corporation."""
        server = self.elsewhere.get(database, self.postgres)
        connection = await asyncpg.connect(server.url, database=database)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def redis(self) -> AsyncIterator[Any]:
        """A connection to Valkey."""
        client = connect(self.valkey.url)
        try:
            yield client
        finally:
            await client.aclose()

    async def revive(self) -> None:
        """Start what is not running."""
        for server in (self.postgres, self.valkey):
            if await server.has_ended():
                await server.start()

    async def flush(self) -> None:
        """Empty Valkey."""
        async with self.redis() as redis:
            await redis.flushall()

    async def fresh_database(self, service: str) -> None:
        """An empty one of a service as it is shipped, whatever a test before left."""
        async with self.admin() as admin:
            await admin.execute(f'DROP DATABASE IF EXISTS "{service}" WITH (FORCE)')
        await create_database(self.postgres.url, service)

    async def close(self, database: str) -> None:
        """Nobody can get at it any more."""
        async with self.admin() as admin:
            await admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
            await admin.execute(DISCONNECT, database)

    async def reopen(self, database: str) -> None:
        """Whoever knows where it is gets in again."""
        async with self.admin() as admin:
            await admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')

    async def copy_databases(self, services: Iterable[str], prefix: str) -> None:
        """Fresh databases for a test."""
        async with self.admin() as admin:
            for service in services:
                await admin.execute(
                    f'CREATE DATABASE "{prefix}{service}" TEMPLATE "{service}" STRATEGY file_copy OWNER "{service}_owner"'
                )

    async def drop_databases(self, services: Iterable[str], prefix: str) -> None:
        """Take them away again."""
        async with self.admin() as admin:
            for service in services:
                await admin.execute(f'DROP DATABASE "{prefix}{service}" WITH (FORCE)')


class Nursery:
    """See nursery.py."""

    async def __aenter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: ASYNC220  nothing else happens yet
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.communicate()

    def fork(self, services: Iterable[str], port: int, environment: Mapping[str, str], log: Path) -> int:
        """The process id of a new process that serves these services."""
        assert self._process.stdin
        assert self._process.stdout
        wanted = {"services": list(services), "port": port, "environment": environment, "log": str(log)}
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@dataclass
class Program:
    """One process of one service."""

    services: tuple[str, ...]
    port: int
    birth: Callable[[], int]
    pid: int = 0

    def start(self) -> None:
        """Come to life."""
        self.pid = self.birth()

    def kill(self) -> None:
        """SIGKILL: no last words."""
        self.send(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.send(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        """A signal, if it still lives."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def is_gone(self) -> bool:
        """Whether the process ended."""
        with suppress(ChildProcessError):  # most are the nursery's children
            os.waitpid(self.pid, os.WNOHANG)  # noqa: ASYNC222  it does not wait
        return not Path(f"/proc/{self.pid}").exists()

    async def health(self) -> int:
        """What it answers on /healthz."""
        return await self._get("/healthz")

    async def readiness(self) -> int:
        """What it answers on /readyz."""
        return await self._get("/readyz")

    async def _get(self, path: str) -> int:
        async with httpx.AsyncClient(timeout=5, verify=PLAIN_HTTP) as client:
            return (await client.get(f"http://127.0.0.1:{self.port}{path}")).status_code

    async def is_up(self) -> bool:
        """Whether it serves, relays and listens."""
        return await self.health() == 200


@dataclass(frozen=True)
class ReplicaSet:
    """The processes of one service that are started together: what befalls one befalls all."""

    processes: Sequence[Program]

    def start(self) -> None:
        """Come to life."""
        for process in self.processes:
            process.start()

    def kill(self) -> None:
        """SIGKILL: no last words."""
        self.send(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.send(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        """A signal, to those that still live."""
        for process in self.processes:
            process.send(number)

    async def is_gone(self) -> bool:
        """Whether all ended."""
        return all([await process.is_gone() for process in self.processes])

    async def is_up(self) -> bool:
        """Whether all serve, relay and listen."""
        return all([await process.is_up() for process in self.processes])


@dataclass
class Ledger:
    """What people were told about the words they said."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def enter(self, word: str, response: httpx.Response | None) -> None:
        """Note an answer, or that there was none."""
        status = response.status_code if response else 0
        self.answers[str(status)] += 1
        {200: self.done, 409: self.refused}.get(status, self.unknown).append(word)


class Town:
    """Everything of one test: its databases, its processes and its people."""

    def __init__(self, servers: Servers, nursery: Nursery, folder: Path, prefix: str) -> None:
        self.servers = servers
        self.folder = folder
        self.prefix = prefix
        #: How many processes of a service are started where a test starts it.
        self.replicas = 1
        self.programs: list[Program] = []
        self.ledger = Ledger()
        self.issuer = LocalIssuer.in_file(folder / "issuer.json")
        self._nursery = nursery
        self.children: list[subprocess.Popen[bytes]] = []
        self._ports: dict[str, int] = {}
        self._held: dict[str, socket.socket] = {}
        self._clients: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        for slug, kvk in ((CORPORATION, "90000011"), ("noorderhof", "90000044")):
            with (self.folder / "corporations.toml").open("a") as file:
                file.write(CORPORATION_TOML.format(slug=slug, kvk=kvk))
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()
        for program in self.programs:
            program.kill()
        for program in self.programs:
            await eventually(program.is_gone, f"the end of {program.pid}")
        for held in self._held.values():
            held.close()

    @property
    def corporations(self) -> list[str]:
        """Who shares this town."""
        return list(Corporations.load(self.folder / "corporations.toml"))

    def share_with(self, others: int) -> None:
        """More corporations, before anything starts."""
        with (self.folder / "corporations.toml").open("a") as file:
            for number in range(others):
                file.write(CORPORATION_TOML.format(slug=f"other-{number}", kvk=f"9100000{number}"))

    async def die(self, program: Program | ReplicaSet) -> None:
        """Kill processes, and see them gone."""
        program.kill()
        await eventually(program.is_gone, "death")

    @asynccontextmanager
    async def frozen(self, pid: int) -> AsyncIterator[None]:
        """A process is stopped during the block."""
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def port(self, name: str) -> int:
        """A port that is kept for this name; replicas share one, as behind a gateway."""
        if name not in self._ports:
            held = socket.socket()
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind(("127.0.0.1", port := free_port()))
            self._held[name], self._ports[name] = held, port
        return self._ports[name]

    @property
    def mended(self) -> Path:
        """The file whose presence mends what makes reactions fail."""
        return self.folder / "mended"

    def database(self, service: str) -> str:
        """The name of a service's database in this test."""
        return f"{self.prefix}{service}"

    async def start(self, *services: str, replica: str = "", **more: str) -> ReplicaSet:
        """Processes with these services, up and running. Give replicas a name for a port of their own."""
        started = self.prepare(*services, replica=replica, **more)
        started.start()
        await eventually(started.is_up, f"the start of {services}")
        return started

    def prepare(self, *services: str, replica: str = "", **more: str) -> ReplicaSet:
        """The same, not started yet."""
        name = "+".join(services) + replica
        port, log = self.port(name), self.folder / f"{name}.log"
        environment = {**self.environment(services[-1]), **more}

        def birth() -> int:
            return self._nursery.fork(services, port, environment, log)

        return self._replicated(lambda _: Program(services, port, birth))

    def shipped(self, service: str, environment: Mapping[str, str]) -> ReplicaSet:
        """A service as it is shipped, started by the command line; each replica has a port of its own."""
        return self._replicated(lambda number: self._shipped(service, environment, str(number or "")))

    def _shipped(self, service: str, environment: Mapping[str, str], replica: str) -> Program:
        name = f"{service}{replica}"
        port = self.port(name)

        def birth() -> int:
            self._held[name].close()  # it does not share its port
            with (self.folder / f"{name}.log").open("ab") as log:
                command = [str(BUURTTHUIS), "serve", service, "--host", "127.0.0.1", "--port", str(port)]
                process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            self.children.append(process)
            return process.pid

        return Program((service,), port, birth)

    def _replicated(self, make: Callable[[int], Program]) -> ReplicaSet:
        replicas = ReplicaSet([make(number) for number in range(self.replicas)])
        self.programs += replicas.processes
        return replicas

    def environment(self, service: str) -> dict[str, str]:
        """The settings of a process."""
        heard_at = self.port("hearer" if service == "echo" else "speaker")
        return {
            "DATABASE_URL": self.servers.database_url(self.database("{service}"), "{service}"),
            "DATABASE_POOL_SIZE": "4",
            "REDIS_URL": self.servers.valkey.url,
            "FEED_URL": f"http://127.0.0.1:{heard_at}/{{service}}/v1/events",
            "ISSUER_KEY_FILE": str(self.folder / "issuer.json"),
            "CORPORATIONS_FILE": str(self.folder / "corporations.toml"),
            "MENDED": str(self.mended),
        }

    async def everybody(self) -> list[ReplicaSet]:
        """Every service, up and running."""
        prepared = [self.prepare(name) for name in ("speaker", "hearer", "echo")]
        for replicas in prepared:
            replicas.start()
        await asyncio.gather(
            *(eventually(program.is_up, f"the start of {program.services}") for program in self.programs)
        )
        return prepared

    async def are_shared(self, service: str, sets: int) -> bool:
        """Whether so many sets of replicas live, and each process reads the speaker for whom it holds, and for nobody else."""
        async with self.servers.admin(self.database(service)) as admin:
            alive = [row["id"] for row in await admin.fetch(ALIVE)]
            readers = {row["corporation"]: row["reader"] for row in await admin.fetch(READERS)}
        return len(alive) == sets * self.replicas and readers == {
            slug: holder_of(slug, alive) for slug in self.corporations
        }

    async def say_everywhere(self) -> None:
        """A word for every corporation."""
        for slug in self.corporations:
            client = self.client(corporation=slug)
            await self.say_for_certain(client, await self.line(client))

    def client(self, service: str = "speaker", corporation: str = CORPORATION) -> httpx.AsyncClient:
        """Staff of a corporation, at a service's door. Every request gets a connection of its own."""
        token = self.issuer.issue(corporation, [Role.STAFF, Role.OPERATOR])
        client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port(service)}/{service}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=15,
            verify=PLAIN_HTTP,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._clients.append(client)
        return client

    async def line(self, client: httpx.AsyncClient) -> UUID:
        """A new line, whatever it takes."""
        key = str(uuid4())

        async def opened() -> UUID | None:
            response = await client.post("/lines", headers={"Idempotency-Key": key})
            return UUID(response.json()["id"]) if response.status_code == 201 else None

        return UUID(str(await eventually(opened, "a line")))

    async def say(
        self, client: httpx.AsyncClient, line: UUID, mood: str = "well", *, refuse: bool = False
    ) -> httpx.Response | None:
        """Say a word once, and note the answer."""
        word, response = str(uuid4()), None
        with suppress(httpx.HTTPError):
            response = await client.post(
                f"/lines/{line}/words", json={"word": word, "mood": mood, "refuse": refuse}
            )
        self.ledger.enter(word, response)
        return response

    async def say_for_certain(self, client: httpx.AsyncClient, line: UUID) -> None:
        """Say a word, with an Idempotency-Key and as often as it takes to get a clear answer."""
        word = str(uuid4())

        async def answered() -> httpx.Response | None:
            response = await client.post(
                f"/lines/{line}/words", json={"word": word}, headers={"Idempotency-Key": word}
            )
            self.ledger.answers[str(response.status_code)] += 1
            return response if response.status_code < 500 else None

        self.ledger.enter(word, await eventually(answered, "a clear answer"))

    @asynccontextmanager
    async def chatter(self, people: int = 4, corporation: str = CORPORATION) -> AsyncIterator[None]:
        """People who keep talking, each on a line of their own, until the end of the block."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(people):
                group.create_task(self._talk(over, corporation))
            try:
                yield
            finally:
                over.set()

    async def words(self, more: int) -> None:
        """Wait until so many more words are acknowledged."""
        enough = len(self.ledger.done) + more

        async def are_said() -> bool:
            return len(self.ledger.done) >= enough

        await eventually(are_said, f"{more} more words")

    async def _talk(self, over: asyncio.Event, corporation: str) -> None:
        client = self.client(corporation=corporation)
        line = await self.line(client)
        while not over.is_set():
            await self.say_for_certain(client, line)
            await self.say(client, line)
            await self.say(client, line, refuse=True)

    async def effects(self, service: str, reaction: str) -> list[tuple[UUID, int, str]]:
        """What a reaction did: line, number and word, in order."""
        async with self.servers.admin(self.database(service)) as admin:
            rows = await admin.fetch(
                "SELECT line, number, word FROM effects WHERE reaction = $1 ORDER BY nth", reaction
            )
        return [(row["line"], row["number"], row["word"]) for row in rows]

    async def said(self) -> dict[UUID, int]:
        """How many words each line counts, at the speaker."""
        async with self.servers.admin(self.database("speaker")) as admin:
            return {row["id"]: row["said"] for row in await admin.fetch("SELECT id, said FROM lines")}

    async def journal(self, service: str, type: str) -> list[dict[str, Any]]:
        """What a service has said, in order."""
        async with self.servers.admin(self.database(service)) as admin:
            rows = await admin.fetch(
                "SELECT position, data FROM journal WHERE type LIKE '%' || $1 || '%' ORDER BY position", type
            )
        return [{"position": row["position"], **json.loads(row["data"])} for row in rows]

    async def parked(self, service: str) -> list[dict[str, Any]]:
        """What a service has parked, in order."""
        async with self.servers.admin(self.database(service)) as admin:
            rows = await admin.fetch(
                "SELECT id, position, reaction, why FROM parked_events ORDER BY position"
            )
        return [dict(row) for row in rows]

    async def checkpoint(self, service: str, corporation: str = CORPORATION) -> int:
        """How far a service is with the speaker."""
        async with self.servers.admin(self.database(service)) as admin:
            return (
                await admin.fetchval(
                    "SELECT position FROM checkpoints WHERE corporation = $1 AND source = 'speaker'",
                    corporation,
                )
                or 0
            )

    async def is_heard(self, but: Collection[str] = ()) -> bool:
        """Whether all is published, and as many words were heard as were said, everywhere."""
        said = sum((await self.said()).values())
        return (
            len(await self._heard("hearer", "note", but)) >= said
            and len(await self._heard("echo", "repeat", but)) >= said
            and await self.is_published("speaker")
            and await self.is_published("hearer")
        )

    async def _heard(self, service: str, reaction: str, but: Collection[str]) -> list[tuple[UUID, int, str]]:
        return [effect for effect in await self.effects(service, reaction) if effect[2] not in but]

    async def is_published(self, service: str) -> bool:
        """Whether nothing waits for the relay."""
        async with self.servers.admin(self.database(service)) as admin:
            return bool(await admin.fetchval(NOTHING_WAITS))

    async def expect_every_word_once(self, but: Collection[str] = ()) -> None:
        """Exactly one effect of every word that was acknowledged, none of a refused one, in order, everywhere.

        `but` are words that were lost with a database: whoever heard them heard them."""
        await eventually(lambda: self.is_heard(but), "hearing every word", HEALED_WITHIN)
        said = await self.said()
        assert self.ledger.done, "nobody was ever answered"
        for service, reaction in (("hearer", "note"), ("echo", "repeat")):
            effects = await self._heard(service, reaction, but)
            assert not await self.parked(service)
            times = Counter(word for _, _, word in effects)
            done = [word for word in self.ledger.done if word not in but]
            assert {word: times[word] for word in done if times[word] != 1} == {}
            assert [word for word in self.ledger.refused if times[word]] == []
            assert [word for word, count in times.items() if count != 1] == []
            for line, count in said.items():
                numbers = [number for other, number, _ in effects if other == line]
                assert numbers == list(range(1, count + 1)), f"{service} heard a line out of order"

    def stream(self, service: str = "speaker") -> str:
        """The stream on which a service speaks."""
        return stream_name(CORPORATION, service)
