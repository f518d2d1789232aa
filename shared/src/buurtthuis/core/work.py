"""One unit of work: one transaction, one corporation, and the events that happened in it.

Handlers see only this protocol; `persistence.unit_of_work.SqlWork` keeps its promises on PostgreSQL and
`testing.FakeWork` in memory, and one conformance suite runs on both.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from buurtthuis.core.actor import Actor
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import NotFound, NotYourHouse, Outdated
from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.rights import GivenRight
from buurtthuis.events import Event


class Aggregate(Protocol):
    """What work can load, lock and keep. `version` counts the events that happened to it."""

    id: UUID
    version: int


#: The version of an aggregate that somebody read; or several, any of which will do.
Versions = int | frozenset[int]

A = TypeVar("A", bound=Aggregate)
E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Cause:
    """Why work is done: who acts, as the envelopes of what happens will say (`actor`), and in which trace.

    `resident_id` is the resident whose doing it is, also where `actor` does not name them; None where it is nobody's or
    somebody else's. A reaction is the system's work, for `event`, which was `said_at` a moment: there it is the resident
    who did what the event tells. Of other `houses` than these there is nothing to get, and nothing is kept."""

    actor: Actor
    resident_id: UUID | None = None
    traceparent: str | None = None
    event: UUID | None = None
    said_at: datetime | None = None
    houses: Houses = ALL_HOUSES


def check_is_there(aggregate: Aggregate, cause: Cause) -> None:
    """What is of another house is not there for whoever is limited to some. Raises NotFound."""
    if not cause.houses.have(aggregate):
        raise NotFound(what=type(aggregate).__name__.lower(), id=aggregate.id)


def check_may_be_kept(created: object, cause: Cause) -> None:
    """Raises NotYourHouse where it is for another house than whoever is limited to some may make things for."""
    if not cause.houses.have(created):
        raise NotYourHouse(field="house_id")


def check_version(aggregate: Aggregate, versions: Versions | None) -> None:
    """Raises Outdated where somebody changed it since it was read."""
    read = frozenset({versions}) if isinstance(versions, int) else versions
    if read is not None and aggregate.version not in read:
        sent = ", ".join(map(str, sorted(read))) or "none that counts"
        raise Outdated(current=aggregate.version, sent=sent)


class SeveralFound(Exception):
    """What a rule or the database keeps single is there several times: a fault of ours, and nobody's to refuse."""

    def __init__(self, kind: type[Any], equal: Mapping[str, Any]) -> None:
        super().__init__(f"{kind.__name__} with {', '.join(equal)}")


def only(found: Sequence[A], kind: type[A], equal: Mapping[str, Any]) -> A | None:
    """The one that was found, or None. Raises SeveralFound."""
    if len(found) > 1:
        raise SeveralFound(kind, equal)
    return found[0] if found else None


def house_of(kind: type[Any]) -> tuple[str, ...]:
    """The name of the attribute that says of which house it is, where it has one."""
    return ("house_id",) if "house_id" in getattr(kind, "__dataclass_fields__", ()) else ()


def the_row(found: Sequence[tuple[Any, ...]], kind: type[Any], id: UUID, cause: Cause) -> tuple[Any, ...]:
    """The one row that was read, without what `house_of` had read after it. Raises NotFound, see `check_is_there`."""
    if not found or (house_of(kind) and found[0][-1] not in cause.houses):
        raise NotFound(what=kind.__name__.lower(), id=id)
    return found[0][:-1] if house_of(kind) else found[0]


class Wrote(NamedTuple):
    """An entry of the journal that lost its words: what kind of event it is, and what it is about."""

    event: type[Event]
    about: UUID


@dataclass(frozen=True)
class Receipt:
    """What a command's caller gets back: which aggregate, and its version after the command."""

    id: UUID
    version: int


#: What a command is answered that names no aggregate.
NOTHING = Receipt(id=UUID(int=0), version=0)


class Work(Protocol):
    """What a handler may do. All of it happens, or none."""

    @property
    def cause(self) -> Cause:
        """Why this is done, and for whom."""

    @property
    def corporation(self) -> Corporation:
        """The one corporation this work is for; nothing of another can be seen or touched."""

    @property
    def now(self) -> datetime:
        """The moment of this work, in UTC."""

    async def get(self, kind: type[A], id: UUID, version: Versions | None = None) -> A:
        """The aggregate, locked until the work is done.

        Raises NotFound, also where it is of a house that this work is not for; or Outdated where `version` is given and somebody was faster."""

    async def find(self, kind: type[A], /, **equal: Any) -> list[A]:
        """All aggregates whose attributes equal these, locked, oldest first; also of houses that this work is not for,
        since a rule may have to know of them."""

    async def find_one(self, kind: type[A], /, **equal: Any) -> A | None:
        """The one aggregate whose attributes equal these, locked; None where there is none.

        Raises SeveralFound where there are more."""

    async def read(self, kind: type[Any], /, *names: str, **equal: Any) -> list[tuple[Any, ...]]:
        """The attributes `names` of all whose attributes equal these, parts of aggregates too; oldest first where they have
        an id, else in no order.

        Nothing is loaded or locked: by the time it is used, somebody else may have changed it."""

    async def read_one(self, kind: type[Any], id: UUID, *names: str) -> tuple[Any, ...]:
        """The same of the one with this id. Raises NotFound, as `get` does."""

    async def share(self, kind: type[A], id: UUID) -> A:
        """The aggregate to look at, not to change: nobody changes it until the work is done, and others may share it.

        Raises NotFound."""

    async def count(self, kind: type[Any], /, *by: str, **equal: Any) -> Counter[tuple[Any, ...]]:
        """How many there are whose attributes equal these, for each combination of the attributes `by`.

        They are not loaded, so a hundred thousand are no burden."""

    async def time(self) -> datetime:
        """The moment by the one clock that all replicas share, for what a deadline decides."""

    def add(self, created: tuple[A, E]) -> E:
        """Keep a new aggregate; returns the event that tells of it, for the handler to return.

        Raises NotYourHouse where it is of a house that this work is not for."""

    def keep(self, *aggregates: Any) -> None:
        """Keep new ones, or parts with an `id`, of which no event tells."""

    async def get_or_keep(self, created: A) -> A:
        """The aggregate with this one's id, locked; this one itself, kept, where there is none yet."""

    async def forget(self, kind: type[Any], /, **equal: Any) -> int:
        """Delete all whose attributes equal these, parts of aggregates too; says how many there were.

        They are not loaded, and an aggregate that was got before does not notice: forget first, get then."""

    async def blank(self, kind: type[Any], /, *words: str, **equal: Any) -> int:
        """Empty these attributes, words or lists, of all whose attributes equal these; says how many had something in them.

        Like `forget`, it comes before whatever is got."""

    async def redact(self, house: UUID) -> int:
        """Take what people wrote back out of everything that was said about a house, and of what waits of it.

        Says how many entries of the journal held any. The relay takes them off the stream as soon as it can."""

    async def redact_about(self, subjects: Collection[UUID], *words: str) -> int:
        """Take these words, or without any all of them, back out of all events with these subjects.

        Events that wait, of whoever said them, lose them too; says how many entries of the journal held any."""

    async def erase(self, resident: UUID) -> list[Wrote]:
        """Take what a resident wrote back out of everything they said, here and in what waits; says of which.

        From now on nothing is done in their name here: commands are refused, and answers that were remembered for
        them are gone. It comes before whatever else is done about them; once more, it finds what is left."""

    async def revoke(self, id: UUID, before: datetime | None = None) -> None:
        """Let nobody in here by a token of this subject, of this sign-in or with this id that was issued before then.

        Without `before` whenever it was issued: for good. It is with the other services once they hear TokensRevoked."""

    async def note_right(self, right: GivenRight) -> None:
        """Let somebody in here with this right, until it ends; noted once more with an earlier end, until then.

        It is with the other services once they hear RightGiven or RightTakenAway."""

    async def words(self, house: UUID) -> int:
        """How many entries of the journal about a house hold what people wrote."""


def new_id() -> UUID:
    """A UUIDv7: random enough to be unguessable, and in order of creation."""
    return uuid7()
