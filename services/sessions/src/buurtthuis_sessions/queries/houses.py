"""What can be read of houses."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.houses import Houses
from buurtthuis.domain.privacy import JOURNAL, Personal
from buurtthuis.events.sessions import Joining, Outcome
from buurtthuis.persistence import journal
from buurtthuis.persistence.looking import Now
from buurtthuis.persistence.unit_of_work import is_filled
from pydantic import BaseModel
from sqlalchemy import Date, Select, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.houses import HIDDEN, NOT_PUBLIC, HouseState
from buurtthuis_sessions.domain.personal import PERSONAL
from buurtthuis_sessions.storage.houses import houses

#: So far ahead of UTC the calendar is somewhere on earth.
FIRST_TO_SEE_THE_DAY = timedelta(hours=14)

PUBLIC = select(houses).where(houses.c.state.not_in(NOT_PUBLIC))


class Ending(BaseModel):
    """An end that was announced, and can be taken back until it takes effect."""

    outcome: Outcome
    reason: str
    takes_effect_at: datetime


class HouseView(BaseModel):
    """A house as a client reads it. `reason` is why it is paused, or how it ended.

    On `anonymise_on` all personal data of it goes. That an end was announced is for staff and guides."""

    id: UUID
    title: str
    town: str
    dwellings: int
    label: str | None
    ends_on: date | None
    gap_limit_days: int
    retention_days: int
    state: HouseState
    reason: str | None
    outcome: Outcome | None
    ended_on: date | None
    anonymise_on: date | None
    joining: Joining
    bag_id: str | None
    vera_id: str | None
    ending: Ending | None
    version: int


class PublicHouse(BaseModel):
    """A house as everybody may know of it, from its opening until its data goes."""

    id: UUID
    title: str
    label: str | None
    town: str
    state: HouseState
    outcome: Outcome | None
    ended_on: date | None


class Anonymisation(BaseModel):
    """The proof: what was `removed` on the day, and what of the house's personal data is `left` now, counted just now."""

    house_id: UUID
    anonymise_on: date | None
    anonymised: bool
    removed: dict[str, int] | None
    left: dict[str, int]


async def list_houses(
    session: AsyncSession,
    *,
    hidden: bool = False,
    state: HouseState | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[HouseView]:
    """Houses in order of opening; with the `hidden` ones that residents do not see yet."""
    query = _seen(hidden=hidden).order_by(houses.c.id).limit(limit)
    query = query.where(houses.c.state == state) if state else query
    query = query.where(houses.c.id > after) if after else query
    return [_view(row, hidden=hidden) for row in (await session.execute(query)).mappings()]


async def show_house(session: AsyncSession, id: UUID, *, hidden: bool = False) -> HouseView:
    """One house; raises NotFound, also for one that is hidden from whoever asks."""
    row = (await session.execute(_seen(hidden=hidden).where(houses.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="house", id=id)
    return _view(row, hidden=hidden)


async def list_public_houses(
    session: AsyncSession, *, after: UUID | None = None, limit: int = 50
) -> list[PublicHouse]:
    """What everybody may know of, in order of opening."""
    query = PUBLIC.order_by(houses.c.id).limit(limit)
    query = query.where(houses.c.id > after) if after else query
    return [PublicHouse(**row) for row in (await session.execute(query)).mappings()]


async def public_ids(session: AsyncSession) -> Houses:
    """Of all of them."""
    return Houses(frozenset(await session.scalars(PUBLIC.with_only_columns(houses.c.id))))


async def show_public_house(session: AsyncSession, id: UUID) -> PublicHouse:
    """One of them; raises NotFound."""
    row = (await session.execute(PUBLIC.where(houses.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="house", id=id)
    return PublicHouse(**row)


async def show_anonymisation(session: AsyncSession, id: UUID) -> Anonymisation:
    """What was removed of one house, and what is left; raises NotFound."""
    row = (await session.execute(select(houses).where(houses.c.id == id))).mappings().one_or_none()
    if row is None:
        raise NotFound(what="house", id=id)
    left = {personal.name: await _left(session, personal, id) for personal in PERSONAL}
    left[JOURNAL] = await journal.count_words(session, id)
    return Anonymisation(
        house_id=id,
        anonymise_on=row["anonymise_on"],
        anonymised=row["state"] is HouseState.ANONYMISED,
        removed=row["removed"],
        left=left,
    )


def to_end(now: Now) -> Select[UUID]:
    """Houses with an announced end that takes effect."""
    return select(houses.c.id).where(houses.c.takes_effect_at <= now).order_by(houses.c.takes_effect_at)


def to_anonymise(now: Now) -> Select[UUID]:
    """Houses whose day has come somewhere on earth."""
    day = cast(func.timezone("UTC", now + FIRST_TO_SEE_THE_DAY), Date)
    due = houses.c.anonymise_on <= day, houses.c.state != HouseState.ANONYMISED
    return select(houses.c.id).where(*due).order_by(houses.c.anonymise_on)


def _view(row: Mapping[Any, Any], *, hidden: bool) -> HouseView:
    announced = hidden and row["takes_effect_at"]
    ending = (
        Ending(
            outcome=row["announced_outcome"],
            reason=row["announced_reason"],
            takes_effect_at=row["takes_effect_at"],
        )
        if announced
        else None
    )
    return HouseView(**row, ending=ending)


def _seen(*, hidden: bool) -> Select[Any]:
    return select(houses) if hidden else select(houses).where(houses.c.state.not_in(HIDDEN))


async def _left(session: AsyncSession, personal: Personal, house: UUID) -> int:
    query = select(func.count()).select_from(personal.kind).filter_by(**{personal.by: house})
    if personal.words:
        query = query.where(or_(*(is_filled(getattr(personal.kind, word)) for word in personal.words)))
    return int((await session.execute(query)).scalar_one())
