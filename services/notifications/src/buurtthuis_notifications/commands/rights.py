"""What can be asked of rights for houses. They count here at once; in every other service when it hears of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import ForAllHouses
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.houses import ALL_HOUSES
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.events.notifications import GivenRole, RightGiven

from buurtthuis_notifications.domain.known import KnownHouse
from buurtthuis_notifications.domain.rights import HasRightAlready, Held, NotForYourself, Right

on = Handlers()


@dataclass(frozen=True)
class GiveRight:
    held: Held
    by: Actor
    until: datetime | None = None


@on.command
async def give_right(command: GiveRight, work: Work) -> RightGiven:
    """Nobody gives themselves any, since it may leave them less than they had, or more than they should have."""
    held = command.held
    if held.subject_id == command.by.person:
        raise NotForYourself
    _check_gives(held.role, work)
    if held.house_id:
        await work.get(KnownHouse, held.house_id)  # alone, so that nobody is given the same twice
    now = await work.time()
    if await _holding(held, now, work):
        raise HasRightAlready
    right, given = Right.give(held, command.by.person, now, command.until)
    work.keep(right)
    await work.note_right(right.given())
    return given


@dataclass(frozen=True)
class TakeRightAway:
    right_id: UUID
    by: Actor


@on.command
async def take_right_away(command: TakeRightAway, work: Work) -> Result:
    """With every other by which they have the same. Raises RightHasEnded."""
    right = await work.get(Right, command.right_id)
    _check_gives(right.role, work)
    now = await work.time()
    right.check_holds(now)
    ending = await _holding(right.held, now, work)
    taken = [each.take_away(command.by.person, now) for each in ending]
    for each in ending:
        await work.note_right(each.given())
    return Result(right, taken)


def _check_gives(role: GivenRole, work: Work) -> None:
    """Who has a role for some houses gives others what is for those, and decides of nobody whether they are staff."""
    if role is GivenRole.STAFF and work.cause.houses != ALL_HOUSES:
        raise ForAllHouses(roles="staff")


async def _holding(held: Held, now: datetime, work: Work) -> list[Right]:
    """By which they have it now."""
    return [right for right in await work.find(Right, **vars(held)) if right.holds(now)]
