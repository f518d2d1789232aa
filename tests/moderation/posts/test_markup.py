"""What somebody wrote comes back as what they wrote, and does nothing."""

from html.parser import HTMLParser

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_moderation.queries.markup import as_html
from hypothesis import given
from hypothesis import strategies as st

from tests.moderation.people import a_page, a_post, read

CORPUS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script href=data:,alert(1) /></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<body onload=alert(1)>",
    "<a href='javascript:alert(1)'>klik</a>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<<script>script>alert(1)<</script>/script>",
    "<scr\u200bipt>alert(1)</scr\u200bipt>",
    "＜script＞alert(1)＜/script＞",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "\\u003cscript\\u003ealert(1)",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    'https://voorbeeld.nl/"onmouseover="alert(1)',
    "https://voorbeeld.nl/'onmouseover='alert(1)",
    "https://voorbeeld.nl/><script>alert(1)</script>",
    "https://voorbeeld.nl/&quot;onclick=alert(1)",
    "https://javascript:alert(1)@voorbeeld.nl/",
    "http://[::1]/<img src=x onerror=alert(1)>",
    "[klik](javascript:alert(1))",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><button formaction=javascript:alert(1)>",
    "<link rel=stylesheet href=//voorbeeld.nl/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import '//voorbeeld.nl/x.css'</style>",
    "<base href=//voorbeeld.nl>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
)


class Reading(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.links: list[str] = []
        self.others: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        match tag:
            case "br":
                self.words += "\n"
            case "a" if given.keys() <= {"href", "rel"}:
                self.links.append(str(given["href"]))
            case _:
                self.others.append(f"{tag} {attrs}")

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)


@pytest.mark.parametrize("text", CORPUS)
def test_whatever_was_meant_to_act_is_inert(text: str) -> None:
    found = Reading(as_html(text))
    assert found.others == []
    assert all(link.lower().startswith(("http://", "https://")) for link in found.links)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n")))
def test_a_reader_sees_what_was_written(text: str) -> None:
    assert Reading(as_html(text)).words.split() == text.split()


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("Kijk op https://voorbeeld.nl/agenda.", "https://voorbeeld.nl/agenda"),
        ("(https://voorbeeld.nl/a?b=1&c=2)", "https://voorbeeld.nl/a?b=1&c=2"),
        ("HTTP://VOORBEELD.NL!", "HTTP://VOORBEELD.NL"),
    ],
)
def test_a_link_leads_where_it_says(text: str, link: str) -> None:
    assert Reading(as_html(text)).links == [link]


def test_search_engines_follow_no_link() -> None:
    assert 'rel="nofollow noopener noreferrer ugc"' in as_html("https://voorbeeld.nl")


async def test_a_stored_corpus_comes_back_as_it_was_and_inert(place: Playground) -> None:
    page, staff = await a_page(place), place.client(Role.STAFF)
    for text in CORPUS:
        found = await read(place.client(Role.RESIDENT), await a_post(staff, page, text))
        assert found["text"] == text
        assert Reading(found["html"]).others == []
