"""A text as a page: whole, in its direction, and nothing fetched from anywhere."""

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from buurtthuis_notifications.api.pages import question
from buurtthuis_notifications.texts import Text, Texts
from buurtthuis_notifications.texts.examples import EXAMPLES
from buurtthuis_notifications.texts.layout import as_html, for_reader
from fastapi import Request

from tests.notifications.texts.corporations import CORPORATIONS, LANGUAGES, SLUG

TEXTS = Texts(CORPORATIONS)
EVIL = "<script>alert(1)</script>\"'&<b>Koffie"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Which elements open and close, and what is in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.seen if found == tag]


def page(text: Text, *, seen: bool = True, unsubscribe: bool = True) -> str:
    words, below = TEXTS.words(SLUG, text.language), TEXTS.words(SLUG, "nl-x-b1")
    return as_html(text, words, below, seen=seen, unsubscribe=unsubscribe)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_direction_is_there_too_for_programs_that_show_no_more_than_a_part_of_the_page(tag: str) -> None:
    """Some take away what is around the body, and the body too."""
    text = TEXTS.render(SLUG, "welcome", tag, EXAMPLES["welcome"])
    first = Page(page(text)).attributes("div")[0]
    assert (first["lang"], first["dir"]) == (tag, text.direction)


def cancelled(tag: str = "nl", **facts: str | None) -> Text:
    return TEXTS.render(SLUG, "session-cancelled", tag, EXAMPLES["session-cancelled"] | facts)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_element_that_opens_closes(tag: str) -> None:
    for rule, facts in EXAMPLES.items():
        text = TEXTS.render(SLUG, rule, tag, facts)
        assert Page(page(text)).attributes("html") == [{"lang": tag, "dir": text.direction}], rule


def test_what_people_wrote_opens_no_element() -> None:
    assert {tag for tag, _ in Page(page(cancelled(title=EVIL, reason=EVIL))).seen} == {
        tag for tag, _ in Page(page(cancelled())).seen
    }


def test_what_people_wrote_is_there_to_read() -> None:
    assert "<script>alert(1)</script>" in Page(page(cancelled(title=EVIL))).words


def test_plain_dutch_below_says_that_it_is_dutch_and_runs_its_own_way() -> None:
    whole, below = Page(page(cancelled("ar"))).attributes("div")
    assert (below["lang"], below["dir"]) == ("nl-x-b1", "ltr")
    assert (whole["lang"], whole["dir"]) == ("ar", "rtl")


def test_our_link_is_a_link() -> None:
    text = TEXTS.render(SLUG, "session-scheduled", "nl", EXAMPLES["session-scheduled"])
    links = Page(page(text, seen=False, unsubscribe=False)).attributes("a")
    assert [link["href"] for link in links] == ["https://wingerd.example.nl/agenda"]


def test_a_link_that_somebody_wrote_is_only_words() -> None:
    text = cancelled(reason="Kijk hier:\nhttps://evil.example/\nSnel!")
    assert Page(page(text, seen=False, unsubscribe=False)).attributes("a") == []


@pytest.mark.parametrize("tag", LANGUAGES)
def test_nothing_is_fetched_from_anywhere(tag: str) -> None:
    found = Page(page(cancelled(tag)))
    assert not {"img", "script", "link", "iframe", "object", "style"} & {one for one, _ in found.seen}
    assert not re.search(r"url\(|@import", page(cancelled(tag)))


def test_a_reader_finds_their_own_links() -> None:
    filled = for_reader(
        page(cancelled()), seen="https://n.example/seen/a", unsubscribe="https://n.example/off/b"
    )
    hrefs = [link["href"] for link in Page(filled).attributes("a")]
    assert hrefs == ["https://n.example/seen/a", "https://n.example/off/b"]


def test_who_cannot_unsubscribe_is_offered_no_way_to() -> None:
    assert Page(page(cancelled(), seen=False, unsubscribe=False)).attributes("a") == []


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_letters_stand_out_from_what_is_behind_them() -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1, on the page, on white, and on the button."""
    styles = re.findall(r'style="([^"]*)"', page(cancelled("en")))
    white = luminance("#ffffff")
    for style in styles:
        colour = re.search(r"(?<![-\w])color:(#[0-9a-f]{6})", style)
        behind = re.search(r"background:(#[0-9a-f]{6})", style)
        light, dark = sorted(
            (
                luminance(behind[1]) if behind else white,
                luminance(colour[1]) if colour else luminance("#1d1d1d"),
            ),
            reverse=True,
        )
        assert (light + 0.05) / (dark + 0.05) >= 4.5, style


@pytest.mark.parametrize(
    ("browser", "asked"),
    [
        ("ar", "هل تريدون الانضمام إلى \u2068Wingerd (A)\u2069؟"),
        ("tr", "Şuraya katılmak istiyor musunuz: Wingerd (A)?"),
    ],
)
def test_our_own_page_holds_the_name_of_a_house_apart(browser: str, asked: str) -> None:
    inside: Any = SimpleNamespace(corporation=CORPORATIONS[SLUG])
    request = Request({"type": "http", "headers": [(b"accept-language", browser.encode())]})
    content = bytes(question("code-joins", inside, request, house="Wingerd (A)").body).decode()
    assert f"<h1>{asked}</h1>" in content
