"""Work with the outside world, which no command or reaction may wait for."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Generic, Protocol

import structlog
from typing_extensions import TypeVar

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.tasks import SideBySide, name_of, stop_if_cancelled, until_cancelled
from buurtthuis.eventlog.feed_client import FeedClient
from buurtthuis.persistence.dispatcher import Dispatcher
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.looking import Look, Now, Rows
from buurtthuis.persistence.lookout import Lookout
from buurtthuis.persistence.tenancy import by_itself
from buurtthuis.runtime.parts import Parts, PartsT

log = structlog.get_logger(__name__)

PartsT_co = TypeVar("PartsT_co", bound=Parts, default=Any, covariant=True)


class Workplace(Protocol[PartsT_co]):
    """What a worker works with; `runtime.running_service.RunningService` is one."""

    @property
    def name(self) -> str:
        """The service's."""

    @property
    def corporations(self) -> Mapping[str, Corporation]:
        """All that this installation works for, by slug."""

    @property
    def database(self) -> Database:
        """Of this service."""

    @property
    def dispatcher(self) -> Dispatcher:
        """To have commands done."""

    @property
    def feeds(self) -> FeedClient:
        """To read in other services' feeds."""

    @property
    def parts(self) -> PartsT_co:
        """What the service has of its own: keys, and roads to the outside."""


@dataclass(frozen=True)
class Worker(Generic[PartsT]):
    """Work with the outside world, which no command or reaction may wait for.

    There is a `round` for each corporation in which there is anything that it `looks_for`; all of them at once are asked
    whether there is, `every` so often, and soon after a commit where it is `eager`, but for its own. A round says how much
    it did: the next follows at once while there is something to do. Corporations are side by side.
    Replicas work side by side too, so a round takes rows that nobody else holds."""

    round: Callable[[Workplace[PartsT], Corporation], Awaitable[int]]
    _: KW_ONLY
    looks_for: Callable[[Now], Rows]
    every: timedelta
    eager: bool = True

    @property
    def look(self) -> Look:
        """What is asked of all corporations."""
        return Look(name_of(self.round), self.looks_for)


#: The worker whose round this is.
AT_WORK: ContextVar[Worker | None] = ContextVar("at_work", default=None)


class Workers:
    """The workers of one service, for every corporation."""

    def __init__(self, workplace: Workplace, workers: Iterable[Worker], lookout: Lookout) -> None:
        self._workplace = workplace
        self._workers = tuple(workers)
        self._lookout = lookout
        self._tables = {worker: worker.look.tables for worker in self._workers}
        #: One at a time in a process, so that whoever waits for the work waits for what is on its way too.
        self._turns: defaultdict[tuple[Worker, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    def jobs(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What has to run until it is cancelled."""
        return map(self._keep_working, self._workers)

    def wake(self, corporation: str, written: Collection[str] | None = None) -> None:
        """All that look into tables in which something was `written`, or into any, but for the one that is at work itself:
        it goes on while there is something to do, and else it shall rest."""
        for worker, tables in self._tables.items():
            concerned = written is None or not tables.isdisjoint(written)
            if concerned and worker.eager and worker is not AT_WORK.get():
                self._lookout.hurry(worker.look, corporation)

    async def do_all_work(self, *workers: Worker) -> None:
        """Rounds of each in its turn for every corporation, until there is nothing left to do, nor on its way.

        All whose turn is to come are looked for at once, and again after the one that had something to do."""
        while workers:
            await self._until_nothing_is_on_its_way(workers)
            found = await self._lookout.ask(*(worker.look for worker in workers))
            busy = next((worker for worker in workers if found[worker.look.name]), None)
            if busy is None:
                return
            for slug in found[busy.look.name]:
                await self._do_work(busy, slug)
            workers = workers[workers.index(busy) + 1 :]

    async def _until_nothing_is_on_its_way(self, workers: Iterable[Worker]) -> None:
        for worker in workers:
            for slug in self._workplace.corporations:
                async with self._turns[worker, slug]:
                    pass

    async def _do_work(self, worker: Worker, slug: str) -> None:
        with by_itself():
            async with self._turns[worker, slug]:
                await self._go_round(worker, slug)

    async def _go_round(self, worker: Worker, slug: str) -> None:
        AT_WORK.set(worker)
        try:
            while (corporation := self._workplace.corporations.get(slug)) and await worker.round(
                self._workplace, corporation
            ):
                self.wake(slug)  # what one did may be work for another
                stop_if_cancelled()
        finally:
            AT_WORK.set(None)

    async def _keep_working(self, worker: Worker) -> None:
        """For whichever corporation there is something."""

        def failed(slug: str, error: Exception) -> None:
            log.warning(
                "a worker failed",
                service=self._workplace.name,
                corporation=slug,
                worker=name_of(worker.round),
                exc_info=error,
            )

        async with SideBySide(partial(self._do_work, worker), failed) as corporations:
            self._lookout.watch(worker.look, worker.every, corporations.ask)
            await until_cancelled()
