"""Agendas over HTTP: of a house for everybody, and of a resident under an address that nobody guesses."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from buurtthuis.core.errors import NoSuchPage
from buurtthuis.http.keeping import A_MINUTE, FIVE_MINUTES, kept_for
from buurtthuis.http.models import Moment, Page, Paging
from buurtthuis.http.policies import PUBLIC, may_cast, may_delete
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Caller, Languages, Visitor, in_language
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from buurtthuis_sessions.api.calendars import MEDIA_TYPE, PLAIN_DUTCH, WORDS, calendar
from buurtthuis_sessions.commands.agendas import RenewAgendaKey, RevokeAgendaKey
from buurtthuis_sessions.domain.agendas import calendar_id, new_key
from buurtthuis_sessions.queries import agendas
from buurtthuis_sessions.queries.agendas import AgendaItem

router = APIRouter(tags=["agendas"])

Anybody = Annotated[Visitor, PUBLIC]
Owner = Annotated[Caller, may_cast(Role.RESIDENT)]
Gone = Annotated[Caller, may_delete(Role.RESIDENT)]
Key = Annotated[str, Path(min_length=20, max_length=100, description="As in the address you were given.")]

CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {"description": "iCalendar.", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


class AgendaLink(BaseModel):
    """Where a resident's own calendar is, for a calendar program. Shown this once."""

    path: str


@router.get(
    "/public/{corporation}/houses/{id}/agenda",
    summary="A house's agenda",
    responses=problems(NoSuchPage),
    dependencies=[kept_for(A_MINUTE)],
)
async def list_agenda(
    id: UUID,
    visitor: Anybody,
    page: Paging,
    since: Annotated[
        Moment | None,
        Query(alias="from", description="What ends after this; now, where it is left out."),
    ] = None,
) -> Page[AgendaItem]:
    """In order of time. Nobody is named in it."""
    async with visitor.reading() as session:
        found = await agendas.list_agenda(
            session,
            id,
            await visitor.time(session),
            since=since,
            after=page.after,
            limit=page.limit,
        )
    return page.of(found)


@router.get(
    "/public/{corporation}/houses/{id}/agenda.ics",
    response_class=Response,
    summary="A house's agenda, for a calendar program",
    responses=CALENDAR | problems(NoSuchPage),
    dependencies=[kept_for(FIVE_MINUTES)],
)
async def house_calendar(id: UUID, visitor: Anybody, preferred: Languages) -> Response:
    """From half a year ago on. Nobody is named in it."""
    async with visitor.reading() as session:
        now = await visitor.time(session)
        title, entries = await agendas.calendar_of_house(session, id, now)
    language = preferred.among(WORDS) or PLAIN_DUTCH
    return _as_calendar(calendar(id, title, entries, _today(now), language), language)


@router.post("/agenda/link", status_code=201, summary="An address for my own calendar", responses=problems())
async def renew_link(caller: Owner, request: Request, preferred: Languages) -> AgendaLink:
    """Made anew each time: the address from before opens nothing any more. It keeps the language that you read, since
    calendar programs say none."""
    key, language = new_key(), preferred.among(WORDS)
    await caller.run(RenewAgendaKey(caller.principal.subject, key))
    path = f"{request.scope['root_path']}/public/{caller.corporation.slug}/agendas/{key}.ics"
    return AgendaLink(path=f"{path}?language={language}" if language else path)


@router.delete("/agenda/link", status_code=204, summary="Close my calendar's address", responses=problems())
async def revoke_link(caller: Gone) -> None:
    """Whoever has the address reads nothing any more."""
    await caller.run(RevokeAgendaKey(caller.principal.subject))


@router.get(
    "/public/{corporation}/agendas/{key}.ics",
    response_class=Response,
    summary="My own calendar",
    responses=CALENDAR | problems(NoSuchPage),
)
async def own_calendar(key: Key, visitor: Anybody, preferred: Languages) -> Response:
    """Places, and turns on a waiting list, of whoever this address was made for."""
    async with visitor.reading() as session:
        now = await visitor.time(session)
        entries = await agendas.calendar_of(session, key, now)
    language = preferred.among(WORDS) or PLAIN_DUTCH
    answer = _as_calendar(calendar(calendar_id(key), None, entries, now, language), language)
    answer.headers["Cache-Control"] = "private, max-age=300"
    return answer


def _today(now: datetime) -> datetime:
    """As a DTSTAMP: the same calendar reads the same all day, and whoever has it is told so. What changed is known by its SEQUENCE."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _as_calendar(content: bytes, language: str) -> Response:
    return Response(content, headers=in_language(language), media_type=f"{MEDIA_TYPE}; charset=utf-8")
