"""The same request sent twice happens once, and both get the same answer.

The key is claimed in the transaction of the command itself: a second request with the key waits
for the first to end, and then reads its answer.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import column, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.errors import KeyReused
from buurtthuis.core.work import Receipt
from buurtthuis.persistence.looking import Look

#: How long an answer is remembered; clients may count on 24 hours.
REMEMBERED = timedelta(hours=48)

CLAIM = text(
    """
    INSERT INTO idempotency_keys (principal, key, fingerprint, used_at)
    VALUES (:principal, :key, :fingerprint, :used_at) ON CONFLICT DO NOTHING
    """
)
RECALL = text("SELECT fingerprint, answer FROM idempotency_keys WHERE principal = :principal AND key = :key")
STORE = text(
    "UPDATE idempotency_keys SET answer = CAST(:answer AS jsonb) WHERE principal = :principal AND key = :key"
)
RELEASE = text("DELETE FROM idempotency_keys WHERE principal = :principal AND key = :key")
FORGET = text("DELETE FROM idempotency_keys WHERE used_at < :before")
keys = table("idempotency_keys", column("corporation"), column("used_at"))
#: What `forget` drops.
EXPIRED = Look("expired_keys", lambda now: select(keys.c.used_at).where(keys.c.used_at < now - REMEMBERED))


@dataclass(frozen=True)
class IdempotencyKey:
    """One principal's name for one request; `fingerprint` tells whether the request is the same."""

    principal: UUID
    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, principal: UUID, key: str, *request: bytes) -> "IdempotencyKey":
        """The key for a request made of these parts: method, path, body."""
        return cls(principal, key, hashlib.sha256(b"\0".join(request)).digest())


async def earlier_answer(session: AsyncSession, key: IdempotencyKey, now: datetime) -> Receipt | None:
    """Claim the key, waiting for whoever holds it; the answer given before, if there was one.

    Raises KeyReused where the key came with another request."""
    named: dict[str, Any] = {"principal": key.principal, "key": key.key}
    claimed: Any = await session.execute(CLAIM, {**named, "fingerprint": key.fingerprint, "used_at": now})
    if claimed.rowcount:
        return None
    earlier = (await session.execute(RECALL, named)).one()
    if bytes(earlier.fingerprint) != key.fingerprint:
        raise KeyReused(place="Idempotency-Key")
    return Receipt(id=UUID(earlier.answer["id"]), version=earlier.answer["version"])


async def remember(session: AsyncSession, key: IdempotencyKey, receipt: Receipt) -> None:
    """Keep the answer, in the transaction of the command."""
    answer = orjson.dumps({"id": str(receipt.id), "version": receipt.version}).decode()
    await session.execute(STORE, {"principal": key.principal, "key": key.key, "answer": answer})


async def release(session: AsyncSession, key: IdempotencyKey) -> None:
    """Let whoever is refused try again with the same key, in the transaction that keeps what happened by that."""
    await session.execute(RELEASE, {"principal": key.principal, "key": key.key})


async def forget(session: AsyncSession, now: datetime) -> None:
    """Drop what nobody may still ask for."""
    await session.execute(FORGET, {"before": now - REMEMBERED})
