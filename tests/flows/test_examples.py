"""The examples do what they say: real processes on a real Redis, a real page in a real browser."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause
from buurtthuis.eventlog import tail as feed
from buurtthuis.eventlog.streams import connect, stream_name
from buurtthuis.events.sessions import SessionDrafted
from buurtthuis.identity.principals import Role
from buurtthuis.testing import PATIENCE_SECONDS, Playground, eventually
from playwright.async_api import Browser, Page, expect
from redis.exceptions import ResponseError
from sqlalchemy import text

from tests.actors import STAFF
from tests.commands import ROOT, bare
from tests.people import HOUSE, made

EXAMPLES = ROOT / "examples/read_along"
STREAM = stream_name("woonpartners", "sessions")


@asynccontextmanager
async def running(example: str, **env: str) -> AsyncIterator[Process]:
    """An example as a process of its own."""
    words = (sys.executable, str(EXAMPLES / example))
    process = await asyncio.create_subprocess_exec(*words, env=bare(env), stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def heard(process: Process, count: int) -> list[tuple[int, str]]:
    """The next positions and kinds of event that an example prints, among whatever else it says."""
    assert process.stdout
    found: list[tuple[int, str]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(found) < count:
            line = await process.stdout.readline()
            assert line, "the example ended"
            if said := re.match(rb"(\d+) nl\.buurtthuis\.\w+\.([a-z-]+)\.v1 ", line):
                found.append((int(said[1]), said[2].decode()))
    return found


async def open_houses(place: Playground, count: int) -> None:
    """Let sessions say so many things."""
    staff = place.client(Role.STAFF)
    for _ in range(count):
        await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()


def houses(*positions: int) -> list[tuple[int, str]]:
    return [(position, "house-opened") for position in positions]


def reads_along(place: Playground, settings: Settings) -> dict[str, str]:
    token = place.process.issuer.issue("woonpartners", [Role.SYSTEM])
    return {"REDIS_URL": settings.redis_url, "URL": place.url, "TOKEN": token}


async def the_group_is_there(settings: Settings) -> None:
    """Wait until the example's consumer group is there: it misses nothing from then on."""
    redis = connect(settings.redis_url)

    async def there() -> bool:
        with suppress(ResponseError):  # no stream yet
            return bool(await redis.xinfo_groups(STREAM))
        return False

    await eventually(there, "the consumer group is there")
    await redis.aclose()


# A plain FastStream subscriber in a group.


async def test_a_plain_faststream_group_hears_what_is_said_in_order(
    place: Playground, settings: Settings
) -> None:
    async with running("with_faststream.py", REDIS_URL=settings.redis_url) as example:
        await the_group_is_there(settings)
        await open_houses(place, 3)
        assert await heard(example, 3) == houses(1, 2, 3)


async def test_two_readers_of_a_group_share_the_work(place: Playground, settings: Settings) -> None:
    redis = {"REDIS_URL": settings.redis_url}
    async with running("with_faststream.py", **redis) as one:
        await the_group_is_there(settings)
        async with running("with_faststream.py", CONSUMER="two", **redis) as two:
            await open_houses(place, 4)
            lines: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
            async with asyncio.TaskGroup() as group:
                readers = [group.create_task(_pass_on(example, lines)) for example in (one, two)]
                together = [await lines.get() for _ in range(4)]
                for reader in readers:
                    reader.cancel()
    assert sorted(together) == houses(1, 2, 3, 4)


async def test_a_group_takes_over_what_a_dead_reader_left(place: Playground, settings: Settings) -> None:
    redis: Any = connect(settings.redis_url)
    await open_houses(place, 1)
    await redis.xgroup_create(STREAM, "dashboard", id="0")
    await redis.xreadgroup("dashboard", "the dead one", {STREAM: ">"})
    await redis.aclose()
    async with running("with_faststream.py", REDIS_URL=settings.redis_url) as example:
        assert await heard(example, 1) == houses(1)


# redis-py alone.


async def test_redis_py_alone_hears_the_past_and_what_follows(place: Playground, settings: Settings) -> None:
    await open_houses(place, 2)
    async with running("with_redis.py", **reads_along(place, settings)) as example:
        assert await heard(example, 2) == houses(1, 2)
        await open_houses(place, 1)
        assert await heard(example, 1) == houses(3)


async def test_redis_py_alone_goes_on_where_it_was(place: Playground, settings: Settings) -> None:
    await open_houses(place, 3)
    async with running("with_redis.py", POSITION="2", **reads_along(place, settings)) as example:
        assert await heard(example, 1) == houses(3)


async def test_redis_py_alone_fills_a_gap_from_the_feed(place: Playground, settings: Settings) -> None:
    await open_houses(place, 2)
    redis: Any = connect(settings.redis_url)
    await redis.xtrim(STREAM, minid="2-0", approximate=False)
    await redis.aclose()
    async with running("with_redis.py", **reads_along(place, settings)) as example:
        assert await heard(example, 2) == houses(1, 2)


# A page with EventSource.


class Wire:
    """A wire between browser and server that can be cut; while it is cut, nobody gets through."""

    def __init__(self, to: str) -> None:
        self._to = urlsplit(to)
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def join(self) -> None:
        """Let traffic through, on the same port each time."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """End every connection, and take no more."""
        assert self._server
        self._server.close()
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._ends |= {writer, far_writer}
        with suppress(OSError):
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
async def wire(place: Playground) -> AsyncIterator[Wire]:
    between = Wire(place.url)
    await between.join()
    yield between
    between.cut()


@pytest.fixture
async def page(browser: Browser, place: Playground, wire: Wire) -> AsyncIterator[Page]:
    """The example, opened under BuurtThuis' own address by somebody with a token, and following."""
    context = await browser.new_context(base_url=f"http://127.0.0.1:{wire.port}")
    await context.route("**/page.html", lambda route: route.fulfill(path=EXAMPLES / "page.html"))
    opened = await context.new_page()
    await opened.goto("/page.html")
    await opened.fill("input", place.process.issuer.issue("woonpartners", [Role.STAFF]))
    await opened.click("button")
    await expect(opened.get_by_role("status")).to_have_text("Following.", timeout=PATIENCE_SECONDS * 1000)
    yield opened
    await context.close()


async def shows(page: Page, count: int, kind: str = "sessions.house-opened") -> None:
    """Wait until the page lists these positions, in order, each once."""
    lines = [f"{position} nl.buurtthuis.{kind}.v1" for position in range(1, count + 1)]
    await expect(page.locator("li")).to_have_text(lines, timeout=PATIENCE_SECONDS * 1000)


async def test_a_page_shows_events_as_they_happen(page: Page, place: Playground) -> None:
    await open_houses(place, 2)
    await shows(page, 2)


async def test_a_page_that_lost_its_connection_misses_nothing_and_shows_nothing_twice(
    page: Page, place: Playground, wire: Wire
) -> None:
    await open_houses(place, 2)
    await shows(page, 2)
    wire.cut()
    await expect(page.get_by_role("status")).to_have_text(
        "Connecting again …", timeout=PATIENCE_SECONDS * 1000
    )
    await open_houses(place, 2)
    await wire.join()
    await shows(page, 4)


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live streams remember two events only."""
    monkeypatch.setattr(feed, "KEPT", 2)


@pytest.mark.usefixtures("short_memory")
async def test_a_page_that_fell_behind_begins_again_where_it_was(place: Playground, page: Page) -> None:
    await say_at_once(place, 1)
    await shows(page, 1, "sessions.session-drafted")
    begun: list[str] = []
    page.on("request", lambda request: begun.append(urlsplit(request.url).query))
    await say_at_once(place, 5)
    await shows(page, 6, "sessions.session-drafted")
    assert begun == ["after=1"]


async def test_a_page_that_has_seen_more_than_a_restored_journal_holds_shows_that_one_anew(
    place: Playground, page: Page
) -> None:
    sessions = place.service("sessions")
    await say_at_once(place, 3)
    await shows(page, 3, "sessions.session-drafted")
    async with sessions.database.transaction("woonpartners") as session:
        await session.execute(text("DELETE FROM journal WHERE position > 1"))
        await session.execute(text("UPDATE streams SET numbered = 1, published = 1"))
    sessions.feed.wake("woonpartners")
    await shows(page, 1, "sessions.session-drafted")


async def say_at_once(place: Playground, count: int) -> None:
    """Let sessions say so many things in one transaction."""
    sessions = place.service("sessions")
    async with sessions.database.work(sessions.corporations["woonpartners"], Cause(STAFF)) as work:
        work.record([SessionDrafted(session_id=uuid4(), house_id=uuid4()) for _ in range(count)])
    sessions.relay.wake("woonpartners")


async def test_a_page_without_a_welcome_token_says_so(browser: Browser, place: Playground) -> None:
    context = await browser.new_context(base_url=place.url)
    await context.route("**/page.html", lambda route: route.fulfill(path=EXAMPLES / "page.html"))
    opened = await context.new_page()
    await opened.goto("/page.html")
    await opened.fill("input", "no token")
    await opened.click("button")
    await expect(opened.get_by_role("status")).to_have_text(
        "This token is not welcome.", timeout=PATIENCE_SECONDS * 1000
    )
    await context.close()


async def _pass_on(example: Process, lines: "asyncio.Queue[tuple[int, str]]") -> None:
    while True:
        (line,) = await heard(example, 1)
        await lines.put(line)
