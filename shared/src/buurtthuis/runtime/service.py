"""What a package offers under the entry point group `buurtthuis.services`: a service, before it runs.

Nothing in a service knows how many run beside it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from fastapi import APIRouter

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog import checkpoints
from buurtthuis.events import Event
from buurtthuis.events.notifications import TokensRevoked
from buurtthuis.persistence import known_revocations
from buurtthuis.persistence.holdings import Opens
from buurtthuis.persistence.looking import Look
from buurtthuis.runtime.figures import Figure
from buurtthuis.runtime.parts import PartsT, no_parts
from buurtthuis.runtime.timers import Timer
from buurtthuis.runtime.workers import Worker


@dataclass(frozen=True)
class HealthFinding:
    """One thing that `buurtthuis doctor` looked at, and what was seen: where it is unwell, also what to do."""

    well: bool
    what: str
    said: str


@dataclass(frozen=True)
class Service(Generic[PartsT]):
    """What a service is made of, before it runs. `rooms` are its commands and reactions.

    `parts` makes what it has besides database and streams, and its workers are given that: mypy knows what it is.
    `figures` are measured of every corporation; `examine` is what the doctor looks at besides.
    `prepare` is for parts that keep something of each corporation: told who there will be, when the file is read again;
    what it cannot work with is a SettingsError, and then nothing changed.
    `keeps` are events that its own queries read in its journal, or that others confirm in its feed however late: they
    stay, however short a corporation's history is.
    `opens` is for columns that are sealed, and that a corporation that leaves takes along readable; what is sealed
    besides, and all bytes, stay here and end with it.

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
    figures: Sequence[Figure] = ()
    examine: Callable[[Settings], Awaitable[Sequence[HealthFinding]]] | None = None
    prepare: Callable[[PartsT, Mapping[str, Corporation]], None] | None = None
    keeps: Collection[type[Event]] = ()
    opens: Callable[[Settings], Opens] | None = None
    issues_tokens: bool = False
    seals: bool = False

    @property
    def looks(self) -> Sequence[Look]:
        """What it looks for in all corporations at once, besides what the library's tables are looked through for."""
        timers, workers, figures = self.timers, self.workers, self.figures
        own = [job.look for jobs in (timers, workers, figures) for job in jobs]
        return [checkpoints.OUTWORN, *own]

    @property
    def handlers(self) -> Handlers:
        """All commands and reactions, and what every service does about tokens that another takes back."""
        takes_back = self.name == TokensRevoked.producer()
        return Handlers.merged(self.rooms if takes_back else (*self.rooms, known_revocations.on))
