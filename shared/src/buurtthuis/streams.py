"""Names and connections on Redis, shared by the relay, the listener and the extensions that read along."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

#: FastStream's own field name, so that a plain FastStream subscriber reads our entries without a parser.
DATA_FIELD = b"__data__"


def stream_name(corporation: str, service: str) -> str:
    """The stream on which a service speaks to one corporation; the braces are the cluster's hash tag."""
    return f"buurtthuis:{{{corporation}}}:{service}"


def readers_name(corporation: str, service: str) -> str:
    """The hash in which readers of that stream note how far they are."""
    return f"{stream_name(corporation, service)}:readers"


def connect(url: str) -> Redis:
    """A client that fails fast, so that whoever holds a lock finds out."""
    client: Redis = Redis.from_url(
        url,
        protocol=2,
        socket_timeout=5,
        socket_connect_timeout=3,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    return client


def position_of(entry_id: bytes | str) -> int:
    """The position in a stream id: `b"42-0"` is 42."""
    return int((entry_id.decode() if isinstance(entry_id, bytes) else entry_id).partition("-")[0])


async def last_published(client: Redis, stream: str) -> int:
    """The highest position a stream ever had; 0 where there is no stream."""
    try:
        return position_of((await client.xinfo_stream(stream))["last-generated-id"])
    except ResponseError as error:
        if "no such key" in str(error):
            return 0
        raise
