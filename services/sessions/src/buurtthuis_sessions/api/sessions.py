"""Sessions over HTTP."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Moment, Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Depends, Query, Response

from buurtthuis_sessions.api.bodies import (
    AttendanceBody,
    CapacityBody,
    DraftSessionBody,
    PlanBody,
    ReasonBody,
    ReportBody,
    TitleBody,
)
from buurtthuis_sessions.api.people import Door, DoorChange, Everyone, Host, HostChange, Staff, viewer
from buurtthuis_sessions.commands import sessions as commands
from buurtthuis_sessions.commands.rooms import UnknownRoom
from buurtthuis_sessions.domain.arrivals import NobodyNoted
from buurtthuis_sessions.domain.follow_ups.states import AttendanceSettled, VotedOn
from buurtthuis_sessions.domain.holidays import DayOff, Region, days_off
from buurtthuis_sessions.domain.houses import HouseIsOver, HouseNotOpen, HouseTakesNoPlans
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.rooms import RoomNotInUse, RoomShut, RoomTaken, RoomTooSmall
from buurtthuis_sessions.domain.seating import CapacityTooSmall, NotRegistered
from buurtthuis_sessions.domain.sessions.states import (
    NotBegun,
    NotOpenForRegistration,
    Phase,
    SessionCannotMove,
)
from buurtthuis_sessions.queries import sessions
from buurtthuis_sessions.queries.sessions import SessionView, Wanted

router = APIRouter(prefix="/sessions", tags=["sessions"])

LEADING = (*MOVING, NotAHost, SessionCannotMove)
BOOKING = (RoomTaken, RoomShut, RoomTooSmall, RoomNotInUse)


@dataclass(frozen=True)
class Filters:
    """Which sessions; all of it together."""

    house: Annotated[UUID | None, Query(description="Only this house.")] = None
    theme: Annotated[UUID | None, Query(description="Only about this theme.")] = None
    series: Annotated[UUID | None, Query(description="Only of this series.")] = None
    follow_up_of: Annotated[
        UUID | None, Query(alias="followUpOf", description="Only what came out of this session.")
    ] = None
    state: Annotated[Phase | None, Query(description="Only in this state.")] = None
    since: Annotated[Moment | None, Query(alias="from", description="Beginning then or later.")] = None
    until: Annotated[Moment | None, Query(alias="to", description="Beginning before then.")] = None

    def wanted(self) -> Wanted:
        """As the query takes it."""
        return Wanted(**vars(self))


@router.post(
    "",
    status_code=201,
    summary="Draft a session",
    responses=problems(KeyReused, HouseNotOpen, HouseTakesNoPlans),
)
async def draft_session(body: DraftSessionBody, caller: Staff) -> Receipt:
    """By hand; a selected theme, a vote and a series make drafts by themselves."""
    return await caller.run(
        commands.DraftSession(body.house_id, body.title, body.theme_id), at="/sessions/{id}"
    )


@router.get("", summary="Sessions", responses=problems())
async def list_sessions(
    reader: Everyone, page: Paging, filters: Annotated[Filters, Depends()]
) -> Page[SessionView]:
    """In order of drafting; residents see no drafts but those they lead."""
    async with reader.reading() as session:
        found = await sessions.list_sessions(
            session,
            viewer(reader),
            await reader.time(session),
            filters.wanted(),
            after=page.after,
            limit=page.limit,
        )
    return page.of(found)


@router.get("/{id}", summary="One session", responses=problems(NotFound))
async def show_session(id: UUID, reader: Everyone, response: Response) -> SessionView:
    """With its version as ETag."""
    async with reader.reading() as session:
        found = await sessions.show_session(session, id, viewer(reader), await reader.time(session))
    response.headers["ETag"] = etag(found.version)
    return found


@router.get("/{id}/days-off", summary="Why few people may come", responses=problems(NotFound))
async def list_days_off(
    id: UUID,
    reader: Everyone,
    region: Annotated[
        Region | None, Query(description="Whose school holidays; all, where it is left out.")
    ] = None,
) -> list[DayOff]:
    """Public holidays and school holidays in the Netherlands on its day: a warning, and nothing is refused for it."""
    async with reader.reading() as session:
        found = await sessions.show_session(session, id, viewer(reader), await reader.time(session))
    return days_off(found.starts_at.date(), region) if found.starts_at else []


@router.put(
    "/{id}/plan",
    summary="Schedule or reschedule a session",
    responses=problems(
        *LEADING,
        HouseTakesNoPlans,
        VersionMissing,
        NotOpenForRegistration,
        CapacityTooSmall,
        *BOOKING,
        UnknownRoom,
    ),
)
async def plan_session(id: UUID, body: PlanBody, caller: HostChange) -> Receipt:
    """Fill in time, place and capacity of a draft; residents can register from then on.

    Of a scheduled session: another time or place. Everybody keeps the place they have, and is asked again."""
    plan = body.plan(caller.corporation.time_zone)
    return await caller.run(commands.PlanSession(id, plan, caller.actor, body.title, caller.version))


@router.put(
    "/{id}/title",
    summary="Put a session's title right",
    responses=problems(*LEADING, VersionMissing, HouseIsOver),
)
async def rename_session(id: UUID, body: TitleBody, caller: HostChange) -> Receipt:
    """Everybody keeps the place they have, and nobody is asked again."""
    return await caller.run(commands.RenameSession(id, body.title, caller.actor, caller.version))


@router.put(
    "/{id}/capacity",
    summary="Make room for more people, or for fewer",
    responses=problems(
        *MOVING, NotAHost, VersionMissing, NotOpenForRegistration, CapacityTooSmall, RoomTooSmall
    ),
)
async def change_capacity(id: UUID, body: CapacityBody, caller: HostChange) -> Receipt:
    """Whoever waits longest is offered what comes free; nobody loses a place.

    With `no_new_places` it can be less than there are people in it, and who waits goes on waiting, in order."""
    command = commands.ChangeCapacity(
        id, body.capacity, caller.actor, caller.version, no_new_places=body.no_new_places
    )
    return await caller.run(command)


@router.post(
    "/{id}/attendance",
    summary="Note who came",
    responses=problems(*LEADING, NotBegun, NotRegistered, NobodyNoted, HouseIsOver),
)
async def hold_session(id: UUID, body: AttendanceBody, caller: Door) -> Receipt:
    """The session was held. Whoever registered and is not in the list did not show; without a list it is whoever was noted at the door.

    Also where it was noted by mistake that it was not held."""
    command = commands.HoldSession(id, body.attended, caller.actor, body.walk_ins, caller.version)
    return await caller.run(command)


@router.put(
    "/{id}/attendance",
    summary="Note again who came",
    responses=problems(*LEADING, VersionMissing, NotRegistered, NobodyNoted, AttendanceSettled, HouseIsOver),
)
async def correct_attendance(id: UUID, body: AttendanceBody, caller: DoorChange) -> Receipt:
    """Where it was noted wrongly. What was decided by those who were there stays; not while they are voting."""
    command = commands.CorrectAttendance(id, body.attended, caller.actor, body.walk_ins, caller.version)
    return await caller.run(command)


@router.post(
    "/{id}/non-attendance",
    summary="It was not held",
    responses=problems(*LEADING, NotBegun, VotedOn, HouseIsOver),
)
async def not_hold_session(id: UUID, body: ReasonBody, caller: Host) -> Receipt:
    """The time came, and people did not meet; also where it was noted as held by mistake, and nobody voted at it."""
    return await caller.run(commands.NotHoldSession(id, body.reason, caller.actor, caller.version))


@router.post("/{id}/report", summary="Report, and close", responses=problems(*LEADING))
async def report_session(id: UUID, body: ReportBody, caller: Door) -> Receipt:
    """A few words on what was said and agreed, for everybody in the house; name nobody in them."""
    return await caller.run(commands.ReportSession(id, body.report, caller.actor, caller.version))


@router.put(
    "/{id}/report", summary="Report otherwise", responses=problems(*LEADING, VersionMissing, HouseIsOver)
)
async def rewrite_report(id: UUID, body: ReportBody, caller: DoorChange) -> Receipt:
    """Where the first words were wrong, or named somebody; nothing that was said before has those any more."""
    return await caller.run(commands.RewriteReport(id, body.report, caller.actor, caller.version))


@router.post("/{id}/cancellation", summary="Cancel a session", responses=problems(*LEADING))
async def cancel_session(id: UUID, body: ReasonBody, caller: Host) -> Receipt:
    """It does not take place, for a reason that everybody with a place or a turn is told."""
    return await caller.run(commands.CancelSession(id, body.reason, caller.actor, caller.version))
