"""What anybody in a house may know about how its page is looked after: how many, why, how fast, and never what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.events.moderation import Action, Category, DecidedBy
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.appeals import AppealState
from buurtthuis_moderation.domain.cases import CaseState, ReportState
from buurtthuis_moderation.domain.contents import OURS, ContentState
from buurtthuis_moderation.queries.pages import check_page
from buurtthuis_moderation.storage.cases import cases, reports
from buurtthuis_moderation.storage.contents import contents
from buurtthuis_moderation.storage.decisions import appeals, decisions


class StatisticsView(BaseModel):
    """Since the page began. Each list of numbers stands by itself: nothing tells which rule led to which action."""

    posts: dict[ContentState, int] = Field(description="Posts and replies, by where they are now.")
    reports: dict[Category, int] = Field(description="Reports, by what was said to be wrong.")
    outcomes: dict[ReportState, int] = Field(description="The same, by what became of them.")
    actions: dict[Action, int] = Field(description="Decisions, by what was decided.")
    rules: dict[Category, int] = Field(description="Decisions against something, by rule.")
    decided_by: dict[DecidedBy, int] = Field(description="Decisions, by who decided.")
    undone: int = Field(description="Decisions that an appeal undid.")
    appeals: dict[AppealState, int]
    median_hours: float | None = Field(
        description="From when somebody had to look until it was decided; half of them took longer."
    )
    waiting: int = Field(description="Cases that nobody has decided yet.")
    waits_since: datetime | None = Field(description="Since when the oldest of them does.")


async def show_statistics(session: AsyncSession, page: UUID) -> StatisticsView:
    """Raises NotFound."""
    await check_page(session, page)
    took = func.extract("epoch", decisions.c.at - decisions.c.opened_at) / 3600
    median = select(func.percentile_cont(0.5).within_group(took)).where(decisions.c.house_id == page)
    open_cases = cases.c.house_id == page, cases.c.state == CaseState.OPEN
    waiting = (
        await session.execute(select(func.count(), func.min(cases.c.opened_at)).where(*open_cases))
    ).one()
    hours = await session.scalar(median)
    return StatisticsView(
        posts=await _by(session, contents, "state", page, contents.c.kind.in_(OURS)),
        reports=await _by(session, reports, "category", page),
        outcomes=await _by(session, reports, "state", page),
        actions=await _by(session, decisions, "action", page),
        rules=await _by(session, decisions, "rule", page, decisions.c.rule.is_not(None)),
        decided_by=await _by(session, decisions, "decided_by", page),
        undone=sum((await _by(session, decisions, "undone", page, decisions.c.undone)).values()),
        appeals=await _by(session, appeals, "state", page),
        median_hours=None if hours is None else round(float(hours), 1),
        waiting=waiting[0],
        waits_since=waiting[1],
    )


async def _by(
    session: AsyncSession, table: Table, column: str, page: UUID, *where: ColumnElement[bool]
) -> dict[Any, int]:
    query = select(table.c[column], func.count()).where(table.c.house_id == page, *where)
    return dict((await session.execute(query.group_by(table.c[column]))).all())
