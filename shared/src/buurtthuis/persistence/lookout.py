"""Looks out for work: asks who has any, every so often for each kind of it, and tells whoever does it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from buurtthuis.core.tasks import stop_if_cancelled
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.looking import Answer, Look

log = structlog.get_logger(__name__)

#: Between a commit and the look that it brings, so that under load one is for many.
BREATH_SECONDS = 0.02
#: Between two looks passes so many times what one takes: a backlog that takes long to count is not counted all the time.
REST = 9


@dataclass
class Watch:
    """For one kind of work: how often it is looked for, when next, and whom to tell which corporation has any."""

    every: float
    tell: Callable[[str], object]
    due: float = float("-inf")

    def put_off(self, now: float) -> None:
        """Until the next time; those that are looked for equally often stay together."""
        missed = (now - self.due) // self.every if self.due > float("-inf") else 0
        self.due = max(self.due, now - self.every * missed) + self.every * (missed + 1)


class Lookout:
    """One service's. A statement is for all that it is time for, and for all corporations."""

    def __init__(
        self, service: str, database: Database, corporations: Collection[str], holds: Callable[[str], bool]
    ) -> None:
        """Nobody is told of corporations that are not among these; of those that another replica `holds`, nobody here
        unless something was committed for them here."""
        self._service = service
        self._database = database
        self._corporations = corporations
        self._holds = holds
        self._watches: dict[str, Watch] = {}
        #: What somebody committed something for, and for whom.
        self._hurried: defaultdict[str, set[str]] = defaultdict(set)
        self._hurry = asyncio.Event()
        self._took = 0.0
        self._unknown: set[str] = set()

    def watch(self, look: Look, every: timedelta, tell: Callable[[str], object]) -> None:
        """Tell of each corporation that has such work, every so often for as long as it does."""
        self._watches[look.name] = Watch(every.total_seconds(), tell)
        self._hurry.set()

    def hurry(self, look: Look, corporation: str) -> None:
        """There may be such work for it: look soon, and tell of no other."""
        if look.name in self._watches:
            self._hurried[look.name].add(corporation)
            self._hurry.set()

    def look_again(self) -> None:
        """Others are held here now than before: look for everything, however lately that was done."""
        for watch in self._watches.values():
            watch.due = float("-inf")
        self._hurry.set()

    async def ask(self, *looks: Look) -> Mapping[str, Collection[str]]:
        """Which corporations have any of it now, by the name of each look."""
        answer = await self._database.who_has_work([look.name for look in looks])
        return {look.name: self._having(answer, look.name) for look in looks}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            stop_if_cancelled()
            await self._until_it_is_time()
            try:
                await self._look()
            except Exception as error:  # the database is away: the next look tries again
                log.warning("cannot look for work", service=self._service, exc_info=error)

    async def _until_it_is_time(self) -> None:
        next_due = min((watch.due for watch in self._watches.values()), default=float("inf"))
        delay = None if next_due == float("inf") else max(next_due - _now(), 0.0)
        try:
            async with asyncio.timeout(delay):
                await self._hurry.wait()
        except TimeoutError:
            return
        await asyncio.sleep(max(BREATH_SECONDS, REST * self._took))

    async def _look(self) -> None:
        started = _now()
        hurried, self._hurried = self._hurried, defaultdict(set)
        self._hurry.clear()
        due = {name for name, watch in self._watches.items() if watch.due <= started}
        for name in due:
            self._watches[name].put_off(started)
        answer = await self._database.who_has_work(due | hurried.keys())
        self._took = _now() - started
        self._say_what_is_unknown(answer)
        for name in due | hurried.keys():
            for slug in self._having(answer, name):
                if slug in hurried[name] or (name in due and self._holds(slug)):
                    self._watches[name].tell(slug)

    def _having(self, answer: Answer, name: str) -> Collection[str]:
        """Who has it, or may have it where the database was never told what it is."""
        if name in answer.unknown:
            return tuple(self._corporations)
        return [slug for slug in answer[name] if slug in self._corporations]

    def _say_what_is_unknown(self, answer: Answer) -> None:
        new, self._unknown = answer.unknown - self._unknown, self._unknown | answer.unknown
        if new:
            log.error(
                "the database is not migrated to this version, so every corporation is asked: run `buurtthuis migrate`",
                service=self._service,
                unknown=sorted(new),
            )


def _now() -> float:
    return asyncio.get_running_loop().time()
