"""Users of Redis, on the real thing: a service writes its own streams, a partner's program one corporation's none."""

import os
import subprocess
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog import redis_users
from buurtthuis.eventlog.redis_users import acl_line, lacking, reader_rights, service_rights, too_much
from buurtthuis.eventlog.sentinel import Sentinel
from buurtthuis.eventlog.streams import connect
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import playground
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from tests.commands import buurtthuis
from tests.conftest import ROOT
from tests.redis_users import as_user, make_user, with_own_users

OURS, THEIRS = "buurtthuis:{woonpartners}:sessions", "buurtthuis:{de-waterlelie}:sessions"
SURVEYS = "buurtthuis:{woonpartners}:surveys"


@pytest.fixture
async def sessions(settings: Settings) -> AsyncIterator[Redis]:
    """Redis as the user of sessions."""
    await with_own_users(settings, ["sessions"])
    client = connect(as_user(settings, "sessions").redis_url)
    yield client
    await client.aclose()


async def reader(settings: Settings, name: str, rights: str) -> Any:
    """Redis as somebody's program that reads along."""
    await make_user(settings, name, rights)
    return connect(as_user(settings, name).redis_url)


FORBIDDEN = [
    ("XADD", SURVEYS, "*", "x", "y"),
    ("XDEL", SURVEYS, "1-0"),
    ("XTRIM", SURVEYS, "MAXLEN", "0"),
    ("DEL", SURVEYS),
    ("DEL", "buurtthuis:{woonpartners}:surveys:readers:moderation"),
    ("SET", "buurtthuis:{woonpartners}:surveys:readers:moderation", "1"),
    ("SET", "buurtthuis:{woonpartners}:surveys:readers:sessions:x", "1"),
    ("HSET", f"{SURVEYS}:readers", "x", "abc"),
    ("XADD", "elsewhere", "*", "x", "y"),
    ("XREAD", "STREAMS", "elsewhere", "0"),
    ("XSETID", OURS, "999-0"),
    ("XGROUP", "CREATE", SURVEYS, "g", "0"),
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("SWAPDB", "0", "1"),
    ("CONFIG", "GET", "*"),
    ("CONFIG", "SET", "appendonly", "no"),
    ("SCRIPT", "FLUSH"),
    ("EVAL", "return 1", "0"),
    ("FUNCTION", "LIST"),
    ("KEYS", "*"),
    ("SCAN", "0"),
    ("ACL", "LIST"),
    ("ACL", "SETUSER", "sessions", "+@all"),
    ("CLIENT", "LIST"),
    ("CLIENT", "KILL", "TYPE", "normal"),
    ("SHUTDOWN", "NOSAVE"),
    ("REPLICAOF", "NO", "ONE"),
    ("MONITOR",),
    ("SUBSCRIBE", "x"),
    ("PUBLISH", "x", "y"),
    ("RENAME", SURVEYS, OURS),
    ("COPY", SURVEYS, OURS),
    ("RESTORE", SURVEYS, "0", "x"),
    ("EXPIRE", SURVEYS, "1"),
    ("MODULE", "LIST"),
]


@pytest.mark.parametrize("words", FORBIDDEN, ids=" ".join)
async def test_a_services_user_may_not(sessions: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(NoPermissionError):
        await sessions.execute_command(*words)


async def test_services_work_each_as_a_user_of_their_own(settings: Settings) -> None:
    names = ("surveys", "sessions", "notifications", "moderation")
    own = await with_own_users(settings, names)
    services = installed_services()
    async with playground([services[name] for name in names], own) as place:
        staff = place.client(Role.STAFF)
        theme = {"house_id": str(uuid4()), "title": "Koffie"}
        made = (await staff.post("/surveys/v1/themes", json=theme)).raise_for_status().json()["id"]
        for step in ("admission", "selection"):
            (await staff.post(f"/surveys/v1/themes/{made}/{step}")).raise_for_status()
        await place.settled()
        assert [one["type"] for one in await place.events("sessions")] == [
            "nl.buurtthuis.sessions.session-drafted.v1"
        ]
        for service in place.process.running:
            await service.relay.inspect("woonpartners")
        marks: Any = await place.service("surveys").redis.mget(f"{SURVEYS}:readers:sessions")
        assert marks[0] is None or marks[0].replace(b" ", b"").isdigit()
        assert await place.service("surveys").redis.mget(place.service("surveys").sentinel.key) != [None]


async def test_the_doctor_knows_what_is_too_much_and_what_too_little(
    settings: Settings, sessions: Redis
) -> None:
    others = ["moderation", "surveys"]
    assert await lacking(sessions, "sessions", "woonpartners") == []
    assert await too_much(sessions, "sessions", others, "woonpartners") == []
    anybody = connect(settings.redis_url)
    assert await lacking(anybody, "sessions", "woonpartners") == []
    everything = await too_much(anybody, "sessions", others, "woonpartners")
    assert {"FLUSHALL", "CONFIG", "KEYS", "EVAL", "ACL", "read other keys"} < set(everything)
    assert {"write the streams of surveys", "note how far surveys has read"} < set(everything)
    assert await anybody.exists(OURS, SURVEYS, "buurtthuis:{woonpartners}:nobody:readers:sessions") == 0
    await anybody.aclose()
    bare = await reader(settings, "bare", "-@all +ping +select")
    assert len(await lacking(bare, "sessions", "woonpartners")) == len(
        redis_users._needed(OURS, "woonpartners", "sessions")
    )
    await bare.aclose()


async def test_a_partners_program_reads_one_corporation_and_writes_nothing(settings: Settings) -> None:
    administrator = connect(settings.redis_url)
    for stream in (OURS, THEIRS):
        await administrator.xadd(stream, {"x": "y"}, id="1-0")
    await administrator.aclose()
    program = await reader(settings, "dashboard", reader_rights(["woonpartners"], in_groups=False))
    assert len(await program.xread({OURS: "0"})) == 1
    for words in (
        ("XREAD", "STREAMS", THEIRS, "0"),
        ("XADD", OURS, "*", "x", "y"),
        ("XDEL", OURS, "1-0"),
        ("SET", f"{OURS}:readers:dashboard", "1"),
        ("XGROUP", "CREATE", OURS, "g", "0"),
        ("FLUSHALL",),
        ("KEYS", "*"),
    ):
        with pytest.raises(NoPermissionError):
            await program.execute_command(*words)
    await program.aclose()


async def test_a_program_in_a_group_keeps_its_place_and_says_nothing(settings: Settings) -> None:
    administrator = connect(settings.redis_url)
    await administrator.xadd(OURS, {"x": "y"}, id="1-0")
    program = await reader(settings, "grouped", reader_rights(["woonpartners"], in_groups=True))
    await program.xgroup_create(OURS, "g", id="0", mkstream=True)
    assert await program.xreadgroup("g", "one", {OURS: ">"})
    assert await program.xautoclaim(OURS, "g", "two", 0)
    assert await program.xack(OURS, "g", "1-0") == 1
    for words in (
        ("XADD", OURS, "*", "x", "y"),
        ("XDEL", OURS, "1-0"),
        ("DEL", OURS),
        ("XGROUP", "CREATE", THEIRS, "g", "0"),
        ("XGROUP", "DESTROY", OURS, "other"),
        ("XTRIM", OURS, "MAXLEN", "0"),
    ):
        with pytest.raises(NoPermissionError):
            await program.execute_command(*words)
    await program.aclose()
    await administrator.aclose()


async def test_a_service_of_one_corporation_writes_nothing_of_another(settings: Settings) -> None:
    part = await reader(settings, "held_sessions", service_rights("held_sessions", ["woonpartners"]))
    assert await part.xadd("buurtthuis:{woonpartners}:held_sessions", {"x": "y"}, id="1-0")
    await Sentinel("held_sessions", part, lambda: None).look()
    for words in (
        ("XADD", "buurtthuis:{de-waterlelie}:held_sessions", "*", "x", "y"),
        ("XREAD", "STREAMS", THEIRS, "0"),
    ):
        with pytest.raises(NoPermissionError):
            await part.execute_command(*words)
    await part.aclose()


def test_the_containers_give_the_same_rights() -> None:
    names = ("surveys", "sessions", "notifications", "moderation")
    passwords = {f"{name.upper()}_REDIS_PASSWORD": f"of-{name}" for name in names}
    environment = {
        "PATH": os.environ["PATH"],
        "SERVICES": " ".join(names),
        "REDIS_PASSWORD": "all",
        **passwords,
    }
    said = subprocess.run(
        [str(ROOT / "deploy" / "redis" / "users")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert said[0] == "user default on nopass resetkeys resetchannels -@all +ping"
    assert said[2:] == [acl_line(name, f"of-{name}", service_rights(name)) for name in names]


async def test_the_command_line_makes_a_user(settings: Settings, tmp_path: Any) -> None:
    said = await buurtthuis("redis-user", "dashboard", "--reads", "-c", "woonpartners", folder=tmp_path)
    url, line = said.out.replace("\n ", " ").splitlines()
    password = url.partition("dashboard:")[2].partition("@")[0]
    assert line == acl_line("dashboard", password, reader_rights(["woonpartners"], in_groups=False))
