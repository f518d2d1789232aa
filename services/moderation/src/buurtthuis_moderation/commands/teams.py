"""What can be asked about those who look after a page."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.moderation import GuideAssigned
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_moderation.domain.pages import Page

on = Handlers()


@dataclass(frozen=True)
class AppointModerator:
    page_id: UUID
    resident_id: UUID
    by: UUID | None


@on.command
async def appoint_moderator(command: AppointModerator, work: Work) -> list[Event]:
    """By staff, or by those who look after the page already."""
    page = await work.get(Page, command.page_id)
    page.check_open()
    page.check_moderates(command.by)
    return page.appoint(command.resident_id)


@dataclass(frozen=True)
class ResignModerator:
    page_id: UUID
    resident_id: UUID


@on.command
async def resign_moderator(command: ResignModerator, work: Work) -> list[Event]:
    return (await work.get(Page, command.page_id)).resign(command.resident_id)


@dataclass(frozen=True)
class AssignGuide:
    page_id: UUID
    guide_id: UUID


@on.command
async def assign_guide(command: AssignGuide, work: Work) -> GuideAssigned:
    return (await work.get(Page, command.page_id)).assign(command.guide_id)


async def resign_everywhere(resident: UUID, work: Work, **where: UUID) -> list[Event]:
    """From every page that they look after; in one order for all, so that nobody waits in a circle."""
    pages = await work.count(Page, "id", "moderators", **where)
    theirs = sorted(id for id, moderators in pages if resident in moderators)
    return [event for id in theirs for event in (await work.get(Page, id)).resign(resident)]
