"""A text as HTML: the same words, with its links. Nothing that somebody wrote becomes anything else."""

from collections.abc import Iterator
from html import escape

import nh3
import re2

#: Without the sign that ends the sentence.
LINK = re2.compile(r"(?i)https?://[^\s<>\"]*[^\s<>\".,;:!?'()\[\]{}*_]")
TAGS = {"a", "br"}


def as_html(text: str) -> str:
    """Safe to put into a page as it is. A link shows where it leads, and search engines do not follow it."""
    return nh3.clean(
        "".join(_pieces(text)).replace("\n", "<br>"),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="nofollow noopener noreferrer ugc",
    )


def _pieces(text: str) -> Iterator[str]:
    end = 0
    for link in LINK.finditer(text):
        yield escape(text[end : link.start()])
        yield f'<a href="{escape(link.group())}">{escape(link.group())}</a>'
        end = link.end()
    yield escape(text[end:])
