"""A service, put together from its rooms: HTTP app, dispatcher, relay, listener and feed.

`Service` is what a package offers under the entry point group `buurtthuis.services`; `Process`
runs any number of them behind one port. Nothing in a service knows how many run beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypeVar

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.settings import Settings
from buurtthuis.events.notifications import TokensRevoked
from buurtthuis.persistence import known_revocations as revocation

if TYPE_CHECKING:
    from buurtthuis.runtime.running_service import RunningService


#: Between a commit and the work that it brings, so that under load a round is for many.
BREATH_SECONDS = 0.02


@dataclass(frozen=True)
class Timer:
    """What happens by itself when it is time: every so often, whatever commands are `due` are done.

    Replicas look at the same moment, so `due` only suggests: a command that comes second finds its
    aggregate moved already and does nothing."""

    due: Callable[[AsyncSession, datetime], Awaitable[Sequence[object]]]
    every: timedelta


class Parts(Protocol):
    """What a service needs of its own besides database and streams: keys, and roads to the outside."""

    def hints(self, url: str, /) -> Sequence[str]:
        """Lines for whoever starts it with `up`; its own pages are below `url`."""

    async def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True)
class NoParts:
    """Of a service that has all that it needs."""

    def hints(self, _url: str, /) -> Sequence[str]:
        """See `Parts`."""
        return ()

    async def close(self) -> None:
        """See `Parts`."""


def no_parts(_settings: Settings) -> Any:
    """What a service that says nothing else is given as its parts."""
    return NoParts()


#: The class of a service's own parts: in a `Service`, in its workers, and in what runs it. Where services of several kinds
#: are held together, nobody asks.
PartsT = TypeVar("PartsT", bound=Parts, default=Any)


@dataclass(frozen=True)
class Worker(Generic[PartsT]):
    """Work with the outside world, which no command or reaction may wait for.

    A `round` for one corporation says how much it did: the next follows at once while there is something to
    do, else after `every`, and soon after a commit where it is `eager`, but for its own. Corporations are side by side.
    Replicas work side by side too, so a round takes rows that nobody else holds."""

    round: "Callable[[RunningService[PartsT], Corporation], Awaitable[int]]"
    every: timedelta
    eager: bool = True


class Woken:
    """The corporations for which a worker is woken, a few commits at a time."""

    def __init__(self) -> None:
        self._corporations: set[str] = set()
        self._any = asyncio.Event()

    def by(self, corporation: str) -> None:
        """There may be work for it."""
        self._corporations.add(corporation)
        self._any.set()

    async def wait(self, every: timedelta) -> Iterable[str] | None:
        """Which they are; None where nobody was woken in so long a time, so that all are looked at."""
        try:
            async with asyncio.timeout(every.total_seconds()):
                await self._any.wait()
        except TimeoutError:
            return None
        await asyncio.sleep(BREATH_SECONDS)
        found, self._corporations = self._corporations, set()
        self._any.clear()
        return found


#: The worker whose round this is.
AT_WORK: ContextVar[Worker | None] = ContextVar("at_work", default=None)


@dataclass(frozen=True)
class Finding:
    """One thing that `buurtthuis doctor` looked at, and what was seen: where it is unwell, also what to do."""

    well: bool
    what: str
    said: str


@dataclass(frozen=True)
class Service(Generic[PartsT]):
    """What a service is made of, before it runs. `rooms` are its commands and reactions.

    `parts` makes what it has besides database and streams, and its workers are given that: mypy knows what it is.
    `measure` sets metrics of its own, for one corporation at a time; `examine` is what the doctor looks at besides.

    Only one that `issues_tokens` gets the key that makes people's tokens; all others verify with its public half.
    One that `seals` has columns that are `Sealed`, and needs the deployment's SEAL_KEYS."""

    name: str
    summary: str
    rooms: Sequence[Handlers]
    migrations: Path
    router: APIRouter | None = None
    timers: Sequence[Timer] = ()
    workers: Sequence[Worker[PartsT]] = ()
    parts: Callable[[Settings], PartsT] = no_parts
    measure: Callable[[AsyncSession, str], Awaitable[None]] | None = None
    examine: Callable[[Settings], Awaitable[Sequence[Finding]]] | None = None
    issues_tokens: bool = False
    seals: bool = False

    @property
    def handlers(self) -> Handlers:
        """All commands and reactions, and what every service does about tokens that another takes back."""
        takes_back = self.name == TokensRevoked.producer()
        return Handlers.merged(self.rooms if takes_back else (*self.rooms, revocation.on))
