"""A real browser for the pages that people see."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

ALONE = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium_path() -> str | None:
    """Where the system's Chromium is, if it has one."""
    return next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


@asynccontextmanager
async def chromium(path: str) -> AsyncIterator[Browser]:
    """The system's Chromium, without a window, that asks nothing of the world by itself."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ALONE))
        try:
            yield browser
        finally:
            await browser.close()


class Visit:
    """One page, with every request it made and every complaint it wrote."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requested: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._note(said.type, said.text))

    def elsewhere(self, url: str) -> list[str]:
        """What it asked of any other host."""
        home = urlsplit(url).netloc
        return [
            one for one in self.requested if urlsplit(one).scheme != "data" and urlsplit(one).netloc != home
        ]

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)
