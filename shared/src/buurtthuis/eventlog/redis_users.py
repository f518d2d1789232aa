"""What users of Redis may do: each service its own streams, a partner's program a corporation's, and nothing else.

Needs Redis 7.0 or newer, or Valkey: rights on keys are given apart for reading (`%R~`) and for writing (`%W~`).
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ExecAbortError, NoPermissionError, ResponseError

from buurtthuis.eventlog.sentinel import sentinel_name
from buurtthuis.eventlog.streams import reader_mark, stream_name

READING = ("ping", "select", "xread", "xrange", "xrevrange", "xlen", "xinfo|stream")
#: Besides: to publish all or nothing, to take off and to trim, to leave a mark, and what `doctor` asks; erased words leave the append-only file by rewriting it.
SPEAKING = (
    "multi",
    "exec",
    "discard",
    "xadd",
    "xdel",
    "xtrim",
    "del",
    "set",
    "mget",
    "info",
    "time",
    "bgrewriteaof",
)
IN_GROUPS = (
    "xgroup|create",
    "xgroup|createconsumer",
    "xreadgroup",
    "xack",
    "xautoclaim",
    "xclaim",
    "xpending",
)

#: For the one process of `up`, in which all services are one user on a socket of their own.
ALL_SERVICES = ("resetkeys", "resetchannels", "-@all", "~buurtthuis:{*}:*")


def service_rights(service: str, corporations: Sequence[str] = ()) -> str:
    """A service's: it writes its own streams, marks and sentinels, and reads the others'."""
    keys = [f"%RW~{sentinel_name('*', service)}"] if corporations else []
    keys += [
        pattern
        for slug in corporations or ("*",)
        for pattern in (
            f"%RW~buurtthuis:{{{slug}}}:{service}",
            f"%W~buurtthuis:{{{slug}}}:*:readers:{service}",
            f"%R~buurtthuis:{{{slug}}}:*",
        )
    ]
    return _rights(keys, *READING, *SPEAKING)


def reader_rights(corporations: Sequence[str], *, in_groups: bool) -> str:
    """A program's that reads along; a consumer group's position is kept on the stream, so it is written there."""
    keys = [f"%R~buurtthuis:{{{slug}}}:*" for slug in corporations]
    rights = _rights(keys, *READING)
    writable = [f"~buurtthuis:{{{slug}}}:*" for slug in corporations]
    return f"{rights} ({_rights(writable, *IN_GROUPS)})" if in_groups else rights


def embedded_rights() -> list[str]:
    """What the only user of the embedded server may do: also see which keys there are of a corporation that leaves."""
    return ["on", "nopass", *ALL_SERVICES, *(f"+{command}" for command in (*READING, *SPEAKING, "scan"))]


def acl_line(name: str, password: str, rights: str) -> str:
    """The user's line in an ACL file, with a digest for the password."""
    return f"user {name} on #{sha256(password.encode()).hexdigest()} resetchannels {rights}"


def _rights(keys: Sequence[str], *commands: str) -> str:
    return " ".join(("-@all", *keys, *(f"+{command}" for command in commands)))


Words = Sequence[str | int]


async def lacking(redis: Redis, service: str, corporation: str) -> list[str]:
    """What a service needs and its user may not do."""
    may = await _tried(redis, _needed(stream_name(corporation, service), corporation, service))
    return [what for what, allowed in may.items() if not allowed]


async def too_much(redis: Redis, service: str, others: Sequence[str], corporation: str) -> list[str]:
    """What a service's user may do though nothing asks for it; `others` are the services whose streams are not its own."""
    may = await _tried(redis, {**_harmful(), **_of_others(service, others, corporation)})
    return [what for what, allowed in may.items() if allowed]


def _needed(stream: str, corporation: str, service: str) -> Mapping[str, Words]:
    """None of these changes anything: each would be refused for what it asks, if its user may ask it."""
    mark = reader_mark(corporation, "nobody", service)
    return {
        "write its own streams (XADD)": ("XADD", stream, "NOMKSTREAM", "no-id", "x", "y"),
        "take off what was erased (XDEL)": ("XDEL", stream, "no-id"),
        "trim its own streams (XTRIM)": ("XTRIM", stream, "MINID", "no-id"),
        "look at its own streams (XINFO, XRANGE)": ("XINFO", "STREAM", stream),
        "publish all or nothing (MULTI, EXEC)": ("EXEC",),
        "read others' streams (XREAD)": (
            "XREAD",
            "COUNT",
            1,
            "STREAMS",
            stream_name(corporation, "nobody"),
            0,
        ),
        "note how far it has read (SET)": ("SET", mark, "x", "XX", "EX", 0),
        "read how far others are (MGET)": ("MGET", reader_mark(corporation, service, "nobody")),
    }


def _harmful() -> Mapping[str, Words]:
    return {
        "FLUSHALL": ("FLUSHALL", "nonsense"),
        "CONFIG": ("CONFIG", "GET", "nonsense"),
        "ACL": ("ACL", "USERS"),
        "EVAL": ("EVAL", "return 1", 0),
        "SCRIPT": ("SCRIPT", "EXISTS", "x"),
        "KEYS": ("KEYS", "nonsense"),
        "read other keys": ("XREAD", "COUNT", 1, "STREAMS", "elsewhere", 0),
    }


def _of_others(service: str, others: Sequence[str], corporation: str) -> Mapping[str, Words]:
    theirs = {
        f"write the streams of {other}": (
            "XADD",
            stream_name(corporation, other),
            "NOMKSTREAM",
            "no-id",
            "x",
            "y",
        )
        for other in others
    }
    marks = {
        f"note how far {other} has read": (
            "SET",
            reader_mark(corporation, service, other),
            "x",
            "XX",
            "EX",
            0,
        )
        for other in others
    }
    return {**theirs, **marks}


async def _tried(redis: Redis, commands: Mapping[str, Words]) -> dict[str, bool]:
    """What the connected user may do of these: any other answer than NOPERM comes from behind that door."""
    return {what: await _may(redis, words) for what, words in commands.items()}


async def _may(redis: Any, words: Words) -> bool:
    try:
        await redis.execute_command(*words)
    except (NoPermissionError, ExecAbortError):  # a transaction that may not be ended is said to be discarded
        return False
    except ResponseError:
        return True
    return True
