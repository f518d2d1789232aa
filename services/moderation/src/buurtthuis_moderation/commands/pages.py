"""What can be asked of a page."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.domain.privacy import count_left_of_house, take_away_house
from buurtthuis.events.moderation import PageAnonymised

from buurtthuis_moderation.commands.mutes import check_acts, check_not_muted
from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.looks import squeezed
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.names import NameTaken, check_name
from buurtthuis_moderation.domain.pages import Page, Rules
from buurtthuis_moderation.domain.personal import PERSONAL

on = Handlers()


@dataclass(frozen=True)
class ChangeRules:
    page_id: UUID
    rules: Rules
    by: Actor
    version: Versions | None = None


@on.command
async def change_rules(command: ChangeRules, work: Work) -> Result:
    page = await work.get(Page, command.page_id, command.version)
    await check_acts(page, command.by, work)
    return Result(page, await note(page.id, [page.change(command.rules)], command.by, work))


@dataclass(frozen=True)
class TakeName:
    page_id: UUID
    resident_id: UUID
    name: str


@on.command
async def take_name(command: TakeName, work: Work) -> Result:
    """The page is locked, so that of two who want the same name one is refused."""
    page = await work.get(Page, command.page_id)
    page.check_open()
    await check_not_muted(page.id, Actor.of_resident(command.resident_id), work)
    check_name(command.name, work.corporation, page.rules.checks)
    member = await work.get_or_keep(Member.of(command.page_id, command.resident_id))
    alike = await work.count(Member, "id", house_id=command.page_id, look=squeezed(command.name))
    if alike.keys() - {(member.id,)}:
        raise NameTaken(field="name")
    member.take_name(command.name)
    return Result(page)


@dataclass(frozen=True)
class AnonymisePage:
    """The promised day has come; whoever comes second finds it done."""

    page_id: UUID


@on.command
async def anonymise_page(command: AnonymisePage, work: Work) -> PageAnonymised | None:
    """What is left is counted afterwards, and not taken from what was removed."""
    page, now = await work.get(Page, command.page_id), await work.time()
    if not page.is_to_be_anonymised(now, work.corporation.time_zone):
        return None
    removed = await take_away_house(PERSONAL, page.id, work)
    return page.anonymise(removed, await count_left_of_house(PERSONAL, page.id, work))
