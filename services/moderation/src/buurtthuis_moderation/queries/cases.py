"""What those who look after a page can read about cases, and what whoever reported something can."""

from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from buurtthuis.events.moderation import (
    Category,
    ContentKind,
    EscalationReason,
    RecusalReason,
)
from buurtthuis.events.surveys import Origin
from pydantic import BaseModel
from sqlalchemy import Row, Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.cases import CaseState, ReportState, Why
from buurtthuis_moderation.domain.contents import ContentState
from buurtthuis_moderation.domain.findings import Finding
from buurtthuis_moderation.queries.decisions import DecisionView, of_case
from buurtthuis_moderation.queries.people import check_looks_after, is_looked_after
from buurtthuis_moderation.storage.cases import cases, recusals, reports
from buurtthuis_moderation.storage.contents import contents
from buurtthuis_moderation.storage.members import members

#: The most urgent first, then what waits longest.
TURN = (~cases.c.urgent, cases.c.opened_at, cases.c.id)


class CaseView(BaseModel):
    """A case, with what was written as it reads now. `author` is the name that a resident took on this page.

    `waits_since` is when somebody had to look for the first time since it was last decided; None where nobody has to."""

    id: UUID
    house_id: UUID
    content_id: UUID
    kind: ContentKind
    why: tuple[Why, ...]
    urgent: bool
    state: CaseState
    waits_since: datetime | None
    taken: bool
    mine: bool
    escalated: EscalationReason | None
    removal_proposed: bool
    text: str | None
    language: str
    origin: Origin
    author: str | None
    content_state: ContentState
    findings: tuple[Finding, ...]
    version: int


class ReportView(BaseModel):
    """What somebody said is wrong with it; nobody is told who."""

    category: Category
    words: str | None
    urgent: bool
    at: datetime
    state: ReportState


class RecusalView(BaseModel):
    """That somebody does not handle it."""

    reason: RecusalReason
    at: datetime


class WholeCase(CaseView):
    """With all that happened about it; `ground` is why its text stays, whoever asks to be forgotten."""

    ground: str | None
    reports: list[ReportView]
    recusals: list[RecusalView]
    decisions: list[DecisionView]


class OwnReport(BaseModel):
    """What somebody reported, and what became of it."""

    content_id: UUID
    category: Category
    words: str | None
    at: datetime
    state: ReportState


async def list_cases(
    session: AsyncSession,
    page: UUID,
    by: Actor,
    state: CaseState,
    *,
    after: UUID | None = None,
    limit: int = 50,
) -> list[CaseView]:
    """In the order in which to look at them. Raises NotFound or NotAModerator."""
    await check_looks_after(session, page, by)
    query = _cases(by).where(cases.c.house_id == page, cases.c.state == state)
    if after:
        last = select(*TURN).where(cases.c.id == after).scalar_subquery()
        query = query.where(tuple_(*TURN) > last)
    return [_view(row, by) for row in await session.execute(query.order_by(*TURN).limit(limit))]


async def show_case(session: AsyncSession, id: UUID, by: Actor) -> WholeCase:
    """Raises NotFound, also for whoever wrote it or does not look after the page: not even that it is there is for them."""
    row = (await session.execute(_cases(by).where(cases.c.id == id))).one_or_none()
    if row is None or not await is_looked_after(session, row.house_id, by):
        raise NotFound(what="case", id=id)
    said = await session.execute(select(reports).where(reports.c.case_id == id).order_by(reports.c.number))
    kept_off = await session.execute(
        select(recusals).where(recusals.c.case_id == id).order_by(recusals.c.number)
    )
    return WholeCase(
        **_view(row, by).model_dump(),
        ground=row.ground,
        reports=[ReportView(**report._mapping) for report in said],
        recusals=[RecusalView(**recusal._mapping) for recusal in kept_off],
        decisions=await of_case(session, id),
    )


async def list_own_reports(session: AsyncSession, reporter: UUID) -> list[OwnReport]:
    """The last hundred, newest first."""
    query = select(reports, cases.c.content_id).join(cases, cases.c.id == reports.c.case_id)
    found = await session.execute(
        query.where(reports.c.reporter_id == reporter).order_by(reports.c.at.desc()).limit(100)
    )
    return [OwnReport(**row._mapping) for row in found]


def _cases(by: Actor) -> Select[Any]:
    named = and_(members.c.house_id == cases.c.house_id, members.c.resident_id == contents.c.author_id)
    columns = (
        contents.c.text,
        contents.c.language,
        contents.c.origin,
        contents.c.findings,
        contents.c.state.label("content_state"),
        members.c.name.label("author"),
    )
    query = (
        select(cases, *columns).join(contents, contents.c.id == cases.c.content_id).outerjoin(members, named)
    )
    if by.is_staff:
        return query.where(contents.c.origin != Origin.CORPORATION)
    return query.where(contents.c.author_id.is_distinct_from(by.person))


def _view(row: Row[Any], by: Actor) -> CaseView:
    return CaseView(
        **{
            **row._mapping,
            "waits_since": row.opened_at if row.state is CaseState.OPEN else None,
            "taken": row.assignee_id is not None,
            "mine": row.assignee_id == by.person,
            "removal_proposed": row.removal_by is not None,
        }
    )
