"""The unit of work on PostgreSQL: `core.work.Work`, kept in one transaction with the journal."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper

from buurtthuis.core.actor import Actor
from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import NotFound, Refused
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
    only,
    the_row,
)
from buurtthuis.events import Event
from buurtthuis.persistence import erasure, journal, revocation, rights

A = TypeVar("A", bound=Aggregate)
E = TypeVar("E", bound=Event)


class Committed(NamedTuple):
    """What a unit of work left behind, for whoever goes on with it: to publish it, or to work on rows of these tables."""

    corporation: str
    tables: frozenset[str]

    @property
    def journalled(self) -> bool:
        """Whether there is something to publish."""
        return journal.journal.name in self.tables


class SqlWork:
    """`work.Work` on PostgreSQL. Journal rows go in after the state they belong to is locked and written."""

    def __init__(self, session: AsyncSession, corporation: Corporation, cause: Cause, clock: Clock) -> None:
        self.session = session
        self.corporation = corporation
        self.cause = cause
        self.now = clock()
        self._clock = clock
        self._held: dict[str, Aggregate] = {}
        self._created: list[Aggregate] = []
        self._rows: list[dict[str, Any]] = []
        self._tables: set[str] = set()

    @property
    def committed(self) -> Committed:
        """What is there to go on with, once it is finished and committed."""
        return Committed(self.corporation.slug, frozenset(self._tables))

    async def get(self, kind: type[A], id: UUID, version: Versions | None = None) -> A:
        """See `work.Work.get`."""
        aggregate = self._held.get(str(id)) or await self._locked(kind, id)
        assert isinstance(aggregate, kind)
        check_is_there(aggregate, self.cause)
        check_version(aggregate, version)
        return aggregate

    async def find(self, kind: type[A], /, **equal: Any) -> list[A]:
        """See `work.Work.find`."""
        await self._write_state()
        query = select(kind).filter_by(**equal).order_by("id").with_for_update()
        found = list((await self.session.scalars(query)).unique())
        for aggregate in found:
            self._held[str(aggregate.id)] = aggregate
        return found

    async def find_one(self, kind: type[A], /, **equal: Any) -> A | None:
        """See `work.Work.find_one`."""
        return only(await self.find(kind, **equal), kind, equal)

    async def read(self, kind: type[Any], /, *names: str, **equal: Any) -> list[tuple[Any, ...]]:
        """See `work.Work.read`."""
        await self._write_state()
        query = select(*(getattr(kind, name) for name in names)).filter_by(**equal)
        ordered = query.order_by(kind.id) if hasattr(kind, "id") else query
        return [tuple(row) for row in await self.session.execute(ordered)]

    async def read_one(self, kind: type[Any], id: UUID, *names: str) -> tuple[Any, ...]:
        """See `work.Work.read_one`."""
        return the_row(await self.read(kind, *names, *house_of(kind), id=id), kind, id, self.cause)

    async def share(self, kind: type[A], id: UUID) -> A:
        """See `work.Work.share`."""
        aggregate = self._held.get(str(id)) or await self._locked(kind, id, shared=True)
        assert isinstance(aggregate, kind)
        check_is_there(aggregate, self.cause)
        return aggregate

    async def count(self, kind: type[Any], /, *by: str, **equal: Any) -> Counter[tuple[Any, ...]]:
        """See `work.Work.count`."""
        await self._write_state()
        columns = [getattr(kind, name) for name in by]
        query = select(*columns, func.count()).select_from(kind).filter_by(**equal).group_by(*columns)
        return Counter(
            {tuple(group): number for *group, number in await self.session.execute(query) if number}
        )

    async def time(self) -> datetime:
        """See `work.Work.time`."""
        return await time(self.session, self._clock)

    def add(self, created: tuple[A, E]) -> E:
        """See `work.Work.add`."""
        aggregate, event = created
        self.keep(aggregate)
        return event

    def keep(self, *aggregates: Any) -> None:
        """See `work.Work.keep`."""
        for aggregate in aggregates:
            check_may_be_kept(aggregate, self.cause)
        self._created += aggregates
        self._held.update({str(aggregate.id): aggregate for aggregate in aggregates})

    async def get_or_keep(self, created: A) -> A:
        """See `work.Work.get_or_keep`."""
        check_may_be_kept(created, self.cause)
        kind = type(created)
        if str(created.id) in self._held:
            return await self.get(kind, created.id)
        await self._write_state()
        self._note(kind)
        await self.session.execute(
            insert_unless(inspect(kind).local_table).on_conflict_do_nothing(), rows(kind, [created])
        )
        return await self.get(kind, created.id)

    async def forget(self, kind: type[Any], /, **equal: Any) -> int:
        """See `work.Work.forget`."""
        await self._write_state()
        self._note(kind)
        return _changed(await self.session.execute(delete(kind).filter_by(**equal)))

    async def blank(self, kind: type[Any], /, *words: str, **equal: Any) -> int:
        """See `work.Work.blank`."""
        await self._write_state()
        self._note(kind)
        columns = {word: inspect(kind).columns[word] for word in words}
        empty: dict[str, Any] = {word: [] if _is_list(column) else None for word, column in columns.items()}
        query = update(kind).filter_by(**equal).where(or_(*map(is_filled, columns.values()))).values(empty)
        return _changed(await self.session.execute(query))

    async def redact(self, house: UUID) -> int:
        """See `work.Work.redact`."""
        await self.flush()
        return await journal.redact(self.session, house)

    async def redact_about(self, subjects: Collection[UUID], *words: str) -> int:
        """See `work.Work.redact_about`."""
        await self.flush()
        return await journal.redact_about(self.session, subjects, *words)

    async def erase(self, resident: UUID) -> list[Wrote]:
        """See `work.Work.erase`."""
        await self.flush()
        await erasure.bury(self.session, resident)
        return await journal.redact_said_by(self.session, Actor.of_resident(resident).written())

    async def revoke(self, id: UUID, before: datetime | None = None) -> None:
        """See `work.Work.revoke`."""
        await revocation.note(self.session, id, before, self.cause.said_at or self.now)

    async def note_right(self, right: GivenRight) -> None:
        """See `work.Work.note_right`."""
        await rights.note(self.session, right)

    async def words(self, house: UUID) -> int:
        """See `work.Work.words`."""
        await self.flush()
        return await journal.count_words(self.session, house)

    def record(self, outcome: Answer | Happened | Refused) -> list[Event]:
        """Note what happened, to be journalled with the state; what it happened to grows a version older."""
        events = list(events_of(outcome))
        for event in events:
            self._age(event)
            self._rows.append(journal.row(event, self.cause, self.now))
        return events

    def receipt(self, answer: Answer) -> Receipt:
        """What a command's caller is answered, once what happened is recorded."""
        return receipt_of(answer, self._held)

    async def flush(self) -> None:
        """Write the state, then the journal rows; the work goes on."""
        await self._write_state()
        await self._write_journal()

    async def finish(self) -> None:
        """Write the state, then the journal rows, each in bulk; nothing comes after."""
        kinds = dict.fromkeys(map(type, self._created))  # in the order of their first: parents come before
        if not any(map(_has_parts, self._created)):
            for kind in kinds:
                created = [aggregate for aggregate in self._created if type(aggregate) is kind]
                await self.session.execute(insert(inspect(kind).local_table), rows(kind, created))
            self._note(*kinds)
            self._created = []
        await self.flush()

    async def _write_state(self) -> None:
        self.session.add_all(self._created)
        self._created = []
        if changed := [*self.session.new, *self.session.dirty]:
            self._note(*map(type, changed))
            await self.session.flush()

    async def _write_journal(self) -> None:
        if self._rows:
            await self.session.execute(insert(journal.journal), self._rows)
            self._rows = []
            self.wrote(journal.journal.name)

    def wrote(self, table: str) -> None:
        """Something, by a statement of one's own: whoever looks there will look."""
        self._tables.add(table)

    def _note(self, *kinds: type) -> None:
        self._tables.update(map(_table_of, kinds))

    async def _locked(self, kind: type[A], id: UUID, *, shared: bool = False) -> A:
        aggregate = await self.session.get(kind, id, with_for_update={"read": shared})
        if aggregate is None:
            raise NotFound(what=kind.__name__.lower(), id=id)
        self._held[str(id)] = aggregate
        return aggregate

    def _age(self, event: Event) -> None:
        aggregate = self._held.get(event.subject)
        if aggregate:
            aggregate.version += 1


async def time(session: AsyncSession, clock: Clock) -> datetime:
    """The moment by the database's clock, unless somebody holds the clock."""
    if clock is not utc_now:
        return clock()
    moment: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return moment


def is_filled(column: Any) -> ColumnElement[bool]:
    """Whether there is something in it: neither null nor an empty list."""
    return func.cardinality(column) > 0 if _is_list(column) else column.is_not(None)


def _is_list(column: Any) -> bool:
    return isinstance(column.type, ARRAY)


def _changed(result: Any) -> int:
    return int(result.rowcount)


def rows(kind: type, aggregates: Iterable[object]) -> list[dict[str, Any]]:
    """As rows, to be inserted at once: a third of what it costs to make the session look after each."""
    columns = _columns(kind)
    return [{column: held.get(attribute) for column, attribute in columns} for held in map(vars, aggregates)]


@cache
def _table_of(kind: type) -> str:
    return str(inspect(kind).local_table.name)


def _has_parts(aggregate: Aggregate) -> bool:
    kind: type[Aggregate] = type(aggregate)
    return any(vars(aggregate).get(name) for name in _parts(kind))


@cache
def _parts(kind: type) -> tuple[str, ...]:
    return tuple(inspect(kind).relationships.keys())


@cache
def _columns(kind: type) -> tuple[tuple[str, str], ...]:
    """Column and attribute names."""
    mapped: Mapper[Any] = inspect(kind)
    return tuple((attribute.columns[0].name, attribute.key) for attribute in mapped.column_attrs)
