"""Reading who is where. What an address says stays sealed here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import Select, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_notifications.domain.addresses import AddressKind
from buurtthuis_notifications.domain.corrections import Correction, NothingToUndo
from buurtthuis_notifications.domain.known import KnownHouse
from buurtthuis_notifications.domain.residents import Purpose, ReadingLevel, Resident
from buurtthuis_notifications.storage.residents import corrections, memberships, residents


def agrees_to(purpose: Purpose, resident: str = "residents.id") -> str:
    """Whether somebody agrees to this now, as SQL."""
    return (
        f"EXISTS (SELECT FROM consents WHERE consents.resident_id = {resident}"
        f" AND purpose = '{purpose}' AND withdrawn_at IS NULL)"
    )


class Neighbour(BaseModel):
    """A resident of a house, as staff see them: a pseudonym, and how they can be reached, not where."""

    id: UUID
    language: str
    level: ReadingLevel
    joined_at: datetime
    reached_by: list[AddressKind]


NEIGHBOURS = text(
    """
    SELECT residents.id, residents.language, residents.level, memberships.joined_at,
           coalesce(array_agg(DISTINCT addresses.kind) FILTER (WHERE addresses.failed_at IS NULL
                    AND addresses.kind IS NOT NULL), '{}') AS reached_by
    FROM memberships
    JOIN residents ON residents.id = memberships.resident_id
    LEFT JOIN addresses ON addresses.resident_id = residents.id
    WHERE memberships.house_id = :house AND memberships.left_at IS NULL
      AND (CAST(:after AS uuid) IS NULL OR residents.id > :after)
    GROUP BY residents.id, memberships.joined_at
    ORDER BY residents.id LIMIT :limit
    """
)


async def list_neighbours(
    session: AsyncSession, house: UUID, after: UUID | None, limit: int
) -> list[Neighbour]:
    """Who is in a house now, by pseudonym. Raises NotFound."""
    if await session.get(KnownHouse, house) is None:
        raise NotFound(what="house", id=house)
    found = await session.execute(NEIGHBOURS, {"house": house, "after": after, "limit": limit})
    return [Neighbour.model_validate(dict(row)) for row in found.mappings()]


class FailedAddress(BaseModel):
    """An address where nothing arrives any more: `failed_why` says so in codes, nothing says which address it is."""

    id: UUID
    resident_id: UUID
    kind: AddressKind
    failed_at: datetime
    failed_why: str | None


FAILED = text(
    """
    SELECT id, resident_id, kind, failed_at, failed_why FROM addresses
    WHERE failed_at IS NOT NULL AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit
    """
)


async def failed_addresses(session: AsyncSession, after: UUID | None, limit: int) -> list[FailedAddress]:
    """In order of id."""
    found = await session.execute(FAILED, {"after": after, "limit": limit})
    return [FailedAddress.model_validate(dict(row)) for row in found.mappings()]


ADDRESSES = text(
    """
    SELECT id, resident_id, kind, secret, silences FROM addresses
    WHERE resident_id = ANY(:residents) AND failed_at IS NULL ORDER BY id
    """
)


async def addresses_of(session: AsyncSession, residents: Sequence[UUID]) -> Sequence[Any]:
    """Where these residents can be reached, sealed."""
    return (await session.execute(ADDRESSES, {"residents": list(residents)})).all() if residents else []


async def one_resident(session: AsyncSession, id: UUID) -> Resident:
    """All that is kept of somebody. Raises NotFound."""
    resident = await session.get(Resident, id)
    if resident is None:
        raise NotFound(what="resident", id=id)
    return resident


async def last_correction(session: AsyncSession, resident: UUID) -> Correction:
    """What was corrected last, and can perhaps be taken back. Raises NothingToUndo."""
    query = select(Correction).where(corrections.c.resident_id == resident).order_by(corrections.c.id.desc())
    correction = (await session.scalars(query.limit(1))).one_or_none()
    if correction is None:
        raise NothingToUndo
    return correction


def in_no_house(_: Now) -> Select[UUID]:
    """Residents whose every house is anonymised; some of them, where there are many."""
    housed = exists().where(
        memberships.c.corporation == residents.c.corporation, memberships.c.resident_id == residents.c.id
    )
    return select(residents.c.id).where(~housed).limit(100)


__all__ = [
    "FailedAddress",
    "Neighbour",
    "addresses_of",
    "agrees_to",
    "failed_addresses",
    "in_no_house",
    "last_correction",
    "list_neighbours",
    "one_resident",
]
