"""What can be asked about how somebody wants to be told, and of which ideas."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work

from buurtthuis_notifications.domain.known import Follower, KnownTheme
from buurtthuis_notifications.domain.residents import Resident
from buurtthuis_notifications.domain.wishes import Wish, Wishes

on = Handlers()


@dataclass(frozen=True)
class SayWishes:
    resident_id: UUID
    wish: Wish
    version: Versions | None = None


@on.command
async def say_wishes(command: SayWishes, work: Work) -> Result:
    if not await work.count(Resident, id=command.resident_id):
        raise NotFound(what="resident", id=command.resident_id)
    await work.get_or_keep(Wishes.usual(command.resident_id))
    wishes = await work.get(Wishes, command.resident_id, command.version)
    wishes.become(command.wish)
    return Result(wishes)


@dataclass(frozen=True)
class FollowTheme:
    resident_id: UUID
    theme_id: UUID


@on.command
async def follow_theme(command: FollowTheme, work: Work) -> None:
    """One of another house is answered as an unknown one."""
    resident = await work.share(Resident, command.resident_id)
    theme = await work.share(KnownTheme, command.theme_id)
    if theme.house_id not in resident.houses:
        raise NotFound(what="theme", id=theme.id)
    await work.get_or_keep(Follower.of(theme.id, resident.id))


@dataclass(frozen=True)
class UnfollowTheme:
    resident_id: UUID
    theme_id: UUID


@on.command
async def unfollow_theme(command: UnfollowTheme, work: Work) -> None:
    await work.forget(Follower, theme_id=command.theme_id, resident_id=command.resident_id)
