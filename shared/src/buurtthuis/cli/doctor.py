"""What is the matter with this installation, and what to do about it: for `buurtthuis doctor`.

It looks from outside, as the application's own role, so it works while nothing of ours runs. It
changes nothing, and what it says holds no secret.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from buurtthuis.core.corporations import Corporations, CorporationsFileError
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.embedded import servers_on
from buurtthuis.eventlog.marks import marks_of
from buurtthuis.eventlog.redis_users import lacking, too_much
from buurtthuis.eventlog.streams import connect, last_published, last_published_of, stream_name
from buurtthuis.http.edge import is_this_machine
from buurtthuis.identity.issuer import IssuersKeys
from buurtthuis.identity.service_keys import ServiceKey, ServiceKeys
from buurtthuis.persistence import journal
from buurtthuis.persistence.engine import driver_url
from buurtthuis.persistence.replicas import DEAD_SECONDS
from buurtthuis.persistence.schema import pending
from buurtthuis.persistence.sealing import Seals
from buurtthuis.persistence.tenancy import NO_CORPORATION
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.service import HealthFinding, Service
from buurtthuis.runtime.system import embedded_settings

OLDEST_REDIS = (7, 0)
#: Clocks further apart than this are a finding, in seconds.
CLOCKS_APART = 2.0
#: What waits and has not moved after this long stands still, in seconds.
PATIENCE = 3.0

AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError, RedisError)


async def examine(settings: Settings, data: Path) -> list[HealthFinding]:
    """Look at everything, as `up` on this data folder or `serve` with these settings would find it."""
    where, found = where_it_runs(settings, data)
    corporations, file = _corporations(settings)
    findings = [found, file, _public_address(settings), _proxies(settings), _reporting(settings)]
    if where is None:
        return findings
    findings.append(_issuer(where))
    if any(service.seals for service in installed_services().values()):
        findings.append(_seals(where))
    services = list(installed_services().values())
    async with _redis(where.for_service(services[0].name)) as redis:
        findings += await _about_redis(redis)
    for service in services:
        here = where.for_service(service.name)
        async with _redis(here) as redis:
            findings.append(_service_key(service.name, where))
            findings += await _about_redis_user(
                service.name, _others(service.name, settings), corporations, redis
            )
            findings += await _about_service(service, here, corporations, redis)
            findings += await _about_readers(service.name, _known(settings), corporations, redis)
    return findings


def _others(service: str, settings: Settings) -> Sequence[str]:
    """Whose streams its user of Redis has to leave alone; on the embedded server all services are one process."""
    return sorted(_known(settings) - {service}) if settings.redis_url else ()


def _known(settings: Settings) -> set[str]:
    """The services of this deployment, installed here or not."""
    try:
        known = set(ServiceKeys.of(settings, ()))
    except SettingsError:
        known = set()
    return known | installed_services().keys()


def where_it_runs(settings: Settings, data: Path) -> tuple[Settings | None, HealthFinding]:
    """The settings that lead to the servers, if any do."""
    if settings.database_url and "{service}" not in settings.database_url and len(installed_services()) > 1:
        said = "DATABASE_URL leads every service to the same database: put {service} where its name belongs."
        return None, HealthFinding(False, "settings", said)
    if settings.database_url and settings.redis_url:
        return settings, HealthFinding(
            True, "settings", "DATABASE_URL and REDIS_URL lead to servers of your own"
        )
    if settings.database_url or settings.redis_url:
        missing = "REDIS_URL" if settings.database_url else "DATABASE_URL"
        return None, HealthFinding(
            False, "settings", f"{missing} is not set and the other one is: set both or none."
        )
    servers = servers_on(data)
    if servers is None:
        return None, HealthFinding(
            False,
            "settings",
            f"Nothing runs on the data folder {data}, and DATABASE_URL and REDIS_URL are not set: start "
            "`buurtthuis up`, name its folder with --data, or set both.",
        )
    by_up = settings.model_copy(update={"sink_secret": "its own"})
    return embedded_settings(by_up, servers, data), HealthFinding(
        True, "settings", f"the embedded servers on {data} run"
    )


def _corporations(settings: Settings) -> tuple[Sequence[str], HealthFinding]:
    try:
        found = Corporations.load(settings.corporations_file)
    except CorporationsFileError as error:
        return (), HealthFinding(False, "corporations", f"{error}.")
    return tuple(found), HealthFinding(True, "corporations", ", ".join(found))


def _public_address(settings: Settings) -> HealthFinding:
    what, url = "public address", settings.public_url
    if url.startswith("http://") and not _is_here(url):
        return HealthFinding(
            False, what, f"{url} is not https: whoever is on the way reads tokens and codes."
        )
    if url and not _is_here(url):
        return HealthFinding(True, what, url)
    return HealthFinding(True, what, "this machine alone: PUBLIC_URL names another once others reach it")


def _proxies(settings: Settings) -> HealthFinding:
    """TLS is a proxy's: where people come by https there is one."""
    what, named = "proxies", settings.trusted_proxies
    if not named and settings.public_url.startswith("https://"):
        said = "FORWARDED_ALLOW_IPS names none: all who come through yours look like one, and share one allowance."
        return HealthFinding(False, what, said)
    return HealthFinding(True, what, f"{', '.join(named) or 'nobody'} may say whom they bring")


def _reporting(settings: Settings) -> HealthFinding:
    what, contact = "security.txt", settings.security_contact
    if contact:
        return HealthFinding(True, what, f"leads to {contact}")
    said = "SECURITY_CONTACT is not set: who finds a hole is not told where to report it."
    return HealthFinding(not settings.public_url or _is_here(settings.public_url), what, said)


def _is_here(url: str) -> bool:
    return is_this_machine(urlsplit(url).hostname or "")


def _issuer(settings: Settings) -> HealthFinding:
    """Who makes people's tokens holds the key for it; everybody else what it is verified with."""
    what = "issuer key"
    if not settings.issues:
        return _verifying(settings)
    if not any(service.issues_tokens for service in installed_services().values()):
        said = (
            "Nothing that is installed here makes tokens: take ISSUER_KEY away, and set ISSUER_JWKS instead."
        )
        return HealthFinding(False, what, said)
    file = settings.issuer_key_file
    try:
        if not settings.issuer_key and file and not file.exists():
            return HealthFinding(False, what, f"{file} is not there: it is made at the first start.")
        IssuersKeys.of(settings)
    except (OSError, SettingsError) as error:
        return HealthFinding(False, what, f"{error} Put the right one back: tokens are signed with it.")
    if settings.issuer_key:
        return HealthFinding(True, what, "ISSUER_KEY holds one")
    return _private(what, file)


def _verifying(settings: Settings) -> HealthFinding:
    try:
        IssuersKeys.of(settings)
    except SettingsError as error:
        return HealthFinding(False, "issuer key", str(error))
    return HealthFinding(True, "issuer key", "ISSUER_JWKS holds its public half")


def _service_key(service: str, settings: Settings) -> HealthFinding:
    """Its own, which the others know it by."""
    what, folder = f"key of {service}", settings.folder_of_service_keys
    file = None if settings.service_key or folder is None else folder / f"{service}.json"
    if file and not file.exists():
        return HealthFinding(False, what, f"{file} is not there: it is made at the first start.")
    try:
        key = ServiceKey.of(service, settings)
        if not key.is_known_in(ServiceKeys.of(settings, ())):
            said = f"SERVICES_JWKS has another one for {service}, or none: no service lets it read its feed."
            return HealthFinding(False, what, said)
    except (OSError, SettingsError) as error:
        return HealthFinding(False, what, str(error))
    return (
        _private(what, file)
        if file
        else HealthFinding(True, what, "SERVICE_KEY holds it, and SERVICES_JWKS knows it")
    )


def _seals(settings: Settings) -> HealthFinding:
    what, file = "seal keys", Seals.file(settings)
    try:
        if settings.seal_keys:
            Seals(settings.seal_keys.split())
            return HealthFinding(True, what, "SEAL_KEYS holds them")
        if file is None:
            return HealthFinding(
                False, what, "Set SEAL_KEYS, or SEAL_KEYS_FILE for a file made on first use."
            )
        if not file.exists():
            return HealthFinding(False, what, f"{file} is not there: it is made at the first start.")
        Seals.in_file(file)
    except (OSError, SettingsError) as error:
        return HealthFinding(
            False, what, f"{error} Put the right ones back: what is sealed is opened with them."
        )
    return _private(what, file)


def _private(what: str, file: Path | None) -> HealthFinding:
    if file and file.stat().st_mode & 0o077:
        return HealthFinding(False, what, f"Others may read {file}: run chmod 600 on it.")
    return HealthFinding(True, what, f"{file} holds one")


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[Redis]:
    client = connect(settings.redis_url)
    try:
        yield client
    finally:
        await client.aclose()


async def _about_redis(redis: Redis) -> list[HealthFinding]:
    try:
        return [
            _redis_version(await redis.info("server")),
            *await _redis_keeps(redis),
            _clock("clock of Redis", time.time() - await _redis_time(redis)),
        ]
    except (RedisError, OSError) as error:
        return [
            HealthFinding(
                False, "Redis", f"It does not answer as it should ({_in_short(error)}): see REDIS_URL."
            )
        ]


async def _about_redis_user(
    service: str, others: Sequence[str], corporations: Sequence[str], redis: Redis
) -> list[HealthFinding]:
    """What whoever has the service's password for Redis could do with it."""
    what = f"Redis user of {service}"
    try:
        lacks = [command for slug in corporations[:1] for command in await lacking(redis, service, slug)]
        more = [
            command for slug in corporations[:1] for command in await too_much(redis, service, others, slug)
        ]
    except (RedisError, OSError):  # which is a finding of its own
        return []
    findings = (
        [HealthFinding(False, what, f"It may not {', '.join(lacks)}: {_NEW_USER} {service}`.")]
        if lacks
        else []
    )
    if more:
        findings.append(
            HealthFinding(
                False, what, f"It may do more than it needs: {', '.join(more)}. {_NEW_USER} {service}`."
            )
        )
    return findings or [
        HealthFinding(True, what, "writes its own streams, reads the others', and may do nothing else")
    ]


_NEW_USER = "Give it a user of its own: `buurtthuis redis-user"


def _redis_version(info: Mapping[str, Any]) -> HealthFinding:
    found = str(info["redis_version"])
    if tuple(map(int, found.split(".")[:2])) < OLDEST_REDIS:
        return HealthFinding(False, "Redis", f"Version {found} is too old: 7.0 is the least.")
    if "valkey_version" in info:
        return HealthFinding(True, "Redis", f"Valkey {info['valkey_version']} answers")
    return HealthFinding(True, "Redis", f"version {found} answers")


async def _redis_keeps(redis: Redis) -> list[HealthFinding]:
    try:
        policy = (await redis.info("memory"))["maxmemory_policy"]
        appends = (await redis.info("persistence"))["aof_enabled"]
    except (ResponseError, KeyError):
        return [HealthFinding(True, "Redis keeps", "unknown: this user may not ask for it")]
    return [
        _expected("Redis keeps", policy == "noeviction", "nothing is evicted", "maxmemory-policy noeviction"),
        _expected("Redis keeps", bool(appends), "the append-only file is on", "appendonly yes"),
    ]


def _expected(what: str, well: bool, said: str, setting: str) -> HealthFinding:
    return HealthFinding(well, what, said if well else f"Set `{setting}` in its configuration.")


async def _redis_time(redis: Redis) -> float:
    seconds, micros = await redis.time()
    return float(seconds + micros / 1e6)


def _clock(what: str, ahead: float) -> HealthFinding:
    if abs(ahead) <= CLOCKS_APART:
        return HealthFinding(True, what, "agrees with this machine's")
    seen = f"It is {abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} this machine's"
    return HealthFinding(False, what, f"{seen}: synchronise both (NTP).")


async def _about_readers(
    service: str, readers: Collection[str], corporations: Sequence[str], redis: Redis
) -> list[HealthFinding]:
    """Whoever read its streams once, and is away."""
    what, away = f"readers of {service}", defaultdict(list)
    try:
        marks = await marks_of(redis, service, corporations, readers)
        ends = await last_published_of(redis, [stream_name(slug, service) for slug in corporations])
    except (RedisError, OSError):  # which is a finding of its own
        return []
    for slug, end in zip(corporations, ends, strict=True):
        for reader, mark in marks[slug].items():
            if not mark.is_fresh and mark.position < (end or 0):
                away[reader].append((end or 0) - mark.position)
    return [
        HealthFinding(
            False,
            what,
            f"{reader} has noted nothing for an hour or more, and is behind for {len(behind)} corporations, by "
            f"{max(behind)} events at most. Start it; was it taken away for good, take its key away too.",
        )
        for reader, behind in away.items()
    ]


async def _about_service(
    service: Service, settings: Settings, corporations: Sequence[str], redis: Redis
) -> list[HealthFinding]:
    what = f"database of {service.name}"
    try:
        async with _database(settings.database_url) as connection:
            findings = [
                HealthFinding(True, what, f"PostgreSQL {connection.get_server_version().major} answers")
            ]
            findings.append(_role(what, await connection.fetchrow(ROLE)))
            findings.append(_clock(f"clock of the {what}", await _database_ahead(connection)))
            findings.append(await _migrations(service, settings))
            if findings[-1].well:
                findings.append(await _replicas(service.name, connection))
                findings += await _left_behind(service.name, connection, corporations)
                findings += await _queues(service, connection, corporations, redis)
                findings += await service.examine(settings) if service.examine and corporations else ()
            return findings
    except ArgumentError:
        return [
            HealthFinding(False, what, "DATABASE_URL is not an address: see its example in the settings.")
        ]
    except AWAY as error:
        return [
            HealthFinding(
                False, what, f"It does not answer ({_in_short(error)}): see DATABASE_URL and its log."
            )
        ]


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(driver_url(url), timeout=5, command_timeout=10)
    try:
        yield connection
    finally:
        await connection.close(timeout=2)


ROLE = """
    SELECT rolname AS name, rolsuper AS super, rolbypassrls AS bypasses,
           EXISTS (SELECT FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
                   AND pg_has_role(rolname, relowner, 'MEMBER')) AS owns
    FROM pg_roles WHERE rolname = current_user
    """


def _role(what: str, role: Any) -> HealthFinding:
    name = role["name"]
    if role["super"]:
        said = f"{name} is a superuser, whom row-level security does not bind: ALTER ROLE {name} NOSUPERUSER."
    elif role["bypasses"]:
        said = f"{name} passes row-level security by: ALTER ROLE {name} NOBYPASSRLS."
    elif role["owns"]:
        said = f"{name} owns tables, or is a member of who does: let {name}_owner alone own them."
    else:
        return HealthFinding(True, what, f"{name} owns nothing and is bound by row-level security")
    return HealthFinding(False, what, said)


async def _database_ahead(connection: asyncpg.Connection) -> float:
    there: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return (datetime.now(UTC) - there).total_seconds()


async def _migrations(service: Service, settings: Settings) -> HealthFinding:
    what = f"migrations of {service.name}"
    try:
        missing = await pending(settings.database_url, service.migrations, service.looks)
    except (CommandError, RevisionError):
        said = "The database is newer than this version, or another service's: see DATABASE_URL."
        return HealthFinding(False, what, said)
    if missing:
        said = f"Pending: {', '.join(missing)}. Run `buurtthuis migrate {service.name}`, or `up` again."
        return HealthFinding(False, what, said)
    return HealthFinding(True, what, "all applied")


REPLICAS = """
    SELECT seen_at > now() - make_interval(secs => $1) AND (
        listens IS NULL OR EXISTS (SELECT FROM pg_stat_get_activity(listens))
    ) AS lives, seen_at FROM replicas ORDER BY seen_at
    """


async def _replicas(service: str, connection: asyncpg.Connection) -> HealthFinding:
    """Its processes, as they see each other. One that was killed is known for a day, so that is no complaint."""
    async with connection.transaction(readonly=True):
        await connection.execute("SELECT set_config('buurtthuis.corporation', $1, true)", NO_CORPORATION)
        rows = await connection.fetch(REPLICAS, DEAD_SECONDS)
    silent = [row["seen_at"] for row in rows if not row["lives"]]
    said = f"{len(rows) - len(silent) or 'none'} alive" + ("" if len(rows) > len(silent) else ": start it")
    if silent:
        since = silent[-1].isoformat(" ", "seconds")
        said += (
            f"; {len(silent)} fell silent within a day, the last of them at {since}, and did not say that it stops: "
            "killed, or cut off. Should more be alive, see its log"
        )
    return HealthFinding(True, f"processes of {service}", said)


HAVE_ROWS = "SELECT DISTINCT corporation FROM who_has_work($1, NULL) WHERE corporation IS NOT NULL"


async def _left_behind(
    service: str, connection: asyncpg.Connection, corporations: Sequence[str]
) -> list[HealthFinding]:
    """Of whom there are rows, and nobody works for them any more."""
    found = {row["corporation"] for row in await connection.fetch(HAVE_ROWS, [journal.NUMBERED.name])}
    return [
        HealthFinding(
            False,
            f"corporations of {service}",
            f"There are rows of {slug}, which is not in the corporations file: put it back there, or let it leave "
            f"with `buurtthuis corporations leave {slug}`.",
        )
        for slug in sorted(found - set(corporations))
        if corporations
    ]


@dataclass(frozen=True)
class Queues:
    """What waits in one service for one corporation, and how far everything has come."""

    unnumbered: int
    unpublished: int
    parked: int
    #: Producer -> entries on its stream that are still to be read.
    lags: Mapping[str, int]
    #: Changes whenever something moves.
    marks: tuple[object, ...]

    @property
    def waiting(self) -> list[str]:
        """In words, and nothing where nothing waits."""
        counts = {
            "unnumbered in the journal": self.unnumbered,
            "not yet published": self.unpublished,
            **{f"unread from {source}": lag for source, lag in self.lags.items()},
        }
        return [f"{count} {where}" for where, count in counts.items() if count]


async def _queues(
    service: Service, connection: asyncpg.Connection, corporations: Sequence[str], redis: Redis
) -> list[HealthFinding]:
    what, findings = f"events of {service.name}", []
    try:
        looked = {slug: await _look(service, connection, slug, redis) for slug in corporations}
        if any(queues.waiting for queues in looked.values()):
            await asyncio.sleep(PATIENCE)
        for slug, before in looked.items():
            now = await _look(service, connection, slug, redis) if before.waiting else before
            findings += _complaints(service.name, slug, before, now)
    except RedisError as error:
        return [
            HealthFinding(False, what, f"Redis did not say how far its streams are ({_in_short(error)}).")
        ]
    return findings or [
        HealthFinding(True, what, f"{len(looked)} corporations: none stands still, none is parked")
    ]


def _complaints(service: str, slug: str, before: Queues, now: Queues) -> list[HealthFinding]:
    what, complaints = f"events of {service}", []
    if now.waiting and now.marks == before.marks:
        said = f"{slug}: {', '.join(now.waiting)}, and nothing moves. Does {service} run? See its log."
        complaints.append(said)
    if now.parked:
        see = f"see `buurtthuis events parked {service} --corporation {slug}`"
        complaints.append(f"{slug}: {now.parked} parked, {see}.")
    return [HealthFinding(False, what, said) for said in complaints]


#: Each says whose rows it means: a role that row-level security does not bind is a finding, not a failure.
COUNTS = """
    SELECT (SELECT count(*) FROM journal WHERE position IS NULL AND corporation = $1) AS unnumbered,
           (SELECT count(*) FROM parked_events WHERE corporation = $1) AS parked,
           coalesce((SELECT numbered FROM streams WHERE corporation = $1), 0) AS numbered,
           coalesce((SELECT published FROM streams WHERE corporation = $1), 0) AS published
    """
CHECKPOINTS = "SELECT source, position FROM checkpoints WHERE corporation = $1"


async def _look(service: Service, connection: asyncpg.Connection, slug: str, redis: Redis) -> Queues:
    async with connection.transaction(readonly=True):
        await connection.execute("SELECT set_config('buurtthuis.corporation', $1, true)", slug)
        row: Any = await connection.fetchrow(COUNTS, slug)
        rows = await connection.fetch(CHECKPOINTS, slug)
    checkpoints: dict[str, int] = {each["source"]: each["position"] for each in rows}
    heard = sorted(service.handlers.heard)
    ends = {source: await last_published(redis, stream_name(slug, source)) or 0 for source in heard}
    return Queues(
        unnumbered=row["unnumbered"],
        unpublished=row["numbered"] - row["published"],
        parked=row["parked"],
        lags={source: max(end - checkpoints.get(source, 0), 0) for source, end in ends.items()},
        marks=(row["numbered"], row["published"], tuple(sorted(checkpoints.items()))),
    )


def _in_short(error: BaseException) -> str:
    """What went wrong, without what a driver may quote from an address."""
    with suppress(AttributeError):
        return f"{type(error).__name__} {error.sqlstate}"  # type: ignore[attr-defined]
    return type(error).__name__
