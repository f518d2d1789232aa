"""The doctor, on real servers that something is the matter with."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import time_machine
from buurtthuis.cli import doctor
from buurtthuis.cli.doctor import examine
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog.marks import MARK_SECONDS, Mark
from buurtthuis.eventlog.redis_users import service_rights
from buurtthuis.eventlog.streams import connect, reader_mark
from buurtthuis.identity.service_keys import ServiceKey
from buurtthuis.persistence.sealing import Seals
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.service import HealthFinding
from buurtthuis.testing import Playground
from sqlalchemy.engine import make_url

from tests.commands import buurtthuis, up
from tests.notifications.post import Mailbox, smtp_server
from tests.redis_users import make_user, with_own_users
from tests.servers import RealServers


@pytest.fixture
async def sound(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Settings]:
    """Settings that lead to servers and keys with which nothing is the matter."""
    seals = tmp_path_factory.mktemp("seals") / "seal.keys"
    Seals.in_file(seals)
    redis = connect(settings.redis_url)
    before: Any = await redis.config_get("appendonly", "maxmemory-policy")
    await redis.config_set("appendonly", "yes")
    await redis.config_set("maxmemory-policy", "noeviction")
    for service in installed_services():
        ServiceKey.of(service, settings)
    own = await with_own_users(settings, installed_services())
    async with smtp_server(Mailbox()) as url:
        monkeypatch.setenv("SMTP_URL", url)
        yield own.model_copy(update={"seal_keys_file": seals})
    for name, value in before.items():
        await redis.config_set(name, value)
    await redis.aclose()


async def complaints(settings: Settings) -> list[HealthFinding]:
    """What the doctor is not content with."""
    return [finding for finding in await examine(settings, Path("unused")) if not finding.well]


async def said(settings: Settings) -> str:
    """Its only complaint."""
    (only,) = await complaints(settings)
    return only.said


@asynccontextmanager
async def database(settings: Settings, role: str) -> AsyncIterator[asyncpg.Connection]:
    """The database of surveys as one of its roles."""
    url = make_url(settings.for_service("surveys").database_url).set(drivername="postgresql", username=role)
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_running_system_is_well_and_one_that_was_stopped_does_not_run(used_folder: Path) -> None:
    async with up(used_folder) as system:
        running = await buurtthuis("doctor", "--data", system.data, folder=used_folder)
        await system.stop()
        stopped = await buurtthuis("doctor", "--data", system.data, folder=used_folder)
    assert (running.code, running.err) == (0, "")
    assert " no " not in running.out.replace("none", "")
    assert "Nothing runs on the data folder" in stopped.out


async def test_servers_of_your_own_that_are_well(sound: Settings) -> None:
    assert await complaints(sound) == []


async def test_nothing_running_is_said_so(tmp_path: Path) -> None:
    answer = await buurtthuis("doctor", "--data", "elsewhere", folder=tmp_path)
    assert answer.code == 1
    assert "Nothing runs on the data folder elsewhere" in answer.out
    assert list(tmp_path.iterdir()) == []


async def test_a_missing_corporations_file_is_named(sound: Settings, tmp_path: Path) -> None:
    missing = tmp_path / "corporations.toml"
    assert str(missing) in await said(sound.model_copy(update={"corporations_file": missing}))


PUBLIC = {
    "public_url": "https://buurtthuis.example.nl",
    "forwarded_allow_ips": "gateway",
    "security_contact": "mailto:security@example.nl",
}


async def test_a_public_address_that_others_read_along_is_a_finding(sound: Settings) -> None:
    assert await complaints(sound.model_copy(update=PUBLIC)) == []
    plain = sound.model_copy(update={**PUBLIC, "public_url": "http://buurtthuis.example.nl"})
    assert "is not https" in await said(plain)


async def test_a_proxy_that_nobody_named_is_a_finding(sound: Settings) -> None:
    assert "names none" in await said(sound.model_copy(update={**PUBLIC, "forwarded_allow_ips": ""}))


async def test_a_public_address_without_anybody_to_report_to_is_a_finding(sound: Settings) -> None:
    assert "SECURITY_CONTACT" in await said(sound.model_copy(update={**PUBLIC, "security_contact": ""}))


async def test_only_one_of_two_addresses_is_a_finding(sound: Settings) -> None:
    assert "REDIS_URL is not set" in await said(sound.model_copy(update={"redis_url": ""}))


async def test_a_pending_migration_says_how_to_apply_it(sound: Settings) -> None:
    async with database(sound, "surveys_owner") as owner:
        await owner.execute("DELETE FROM alembic_version WHERE version_num LIKE 'surveys%'")
    assert "`buurtthuis migrate surveys`" in await said(sound)


async def test_a_database_newer_than_this_version_is_a_finding(sound: Settings) -> None:
    async with database(sound, "surveys_owner") as owner:
        await owner.execute(
            "UPDATE alembic_version SET version_num = 'surveys_9999' WHERE version_num LIKE 'surveys%'"
        )
    assert "newer than this version" in await said(sound)


async def test_a_superuser_is_not_bound_by_row_level_security(sound: Settings, servers: RealServers) -> None:
    admin = make_url(servers.admin_url).username
    as_admin = sound.database_url.replace("//{service}", f"//{admin}")
    found = await complaints(sound.model_copy(update={"database_url": as_admin}))
    assert {finding.said for finding in found} == {
        f"{admin} is a superuser, whom row-level security does not bind: ALTER ROLE {admin} NOSUPERUSER."
    }


async def test_a_role_that_passes_row_level_security_by_is_a_finding(
    sound: Settings, servers: RealServers
) -> None:
    admin = await asyncpg.connect(servers.admin_url)
    await admin.execute("ALTER ROLE surveys BYPASSRLS")
    try:
        assert "ALTER ROLE surveys NOBYPASSRLS" in await said(sound)
    finally:
        await admin.execute("ALTER ROLE surveys NOBYPASSRLS")
        await admin.close()


async def test_a_role_that_owns_tables_is_a_finding(sound: Settings) -> None:
    as_owner = sound.database_url.replace("//{service}", "//{service}_owner")
    found = await complaints(sound.model_copy(update={"database_url": as_owner}))
    assert {finding.said.partition(" ")[2][:11] for finding in found} == {"owns tables"}


async def test_a_member_of_the_owner_is_a_finding(sound: Settings, servers: RealServers) -> None:
    admin = await asyncpg.connect(servers.admin_url)
    await admin.execute("GRANT surveys_owner TO surveys")
    try:
        assert "is a member of who does" in await said(sound)
    finally:
        await admin.execute("REVOKE surveys_owner FROM surveys")
        await admin.close()


async def test_a_redis_that_may_evict_is_a_finding(sound: Settings, settings: Settings) -> None:
    redis = connect(settings.redis_url)
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    await redis.aclose()
    assert await said(sound) == "Set `maxmemory-policy noeviction` in its configuration."


async def test_a_redis_that_keeps_nothing_is_a_finding(sound: Settings, settings: Settings) -> None:
    redis = connect(settings.redis_url)
    await redis.config_set("appendonly", "no")
    await redis.aclose()
    assert await said(sound) == "Set `appendonly yes` in its configuration."


async def test_a_redis_that_does_not_tell_is_unknown_and_no_complaint(settings: Settings) -> None:
    redis = connect(settings.redis_url)
    await redis.acl_setuser(
        "shy", enabled=True, passwords=["+x"], keys=["*"], categories=["+@all"], commands=["-info"]
    )
    shy = connect(settings.redis_url)
    try:
        async with shy.client() as connection:
            await connection.auth("x", "shy")
            keeps = await doctor._redis_keeps(connection)
    finally:
        await shy.aclose()
        await redis.acl_deluser("shy")
        await redis.aclose()
    assert [(finding.well, finding.said) for finding in keeps] == [
        (True, "unknown: this user may not ask for it")
    ]


def test_a_redis_older_than_7_is_a_finding() -> None:
    old = doctor._redis_version({"redis_version": "6.2.14"})
    assert (old.well, old.said) == (False, "Version 6.2.14 is too old: 7.0 is the least.")


async def test_clocks_that_disagree_are_a_finding(sound: Settings) -> None:
    with time_machine.travel(timedelta(seconds=5)):
        found = await complaints(sound)
    assert {finding.what for finding in found} == {
        "clock of Redis",
        "clock of the database of moderation",
        "clock of the database of notifications",
        "clock of the database of sessions",
        "clock of the database of surveys",
    }
    assert found[0].said == "It is 5 s behind this machine's: synchronise both (NTP)."


async def test_parked_events_are_a_finding(sound: Settings) -> None:
    async with database(sound, "surveys") as app, app.transaction():
        await app.execute("SELECT set_config('buurtthuis.corporation', 'de-waterlelie', true)")
        await app.execute(
            "INSERT INTO parked_events (id, source, position, reaction, parked_at, why, envelope) "
            "VALUES ($1, 'sessions', 7, 'schedule', now(), 'it broke', '{}')",
            uuid4(),
        )
    assert await said(sound) == (
        "de-waterlelie: 1 parked, see `buurtthuis events parked surveys --corporation de-waterlelie`."
    )


async def test_what_waits_while_nothing_runs_is_a_finding(
    sound: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.1)
    async with database(sound, "surveys") as app, app.transaction():
        await app.execute("SELECT set_config('buurtthuis.corporation', 'de-waterlelie', true)")
        await app.execute(
            "INSERT INTO journal (event_id, type, subject, audience, actor, time, data) "
            "VALUES ($1, 'x', 'y', 1, 'system', now(), '{}')",
            uuid4(),
        )
    assert await said(sound) == (
        "de-waterlelie: 1 unnumbered in the journal, and nothing moves. Does surveys run? See its log."
    )


async def test_a_user_of_redis_who_may_do_everything_is_a_finding(
    sound: Settings, settings: Settings
) -> None:
    everybody = sound.model_copy(update={"redis_url": settings.redis_url})
    found = {finding.what: finding.said for finding in await complaints(everybody)}
    assert set(found) == {f"Redis user of {service}" for service in installed_services()}
    told = found["Redis user of surveys"]
    assert "FLUSHALL, CONFIG" in told
    assert "write the streams of sessions" in told
    assert told.endswith("Give it a user of its own: `buurtthuis redis-user surveys`.")


async def test_a_user_of_redis_who_may_do_too_little_is_a_finding(
    sound: Settings, settings: Settings
) -> None:
    await make_user(settings, "surveys", service_rights("surveys").replace(" +xtrim", ""))
    assert "It may not trim its own streams (XTRIM): Give it" in await said(sound)


async def test_a_stream_that_nobody_reads_is_a_finding(
    sound: Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.1)
    redis = connect(settings.redis_url)
    await redis.xadd("buurtthuis:{de-waterlelie}:surveys", {"type": "x"}, id="3-0")
    await redis.aclose()
    everywhere = str(await complaints(sound))
    readers = ("events of moderation", "events of notifications", "events of sessions")
    assert everywhere.count("de-waterlelie: 3 unread from surveys, and nothing moves.") == len(readers)
    assert all(one in everywhere for one in readers)


async def test_a_reader_that_was_taken_away_is_a_finding(
    sound: Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.1)
    ServiceKey.of("held_sessions", sound)
    redis, long_ago = connect(settings.redis_url), int(time.time()) - 2 * MARK_SECONDS
    await redis.xadd("buurtthuis:{de-waterlelie}:surveys", {"type": "x"}, id="3-0")
    for reader, told_at in (("held_sessions", long_ago), ("sessions", int(time.time()))):
        mark = reader_mark("de-waterlelie", "surveys", reader)
        await redis.set(mark, str(Mark(1, told_at)))
    await redis.aclose()
    found = [one.said for one in await complaints(sound) if one.what == "readers of surveys"]
    assert [one.partition(" has noted nothing")[0] for one in found] == ["held_sessions"]
    assert "behind for 1 corporations, by 2 events" in found[0]


async def about_surveys(settings: Settings, what: str) -> str:
    """What it says of one thing."""
    found = await examine(settings, Path("unused"))
    return next(finding.said for finding in found if finding.what == f"{what} of surveys")


async def test_processes_that_live_and_those_that_fell_silent_are_told(
    sound: Settings, place: Playground
) -> None:
    await place.service("surveys").replicas.joined.wait()
    assert await about_surveys(sound, "processes") == "1 alive"
    async with database(sound, "surveys") as surveys, surveys.transaction():
        await surveys.execute("SELECT set_config('buurtthuis.corporation', '-', true)")
        await surveys.execute(
            "INSERT INTO replicas (id, beat, seen_at) VALUES ($1, 1, now() - interval '1 hour')", uuid4()
        )
    assert (await about_surveys(sound, "processes")).startswith("1 alive; 1 fell silent within a day")


async def test_a_corporation_that_has_rows_and_is_not_in_the_file_is_a_finding(sound: Settings) -> None:
    assert await about_surveys(sound, "processes") == "none alive: start it"
    async with database(sound, "surveys") as surveys, surveys.transaction():
        await surveys.execute("SELECT set_config('buurtthuis.corporation', 'who-left', true)")
        await surveys.execute("INSERT INTO streams DEFAULT VALUES")
    assert "`buurtthuis corporations leave who-left`" in await said(sound)


async def test_a_running_place_is_well(sound: Settings, place: Playground) -> None:
    await place.settled()
    assert await complaints(sound) == []


async def test_an_issuer_key_that_is_not_there_is_a_finding(sound: Settings, tmp_path: Path) -> None:
    gone = tmp_path / "issuer.json"
    folder = sound.folder_of_service_keys
    without = {"issuer_key_file": gone, "service_keys_folder": folder}
    assert f"{gone} is not there" in await said(sound.model_copy(update=without))
    assert not gone.exists()


async def test_an_issuer_key_that_others_may_read_is_a_finding(
    sound: Settings, issuer_key_file: Path, tmp_path: Path
) -> None:
    open_key = tmp_path / "issuer.json"
    open_key.write_text(issuer_key_file.read_text())
    open_key.chmod(0o644)
    readable = {"issuer_key_file": open_key, "service_keys_folder": sound.folder_of_service_keys}
    assert "run chmod 600" in await said(sound.model_copy(update=readable))


async def test_a_services_key_that_others_may_read_is_a_finding(sound: Settings, tmp_path: Path) -> None:
    here = sound.model_copy(update={"service_keys_folder": tmp_path})
    for service in installed_services():
        ServiceKey.of(service, here)
    assert await complaints(here) == []
    (tmp_path / "surveys.json").chmod(0o640)
    assert await said(here) == f"Others may read {tmp_path / 'surveys.json'}: run chmod 600 on it."


async def test_a_service_that_the_others_know_by_another_key_is_a_finding(sound: Settings) -> None:
    known = [
        ServiceKey.of(service, sound).public_jwk() for service in installed_services() if service != "surveys"
    ]
    keys = f'{{"keys": [{", ".join([*known, ServiceKey.new("surveys").public_jwk()])}]}}'
    assert "another one for surveys, or none" in await said(sound.model_copy(update={"services_jwks": keys}))


async def test_seal_keys_that_are_not_there_or_none_are_a_finding(sound: Settings, tmp_path: Path) -> None:
    gone = tmp_path / "seal.keys"
    assert f"{gone} is not there" in await said(sound.model_copy(update={"seal_keys_file": gone}))
    assert "SEAL_KEYS: a key is" in await said(sound.model_copy(update={"seal_keys": "no key"}))


async def test_an_issuer_key_that_is_none_is_a_finding(sound: Settings) -> None:
    wrong = json.dumps({"kty": "oct", "k": "geheim"})
    assert "not a private Ed25519 key" in await said(sound.model_copy(update={"issuer_key": wrong}))


async def test_one_database_for_every_service_is_a_finding(sound: Settings) -> None:
    one = sound.database_url.replace("{service}", "surveys")
    assert "put {service} where its name belongs" in await said(
        sound.model_copy(update={"database_url": one})
    )


async def test_servers_that_are_away_are_findings_that_hold_no_password(tmp_path: Path) -> None:
    env = {
        "DATABASE_URL": "postgresql+asyncpg://{service}:geheim1@127.0.0.1:1/{service}",
        "REDIS_URL": "redis://:geheim2@127.0.0.1:1/0",
        "ISSUER_KEY": json.dumps({"kty": "OKP", "crv": "Ed25519", "d": "geheim3"}),
    }
    answer = await buurtthuis("doctor", folder=tmp_path, env=env)
    assert answer.code == 1
    assert "It does not answer (ConnectionRefusedError): see DATABASE_URL" in answer.out
    assert "geheim" not in answer.out + answer.err
