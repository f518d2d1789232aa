"""As whom somebody looks after a page, in the words of what is decided."""

from typing import Final

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.events.moderation import DecidedBy

DECIDES_AS: Final = {
    ActorKind.SYSTEM: DecidedBy.AUTOMATIC,
    ActorKind.STAFF: DecidedBy.STAFF,
    ActorKind.GUIDE: DecidedBy.GUIDE,
    ActorKind.RESIDENT: DecidedBy.MODERATOR,
}


def decides_as(by: Actor) -> DecidedBy:
    """Of residents only a page's moderators decide. Raises KeyError for anybody who decides nothing."""
    return DECIDES_AS[by.kind]
