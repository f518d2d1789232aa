"""What everybody can read without signing in: the form of a survey, and results once they are published."""

from typing import Annotated, Any
from uuid import UUID

from buurtthuis.corporations import LanguageTag
from buurtthuis.errors import NoSuchPage
from buurtthuis.web import PUBLIC, Visitor, problems
from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from buurtthuis_surveys import texts
from buurtthuis_surveys.domain.questions import PLAIN
from buurtthuis_surveys.domain.results import FEWEST
from buurtthuis_surveys.queries import results, surveys
from buurtthuis_surveys.queries.results import ResultsView
from buurtthuis_surveys.queries.surveys import FormToRead

router = APIRouter(prefix="/public/{corporation}/surveys/{id}", tags=["for everybody"])
CHARTS = Environment(
    loader=PackageLoader("buurtthuis_surveys", "api"), autoescape=True, undefined=StrictUndefined
)

Anybody = Annotated[Visitor, PUBLIC]
Language = Annotated[LanguageTag, Query(description="What cannot be had in it comes in plain Dutch.")]
Seen = Annotated[str | None, Header(description="The ETag of what you have.")]
#: Published results never change; an hour bounds how long a mistake in how they are shown lives on.
KEEP = "public, max-age=3600"

SEEN: dict[int | str, dict[str, Any]] = {304: {"description": "You have it already."}}
SVG: dict[int | str, dict[str, Any]] = {
    200: {"description": "A bar chart.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
}


@router.get("", summary="A survey to answer", responses=problems(NoSuchPage))
async def show_public_form(id: UUID, visitor: Anybody, language: Language = PLAIN) -> FormToRead:
    """For somebody with a code, in the language asked for as far as it goes."""
    async with visitor.reading() as session:
        return await surveys.show_form(session, id, language)


@router.get(
    "/results", response_model=ResultsView, summary="Published results", responses=SEEN | problems(NoSuchPage)
)
async def show_published_results(
    id: UUID, visitor: Anybody, language: Language = PLAIN, if_none_match: Seen = None
) -> Response:
    """They never change, so they may be kept."""
    found = await _published(visitor, id, language)
    return _kept(JSONResponse(found.model_dump(mode="json")), f'"{id}.{language}"', if_none_match)


@router.get(
    "/results.svg", response_class=Response, summary="A chart", responses=SVG | SEEN | problems(NoSuchPage)
)
async def show_chart(
    id: UUID, visitor: Anybody, language: Language = PLAIN, if_none_match: Seen = None
) -> Response:
    """The published results as a picture that says in words what it shows."""
    found = await _published(visitor, id, language)
    spoken = texts.language(found.title.language)
    picture = CHARTS.get_template("chart.svg").render(results=found, spoken=spoken, fewest=FEWEST)
    return _kept(Response(picture, media_type="image/svg+xml"), f'"{id}.{language}.svg"', if_none_match)


async def _published(visitor: Visitor, id: UUID, language: str) -> ResultsView:
    async with visitor.reading() as session:
        return await results.show_published_results(session, id, language)


def _kept(response: Response, tag: str, seen: str | None) -> Response:
    headers = {"ETag": tag, "Cache-Control": KEEP}
    if seen and tag in seen:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
