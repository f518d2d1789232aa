"""Names and connections on Redis, shared by the relay, the listener and the extensions that read along.

What is on Redis is believed only as far as `StreamKey` goes: whoever reaches Redis can write there, and speak for nobody.
"""

import asyncio
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Self

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.eventlog.envelope import Envelope, belongs, unwrap
from buurtthuis.identity.secret_files import secret_in

#: FastStream's own field name, so that a plain FastStream subscriber reads our entries without a parser.
DATA_FIELD = b"__data__"
#: By which a reader that has the deployment's key knows that a service of it wrote the entry, for this place.
MAC_FIELD = b"mac"
SHORTEST_STREAM_KEY = 32
#: Connections of one client, however much is asked at once; a service's reader has one besides.
CONNECTIONS = 2


class StreamKey:
    """The secret that all services of a deployment share, and Redis does not know.

    It marks each entry for its stream and its position (HMAC-SHA256), so an entry is good in no other place."""

    def __init__(self, secret: str) -> None:
        """Raises ValueError where it is short enough to be guessed."""
        if len(secret) < SHORTEST_STREAM_KEY:
            raise ValueError(f"it is shorter than {SHORTEST_STREAM_KEY} letters")
        self._secret = secret.encode()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The deployment's own, from the setting or the file, which is made on first use. Raises SettingsError."""
        beside = settings.issuer_key_file and settings.issuer_key_file.with_name("stream.key")
        path = settings.stream_key_file or beside
        secret, where = settings.stream_key, "STREAM_KEY"
        if not secret and path:
            secret = secret_in("STREAM_KEY_FILE", path, lambda: secrets.token_hex(32)).strip()
            where = f"STREAM_KEY_FILE: {path}"
        elif not secret:
            raise SettingsError(
                "Set STREAM_KEY: services know each other's entries on Redis by it. Any 32 letters and digits or "
                "more will do (`openssl rand -hex 32`), the same for all services."
            )
        try:
            return cls(secret)
        except ValueError as error:
            raise SettingsError(f"{where}: {error}.") from None

    def mac(self, stream: str, entry_id: str, document: bytes) -> bytes:
        """What marks this document as one of ours in this place."""
        message = f"{stream} {entry_id} ".encode() + document
        return hmac.digest(self._secret, message, "sha256").hex().encode()

    def made(self, stream: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> bool:
        """Whether a service of ours wrote this entry, here."""
        document, mac = fields.get(DATA_FIELD), fields.get(MAC_FIELD)
        if document is None or mac is None:
            return False
        return hmac.compare_digest(self.mac(stream, entry_id.decode("latin-1"), document), mac)


def stream_name(corporation: str, service: str) -> str:
    """The stream on which a service speaks to one corporation; the braces are the cluster's hash tag."""
    return f"buurtthuis:{{{corporation}}}:{service}"


def reader_mark(corporation: str, service: str, reader: str) -> str:
    """Where one reader of that stream notes how far it is."""
    return f"{stream_name(corporation, service)}:readers:{reader}"


def read_entry(
    key: StreamKey, corporation: Corporation, service: str, id: bytes, fields: Mapping[bytes, bytes]
) -> Envelope | None:
    """What a service said to a corporation, in this place of its stream; None where it did not."""
    if not key.made(stream_name(corporation.slug, service), id, fields):
        return None
    try:
        envelope = unwrap(fields[DATA_FIELD])
    except (ValueError, KeyError, TypeError):  # another version of us wrote it
        return None
    in_its_place = id == f"{envelope.position}-0".encode()
    return envelope if in_its_place and belongs(envelope, corporation, service) else None


class FewConnections(BlockingConnectionPool):
    """So few that none may get lost: whoever finds all of them in use waits."""

    async def release(self, connection: Any) -> None:
        """To the end, also where whoever asked was cancelled meanwhile."""
        await asyncio.shield(super().release(connection))


def connect(url: str) -> Redis:
    """A client that fails fast, so that whoever holds a lock finds out."""
    pool = FewConnections.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=5,
        protocol=2,
        socket_timeout=5,
        socket_connect_timeout=3,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    return Redis.from_pool(pool)


def position_of(entry_id: bytes | str) -> int:
    """The position in a stream id: `b"42-0"` is 42."""
    return int((entry_id.decode() if isinstance(entry_id, bytes) else entry_id).partition("-")[0])


async def last_published(client: Redis, stream: str) -> int | None:
    """The highest position a stream ever had; 0 where there is no stream, None where something else is in its place."""
    (end,) = await last_published_of(client, [stream])
    return end


async def last_published_of(client: Redis, streams: Sequence[str]) -> list[int | None]:
    """The same of many, in one round trip."""
    pipeline = client.pipeline(transaction=False)
    for stream in streams:
        pipeline.execute_command("XINFO", "STREAM", stream)  # xinfo_stream would take its entries apart
    return [_last(found) for found in await pipeline.execute(raise_on_error=False)] if streams else []


def _last(found: Any) -> int | None:
    if isinstance(found, ResponseError) and "no such key" in str(found):
        return 0
    if isinstance(found, ResponseError) and str(found).startswith("WRONGTYPE"):
        return None
    if isinstance(found, Exception):
        raise found
    return position_of(found[found.index(b"last-generated-id") + 1])
