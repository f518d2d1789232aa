"""Tasks that run until they are cancelled, and tasks side by side."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

T = TypeVar("T")

#: Whoever is at it for longer goes on, and lets somebody else begin, in seconds.
PATIENCE = 1.0
#: How long one that failed is left alone, in seconds: each time twice as long.
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


def name_of(job: Callable[..., Any]) -> str:
    """What it is called in the log; not everything that can be called has a name."""
    return getattr(job, "__name__", None) or type(job).__name__


def stop_if_cancelled() -> None:
    """For endless loops, after what they try: raises CancelledError where somebody swallowed one.

    `asyncio.wait_for`, which asyncpg waits with, returns instead where its result comes in the same moment."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


class Leaving(Exception):
    """The process stops: what was waited for is waited for by the next one."""


async def unless(leaving: asyncio.Event, waiting: Awaitable[T]) -> T:
    """What comes of waiting. Raises Leaving as soon as somebody leaves, and gives the waiting up."""
    awaited, left = asyncio.ensure_future(waiting), asyncio.create_task(leaving.wait())
    try:
        await asyncio.wait((awaited, left), return_when=asyncio.FIRST_COMPLETED)
        if not awaited.done():
            raise Leaving
        return await awaited
    finally:
        awaited.cancel()
        left.cancel()


async def until_cancelled() -> None:
    """For whoever only waits to be told."""
    await asyncio.Event().wait()


class SideBySide:
    """The same work for each of many: one that is slow, or fails, holds up no other.

    For each there is one at a time. So many are begun at once, and whoever takes long goes on without being counted:
    a place is for beginning, not for waiting. One that fails is left alone for a while, however often it is asked for."""

    def __init__(
        self,
        work: Callable[[str], Awaitable[object]],
        failed: Callable[[str, Exception], None],
        places: int | asyncio.Semaphore = 2,
    ) -> None:
        """`failed` is told what went wrong. Several can share their `places`."""
        self._work = work
        self._failed = failed
        self._places = asyncio.Semaphore(places) if isinstance(places, int) else places
        self._at_it: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._failures: Counter[str] = Counter()

    def ask(self, one: str) -> None:
        """Work for this one, soon; once more where somebody is at it already."""
        self._again.add(one)
        if one not in self._at_it:
            self._at_it[one] = asyncio.create_task(self._until_nobody_asks(one))

    def is_at(self, one: str) -> bool:
        """Whether somebody is at work for this one, or leaves it alone for a while."""
        return one in self._at_it

    async def __aenter__(self) -> Self:
        """Until the end of the block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and wait for whoever cannot stop at once."""
        tasks = list(self._at_it.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_nobody_asks(self, one: str) -> None:
        try:
            while one in self._again:
                self._again.discard(one)
                await self._once(one)
                stop_if_cancelled()
        finally:
            del self._at_it[one]

    async def _once(self, one: str) -> None:
        try:
            async with place(self._places):
                await self._work(one)
            del self._failures[one]
        except Exception as error:
            self._failures[one] += 1
            self._failed(one, error)
            doublings = min(self._failures[one] - 1, 10)
            await asyncio.sleep(min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE))


@asynccontextmanager
async def place(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """One of so many, for as long as it is held, and not longer than anybody has patience."""
    await places.acquire()
    held = True

    def give_back() -> None:
        nonlocal held
        if held:
            held = False
            places.release()

    asyncio.get_running_loop().call_later(PATIENCE, give_back)
    try:
        yield
    finally:
        give_back()
