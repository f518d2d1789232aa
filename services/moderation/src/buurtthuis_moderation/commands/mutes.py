"""What can be asked about residents who cannot write for a while."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work

from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.mutes import Mute, Muted
from buurtthuis_moderation.domain.pages import Page

on = Handlers()


@dataclass(frozen=True)
class LiftMute:
    mute_id: UUID
    by: Actor


@on.command
async def lift_mute(command: LiftMute, work: Work) -> Result:
    """Before its time; nobody lifts their own."""
    (house,) = await work.read_one(Mute, command.mute_id, "house_id")
    page = await work.share(Page, house)
    await check_acts(page, command.by, work)
    mute = await work.get(Mute, command.mute_id)
    return Result(mute, await note(page.id, [mute.lift(work.now)], command.by, work))


async def check_acts(page: Page, by: Actor, work: Work) -> None:
    """Raises NotAModerator, or Muted: who cannot write cannot moderate either."""
    page.check_looks_after(by)
    await check_not_muted(page.id, by, work)


async def check_not_muted(house: UUID, by: Actor, work: Work) -> None:
    """Raises Muted."""
    ends = await work.count(Mute, "until", house_id=house, resident_id=by.person, lifted=False)
    until = max((end for (end,) in ends), default=None)
    if until and until > work.now:
        raise Muted(until=f"{until:%Y-%m-%d %H:%M} UTC")


async def muted_in(house: UUID, work: Work) -> set[UUID]:
    """Residents who cannot write, or moderate, on a page now."""
    mutes = await work.count(Mute, "resident_id", "until", house_id=house, lifted=False)
    return {resident for resident, until in mutes if until > work.now}
