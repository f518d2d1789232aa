"""What everybody can read without signing in: the form of a survey, results once they are published, and what a house tells of both."""

from typing import Annotated, Any
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage
from buurtthuis.core.languages import Preferred
from buurtthuis.domain.few import FEWEST
from buurtthuis.http.feed import PUBLIC_EVENTS, PublicPaging
from buurtthuis.http.keeping import A_MINUTE, AN_HOUR, TEN_SECONDS, kept_for
from buurtthuis.http.policies import PUBLIC
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Languages, Visitor, in_language
from fastapi import APIRouter, Depends, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from buurtthuis_surveys import texts
from buurtthuis_surveys.queries import public_pages, results, surveys
from buurtthuis_surveys.queries.public_pages import PublicHousePage
from buurtthuis_surveys.queries.results import ResultsView
from buurtthuis_surveys.queries.surveys import FormToRead

router = APIRouter(prefix="/public/{corporation}/surveys/{id}", tags=["for everybody"])
of_houses = APIRouter(
    prefix="/public/{corporation}/houses/{id}", tags=["for everybody"], dependencies=[kept_for(A_MINUTE)]
)
events = APIRouter(
    prefix="/public/{corporation}/events", tags=["events"], dependencies=[kept_for(TEN_SECONDS)]
)
CHARTS = Environment(
    loader=PackageLoader("buurtthuis_surveys", "api"), autoescape=True, undefined=StrictUndefined
)

Anybody = Annotated[Visitor, PUBLIC]

SVG: dict[int | str, dict[str, Any]] = {
    200: {"description": "A bar chart.", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
}


@router.get(
    "", summary="A survey to answer", responses=problems(NoSuchPage), dependencies=[kept_for(A_MINUTE)]
)
async def show_public_form(
    id: UUID, visitor: Anybody, response: Response, preferred: Languages
) -> FormToRead:
    """For somebody with a code, in the language asked for as far as it goes."""
    async with visitor.reading() as session:
        form = await surveys.show_form(session, id, preferred)
    response.headers.update(in_language(form.language))
    return form


@router.get(
    "/results",
    summary="Published results",
    responses=problems(NoSuchPage),
    dependencies=[kept_for(AN_HOUR)],
)
async def show_published_results(
    id: UUID, visitor: Anybody, response: Response, preferred: Languages
) -> ResultsView:
    """They never change, so they may be kept."""
    found = await _published(visitor, id, preferred)
    response.headers.update(in_language(found.title.language))
    return found


@router.get(
    "/results.svg",
    response_class=Response,
    summary="A chart",
    responses=SVG | problems(NoSuchPage),
    dependencies=[kept_for(AN_HOUR)],
)
async def show_chart(id: UUID, visitor: Anybody, preferred: Languages) -> Response:
    """The published results as a picture that says in words what it shows."""
    found = await _published(visitor, id, preferred)
    spoken = texts.language(found.title.language)
    if spoken.tag != found.title.language:
        found = await _published(
            visitor, id, Preferred()
        )  # never half in a language of which we have no words
    picture = CHARTS.get_template("chart.svg").render(results=found, spoken=spoken, fewest=FEWEST)
    return Response(picture, headers=in_language(found.title.language), media_type="image/svg+xml")


@of_houses.get("", summary="The page of a house for everybody", responses=problems(NoSuchPage))
async def show_public_page(
    id: UUID, visitor: Anybody, response: Response, preferred: Languages
) -> PublicHousePage:
    """What its residents are asked, what came out, and what became of their ideas. All that there is in one read."""
    async with visitor.reading() as session:
        now = await visitor.time(session)
        found = await public_pages.show_public_page(session, id, preferred, now)
    response.headers.update(in_language())
    return found


@events.get(
    "",
    response_class=Response,
    summary="What happened, for everybody",
    responses=PUBLIC_EVENTS | problems(NoSuchPage),
)
async def read_public_events(visitor: Anybody, page: Annotated[PublicPaging, Depends()]) -> Response:
    """Events that everybody may see, of houses that everybody may know of: read the page of a house again then."""
    async with visitor.reading() as session:
        known = await public_pages.public_ids(session)
    return await page.of(visitor, known)


async def _published(visitor: Visitor, id: UUID, preferred: Preferred) -> ResultsView:
    async with visitor.reading() as session:
        return await results.show_published_results(session, id, preferred)
