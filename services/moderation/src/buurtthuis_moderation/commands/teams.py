"""What can be asked about those who look after a page."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Invalid
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.moderation import GuideAssigned

from buurtthuis_moderation.commands.escalation import escalate_all_that_waits_without
from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.cases import Case
from buurtthuis_moderation.domain.pages import Page

on = Handlers()


@dataclass(frozen=True)
class AppointModerator:
    page_id: UUID
    resident_id: UUID
    by: Actor


@on.command
async def appoint_moderator(command: AppointModerator, work: Work) -> Result:
    """Whoever removes for good needs a second person, who is nobody's choice but the corporation's."""
    page = await work.get(Page, command.page_id)
    page.check_open()
    return Result(page, await note(page.id, page.appoint(command.resident_id), command.by, work))


@dataclass(frozen=True)
class ResignModerator:
    """Staff say for whom."""

    page_id: UUID
    by: Actor
    resident_id: UUID | None = None


@on.command
async def resign_moderator(command: ResignModerator, work: Work) -> Result:
    resident = _resigning(command)
    page = await work.get(Page, command.page_id)
    return Result(page, await note(page.id, await _resign(page, resident, work), command.by, work))


def _resigning(command: ResignModerator) -> UUID:
    theirs = command.by.resident
    if theirs and command.resident_id not in (None, theirs):
        raise Invalid("Residents speak for themselves only.", field="resident_id")
    resident = theirs or command.resident_id
    if resident is None:
        raise Invalid("Say which resident this is for.", field="resident_id")
    return resident


@dataclass(frozen=True)
class AssignGuide:
    page_id: UUID
    guide_id: UUID
    by: Actor


@on.command
async def assign_guide(command: AssignGuide, work: Work) -> Result:
    """What the one before had taken waits again."""
    page = await work.get(Page, command.page_id)
    before = page.guide_id
    assigned: GuideAssigned = page.assign(command.guide_id)
    given_back = await _give_back(before, page, work) if before and before != command.guide_id else []
    return Result(page, await note(page.id, [assigned, *given_back], command.by, work))


async def _give_back(guide: UUID, page: Page, work: Work) -> list[Event]:
    taken = await work.find(Case, house_id=page.id, assignee_id=guide)
    return [event for case in taken for event in case.lose(guide)]


async def resign_everywhere(resident: UUID, work: Work, **where: UUID) -> list[Event]:
    """From every page that they look after; in one order for all, so that nobody waits in a circle."""
    pages = await work.read(Page, "id", "moderators", **where)
    theirs = sorted(id for id, moderators in pages if resident in moderators)
    return [event for id in theirs for event in await _resign(await work.get(Page, id), resident, work)]


async def _resign(page: Page, resident: UUID, work: Work) -> list[Event]:
    """What waits goes to the guide where nobody else is left for it."""
    return [*page.resign(resident), *await escalate_all_that_waits_without(resident, page, work)]
