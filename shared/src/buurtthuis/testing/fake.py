"""Work and backbone in memory: no server, no waiting, and the same promises as the real thing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from buurtthuis.core.actor import SYSTEM, Actor, ActorKind, resident_of
from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import AskedToBeForgotten, KeyReused, NotFound, Refused, why
from buurtthuis.core.handlers import Handlers, Reaction, outcome
from buurtthuis.core.result import Answer, Happened, events_of, receipt_of
from buurtthuis.core.rights import GivenRight
from buurtthuis.core.work import (
    Aggregate,
    Cause,
    Receipt,
    Versions,
    Wrote,
    check_is_there,
    check_may_be_kept,
    check_version,
    house_of,
    new_id,
    only,
    the_row,
)
from buurtthuis.eventlog.dead_letters import ParkedEvent
from buurtthuis.eventlog.envelope import Envelope, source_of
from buurtthuis.eventlog.redaction import without_words
from buurtthuis.eventlog.retries import ATTEMPTS, StillFailing
from buurtthuis.events import Event
from buurtthuis.persistence.engine import is_transient
from buurtthuis.persistence.idempotency import IdempotencyKey
from buurtthuis.runtime.service import Service

A = TypeVar("A", bound=Aggregate)
E = TypeVar("E", bound=Event)
Kept = dict[tuple[type, UUID], Any]
Redaction = Callable[[Envelope], Envelope]

WOONPARTNERS = Corporation(
    slug="woonpartners",
    name="Woonpartners Midden-Holland",
    kvk="90000011",
    languages=("nl",),
    time_zone="Europe/Amsterdam",
)
WATERLELIE = Corporation(
    slug="de-waterlelie",
    name="Woonstichting De Waterlelie",
    kvk="90000022",
    languages=("nl",),
    time_zone="Europe/Amsterdam",
)


class FakeWork:
    """`work.Work` in memory. What is got or found is a copy, so that work that fails changes nothing."""

    def __init__(
        self,
        *kept: Aggregate,
        corporation: Corporation = WOONPARTNERS,
        now: datetime | None = None,
        cause: Cause | None = None,
        journal: Sequence[Envelope] = (),
    ) -> None:
        self.corporation = corporation
        self.now = now or utc_now()
        self.cause = cause or Cause(SYSTEM)
        self.said: list[tuple[Event, Cause]] = []
        self._kept: Kept = {(type(aggregate), aggregate.id): aggregate for aggregate in kept}
        self._held: dict[str, Any] = {}
        #: What was said before, and what is left of it without the words that were taken back.
        self.journal = list(journal)
        self.redactions: list[Redaction] = []
        self.erased: set[UUID] = set()
        self.revoked: dict[UUID, datetime | None] = {}
        self.rights: dict[UUID, GivenRight] = {}
        self.forgotten: set[tuple[type, UUID]] = set()

    async def get(self, kind: type[A], id: UUID, version: Versions | None = None) -> A:
        """See `work.Work.get`."""
        aggregate = self._held.get(str(id)) or self._take(kind, id)
        assert isinstance(aggregate, kind)
        check_is_there(aggregate, self.cause)
        check_version(aggregate, version)
        return aggregate

    async def find(self, kind: type[A], /, **equal: Any) -> list[A]:
        """See `work.Work.find`."""
        found = [
            aggregate
            for aggregate in self._all(kind)
            if all(getattr(aggregate, name) == equal[name] for name in equal)
        ]
        self._held.update(
            {
                str(aggregate.id): self._held.get(str(aggregate.id)) or deepcopy(aggregate)
                for aggregate in found
            }
        )
        return sorted(
            (self._held[str(aggregate.id)] for aggregate in found), key=lambda aggregate: aggregate.id
        )

    async def find_one(self, kind: type[A], /, **equal: Any) -> A | None:
        """See `work.Work.find_one`."""
        return only(await self.find(kind, **equal), kind, equal)

    async def read(self, kind: type[Any], /, *names: str, **equal: Any) -> list[tuple[Any, ...]]:
        """See `work.Work.read`."""
        found = [each for each in self._all(kind) if _fits(each, kind, equal)]
        found.sort(key=lambda each: each.id if hasattr(each, "id") else 0)
        return [tuple(getattr(each, name) for name in names) for each in found]

    async def read_one(self, kind: type[Any], id: UUID, *names: str) -> tuple[Any, ...]:
        """See `work.Work.read_one`."""
        return the_row(await self.read(kind, *names, *house_of(kind), id=id), kind, id, self.cause)

    async def share(self, kind: type[A], id: UUID) -> A:
        """See `work.Work.share`."""
        return await self.get(kind, id)

    async def count(self, kind: type[Any], /, *by: str, **equal: Any) -> Counter[tuple[Any, ...]]:
        """See `work.Work.count`."""
        found = [
            aggregate
            for aggregate in self._all(kind)
            if all(getattr(aggregate, name) == equal[name] for name in equal)
        ]
        return Counter(tuple(getattr(aggregate, name) for name in by) for aggregate in found)

    async def time(self) -> datetime:
        """See `work.Work.time`."""
        return self.now

    def add(self, created: tuple[A, E]) -> E:
        """See `work.Work.add`."""
        aggregate, event = created
        self.keep(aggregate)
        return event

    def keep(self, *aggregates: Any) -> None:
        """See `work.Work.keep`."""
        for aggregate in aggregates:
            check_may_be_kept(aggregate, self.cause)
        self._held.update({str(aggregate.id): aggregate for aggregate in aggregates})

    async def get_or_keep(self, created: A) -> A:
        """See `work.Work.get_or_keep`."""
        check_may_be_kept(created, self.cause)
        if (type(created), created.id) not in self._kept:
            self._held.setdefault(str(created.id), created)
        return await self.get(type(created), created.id)

    async def forget(self, kind: type[Any], /, **equal: Any) -> int:
        """See `work.Work.forget`."""
        gone = self._mine(kind, equal)
        for owner in self._held.values():
            _drop_parts(owner, gone)
        for aggregate in gone:
            self._held.pop(str(aggregate.id), None)
            self.forgotten.add((type(aggregate), aggregate.id))
        return len(gone)

    async def blank(self, kind: type[Any], /, *words: str, **equal: Any) -> int:
        """See `work.Work.blank`."""
        filled = [
            aggregate
            for aggregate in self._mine(kind, equal)
            if any(getattr(aggregate, word) not in (None, ()) for word in words)
        ]
        for aggregate in filled:
            for word in words:
                setattr(aggregate, word, () if isinstance(getattr(aggregate, word), tuple) else None)
        return len(filled)

    async def redact(self, house: UUID) -> int:
        """See `work.Work.redact`."""
        return len(self._redact(lambda entry: without_words(entry) if entry.house == str(house) else entry))

    async def redact_about(self, subjects: Collection[UUID], *words: str) -> int:
        """See `work.Work.redact_about`."""
        about = {str(id) for id in subjects}
        return len(
            self._redact(lambda entry: without_words(entry, *words) if entry.subject in about else entry)
        )

    async def erase(self, resident: UUID) -> list[Wrote]:
        """See `work.Work.erase`."""
        self.erased.add(resident)
        actor = Actor.of_resident(resident).written()
        redacted = self._redact(lambda entry: without_words(entry) if entry.actor == actor else entry)
        return [Wrote(Event.known[entry.type], UUID(entry.subject)) for entry in redacted]

    async def revoke(self, id: UUID, before: datetime | None = None) -> None:
        """See `work.Work.revoke`."""
        known = self.revoked.get(id, before)
        self.revoked[id] = max(known, before) if known and before else None

    async def note_right(self, right: GivenRight) -> None:
        """See `work.Work.note_right`."""
        known = self.rights.get(right.id, right)
        ends = [moment for moment in (known.until, right.until) if moment]
        self.rights[right.id] = replace(right, until=min(ends, default=None))

    async def words(self, house: UUID) -> int:
        """See `work.Work.words`."""
        return sum(entry.house == str(house) and entry != without_words(entry) for entry in self.journal)

    def record(self, outcome: Answer | Happened | Refused) -> list[Event]:
        """Note what happened, as the library does with what a handler returns; what it happened to grows a version older."""
        events = list(events_of(outcome))
        for event in events:
            if event.subject in self._held:
                self._held[event.subject].version += 1
            self.said.append((event, self.cause))
        return events

    def receipt(self, answer: Answer) -> Receipt:
        """What a command's caller is answered, once what happened is recorded."""
        return receipt_of(answer, self._held)

    def changed(self) -> Kept:
        """Everything that was got, found or added, as it is now."""
        return {(type(aggregate), aggregate.id): aggregate for aggregate in self._held.values()}

    def _redact(self, redaction: "Redaction") -> list[Envelope]:
        """The entries that held any words."""
        before, self.journal = self.journal, [redaction(entry) for entry in self.journal]
        self.redactions.append(redaction)
        return [entry for entry, left in zip(before, self.journal, strict=True) if entry != left]

    def _take(self, kind: type[A], id: UUID) -> A:
        aggregate: A | None = deepcopy(self._kept.get((kind, id)))
        if aggregate is None or (kind, id) in self.forgotten:
            raise NotFound(what=kind.__name__.lower(), id=id)
        self._held[str(id)] = aggregate
        return aggregate

    def _all(self, kind: type[A]) -> Iterator[A]:
        """As they stand in the middle of this work."""
        for key, item in {**self._kept, **self.changed()}.items():
            if key not in self.forgotten:
                yield from (each for each in (item, *_parts(item)) if isinstance(each, kind))

    def _mine(self, kind: type[Any], equal: Mapping[str, Any]) -> list[Any]:
        """Those that this work may change; a part comes with its aggregate."""
        for aggregate in list(self._kept.values()):
            if str(aggregate.id) not in self._held and any(
                _fits(each, kind, equal) for each in (aggregate, *_parts(aggregate))
            ):
                self._held[str(aggregate.id)] = deepcopy(aggregate)
        return [aggregate for aggregate in self._all(kind) if _fits(aggregate, kind, equal)]


def _fits(thing: Any, kind: type[Any], equal: Mapping[str, Any]) -> bool:
    return isinstance(thing, kind) and all(getattr(thing, name) == equal[name] for name in equal)


def _drop_parts(aggregate: Any, gone: Sequence[Any]) -> None:
    ids = {id(aggregate) for aggregate in gone}
    for value in vars(aggregate).values():
        if isinstance(value, list):
            value[:] = [part for part in value if id(part) not in ids]


def _parts(aggregate: Any) -> Iterator[Any]:
    """What lives inside an aggregate; in a database it has a table of its own."""
    for value in vars(aggregate).values():
        if isinstance(value, list):
            yield from value


@dataclass
class Desk:
    """What one service keeps for one corporation: in the real thing, the rows that row-level security lets through."""

    service: str
    corporation: Corporation
    clock: Clock
    kept: Kept = field(default_factory=dict)
    journal: list[Envelope] = field(default_factory=list)
    checkpoints: Counter[str] = field(default_factory=Counter)
    parked: dict[UUID, tuple[ParkedEvent, Envelope]] = field(default_factory=dict)
    answers: dict[tuple[UUID, str], tuple[bytes, Receipt]] = field(default_factory=dict)
    erased: set[UUID] = field(default_factory=set)
    revoked: dict[UUID, datetime | None] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def work(self, cause: Cause) -> AsyncIterator[FakeWork]:
        """A unit of work: what it changed and said is kept at the end, or nothing happened."""
        work = FakeWork(
            *self.kept.values(),
            corporation=self.corporation,
            now=self.clock(),
            cause=cause,
            journal=self.journal,
        )
        work.revoked = dict(self.revoked)
        yield work
        self.revoked = work.revoked
        self.kept.update(work.changed())
        for key in work.forgotten:
            self.kept.pop(key, None)
        self.journal[:] = work.journal
        self._erase(work)
        for event, why_said in work.said:
            self.journal.append(self._envelope(event, why_said, work.now))

    def park(self, source: str, envelope: Envelope, reaction: str, reason: str) -> None:
        """See `parking.park`."""
        if resident_of(envelope.actor) in self.erased:
            envelope = without_words(envelope)
        event = ParkedEvent(
            id=new_id(),
            source=source,
            position=envelope.position,
            reaction=reaction,
            parked_at=self.clock(),
            why=reason,
            envelope=envelope.attributes(),
        )
        self.parked[event.id] = event, envelope

    def _erase(self, work: FakeWork) -> None:
        """What work took back goes out of what waits too; nobody who was forgotten is remembered an answer."""
        for redaction in work.redactions:
            for id, (event, envelope) in self.parked.items():
                left = redaction(envelope)
                self.parked[id] = event.model_copy(update={"envelope": left.attributes()}), left
        self.erased |= work.erased
        for principal, key in list(self.answers):
            if principal in work.erased:
                del self.answers[principal, key]

    def _envelope(self, event: Event, cause: Cause, now: datetime) -> Envelope:
        house = getattr(event, "house_id", None)
        return Envelope(
            id=str(new_id()),
            source=source_of(self.corporation, self.service),
            type=event.type(),
            subject=event.subject,
            time=now,
            position=len(self.journal) + 1,
            corporation=self.corporation.slug,
            house=str(house) if house else None,
            actor=cause.actor.written(),
            audience=event.audience,
            traceparent=cause.traceparent,
            data=event.model_dump(mode="json"),
        )


class FakeBackbone:
    """Whole services in memory: commands go in, and `settled` lets everything happen that follows."""

    def __init__(
        self,
        *services: Service,
        corporations: Sequence[Corporation] = (WOONPARTNERS, WATERLELIE),
        clock: Clock = utc_now,
    ) -> None:
        self.corporations = tuple(corporation.slug for corporation in corporations)
        self._everybody = corporations
        self._clock = clock
        self._handlers: dict[str, Handlers] = {}
        self._desks: dict[tuple[str, str], Desk] = {}
        for service in services:
            self._add(service)

    async def start(self, *services: Service) -> None:
        """Let these run too; they catch up with what was said before they came."""
        for service in services:
            self._add(service)

    async def run(
        self,
        service: str,
        command: object,
        corporation: str = WOONPARTNERS.slug,
        cause: Cause | None = None,
        key: IdempotencyKey | None = None,
    ) -> Receipt:
        """Have a command done. Raises the handler's Refused, having changed nothing but what happened by refusing."""
        desk = self._desk(service, corporation)
        handler = self._handlers[service].commands[type(command)]
        cause = cause or Cause(Actor(ActorKind.STAFF))
        async with desk.lock:
            if cause.resident_id in desk.erased:
                raise AskedToBeForgotten
            earlier = _earlier_answer(desk, key) if key else None
            if earlier:
                return earlier
            async with desk.work(cause) as work:
                answer = await outcome(handler, command, work)
                work.record(answer)
                came_to = answer if isinstance(answer, Refused) else work.receipt(answer)
            if isinstance(came_to, Refused):
                raise came_to
            if key:
                desk.answers[key.principal, key.key] = key.fingerprint, came_to
            return came_to

    async def kept(self, service: str, kind: type[A], corporation: str = WOONPARTNERS.slug) -> list[A]:
        """Copies of all aggregates of a kind, oldest first."""
        kept = self._desk(service, corporation).kept.values()
        return sorted(
            (deepcopy(aggregate) for aggregate in kept if isinstance(aggregate, kind)),
            key=lambda aggregate: aggregate.id,
        )

    async def revoked(
        self, service: str, corporation: str = WOONPARTNERS.slug
    ) -> dict[UUID, datetime | None]:
        """Whose tokens a service lets in no more, and before which moment, where it is not for good."""
        return dict(self._desk(service, corporation).revoked)

    async def journal(self, service: str, corporation: str = WOONPARTNERS.slug) -> list[Envelope]:
        """Everything that a service has said to a corporation."""
        return list(self._desk(service, corporation).journal)

    async def settled(self) -> None:
        """Deliver everything that was said, and what is said about that, until nothing follows."""
        while any([await self._listen(desk) for desk in self._desks.values()]):
            pass

    async def deliver_again(self, service: str, source: str, corporation: str = WOONPARTNERS.slug) -> None:
        """Bring a service once more what it heard already, as a stream may."""
        await self._receive(self._desk(service, corporation), source, self._said(source, corporation))

    async def parked(self, service: str, corporation: str = WOONPARTNERS.slug) -> list[ParkedEvent]:
        """Events that a reaction gave up on, oldest first."""
        return [event for event, _ in self._desk(service, corporation).parked.values()]

    async def retry(self, service: str, id: UUID, corporation: str = WOONPARTNERS.slug) -> None:
        """Let a reaction try its parked event once more. Raises NotFound or StillFailing."""
        desk = self._desk(service, corporation)
        async with desk.lock:
            event, envelope = _parked_event(desk, id)
            reaction = self._handlers[service].reactions[event.reaction]
            try:
                async with desk.work(envelope.cause()) as work:
                    work.record(await reaction.handle(envelope.event(), work))
            except Exception as error:
                raise StillFailing(why=why(error)) from error
            del desk.parked[id]

    async def drop(self, service: str, id: UUID, corporation: str = WOONPARTNERS.slug) -> None:
        """Give up on a parked event. Raises NotFound."""
        desk = self._desk(service, corporation)
        _parked_event(desk, id)
        del desk.parked[id]

    def _add(self, service: Service) -> None:
        self._handlers[service.name] = service.handlers
        for corporation in self._everybody:
            desk = Desk(service.name, corporation, self._clock)
            self._desks.setdefault((service.name, corporation.slug), desk)

    def _desk(self, service: str, corporation: str) -> Desk:
        return self._desks[service, corporation]

    def _said(self, source: str, corporation: str) -> list[Envelope]:
        """A producer that is not there says nothing."""
        desk = self._desks.get((source, corporation))
        return list(desk.journal) if desk else []

    async def _listen(self, desk: Desk) -> bool:
        """Whether there was anything to hear."""
        heard = [
            await self._receive(desk, source, self._said(source, desk.corporation.slug))
            for source in sorted(self._handlers[desk.service].heard)
        ]
        return any(heard)

    async def _receive(self, desk: Desk, source: str, batch: Sequence[Envelope]) -> bool:
        reactions = self._handlers[desk.service].reactions_to(source)
        async with desk.lock:
            fresh = [envelope for envelope in batch if envelope.position > desk.checkpoints[source]]
            for envelope in fresh:
                await _react(desk, source, envelope, reactions.get(envelope.type, ()))
                desk.checkpoints[source] = envelope.position
        return bool(fresh)


async def _react(desk: Desk, source: str, envelope: Envelope, reactions: Sequence[Reaction]) -> None:
    """All reactions to one event together; one that keeps failing is left out, and the event parked for it."""
    failures: Counter[str] = Counter()
    given_up: dict[str, str] = {}
    while True:
        running = ""
        try:
            async with desk.work(envelope.cause()) as work:
                for reaction in reactions:
                    if reaction.name not in given_up:
                        running = reaction.name
                        work.record(await reaction.handle(envelope.event(), work))
            break
        except Exception as error:
            if is_transient(error):  # the real thing waits for better times; a test wants to know
                raise
            failures[running] += 1
            if failures[running] == ATTEMPTS:
                given_up[running] = why(error)
    for name, reason in given_up.items():
        desk.park(source, envelope, name, reason)


def _parked_event(desk: Desk, id: UUID) -> tuple[ParkedEvent, Envelope]:
    if id not in desk.parked:
        raise NotFound(what="parked event", id=id)
    return desk.parked[id]


def _earlier_answer(desk: Desk, key: IdempotencyKey) -> Receipt | None:
    fingerprint, receipt = desk.answers.get((key.principal, key.key), (key.fingerprint, None))
    if fingerprint != key.fingerprint:
        raise KeyReused(place="Idempotency-Key")
    return receipt
