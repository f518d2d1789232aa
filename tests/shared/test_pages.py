"""The pages for people: complete without the internet, readable by everybody."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Literal

import httpx
import pytest
from buurtthuis.eventlog.asyncapi import said_by
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground, eventually
from playwright.async_api import Browser

from tests.browser import Visit
from tests.conftest import together

OURS = ("/", "/surveys/v1/asyncapi", "/sessions/v1/asyncapi")
pytestmark = pytest.mark.starts("surveys", "sessions")
place = together
EVERY = (*OURS, "/surveys/v1/docs", "/sessions/v1/docs")
REMOTE = re.compile(r"(https?:)?//")


class Links(HTMLParser):
    """Everything that a page loads or leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.leads_to: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for each element."""
        for name, value in attrs:
            if name in ("src", "href") and value:
                (self.leads_to if tag == "a" else self.loaded).append(value)


@pytest.fixture
async def visit(browser: Browser, place: Playground) -> AsyncIterator[Visit]:
    context = await browser.new_context(base_url=place.url)
    yield Visit(await context.new_page())
    await context.close()


async def test_no_page_names_anything_to_load_from_elsewhere(place: Playground) -> None:
    pages = {path: (await place.client().get(path)).text for path in EVERY}
    assert [one for page in pages.values() for one in Links(page).loaded if REMOTE.match(one)] == []
    assert [path for path, page in pages.items() if re.search(r"@import|url\(", page)] == []


async def test_no_page_complains_or_asks_anything_of_another_host(visit: Visit, place: Playground) -> None:
    for path in EVERY:
        await visit.page.goto(path, wait_until="networkidle")
    assert (visit.complaints, visit.elsewhere(place.url)) == ([], [])


async def test_every_link_leads_somewhere(place: Playground) -> None:
    client = place.client()

    async def all_run() -> bool:
        return (await client.get("/healthz")).status_code == 200

    await eventually(all_run, "every reader reads")
    for path in EVERY:
        links = Links((await client.get(path)).text).leads_to
        assert links, path
        for link in links:
            found = await client.get(httpx.URL(place.url).join(path).join(link))
            assert found.status_code == 200, f"{link} on {path}"


async def test_the_api_page_lists_every_operation(visit: Visit, place: Playground) -> None:
    described = (await place.client().get("/sessions/v1/openapi.json")).json()
    operations = sum(len(methods) for methods in described["paths"].values())
    await visit.page.goto("/sessions/v1/docs")
    await visit.page.wait_for_selector(".opblock-summary")
    assert await visit.page.locator(".opblock-summary").count() == operations


async def test_the_api_page_can_call_an_operation(visit: Visit, place: Playground) -> None:
    token = place.process.issuer.issue("woonpartners", [Role.STAFF])
    await visit.page.goto("/sessions/v1/docs")
    await visit.page.click("button.authorize")
    await visit.page.fill(".auth-container input", token)
    await visit.page.click(".auth-btn-wrapper button.authorize")
    await visit.page.click("button.btn-done")
    listed = visit.page.locator(".opblock-get", has_text="Houses").first
    await listed.click()
    await listed.locator("button.try-out__btn").click()
    await listed.locator("button.execute").click()
    await listed.locator(".live-responses-table .response-col_status", has_text="200").wait_for()


async def test_the_events_page_shows_every_event(visit: Visit) -> None:
    await visit.page.goto("/surveys/v1/asyncapi")
    headings = await visit.page.locator("h2").all_inner_texts()
    assert headings == [event.__name__ for event in said_by("surveys")]


async def test_the_index_leads_to_every_service(visit: Visit, place: Playground) -> None:
    await visit.page.goto("/")
    names = [one.name for one in place.process.running]
    assert await visit.page.locator("h3").all_inner_texts() == names


async def test_headings_go_down_one_level_at_a_time(visit: Visit) -> None:
    for path in OURS:
        await visit.page.goto(path)
        levels = [int(tag[1]) for tag in await visit.page.evaluate(HEADINGS)]
        steps = [below - above for above, below in zip([0, *levels], levels, strict=False)]
        assert (levels.count(1), max(steps)) == (1, 1), path


async def test_every_page_fits_a_narrow_screen(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 320, "height": 640})
    for path in EVERY:
        await visit.page.goto(path)
        if path.endswith("/docs"):
            await visit.page.wait_for_selector(".opblock-summary")
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= 320, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_what_is_behind_it(visit: Visit, scheme: Literal["light", "dark"]) -> None:
    await visit.page.emulate_media(color_scheme=scheme)
    for path in OURS:
        await visit.page.goto(path)
        weakest = min(_contrast(*pair) for pair in await visit.page.evaluate(COLOURS))
        assert weakest >= 4.5, path


async def test_the_keyboard_reaches_the_first_link_and_shows_it(visit: Visit) -> None:
    for path in OURS:
        await visit.page.goto(path)
        await visit.page.keyboard.press("Tab")
        assert await visit.page.evaluate(FOCUSED) == ["A", "solid"], path


FOCUSED = "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(one => one.tagName)"
#: The colours of every element with text of its own, and of what is behind it.
COLOURS = """
[...document.querySelectorAll('body *')].filter(one => [...one.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
.filter(one => !['STYLE', 'SCRIPT'].includes(one.tagName)).map(one => {
  let behind = one
  while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement
  return [getComputedStyle(one).color, getComputedStyle(behind).backgroundColor]
})
"""


def _contrast(front: str, back: str) -> float:
    """The contrast ratio of WCAG 2."""
    lighter, darker = sorted((_luminance(front), _luminance(back)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
