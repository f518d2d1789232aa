"""Series over HTTP."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from buurtthuis.core.corporations import LanguageTag
from buurtthuis.core.errors import Invalid, KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.domain.neighbours import NotOfThisHouse
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.http.models import Body, Day, Line, Page, Paging, WallClock
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from buurtthuis_sessions.api.bodies import (
    ONE_OF_EACH,
    Capacity,
    ReasonBody,
    ResidentBody,
    RuleText,
    Words,
)
from buurtthuis_sessions.api.people import Everyone, Host, HostChange, Staff, viewer, whose
from buurtthuis_sessions.commands import leading
from buurtthuis_sessions.commands import series as commands
from buurtthuis_sessions.commands.rooms import NOT_TO_BE_HAD, UnknownRoom
from buurtthuis_sessions.commands.seats import NotInvited
from buurtthuis_sessions.domain.holidays import Region
from buurtthuis_sessions.domain.houses import HouseNotOpen, HouseTakesNoPlans
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.seating import CapacityTooSmall
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.series.states import (
    LeadsAlready,
    LeadsNot,
    NotASessionDay,
    SeriesCannotMove,
    SeriesHasNoPlan,
    SeriesState,
    StandsAlready,
    StandsNot,
)
from buurtthuis_sessions.queries import series
from buurtthuis_sessions.queries.series import SeriesView, SessionDay, Wanted

router = APIRouter(prefix="/series", tags=["series"])

LEADING = (*MOVING, NotAHost, SeriesCannotMove)
FOR_ONESELF = ResidentBody(resident_id=None)


class SeriesPlanBody(Body):
    kind: Kind = Field(examples=["coffee_table"])
    starts_at: WallClock = Field(
        examples=["2030-02-06T10:00:00"],
        description="The first time, as the clock on the wall shows it. It keeps to that clock in summer and in winter.",
    )
    minutes: int = Field(ge=5, le=1440, examples=[120])
    rule: RuleText = Field(
        examples=["FREQ=WEEKLY;BYDAY=WE"], description="How it comes back: an RRULE of RFC 5545."
    )
    place: Line | None = Field(
        None,
        examples=["Ontmoetingsruimte Wingerd"],
        description="Where it is, for everybody to read: never somebody's home. In a room, its name unless you say.",
    )
    capacity: Capacity
    languages: tuple[LanguageTag, ...] = Field((), max_length=20, examples=[["nl-x-b1", "ar"]])
    roles: dict[SeatRole, Annotated[int, Field(ge=0, le=50)]] = Field(
        ONE_OF_EACH, description="Seats apart from the capacity."
    )
    newcomer_seats: int = Field(0, ge=0, le=1000, description="Kept for people who never came before.")
    room_id: UUID | None = Field(
        None,
        description="One of the corporation's rooms; a session for which it cannot be had stays a draft.",
    )

    def series_plan(self, time_zone: str) -> SeriesPlan:
        """Raises Invalid."""
        if not (self.place or self.room_id):
            raise Invalid("Say where it is: a place, or a room.", field="place")
        facts = {name: getattr(self, name) for name in SeriesPlanBody.model_fields if name != "starts_at"}
        facts["place"] = self.place or ""
        return SeriesPlan(local_start=self.starts_at, time_zone=time_zone, **facts)


class StartSeriesBody(SeriesPlanBody):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: Line = Field(examples=["Koffietafel"])
    theme_id: UUID | None = None


class ChangeSeriesBody(SeriesPlanBody):
    title: Line | None = Field(None, description="Another title than it has, while it is on trial.")


class ExceptionBody(Body):
    day: Day = Field(examples=["2030-04-24"])
    reason: Words = Field(examples=["Het is vakantie."])


@dataclass(frozen=True)
class Filters:
    """Which series; all of it together."""

    house: Annotated[UUID | None, Query(description="Only this house.")] = None
    state: Annotated[SeriesState | None, Query(description="Only in this state.")] = None
    follow_up_of: Annotated[
        UUID | None, Query(alias="followUpOf", description="Only what came out of this session.")
    ] = None


@router.post(
    "",
    status_code=201,
    summary="Start a series",
    responses=problems(KeyReused, HouseNotOpen, HouseTakesNoPlans, UnknownRoom),
)
async def start_series(body: StartSeriesBody, caller: Staff) -> Receipt:
    """Its sessions exist eight weeks ahead from now on, and come by themselves."""
    plan = body.series_plan(caller.corporation.time_zone)
    command = commands.StartSeries(body.house_id, body.title, plan, body.theme_id)
    return await caller.run(command, at="/series/{id}")


@router.get("", summary="Series", responses=problems())
async def list_series(
    reader: Everyone, page: Paging, filters: Annotated[Filters, Depends()]
) -> Page[SeriesView]:
    """In order of being proposed; on trial only for staff, guides and whoever leads one."""
    wanted = Wanted(**vars(filters))
    async with reader.reading() as session:
        found = await series.list_series(session, viewer(reader), wanted, after=page.after, limit=page.limit)
    return page.of(found)


@router.get("/{id}", summary="One series", responses=problems(NotFound))
async def show_series(id: UUID, reader: Everyone, response: Response) -> SeriesView:
    """With its version as ETag."""
    async with reader.reading() as session:
        found = await series.show_series(session, id, viewer(reader))
    response.headers["ETag"] = etag(found.version)
    return found


@router.get("/{id}/days", summary="Its next days", responses=problems(NotFound))
async def list_days(
    id: UUID,
    reader: Everyone,
    region: Annotated[
        Region | None, Query(description="Whose school holidays; all, where it is left out.")
    ] = None,
) -> list[SessionDay]:
    """Up to a year ahead, with a warning on public holidays and in school holidays in the Netherlands."""
    async with reader.reading() as session:
        return await series.list_days(session, id, viewer(reader), await reader.time(session), region)


@router.put(
    "/{id}/plan",
    summary="Start it, or change this and following",
    responses=problems(*LEADING, HouseTakesNoPlans, VersionMissing, CapacityTooSmall, *NOT_TO_BE_HAD),
)
async def plan_series(id: UUID, body: ChangeSeriesBody, caller: HostChange) -> Receipt:
    """A series on trial starts. One that goes on is otherwise from the plan's first time: its sessions move
    with everybody in them, who are asked again; those before stay as they are."""
    plan = body.series_plan(caller.corporation.time_zone)
    return await caller.run(commands.PlanSeries(id, plan, caller.actor, body.title, caller.version))


@router.post("/{id}/pause", summary="Pause a series", responses=problems(*LEADING))
async def pause_series(id: UUID, caller: Host) -> Receipt:
    """Its sessions to come are cancelled."""
    return await caller.run(commands.PauseSeries(id, caller.actor, caller.version))


@router.post(
    "/{id}/resumption",
    summary="Resume a series",
    responses=problems(*LEADING, HouseTakesNoPlans, SeriesHasNoPlan, commands.NotYoursToEnd),
)
async def resume_series(id: UUID, caller: Host) -> Receipt:
    """Its sessions come by themselves again, with its hosts and everybody who has a standing seat.

    Staff take up one that was ended, too."""
    return await caller.run(commands.ResumeSeries(id, caller.actor, caller.version))


@router.post(
    "/{id}/ending",
    summary="End a series",
    responses=problems(*LEADING, commands.NotYoursToEnd),
)
async def stop_series(id: UUID, body: ReasonBody, caller: Host) -> Receipt:
    """Its sessions to come are cancelled for this reason.

    A host does so who leads it alone and led it before; only staff take it up again."""
    return await caller.run(commands.StopSeries(id, body.reason, caller.actor, caller.version))


@router.post(
    "/{id}/exceptions",
    status_code=201,
    summary="Leave a day out",
    responses=problems(*LEADING, SeriesHasNoPlan, NotASessionDay),
)
async def leave_out_day(id: UUID, body: ExceptionBody, caller: Host) -> Receipt:
    """The session of that day is cancelled, or never made."""
    return await caller.run(commands.LeaveOutDay(id, body.day, body.reason, caller.actor, caller.version))


@router.post(
    "/{id}/exceptions/{day}/undo",
    summary="Have a session on that day after all",
    responses=problems(*LEADING, SeriesHasNoPlan, NotASessionDay),
)
async def take_back_day(id: UUID, day: Day, caller: Host) -> Receipt:
    """A new one, where it was cancelled already."""
    return await caller.run(commands.TakeBackDay(id, day, caller.actor, caller.version))


@router.post(
    "/{id}/hosts",
    status_code=201,
    summary="Lead a series",
    responses=problems(*MOVING, NotInvited, LeadsAlready, NotOfThisHouse),
)
async def welcome_host(id: UUID, caller: Host, body: ResidentBody = FOR_ONESELF) -> Receipt:
    """Staff and hosts give it to anybody; where nobody leads it, or it is at risk, somebody of the house
    takes it who was at one of its sessions, or at the one it follows."""
    resident = body.resident_id or whose(None, caller)
    return await caller.run(leading.WelcomeHost(id, resident, caller.actor, caller.version))


@router.post("/{id}/hosts/withdrawal", summary="Lead it no more", responses=problems(*MOVING, LeadsNot))
async def farewell_host(id: UUID, caller: Host, body: ResidentBody = FOR_ONESELF) -> Receipt:
    """Without anybody who leads it, a series is at risk, and somebody is looked for."""
    return await caller.run(leading.FarewellHost(id, whose(body.resident_id, caller), caller.version))


@router.post(
    "/{id}/standing-seats",
    status_code=201,
    summary="A seat every time",
    responses=problems(*MOVING, StandsAlready, NotOfThisHouse),
)
async def take_standing_seat(id: UUID, caller: Host, body: ResidentBody = FOR_ONESELF) -> Receipt:
    """Also in the sessions that are planned already; where those are full, a turn on the waiting list."""
    resident = whose(body.resident_id, caller)
    return await caller.run(leading.TakeStandingSeat(id, resident, caller.actor, caller.version))


@router.post(
    "/{id}/standing-seats/withdrawal", summary="No seat every time", responses=problems(*MOVING, StandsNot)
)
async def give_up_standing_seat(id: UUID, caller: Host, body: ResidentBody = FOR_ONESELF) -> Receipt:
    """Nor in the sessions that are planned."""
    return await caller.run(leading.GiveUpStandingSeat(id, whose(body.resident_id, caller), caller.version))
