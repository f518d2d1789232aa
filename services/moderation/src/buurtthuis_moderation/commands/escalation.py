"""Where nobody who looks after a page is left to decide, the guide is asked."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.moderation import CaseEscalated, EscalationReason

from buurtthuis_moderation.commands.mutes import muted_in
from buurtthuis_moderation.domain.appeals import Appeal, AppealState, conflict
from buurtthuis_moderation.domain.cases import Case, CaseState
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_moderation.domain.decisions import Decision
from buurtthuis_moderation.domain.pages import Page


@dataclass(frozen=True)
class Matter:
    """A case with what it is about, and the page that it is on. They are locked in the order page, content, case."""

    page: Page
    content: Content
    case: Case


async def escalate_where_nobody_is_left(matter: Matter, work: Work) -> list[Event]:
    """To decide a case."""
    free = (matter.case.is_free(matter.content, moderator) for moderator in await _acting(matter.page, work))
    return [] if any(free) else [*matter.case.escalate(EscalationReason.NO_MODERATOR)]


async def escalate_appeal_where_nobody_is_left(matter: Matter, decision: Decision, work: Work) -> list[Event]:
    """To answer an appeal."""
    acting = await _acting(matter.page, work)
    if any(_may_answer(moderator, matter, decision) for moderator in acting):
        return []
    return [
        CaseEscalated(case_id=matter.case.id, house_id=matter.page.id, reason=EscalationReason.NO_MODERATOR)
    ]


async def escalate_all_that_waits_without(moderator: UUID, page: Page, work: Work) -> list[Event]:
    """They moderate the page no longer, or cannot for a while: what they had taken waits again, and where they were the
    last, the guide is asked."""
    said: list[Event] = []
    for case in await work.find(Case, house_id=page.id, state=CaseState.OPEN):
        matter = Matter(page, await work.get(Content, case.content_id), case)
        said += [*case.lose(moderator), *await escalate_where_nobody_is_left(matter, work)]
    for appeal in await work.find(Appeal, house_id=page.id, state=AppealState.PENDING):
        decision = await work.get(Decision, appeal.decision_id)
        case = await work.get(Case, decision.case_id)
        matter = Matter(page, await work.get(Content, case.content_id), case)
        if _may_answer(moderator, matter, decision):
            said += await escalate_appeal_where_nobody_is_left(matter, decision, work)
    return said


async def _acting(page: Page, work: Work) -> list[UUID]:
    muted = await muted_in(page.id, work)
    return [moderator for moderator in page.moderators if moderator not in muted]


def _may_answer(moderator: UUID, matter: Matter, decision: Decision) -> bool:
    return conflict(decision, matter.case, matter.content, Actor.of_resident(moderator)) is None
