"""What can be read about decisions, appeals and mutes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from buurtthuis.events.moderation import Action, Category, ContentKind, DecidedBy
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.appeals import AppealState
from buurtthuis_moderation.queries.people import check_looks_after
from buurtthuis_moderation.storage.decisions import appeals, decisions, mutes
from buurtthuis_moderation.storage.members import members

#: Decisions whose text goes in one round of the clock.
SOME = 500


class AppealView(BaseModel):
    """Somebody's wish that somebody else looks again, and what came of it."""

    id: UUID
    decision_id: UUID
    case_id: UUID
    state: AppealState
    words: str | None
    filed_at: datetime
    reason: str | None
    decided_by: DecidedBy | None
    decided_at: datetime | None
    version: int


class DecisionView(BaseModel):
    """What was decided, by which rule and why. `text` is the content as it was, while an appeal is possible.

    `undone` decisions count no longer: an appeal was upheld."""

    id: UUID
    case_id: UUID
    content_id: UUID
    kind: ContentKind
    action: Action
    rule: Category | None
    reason: str | None
    decided_by: DecidedBy
    at: datetime
    text: str | None
    appeal_until: datetime | None
    muted_until: datetime | None
    undone: bool
    appeal: AppealView | None


class MuteView(BaseModel):
    """A resident who cannot write on the page until then, by the name that they took on it."""

    id: UUID
    resident_id: UUID
    name: str | None
    until: datetime


async def of_case(session: AsyncSession, case: UUID) -> list[DecisionView]:
    """Oldest first."""
    return await _decisions(session, decisions.c.case_id == case)


async def list_own(session: AsyncSession, author: UUID) -> list[DecisionView]:
    """What was decided about what somebody wrote, newest first."""
    return (await _decisions(session, decisions.c.author_id == author))[::-1]


async def show_decision(session: AsyncSession, id: UUID, author: UUID) -> DecisionView:
    """Raises NotFound, also where it is about somebody else."""
    found = await _decisions(session, decisions.c.id == id, decisions.c.author_id == author)
    if not found:
        raise NotFound(what="decision", id=id)
    return found[0]


async def list_appeals(
    session: AsyncSession,
    page: UUID,
    by: Actor,
    state: AppealState,
    *,
    after: UUID | None = None,
    limit: int = 50,
) -> list[AppealView]:
    """In the order in which they came. Raises NotFound or NotAModerator."""
    await check_looks_after(session, page, by)
    query = select(appeals).where(appeals.c.house_id == page, appeals.c.state == state)
    query = query.where(appeals.c.author_id.is_distinct_from(by.person))
    order = appeals.c.filed_at, appeals.c.id
    if after:
        last = select(*order).where(appeals.c.id == after).subquery()
        query = query.where(
            (appeals.c.filed_at > select(last.c.filed_at).scalar_subquery())
            | ((appeals.c.filed_at == select(last.c.filed_at).scalar_subquery()) & (appeals.c.id > after))
        )
    found = await session.execute(query.order_by(*order).limit(limit))
    return [AppealView(**row._mapping) for row in found]


async def show_appeal(session: AsyncSession, id: UUID, by: Actor) -> AppealView:
    """For whoever filed it, and for those who look after the page. Raises NotFound."""
    row = (await session.execute(select(appeals).where(appeals.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="appeal", id=id)
    if row.author_id != by.person:
        await check_looks_after(session, row.house_id, by)
    return AppealView(**row._mapping)


async def list_mutes(session: AsyncSession, page: UUID, by: Actor, now: datetime) -> list[MuteView]:
    """Those that last, the first to end first. Raises NotFound or NotAModerator."""
    await check_looks_after(session, page, by)
    named = (members.c.house_id == mutes.c.house_id) & (members.c.resident_id == mutes.c.resident_id)
    query = select(mutes, members.c.name).outerjoin(members, named)
    lasting = mutes.c.house_id == page, ~mutes.c.lifted, mutes.c.until > now
    found = await session.execute(query.where(*lasting).order_by(mutes.c.until, mutes.c.id))
    return [MuteView(**row._mapping) for row in found]


def past_appeal(now: Now) -> Select[UUID]:
    """Decisions that still have their text, and that nobody can appeal against any more, nor does."""
    waiting = exists().where(appeals.c.decision_id == decisions.c.id, appeals.c.state == AppealState.PENDING)
    due = decisions.c.text.is_not(None), decisions.c.appeal_until <= now, ~waiting
    return select(decisions.c.id).where(*due).order_by(decisions.c.appeal_until).limit(SOME)


async def _decisions(session: AsyncSession, *where: ColumnElement[bool]) -> list[DecisionView]:
    rows = (await session.execute(select(decisions).where(*where).order_by(decisions.c.at))).all()
    ids = [row.id for row in rows]
    against = await session.execute(select(appeals).where(appeals.c.decision_id.in_(ids)))
    filed: dict[UUID, Any] = {row.decision_id: AppealView(**row._mapping) for row in against}
    return [DecisionView(**row._mapping, appeal=filed.get(row.id)) for row in rows]
