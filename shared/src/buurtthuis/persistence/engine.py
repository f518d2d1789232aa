"""One service's database: transactions that belong to one corporation, and units of work in them.

Every table has a `corporation` column that row-level security compares with the transaction's
setting `buurtthuis.corporation`. Without that setting there are no rows, only an error.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import TextClause, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.houses import ALL_HOUSES, Houses
from buurtthuis.core.work import Cause
from buurtthuis.persistence import looking
from buurtthuis.persistence.looking import Answer
from buurtthuis.persistence.sealing import Seals
from buurtthuis.persistence.tenancy import (
    BY_ITSELF,
    CORPORATION,
    HOUSES,
    NO_CORPORATION,
    CorporationConnection,
)
from buurtthuis.persistence.unit_of_work import Committed, SqlWork, time

#: A pooler hands each transaction another connection: a prepared statement's name must not be somebody else's.
UNSHARED_STATEMENTS: dict[str, Any] = {
    "prepared_statement_cache_size": 0,
    "statement_cache_size": 0,
    "prepared_statement_name_func": lambda: f"buurtthuis_{uuid4().hex}",
}
#: SQLSTATE classes and codes that another try may cure: connection, resources, shutdown, deadlock, serialization, lock.
TRANSIENT_SQLSTATES = ("08", "53", "57P", "58", "40001", "40P01", "55P03", "25P03", "25P04", "25006")
#: What PostgreSQL says to who is not let in: a database that is closed or absent while it is restored, a role or its
#: password or right that is replaced. Of a statement these say that it is wrong.
NOT_LET_IN_SQLSTATES = ("28", "3D", "42501", "55000")

#: Whether this context holds a connection among those that are for what works by itself.
HAS_A_PLACE: ContextVar[bool] = ContextVar("has_a_place", default=False)
#: Of a database that was never migrated to a version that looks.
UNDEFINED_FUNCTION = "42883"


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later: the database is away, closed, busy or read-only."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if state:
            return str(state).startswith(TRANSIENT_SQLSTATES) or _is_not_let_in(error, str(state))
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return isinstance(error, OSError | TimeoutError | PoolTimeout)


def _is_not_let_in(error: DBAPIError, state: str) -> bool:
    return error.statement is None and state.startswith(NOT_LET_IN_SQLSTATES)


def _give_nobody_what_has_ended(connection: Any, *_: object) -> None:
    """The driver knows without asking. SQLAlchemy's pool answers this error with a new connection."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def driver_url(url: str) -> str:
    """The same database for asyncpg alone, which knows nothing of SQLAlchemy's drivers."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


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
        on_committed: Callable[[Committed], object] = lambda _: None,
    ) -> None:
        """`seals` are for columns that are `Sealed`; `on_committed` is told of units of work."""
        self.clock = clock
        self._on_committed = on_committed
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
        event.listen(self.engine.sync_engine, "checkout", _give_nobody_what_has_ended)
        self.engine.dialect.seals = seals  # type: ignore[attr-defined]  # columns know nothing else of their database
        #: Whoever holds a connection and needs a second one goes through here, so that one is always coming back.
        self.nested = asyncio.Semaphore(max(pool_size - 1, 1))
        #: For what works by itself: the other half of the connections is for whoever waits for an answer.
        self._by_itself = asyncio.Semaphore(pool_size - pool_size // 2)
        #: A pooler may hand what is prepared and what is executed to two connections, unless they are one transaction.
        self._everywhere = (
            self.engine if behind_pooler else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def transaction(self, corporation: str, houses: Houses = ALL_HOUSES) -> AsyncIterator[AsyncSession]:
        """A transaction in which only this corporation exists, and of what is of a house only what is of these to be read;
        commits at the end, or nothing happened."""
        entered, limited = CORPORATION.set(corporation), HOUSES.set(houses)
        try:
            async with self._place(), self._sessions.begin() as session:
                yield session
        finally:
            HOUSES.reset(limited)
            CORPORATION.reset(entered)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Whoever has one needs no second for a transaction beside its own: else some could wait for each other."""
        if not BY_ITSELF.get() or HAS_A_PLACE.get():
            yield
            return
        async with self._by_itself:
            had = HAS_A_PLACE.set(True)
            try:
                yield
            finally:
                HAS_A_PLACE.reset(had)

    @asynccontextmanager
    async def work(self, corporation: Corporation, cause: Cause) -> AsyncIterator["SqlWork"]:
        """A unit of work: state and journal rows are committed together."""
        async with self.transaction(corporation.slug) as session:
            work = SqlWork(session, corporation, cause, self.clock)
            yield work
            await work.finish()
        self._on_committed(work.committed)

    async def at_once(self, statement: TextClause, values: Mapping[str, Any]) -> Sequence[Any]:
        """A statement that enters corporations by itself, one after the other, and commits what it did."""
        async with self._everywhere.begin() as connection:
            return (await connection.execute(statement, values)).all()

    @asynccontextmanager
    async def across(self) -> AsyncIterator[AsyncConnection]:
        """A transaction of statements that do so; commits at the end, or nothing happened in any of them."""
        entered = CORPORATION.set(NO_CORPORATION)
        try:
            async with self.engine.begin() as connection:
                yield connection
        finally:
            CORPORATION.reset(entered)

    async def who_has_work(self, asked: Collection[str]) -> Answer:
        """Look for all of these in all corporations, in one statement: see `looking.Look`."""
        now = None if self.clock is utc_now else self.clock()
        async with self._everywhere.connect() as connection:
            try:
                return await looking.ask(connection, asked, now)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != UNDEFINED_FUNCTION:
                    raise
                return Answer({}, frozenset(asked))

    async def time(self, session: AsyncSession) -> datetime:
        """The moment by the database's clock: replicas' own may differ. A clock that somebody holds goes before it."""
        return await time(session, self.clock)

    async def clock_ahead(self) -> float:
        """How far this host's own clock is ahead of the database's, in seconds. Raises unless the database answers."""
        async with self.engine.connect() as connection:
            before = utc_now()
            moment = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
            return float((before + (utc_now() - before) / 2 - moment).total_seconds())

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()
