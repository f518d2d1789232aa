"""What everybody can read without signing in: the form of a survey, and results once they are published."""

from typing import Annotated, Any
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage
from buurtthuis.core.languages import Preferred
from buurtthuis.http.policies import PUBLIC
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Languages, Visitor, in_language
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from buurtthuis_surveys import texts
from buurtthuis_surveys.api.seen import SEEN, Seen, unless_seen
from buurtthuis_surveys.domain.results import FEWEST
from buurtthuis_surveys.queries import results, surveys
from buurtthuis_surveys.queries.results import ResultsView
from buurtthuis_surveys.queries.surveys import FormToRead

router = APIRouter(prefix="/public/{corporation}/surveys/{id}", tags=["for everybody"])
CHARTS = Environment(
    loader=PackageLoader("buurtthuis_surveys", "api"), autoescape=True, undefined=StrictUndefined
)

Anybody = Annotated[Visitor, PUBLIC]
#: Published results never change; an hour bounds how long a mistake in how they are shown lives on.
KEEP = "public, max-age=3600"

SVG: dict[int | str, dict[str, Any]] = {
    200: {"description": "A bar chart.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
}


@router.get("", summary="A survey to answer", responses=problems(NoSuchPage))
async def show_public_form(
    id: UUID, visitor: Anybody, response: Response, preferred: Languages
) -> FormToRead:
    """For somebody with a code, in the language asked for as far as it goes."""
    async with visitor.reading() as session:
        form = await surveys.show_form(session, id, preferred)
    response.headers.update(in_language(form.language))
    return form


@router.get(
    "/results", response_model=ResultsView, summary="Published results", responses=SEEN | problems(NoSuchPage)
)
async def show_published_results(
    id: UUID, visitor: Anybody, preferred: Languages, if_none_match: Seen = None
) -> Response:
    """They never change, so they may be kept."""
    found = await _published(visitor, id, preferred)
    return _kept(JSONResponse(found.model_dump(mode="json")), found, "", if_none_match)


@router.get(
    "/results.svg", response_class=Response, summary="A chart", responses=SVG | SEEN | problems(NoSuchPage)
)
async def show_chart(
    id: UUID, visitor: Anybody, preferred: Languages, if_none_match: Seen = None
) -> Response:
    """The published results as a picture that says in words what it shows."""
    found = await _published(visitor, id, preferred)
    spoken = texts.language(found.title.language)
    if spoken.tag != found.title.language:
        found = await _published(
            visitor, id, Preferred()
        )  # never half in a language of which we have no words
    picture = CHARTS.get_template("chart.svg").render(results=found, spoken=spoken, fewest=FEWEST)
    return _kept(Response(picture, media_type="image/svg+xml"), found, ".svg", if_none_match)


async def _published(visitor: Visitor, id: UUID, preferred: Preferred) -> ResultsView:
    async with visitor.reading() as session:
        return await results.show_published_results(session, id, preferred)


def _kept(response: Response, found: ResultsView, kind: str, seen: str | None) -> Response:
    language = found.title.language
    tag = f'"{found.survey_id}.{language}{kind}"'
    return unless_seen(response, seen, {"ETag": tag, "Cache-Control": KEEP, **in_language(language)})
