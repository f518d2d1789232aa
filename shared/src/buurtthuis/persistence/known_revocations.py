"""Tokens that were taken back and rights that were given, as one service knows them: in memory, read anew when something
changed."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from buurtthuis.core.actor import ActorKind
from buurtthuis.core.errors import Unauthenticated
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.rights import GivenRight
from buurtthuis.core.work import Work
from buurtthuis.events.notifications import RightGiven, RightTakenAway, TokensRevoked
from buurtthuis.identity.principals import Principal
from buurtthuis.identity.rights import entitled
from buurtthuis.persistence import revocation, rights
from buurtthuis.persistence.engine import Database

#: While nobody would tell us, what was read is believed for so many seconds.
BELIEVED = 2.0
on = Handlers()


@on.event
async def note_given_right(event: RightGiven, work: Work) -> None:
    """In every service but the one that says it, which does so with the command."""
    await work.note_right(_right(event))


@on.event
async def note_right_taken_away(event: RightTakenAway, work: Work) -> None:
    """The same."""
    await work.note_right(_right(event))


def _right(event: RightGiven | RightTakenAway) -> GivenRight:
    kind = ActorKind(event.role.value)
    return GivenRight(event.right_id, event.subject_id, kind, event.house_id, event.until)


@on.event
async def revoke_tokens(event: TokensRevoked, work: Work) -> None:
    """In every service but the one that says it, which does so with the command."""
    await work.revoke(event.revoked_id, event.before)


class KnownRevocations(NamedTuple):
    """What is revoked in one corporation: an id, and before which moment, where it is not for good; and what staff gave to
    whom."""

    revoked: Mapping[UUID, datetime | None]
    rights: Mapping[UUID, tuple[GivenRight, ...]]
    turn: tuple[int, int]
    read_at: float


class Revocations:
    """What one service knows of them, in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, KnownRevocations] = {}
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        #: How often something was told of a corporation, and how often we began to listen: what is older is not believed.
        self._told: Counter[str] = Counter()
        self._listened = 0
        self._listening = False

    async def check(self, principal: Principal) -> Principal:
        """With what staff gave them. Raises Unauthenticated where the principal's token was taken back."""
        known = await self.refresh(principal.corporation)
        if self.revoked(principal):
            raise Unauthenticated(why="it was taken back")
        return entitled(principal, known.rights.get(principal.subject, ()), self._database.clock())

    async def refresh(self, corporation: str) -> KnownRevocations:
        """What is known, read anew where that may have changed."""
        if not self._is_fresh(corporation):
            async with self._reading[corporation]:
                if not self._is_fresh(corporation):  # nobody read it while this one waited
                    await self._read(corporation)
        return self._known[corporation]

    def revoked(self, principal: Principal) -> bool:
        """Whether the principal's token was taken back, as far as is known here."""
        known = self._known.get(principal.corporation)
        return known is not None and any(
            id in known.revoked and _is_before(principal.issued_at, known.revoked[id]) for id in principal.ids
        )

    def entitles_otherwise(self, principal: Principal) -> bool:
        """Whether they have other rights now than when they were let in, as far as is known here."""
        known, now = self._known.get(principal.corporation), self._database.clock()
        given = known.rights.get(principal.subject, ()) if known else ()
        return principal.rights != tuple(right for right in given if right.holds(now))

    def told(self, corporation: str) -> None:
        """Something was revoked, given or taken away, here or in another replica."""
        self._told[corporation] += 1

    def forget(self) -> None:
        """The database is another one: what was read of it, or is just being read, is not believed."""
        self._listened += 1

    def give_up(self, corporation: str) -> None:
        """What is known of one that left."""
        self._known.pop(corporation, None)

    def listening(self, *, yes: bool) -> None:
        """Whether we would be told."""
        self._listened += yes
        self._listening = yes

    def _is_fresh(self, corporation: str) -> bool:
        known = self._known.get(corporation)
        if known is None or known.turn != self._turn(corporation):
            return False
        return self._listening or asyncio.get_running_loop().time() < known.read_at + BELIEVED

    def _turn(self, corporation: str) -> tuple[int, int]:
        return self._listened, self._told[corporation]

    async def _read(self, corporation: str) -> None:
        turn, now = self._turn(corporation), asyncio.get_running_loop().time()
        async with self._database.transaction(corporation) as session:
            revoked, given = await revocation.read(session), await rights.read(session)
        self._known[corporation] = KnownRevocations(revoked, given, turn, now)


def _is_before(issued_at: datetime, moment: datetime | None) -> bool:
    return moment is None or issued_at < moment
