"""The corporations file, read again whenever it is another one, while all runs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from buurtthuis.core.corporations import Corporations, CorporationsFileError
from buurtthuis.core.settings import SettingsError
from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.runtime.trial_provider import TrialProvider

log = structlog.get_logger(__name__)

#: How often to look whether the file is another one, in seconds.
LOOK_SECONDS = 1.0

#: When it was written, how long it is, and which file of that name it is; nothing where it cannot be looked at.
Looks = tuple[int, int, int] | None


class CorporationsFile:
    """Tells who there are whenever the file says otherwise. One that cannot be used changes nothing, and is logged.

    It counts once it has been the same for one look: an editor may be in the midst of it. Whoever asks has finished."""

    def __init__(self, path: Path, trial: TrialProvider | None = None) -> None:
        """Each trusts the `trial` provider as well, where there is one. Raises CorporationsFileError."""
        self._path = path
        self._trial = trial
        self._seen = self._looks()
        self.corporations = self._load()
        self._asked = asyncio.Event()

    def read_again(self) -> None:
        """At once: whoever asks knows that it is whole."""
        self._asked.set()

    async def keep_reading(self, tell: Callable[[Corporations], Awaitable[None]]) -> None:
        """Until cancelled. `tell` raises SettingsError where somebody cannot work with what it is told."""
        before = self._seen
        while True:
            asked = await self._asked_or_time_to_look()
            stop_if_cancelled()
            looks = self._looks()
            if asked or (looks != self._seen and looks == before):
                self._seen = looks
                await self._read(tell)
            before = looks

    async def _read(self, tell: Callable[[Corporations], Awaitable[None]]) -> None:
        try:
            await tell(self._load())
        except (CorporationsFileError, SettingsError) as error:
            log.error("the corporations file cannot be used: all goes on as before", why=str(error))
        except Exception as error:
            log.error("the corporations file was not taken over whole", exc_info=error)

    def _load(self) -> Corporations:
        corporations = Corporations.load(self._path)
        return self._trial.trusted_by(corporations) if self._trial else corporations

    async def _asked_or_time_to_look(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    def _looks(self) -> Looks:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
