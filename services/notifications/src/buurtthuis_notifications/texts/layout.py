"""A text as HTML: to be read on a phone, in either direction, with nothing fetched from anywhere."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from buurtthuis_notifications.texts import Text, TextSource

#: Filled in for each reader, after everything else was made once for all of them.
UNSUBSCRIBE, SEEN = "https://unsubscribe.invalid/", "https://seen.invalid/"

_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    (files(__package__) / "layout.html").read_text(encoding="utf-8")
)


def as_html(text: Text, words: TextSource, below: TextSource, *, seen: bool, unsubscribe: bool) -> str:
    """The whole page, with places for the reader's own links. `words` and `below` are what layouts say."""
    return _PAGE.render(
        text=text,
        words=words,
        below=below,
        seen=SEEN if seen else None,
        unsubscribe=UNSUBSCRIBE if unsubscribe else None,
    )


def for_reader(page: str, *, seen: str | None, unsubscribe: str | None) -> str:
    """One reader's links in their places. They are ours, and safe in HTML as they are."""
    return page.replace(SEEN, seen or "").replace(UNSUBSCRIBE, unsubscribe or "")
