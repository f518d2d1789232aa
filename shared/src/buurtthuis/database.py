"""PostgreSQL: transactions that belong to one corporation, and the unit of work on them.

Every table has a `corporation` column that row-level security compares with the transaction's
setting `buurtthuis.corporation`. Without that setting there are no rows, only an error.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import orjson
from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Enum,
    FetchedValue,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Mapper, registry
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from buurtthuis import erasure, journal, revocation
from buurtthuis.actor import Actor
from buurtthuis.corporations import Corporation
from buurtthuis.errors import NotFound
from buurtthuis.events import Event
from buurtthuis.handlers import Happened
from buurtthuis.sealing import SEALED, Seals
from buurtthuis.work import (
    NOTHING,
    Aggregate,
    Cause,
    Receipt,
    Versions,
    Wrote,
    check_version,
    events_of,
)

A = TypeVar("A", bound=Aggregate)
E = TypeVar("E", bound=Event)
Clock = Callable[[], datetime]

#: A process that is stopped in mid-transaction loses its locks after this long, so that another can go on.
IDLE_IN_TRANSACTION_MS = 10_000
#: One that is stopped between two messages of a statement is not idle to PostgreSQL; from version 17 on this ends it.
LONGEST_TRANSACTION_MS = 45_000
#: A pooler hands each transaction another connection: a prepared statement's name must not be somebody else's.
UNSHARED_STATEMENTS: dict[str, Any] = {
    "prepared_statement_cache_size": 0,
    "statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"buurtthuis_{uuid4().hex}",
}
#: SQLSTATE classes and codes that another try may cure: connection, resources, shutdown, deadlock, serialization, lock.
TRANSIENT_SQLSTATES = ("08", "53", "57P", "58", "40001", "40P01", "55P03", "25P03", "25P04", "25006")


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


def corporation_table(name: str, metadata: MetaData, *columns: SchemaItem) -> Table:
    """A table whose rows each belong to one corporation, filled in by the database itself."""
    return Table(
        name,
        metadata,
        *columns,
        Column("corporation", String, nullable=False, server_default=FetchedValue()),
    )


def word(kind: type[StrEnum]) -> Enum:
    """A column that holds one of these words, as the contract writes them."""
    return Enum(kind, native_enum=False, values_callable=lambda members: [member.value for member in members])


class Whole(TypeDecorator[Any]):
    """A value of several parts that never changes, kept as one JSON document."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def process_bind_param(self, value: Any, _dialect: Dialect) -> Any:
        """To the database."""
        return None if value is None else TypeAdapter(self.kind).dump_python(value, mode="json")

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """And back."""
        return None if value is None else TypeAdapter(self.kind).validate_python(value, strict=False)


class Sealed(TypeDecorator[Any]):
    """A value that the database keeps sealed; what was written in the clear before is read as it is.

    It can be compared with nothing but null: sealed twice it is something else."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """To the database."""
        return None if value is None else _seals(dialect).seal(_adapter(self.kind).dump_json(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """And back. Raises CannotUnseal."""
        if value is None or not value.startswith(SEALED):
            return value
        return _adapter(self.kind).validate_json(_seals(dialect).unseal(value), strict=False)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))


def _seals(dialect: Dialect) -> Seals:
    seals: Seals = dialect.seals  # type: ignore[attr-defined]  # put there by `Database`
    return seals


def map_aggregate(mapper: registry, kind: type, table: Table, **options: Any) -> None:
    """Map a plain class onto a corporation table; the class never sees the corporation column."""
    mapper.map_imperatively(kind, table, exclude_properties=["corporation"], **options)


def map_part(mapper: registry, kind: type, table: Table) -> None:
    """Map a class that lives inside an aggregate, and is only reached through it."""
    mapper.map_imperatively(kind, table, exclude_properties=["corporation"])


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later: the database is away, busy or read-only."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if state:
            return str(state).startswith(TRANSIENT_SQLSTATES)
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return isinstance(error, OSError | TimeoutError | PoolTimeout)


#: The corporation of the transaction that begins next in this context.
CORPORATION: ContextVar[str | None] = ContextVar("corporation", default=None)


class CorporationConnection(asyncpg.Connection):
    """Begins a transaction and says for which corporation it is in one round trip.

    Without a corporation a transaction begins all the same; row-level security lets it see nothing."""

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109  asyncpg's own
        """asyncpg begins a transaction by executing this."""
        corporation = CORPORATION.get()
        if corporation and query.startswith("BEGIN"):
            slug = corporation.replace("'", "''")
            query = f"{query} {ENTER.format(slug=slug, idle=IDLE_IN_TRANSACTION_MS)}"
            if self.get_server_version() >= (17,):
                query += LIMIT.format(longest=LONGEST_TRANSACTION_MS)
        return await super().execute(query, *args, timeout=timeout)


ENTER = (
    "SELECT set_config('buurtthuis.corporation', '{slug}', true), "
    "set_config('idle_in_transaction_session_timeout', '{idle}', true)"
)
LIMIT = ", set_config('transaction_timeout', '{longest}', true)"


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


class Database:
    """One service's database, entered for one corporation at a time."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock = utc_now,
        pool_size: int = 10,
        behind_pooler: bool = False,
        seals: Seals | None = None,
    ) -> None:
        """`seals` are for columns that are `Sealed`."""
        self.clock = clock
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            json_serializer=_json,
            connect_args={
                "connection_class": CorporationConnection,
                "timeout": 5,
                "command_timeout": 60,
                **(UNSHARED_STATEMENTS if behind_pooler else {}),
            },
        )
        self.engine.dialect.seals = seals  # type: ignore[attr-defined]  # columns know nothing else of their database
        #: Whoever holds a connection and needs a second one goes through here, so that one is always coming back.
        self.nested = asyncio.Semaphore(max(pool_size - 1, 1))
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def transaction(self, corporation: str) -> AsyncIterator[AsyncSession]:
        """A transaction in which only this corporation exists; commits at the end, or nothing happened."""
        entered = CORPORATION.set(corporation)
        try:
            async with self._sessions.begin() as session:
                yield session
        finally:
            CORPORATION.reset(entered)

    @asynccontextmanager
    async def work(self, corporation: Corporation, cause: Cause) -> AsyncIterator["SqlWork"]:
        """A unit of work: state and journal rows are committed together."""
        async with self.transaction(corporation.slug) as session:
            work = SqlWork(session, corporation, cause, self.clock)
            yield work
            await work.finish()

    async def time(self, session: AsyncSession) -> datetime:
        """The moment by the database's clock: replicas' own may differ. A clock that somebody holds goes before it."""
        return await time(session, self.clock)

    async def answers(self) -> None:
        """Raises unless the database answers."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


class SqlWork:
    """`work.Work` on PostgreSQL. Journal rows go in after the state they belong to is locked and written."""

    def __init__(self, session: AsyncSession, corporation: Corporation, cause: Cause, clock: Clock) -> None:
        self.session = session
        self.corporation = corporation
        self.cause = cause
        self.now = clock()
        self._clock = clock
        self._held: dict[str, Aggregate] = {}
        self._newborn: list[Aggregate] = []
        self._rows: list[dict[str, Any]] = []

    async def get(self, kind: type[A], id: UUID, version: Versions | None = None) -> A:
        """See `work.Work.get`."""
        aggregate = self._held.get(str(id)) or await self._locked(kind, id)
        assert isinstance(aggregate, kind)
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

    async def share(self, kind: type[A], id: UUID) -> A:
        """See `work.Work.share`."""
        aggregate = self._held.get(str(id)) or await self._locked(kind, id, shared=True)
        assert isinstance(aggregate, kind)
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

    def add(self, newborn: tuple[A, E]) -> E:
        """See `work.Work.add`."""
        aggregate, event = newborn
        self.keep(aggregate)
        return event

    def keep(self, *things: Any) -> None:
        """See `work.Work.keep`."""
        self._newborn += things
        self._held.update({str(one.id): one for one in things})

    async def get_or_keep(self, newborn: A) -> A:
        """See `work.Work.get_or_keep`."""
        kind = type(newborn)
        await self._write_state()
        await self.session.execute(
            insert_unless(inspect(kind).local_table).on_conflict_do_nothing(), rows(kind, [newborn])
        )
        return await self.get(kind, newborn.id)

    async def forget(self, kind: type[Any], /, **equal: Any) -> int:
        """See `work.Work.forget`."""
        await self._write_state()
        return _changed(await self.session.execute(delete(kind).filter_by(**equal)))

    async def blank(self, kind: type[Any], /, *words: str, **equal: Any) -> int:
        """See `work.Work.blank`."""
        await self._write_state()
        columns = {word: inspect(kind).columns[word] for word in words}
        empty: dict[str, Any] = {word: [] if _is_list(column) else None for word, column in columns.items()}
        query = update(kind).filter_by(**equal).where(or_(*map(is_filled, columns.values()))).values(empty)
        return _changed(await self.session.execute(query))

    async def redact(self, house: UUID) -> int:
        """See `work.Work.redact`."""
        await self.flush()
        return await journal.redact(self.session, house)

    async def redact_about(self, things: Collection[UUID], *words: str) -> int:
        """See `work.Work.redact_about`."""
        await self.flush()
        return await journal.redact_about(self.session, things, *words)

    async def erase(self, resident: UUID) -> list[Wrote]:
        """See `work.Work.erase`."""
        await self.flush()
        await erasure.bury(self.session, resident)
        return await journal.redact_said_by(self.session, Actor.of_resident(resident).written())

    async def revoke(self, id: UUID, before: datetime | None = None) -> None:
        """See `work.Work.revoke`."""
        await revocation.note(self.session, id, before, self.cause.said_at or self.now)

    async def words(self, house: UUID) -> int:
        """See `work.Work.words`."""
        await self.flush()
        return await journal.count_words(self.session, house)

    def record(self, happened: Happened) -> list[Event]:
        """Note what happened, to be journalled with the state."""
        events = list(events_of(happened))
        for event in events:
            self._age(event)
            self._rows.append(journal.row(event, self.cause, self.now))
        return events

    def receipt(self, events: Sequence[Event]) -> Receipt:
        """What to answer the caller whose command made these events happen."""
        return receipt(events, self._held)

    async def flush(self) -> None:
        """Write the state, then the journal rows; the work goes on."""
        await self._write_state()
        await self._write_journal()

    async def finish(self) -> None:
        """Write the state, then the journal rows, each in bulk; nothing comes after."""
        kinds = dict.fromkeys(map(type, self._newborn))  # in the order of their first: parents come before
        if not any(map(_has_parts, kinds)):
            for kind in kinds:
                newborn = [one for one in self._newborn if type(one) is kind]
                await self.session.execute(insert(inspect(kind).local_table), rows(kind, newborn))
            self._newborn = []
        await self.flush()

    async def _write_state(self) -> None:
        self.session.add_all(self._newborn)
        self._newborn = []
        await self.session.flush()

    async def _write_journal(self) -> None:
        if self._rows:
            await self.session.execute(insert(journal.journal), self._rows)
            self._rows = []

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


def receipt(events: Sequence[Event], held: Mapping[str, Any]) -> Receipt:
    """For the aggregate of the first event; where nobody is told, for the first that was looked at."""
    subject = events[0].subject if events else next(iter(held), None)
    if subject is None:
        return NOTHING
    return Receipt(id=UUID(subject), version=getattr(held.get(subject), "version", 0))


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
def _has_parts(kind: type) -> bool:
    return bool(inspect(kind).relationships)


@cache
def _columns(kind: type) -> tuple[tuple[str, str], ...]:
    """Column and attribute names."""
    mapped: Mapper[Any] = inspect(kind)
    return tuple((attribute.columns[0].name, attribute.key) for attribute in mapped.column_attrs)
