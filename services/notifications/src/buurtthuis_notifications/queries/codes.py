"""Reading codes that were asked for: what each would do, and for whom. Nobody who asks learns anything of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import SealedAddress
from buurtthuis_notifications.domain.codes import TRIES, CodeRequest
from buurtthuis_notifications.domain.residents import Agreed, ReadingLevel, reads

NEWEST = text(
    """
    SELECT id FROM codes
    WHERE digests && CAST(:digests AS bytea[]) AND adds IS NULL AND used_at IS NULL AND tries < :tries
      AND expires_at > :now AND (CAST(:house AS text) IS NULL OR wish ->> 'house_id' = :house)
      AND coalesce(CAST(wish ->> 'another' AS boolean), false) = :another
    ORDER BY expires_at DESC, id DESC LIMIT 1
    """
)


async def newest(
    session: AsyncSession, address: SealedAddress, wish: CodeRequest, now: datetime
) -> UUID | None:
    """The newest code that can be typed in still, of those that were sent there; one to join its house, where it has one."""
    asked = {
        "digests": list(address.digests),
        "tries": TRIES,
        "now": now,
        "house": str(wish.house_id) if wish.house_id else None,
        "another": wish.another,
    }
    found: UUID | None = await session.scalar(NEWEST, asked)
    return found


@dataclass(frozen=True)
class CodeMeaning:
    """What a code does: who has its address signs in, or `adds` it; who is new, or another there, joins `house`, and agrees.

    `address` is how whoever has it wrote it first: the same mailbox may be written otherwise, and is not shown to be theirs."""

    language: str
    house: str | None
    agreed: tuple[Agreed, ...]
    address: bytes | None
    is_of_use: bool


MEANINGS = text(
    """
    SELECT codes.id, codes.wish, codes.adds, known_houses.title, known.secret, residents.language, residents.level
    FROM codes
    LEFT JOIN LATERAL (
        SELECT resident_id, secret FROM addresses
        WHERE addresses.kind = codes.kind AND addresses.digest = ANY(codes.digests)
        ORDER BY array_position(codes.digests, addresses.digest) LIMIT 1
    ) AS known ON true
    LEFT JOIN residents ON residents.id = coalesce(codes.adds, known.resident_id)
    LEFT JOIN known_houses ON known_houses.id = CAST(codes.wish ->> 'house_id' AS uuid)
    WHERE codes.id = ANY(:ids)
    """
)
LINKED = text(
    "SELECT id FROM codes WHERE id = :id AND link = :link AND used_at IS NULL AND expires_at > :now"
)


async def meanings(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, CodeMeaning]:
    found = await session.execute(MEANINGS, {"ids": list(ids)}) if ids else ()
    return {row.id: _meaning(row) for row in found}


async def meaning_of_link(session: AsyncSession, id: UUID, link: bytes, now: datetime) -> CodeMeaning | None:
    """What pressing the button does, where that is the code's link and it is good now."""
    found = await session.scalar(LINKED, {"id": id, "link": link, "now": now})
    return (await meanings(session, [id])).get(id) if found else None


def _meaning(row: Any) -> CodeMeaning:
    wish: CodeRequest = WISH.validate_python(row.wish, strict=False)
    if wish.another or not (row.adds or row.secret):
        return CodeMeaning(wish.reads, row.title, wish.agreed, row.secret, is_of_use=row.title is not None)
    language = reads(row.language, ReadingLevel(row.level)) if row.language else wish.reads
    return CodeMeaning(language, None, (), None if row.adds else row.secret, is_of_use=True)


WISH = TypeAdapter(CodeRequest)
