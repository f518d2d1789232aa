"""What can be asked of a page."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.events.moderation import PageChanged
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_moderation.domain.looks import squeezed
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.names import NameTaken, check_name
from buurtthuis_moderation.domain.pages import Page, Rules

on = Handlers()


@dataclass(frozen=True)
class ChangeRules:
    page_id: UUID
    rules: Rules
    version: int | None = None


@on.command
async def change_rules(command: ChangeRules, work: Work) -> PageChanged:
    return (await work.get(Page, command.page_id, command.version)).change(command.rules)


@dataclass(frozen=True)
class TakeName:
    page_id: UUID
    resident_id: UUID
    name: str


@on.command
async def take_name(command: TakeName, work: Work) -> None:
    """The page is locked, so that of two who want the same name one is refused."""
    (await work.get(Page, command.page_id)).check_open()
    check_name(command.name, work.corporation)
    member = await work.get_or_keep(Member.of(command.page_id, command.resident_id))
    alike = await work.count(Member, "id", house_id=command.page_id, look=squeezed(command.name))
    if alike.keys() - {(member.id,)}:
        raise NameTaken(field="/name")
    member.take_name(command.name)
