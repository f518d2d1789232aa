"""Our own pages, where links in messages lead when no front-end answers for us. They work without a program."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Annotated, Any

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import Refused
from buurtthuis.core.languages import Preferred, direction
from buurtthuis.http.problem_json import status_of
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Inside, in_language
from fastapi import Path, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from buurtthuis_notifications.domain.residents import PLAIN_DUTCH, Agreed
from buurtthuis_notifications.texts.lines import isolated

TEMPLATES = Environment(
    loader=PackageLoader("buurtthuis_notifications", "pages"), autoescape=True, undefined=StrictUndefined
)
WORDS = tomllib.loads(
    (files("buurtthuis_notifications") / "pages" / "words.toml").read_text(encoding="utf-8")
)
#: Nothing from elsewhere, nothing that runs, and nobody shows it inside a page of theirs.
SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
}

LinkToken = Annotated[str, Path(min_length=20, max_length=200, description="As in the link.")]


def question(
    name: str, inside: Inside, request: Request, agreed: Sequence[Agreed] = (), **facts: str
) -> HTMLResponse:
    """A page with one button, which sends what the page is about; whoever presses it has `agreed` to this."""
    language = _language(request, inside.corporation)
    apart = {fact: isolated(words, direction(language)) for fact, words in facts.items()}
    title, sentence, button = (words.format(**apart) for words in WORDS[language][name])
    return _page(inside.corporation, language, title, sentence, button, agreed=agreed)


def closing_question(inside: Inside, request: Request, theme: str | None) -> HTMLResponse:
    """A page that asks whether it is solved: a button for yes, and another, with words, for no."""
    language = _language(request, inside.corporation)
    words = {name: WORDS[language][f"asked-{name}"][0] for name in ("title", "yes", "no", "objection")}
    return _rendered("closing.html", inside.corporation, language, **words, theme=theme)


def answer(name: str, inside: Inside, request: Request, status: int = 200) -> HTMLResponse:
    """A page that says what came of it."""
    language = _language(request, inside.corporation)
    title, sentence = WORDS[language][name]
    return _page(inside.corporation, language, title, sentence, None, status)


def answers(*errors: type[Refused]) -> dict[int | str, dict[str, Any]]:
    """For a page's `responses`: these refusals, as a document or as a page that says the same."""
    documented = problems(*errors)
    for error in errors:
        documented[status_of(error)]["content"]["text/html"] = {"schema": {"type": "string"}}
    return documented


def _page(
    corporation: Corporation,
    language: str,
    title: str,
    sentence: str,
    button: str | None,
    status: int = 200,
    agreed: Sequence[Agreed] = (),
) -> HTMLResponse:
    agrees = WORDS[language]["code-agrees"][0]
    told = {"title": title, "sentence": sentence, "button": button, "agreed": agreed, "agrees": agrees}
    return _rendered("page.html", corporation, language, status, **told)


def _rendered(
    template: str, corporation: Corporation, language: str, status: int = 200, **told: Any
) -> HTMLResponse:
    page = TEMPLATES.get_template(template).render(
        language=language, direction=direction(language), corporation=corporation.name, **told
    )
    return HTMLResponse(page, status, headers=SAFE | in_language(language))


def _language(request: Request, corporation: Corporation) -> str:
    """The best for a browser, of those that the corporation writes in; whoever reads Dutch is asked in plain Dutch."""
    spoken = [tag for tag in (PLAIN_DUTCH, *corporation.languages) if tag in WORDS and tag != "nl"]
    preferred = Preferred.by_header(request.headers.get("accept-language", ""))
    return preferred.among(spoken) or PLAIN_DUTCH
