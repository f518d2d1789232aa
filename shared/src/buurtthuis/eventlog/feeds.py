"""Where the past of a stream can be read: what comes after an event, and whether it is still there."""

from collections.abc import Callable, Sequence
from typing import Protocol

from buurtthuis.core.corporations import Corporation
from buurtthuis.eventlog.agreement import HeardAt
from buurtthuis.eventlog.envelope import Envelope, belongs


class Feeds(Protocol):
    """Where the past of a stream can be read."""

    async def page(self, corporation: Corporation, service: str, after: int) -> Sequence[Envelope]:
        """The producer's entries above `after`, in order; empty at the end."""

    async def agree(self, corporation: Corporation, service: str, heard: Sequence[HeardAt]) -> HeardAt | None:
        """The newest of these that the producer has in the same place; it says in its journal what it has lost."""


class NotTheirs(Exception):
    """It does not belong where it was found: {why}."""


async def page_after(
    feeds: Feeds,
    corporation: Corporation,
    source: str,
    after: HeardAt,
    missed: Callable[[], None] = lambda: None,
) -> Sequence[Envelope] | None:
    """What comes after that event; None where the producer's journal does not have it in its place.

    `missed` is told where it went for its age, and so did what came next. Raises NotTheirs."""
    is_known = after.event_id is not None
    page = await feeds.page(corporation, source, after.position - is_known)
    if not all(belongs(envelope, corporation, source) for envelope in page):
        raise NotTheirs(f"the feed of {source} shows what it did not say to {corporation.slug}")
    if not is_known:
        return page
    if page and HeardAt.of(page[0]) == after:
        return page[1:]
    if not await feeds.agree(corporation, source, [after]):
        return None
    missed()
    return page
