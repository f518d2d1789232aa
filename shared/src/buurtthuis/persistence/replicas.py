"""The processes of one service that are alive, and which of them holds which corporation.

Each has a row in the service's database, and says there every other second that it lives. Who is killed lives no more
in the moment when PostgreSQL loses the connection on which it listens; who is stopped, or cut off, some seconds later. Corporations are split by
rendezvous hashing over whoever lives, so there is no lease to take or to lose: who joins or leaves moves only its own
share. Two may think for a moment that they hold the same one, and nobody is harmed: who acts is decided by the
checkpoint's compare-and-set, by row locks and by what others have locked.

The same row shows that the database is another one than it was: an older copy does not know what we said last.
"""

import asyncio
from collections.abc import Callable, Collection
from hashlib import blake2b
from uuid import UUID, uuid4

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.persistence.engine import Database, is_transient
from buurtthuis.persistence.tenancy import NO_CORPORATION

log = structlog.get_logger(__name__)

#: How often each says that it lives, in seconds.
BEAT_SECONDS = 2.0
#: Who has said nothing for so long is dead, in seconds; by the database's clock.
DEAD_SECONDS = 6.0
#: Whose row is taken away by others, in seconds: killed, or stopped for so long.
FORGOTTEN_SECONDS = 24 * 3600.0
#: Where PostgreSQL tells the others that somebody came or went.
CHANNEL = "buurtthuis_replicas"

#: A beat that is lost with the machine costs nothing, so that commit need not wait for the disk.
BEAT = text(
    """
    WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true)),
    ours AS (
        UPDATE replicas SET beat = :beat, seen_at = now(), listens = CAST(:listens AS integer) FROM unhurried
        WHERE id = :id AND beat >= :known RETURNING id
    ),
    forgotten AS (DELETE FROM replicas WHERE id <> :id AND seen_at < now() - make_interval(secs => :forgotten))
    SELECT id, true AS ours, (
        SELECT before.seen_at < now() - make_interval(secs => :dead) FROM replicas AS before WHERE before.id = :id
    ) AS lapsed FROM ours
    UNION ALL
    SELECT id, false, false FROM replicas WHERE id <> :id
    AND seen_at BETWEEN now() - make_interval(secs => :dead) AND now() + make_interval(secs => :dead)
    AND (listens IS NULL OR EXISTS (SELECT FROM pg_stat_get_activity(listens)))
    """
)
#: Another timeline is another copy (a standby that took over, a point in time), and so is a database made anew.
WHICH = text(
    """
    SELECT concat_ws(' ', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
                     (SELECT oid FROM pg_database WHERE datname = current_database()))
    FROM pg_control_system()
    """
)
JOIN = text(
    f"""
    WITH joined AS (
        INSERT INTO replicas (id, beat, seen_at) VALUES (:id, :beat, now())
        ON CONFLICT (corporation, id) DO UPDATE SET beat = :beat, seen_at = now() RETURNING id
    )
    SELECT pg_notify('{CHANNEL}', '') FROM joined
    """  # noqa: S608  our own constant
)
LEAVE = text(
    f"WITH gone AS (DELETE FROM replicas WHERE id = :id RETURNING id) SELECT pg_notify('{CHANNEL}', '') FROM gone"  # noqa: S608
)


def holder_of(corporation: str, replicas: Collection[UUID]) -> UUID:
    """Whose a corporation is: everybody who knows the same replicas says the same, and all have about as many.

    Rendezvous hashing (Thaler and Ravishankar 1998): it goes to whoever draws the highest number for it."""
    return max(replicas, key=lambda replica: blake2b(replica.bytes + corporation.encode()).digest())


class Replicas:
    """One process of a service among those that are alive."""

    def __init__(
        self,
        database: Database,
        *,
        on_changed: Callable[[], None] = lambda: None,
        on_lapsed: Callable[[], None] = lambda: None,
        on_another_database: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_changed` is called when others came or went, `on_lapsed` when they took us for dead and may have taken over
        what we hold, `on_another_database` when what we knew of it is void."""
        self.id = uuid4()
        self._database = database
        self._on_changed = on_changed
        self._on_lapsed = on_lapsed
        self._on_another_database = on_another_database
        self._alive = frozenset[UUID]()
        self._known = self._said = 0
        self._which = ""
        self._told = asyncio.Event()
        #: PostgreSQL's process at the other end of the connection on which we listen.
        self._listens: int | None = None
        #: Whether we listen no more on what others had seen.
        self._fell_silent = False
        #: Some who host PostgreSQL let nobody ask which it is: then the beats alone tell.
        self._may_ask_which = True
        self._beating = asyncio.Lock()
        #: Who was asked about, and is not there any more.
        self.dead = set[UUID]()
        #: Set once it is known who is there.
        self.joined = asyncio.Event()

    @property
    def others(self) -> frozenset[UUID]:
        """Who else is alive."""
        return self._alive - {self.id}

    def holds(self, corporation: str) -> bool:
        """Whether this process reads, polls and works for a corporation now: never before it has joined."""
        return bool(self._alive) and holder_of(corporation, self._alive) == self.id

    def tell(self) -> None:
        """Somebody came or went: look at once."""
        self._told.set()

    def listening(self, on: int | None) -> None:
        """On a connection to this process of PostgreSQL's, or on none: by its end others see ours."""
        self._fell_silent = self._fell_silent or (on is None and self._listens is not None)
        self._listens = on
        self.tell()

    async def run(self) -> None:
        """Say that we live, and see who else does, until cancelled."""
        while True:
            stop_if_cancelled()
            try:
                await self.beat()
            except Exception as error:  # while the database is away nobody comes or goes
                log.warning("cannot see who else is there", exc_info=error)
            try:
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._told.wait()
            except TimeoutError:
                pass
            self._told.clear()

    async def are_dead(self, replicas: Collection[UUID]) -> bool:
        """Whether none of these lives: of whoever we do not know we ask, since it may have come after we looked."""
        if not self.others.issuperset(replicas):
            await self.beat()
        self.dead.update(set(replicas) - self.others)
        return self.dead.issuperset(replicas)

    async def beat(self) -> None:
        """Say that we live, and see who else does."""
        async with self._beating:
            await self._beat()

    async def _beat(self) -> None:
        self._said += 1
        saying = {"id": self.id, "beat": self._said, "known": self._known, "listens": self._listens}
        terms = {"dead": DEAD_SECONDS, "forgotten": FORGOTTEN_SECONDS}
        async with self._database.transaction(NO_CORPORATION) as session:
            seen = (await session.execute(BEAT, {**saying, **terms})).all()
            which = await self._which_database(session)
        is_known, lapsed = any(row.ours for row in seen), any(row.lapsed for row in seen)
        if lapsed or not is_known:
            await self._join()
        is_another = bool(self._known) and (which != self._which or not is_known)
        self._known, self._which = self._said, which
        if is_another:
            log.warning("this database is another one than it was")
            self._on_another_database()
        was_alone = not self.others and all(row.ours for row in seen)
        silent, self._fell_silent = self._fell_silent, False
        if (lapsed or silent) and not was_alone:
            log.warning("others may have taken this process for dead: it was stopped, or cut off")
            self._on_lapsed()
        self._see(frozenset({self.id, *(row.id for row in seen)}))
        self.joined.set()

    async def leave(self) -> None:
        """Others need not wait for our death; for whoever has given up everything it held."""
        self._see(frozenset())
        async with self._database.transaction(NO_CORPORATION) as session:
            await session.execute(LEAVE, {"id": self.id})

    async def _which_database(self, session: AsyncSession) -> str:
        if not self._may_ask_which:
            return ""
        try:
            return str(await session.scalar(WHICH))
        except DBAPIError as error:
            self._may_ask_which = is_transient(error)
            raise

    async def _join(self) -> None:
        async with self._database.transaction(NO_CORPORATION) as session:
            await session.execute(JOIN, {"id": self.id, "beat": self._said})

    def _see(self, alive: frozenset[UUID]) -> None:
        self.dead -= alive  # one that was stopped goes on
        if alive != self._alive:
            self._alive = alive
            self._on_changed()
