"""What everybody reads of houses without signing in: on the corporation's own site, and wherever else."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage
from buurtthuis.http.feed import PUBLIC_EVENTS, PublicPaging
from buurtthuis.http.keeping import A_MINUTE, TEN_SECONDS, kept_for
from buurtthuis.http.models import Paging
from buurtthuis.http.policies import PUBLIC
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Languages, Visitor, in_language
from buurtthuis.http.syndication import ATOM, JSON_FEED, Channel, Item, atom, json_feed
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from buurtthuis_sessions.api.agenda_words import AgendaWords
from buurtthuis_sessions.queries import houses, news, public_pages
from buurtthuis_sessions.queries.continuity import opened_at
from buurtthuis_sessions.queries.public_pages import CorporationView, PublicHousePage, PublicHouses

router = APIRouter(
    prefix="/public/{corporation}/houses", tags=["for everybody"], dependencies=[kept_for(A_MINUTE)]
)

events = APIRouter(
    prefix="/public/{corporation}/events", tags=["events"], dependencies=[kept_for(TEN_SECONDS)]
)

Anybody = Annotated[Visitor, PUBLIC]
PAGES = Environment(
    loader=PackageLoader("buurtthuis_sessions", "api"), autoescape=True, undefined=StrictUndefined
)
#: A house that ended before it opened has no news, and never had.
NEVER = datetime(2018, 1, 1, tzinfo=UTC)
#: Everybody may read it anyway, and nothing can be pressed that does anything: any site may frame it.
IN_A_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)


def _as(media_type: str, description: str, kind: str = "string") -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {media_type: {"schema": {"type": kind}}}}}


@router.get("", summary="A corporation and its houses", responses=problems(NoSuchPage))
async def list_public_houses(visitor: Anybody, page: Paging) -> PublicHouses:
    """In order of opening: those that opened, and those that ended, until their data goes."""
    async with visitor.reading() as session:
        found = await houses.list_public_houses(session, after=page.after, limit=page.limit)
    return PublicHouses(corporation=CorporationView.of(visitor.corporation), **dict(page.of(found)))


@router.get("/{id}", summary="The page of a house for everybody", responses=problems(NoSuchPage))
async def show_public_page(id: UUID, visitor: Anybody) -> PublicHousePage:
    """What is on and how many places are left, what was decided, and whether people keep meeting. All that there is in one read."""
    async with visitor.reading() as session:
        now = await visitor.time(session)
        return await public_pages.show_public_page(session, id, visitor.corporation, now)


@router.get(
    "/{id}/atom-feed",
    response_class=Response,
    summary="A house's news, as Atom",
    responses=_as(ATOM, "Atom.") | problems(NoSuchPage),
)
async def show_atom_feed(id: UUID, visitor: Anybody, request: Request, preferred: Languages) -> Response:
    """What is planned, what is off and what was decided, the newest first; each under one id, and again when it changed."""
    words = AgendaWords.best(preferred)
    document = atom(*await _news(id, visitor, request, words))
    return Response(document, headers=in_language(words.tag), media_type=f"{ATOM}; charset=utf-8")


@router.get(
    "/{id}/json-feed",
    response_class=Response,
    summary="A house's news, as JSON Feed",
    responses=_as(JSON_FEED, "JSON Feed.", "object") | problems(NoSuchPage),
)
async def show_json_feed(id: UUID, visitor: Anybody, request: Request, preferred: Languages) -> Response:
    """The same for programs that would rather have JSON."""
    words = AgendaWords.best(preferred)
    document = json_feed(*await _news(id, visitor, request, words))
    return JSONResponse(document, headers=in_language(words.tag), media_type=JSON_FEED)


@router.get(
    "/{id}/embed",
    response_class=Response,
    summary="A house's agenda, to stand in a page of yours",
    responses=_as("text/html", "A page without a script, for an `iframe`.") | problems(NoSuchPage),
)
async def show_embed(id: UUID, visitor: Anybody, request: Request, preferred: Languages) -> Response:
    """In the language that is asked for. It loads nothing from anywhere."""
    async with visitor.reading() as session:
        house = await houses.show_public_house(session, id)
        ahead = await public_pages.list_ahead(session, id, await visitor.time(session))
    words = AgendaWords.best(preferred)
    calendar = f"{request.scope['root_path']}/public/{visitor.corporation.slug}/houses/{id}/agenda.ics"
    page = PAGES.get_template("embed.html").render(
        house=house,
        ahead=ahead,
        words=words,
        accent=visitor.corporation.look.accent,
        calendar=f"{calendar}?language={words.tag}",
    )
    headers = {"Content-Security-Policy": IN_A_FRAME, **in_language(words.tag)}
    return Response(page, headers=headers, media_type="text/html; charset=utf-8")


@events.get(
    "",
    response_class=Response,
    summary="What happened, for everybody",
    responses=PUBLIC_EVENTS | problems(NoSuchPage),
)
async def read_public_events(visitor: Anybody, page: Annotated[PublicPaging, Depends()]) -> Response:
    """Events that everybody may see, of houses that everybody may know of: read the page of a house again then."""
    async with visitor.reading() as session:
        known = await houses.public_ids(session)
    return await page.of(visitor, known)


async def _news(
    house: UUID, visitor: Visitor, request: Request, words: AgendaWords
) -> tuple[Channel, list[Item]]:
    async with visitor.reading() as session:
        shown = await houses.show_public_house(session, house)
        found = await news.list_news(session, house)
        since = await opened_at(session, house)
    items = [Item(each.id, *words.told(each), each.published, each.updated) for each in found]
    channel = Channel(
        house, shown.title, visitor.corporation.name, words.tag, str(request.url), since or NEVER
    )
    return channel, items
