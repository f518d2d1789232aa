"""What happens by itself when it is time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.tasks import SideBySide, name_of, until_cancelled
from buurtthuis.core.work import Cause
from buurtthuis.persistence.dispatcher import Dispatcher
from buurtthuis.persistence.looking import Look, Now, Rows
from buurtthuis.persistence.lookout import Lookout
from buurtthuis.persistence.tenancy import by_itself

log = structlog.get_logger(__name__)

#: So many corporations are looked at together, for whatever timer.
PLACES = 2


@dataclass(frozen=True)
class Timer:
    """What happens by itself when it is time: whatever commands are `due` are done, every so often at most.

    Only corporations in which there is anything that it `looks_for` are asked what is due; all of them at once are asked
    whether there is. It may be more than what is due, but nothing that is there for long while nothing is.
    Replicas look at the same moment, so `due` only suggests: a command that comes second finds its
    aggregate moved already and does nothing."""

    due: Callable[[AsyncSession, datetime], Awaitable[Sequence[object]]]
    _: KW_ONLY
    looks_for: Callable[[Now], Rows]
    every: timedelta

    @property
    def look(self) -> Look:
        """What is asked of all corporations."""
        return Look(name_of(self.due), self.looks_for)


class Timers:
    """The timers of one service, for every corporation."""

    def __init__(
        self,
        service: str,
        timers: Sequence[Timer],
        dispatcher: Dispatcher,
        corporations: Mapping[str, Corporation],
        lookout: Lookout,
    ) -> None:
        self._service = service
        self._timers = timers
        self._dispatcher = dispatcher
        self._corporations = corporations
        self._lookout = lookout
        self._places = asyncio.Semaphore(PLACES)

    def jobs(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What has to run until it is cancelled."""
        return map(self._watch, self._timers)

    async def do_what_is_due(self, *timers: Timer) -> None:
        """What the clock says should happen now, for every corporation that it says so for; all are looked for at once."""
        due = await self._lookout.ask(*(timer.look for timer in timers))
        for timer in timers:
            for slug in due[timer.look.name]:
                await self._do_what_is_due(timer, slug)

    async def _watch(self, timer: Timer) -> None:
        def failed(slug: str, error: Exception) -> None:
            name = name_of(timer.due)
            log.warning("a timer failed", service=self._service, corporation=slug, timer=name, exc_info=error)

        async with SideBySide(partial(self._do_what_is_due, timer), failed, self._places) as corporations:
            self._lookout.watch(timer.look, timer.every, corporations.ask)
            await until_cancelled()

    async def _do_what_is_due(self, timer: Timer, slug: str) -> None:
        database = self._dispatcher.database
        with by_itself():
            async with database.transaction(slug) as session:
                due = await timer.due(session, await database.time(session))
            for command in due:
                if corporation := self._corporations.get(slug):  # else it left meanwhile
                    await self._do(command, corporation)

    async def _do(self, command: object, corporation: Corporation) -> None:
        """One that fails keeps no other from its time."""
        try:
            await self._dispatcher.run(command, corporation, Cause(SYSTEM))
        except Exception as error:  # the next round tries again
            log.warning(
                "what was due failed", service=self._service, what=type(command).__name__, exc_info=error
            )
