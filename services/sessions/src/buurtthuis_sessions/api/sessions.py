"""Sessions over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from buurtthuis.errors import Invalid, KeyReused, NotFound, VersionMissing
from buurtthuis.events.sessions import Kind
from buurtthuis.identity import Role
from buurtthuis.web import (
    MOVING,
    Body,
    Caller,
    Page,
    Paging,
    Reader,
    etag,
    may_change,
    may_post,
    may_read,
    problems,
)
from buurtthuis.work import Receipt
from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from buurtthuis_sessions import commands, queries
from buurtthuis_sessions.domain import (
    AlreadyRegistered,
    HouseNotOpen,
    NotBegun,
    NotOpenForRegistration,
    NotRegistered,
    Plan,
    SessionCannotMove,
    SessionFull,
    SessionState,
)
from buurtthuis_sessions.queries import HouseView, SeatView, SessionView, WallClock

router = APIRouter()

Everyone = Annotated[Reader, may_read(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE)]
StaffReader = Annotated[Reader, may_read(Role.STAFF)]
Staff = Annotated[Caller, may_post(Role.STAFF)]
StaffChange = Annotated[Caller, may_change(Role.STAFF)]
Host = Annotated[Caller, may_post(Role.STAFF)]
Registrar = Annotated[Caller, may_post(Role.RESIDENT, Role.STAFF)]

Title = Annotated[str, Field(min_length=1, max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$", max_length=35)]


class OpenHouseBody(Body):
    title: Title = Field(examples=["BuurtThuis Wingerd"])
    town: Title = Field(examples=["Waddinxveen"])
    dwellings: int = Field(ge=1, le=100_000, examples=[96])
    label: Title | None = Field(None, examples=["Praatmaatje"], description="What residents call it.")
    ends_on: date | None = Field(None, examples=["2019-03-31"])


class DraftSessionBody(Body):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: Title = Field(examples=["Koffietafel"])


class ScheduleSessionBody(Body):
    title: Title | None = Field(None, description="Another title than the draft's.")
    kind: Kind = Field(examples=["coffee_table"])
    starts_at: WallClock = Field(
        examples=["2019-01-10T19:30:00"],
        description="What the clock on the wall shows, without an offset; of an hour it shows twice, the first.",
    )
    ends_at: WallClock = Field(examples=["2019-01-10T21:30:00"])
    place: Title = Field(examples=["Ontmoetingsruimte Wingerd"])
    capacity: int = Field(ge=1, le=1000, examples=[12])
    languages: tuple[Language, ...] = Field((), max_length=20, examples=[["nl-x-b1", "ar"]])


class HoldSessionBody(Body):
    attended: tuple[UUID, ...] = Field(
        max_length=1000,
        examples=[["01a204c1-fe6e-7763-a625-7498d1180187"]],
        description="Residents who had registered and came.",
    )
    walk_ins: int = Field(0, ge=0, le=1000, description="People who came without registering.")


class SeatBody(Body):
    resident_id: UUID | None = Field(
        None, description="For whom, where staff do this for a resident who has no phone or computer."
    )


class ReasonBody(Body):
    reason: str = Field(min_length=1, max_length=2000, examples=["De verwarming is kapot."])


FOR_ONESELF = SeatBody(resident_id=None)


@router.post(
    "/houses", status_code=201, tags=["houses"], summary="Open a house", responses=problems(KeyReused)
)
async def open_house(body: OpenHouseBody, caller: Staff) -> Receipt:
    """Start an experiment at one complex."""
    return await caller.run(commands.OpenHouse(**body.model_dump()), at="/houses/{id}")


@router.get("/houses", tags=["houses"], summary="Houses", responses=problems())
async def list_houses(reader: Everyone, page: Paging) -> Page[HouseView]:
    """In order of opening."""
    async with reader.reading() as session:
        return Page.of(await queries.list_houses(session, page.after, page.limit), page.limit)


@router.get("/houses/{id}", tags=["houses"], summary="One house", responses=problems(NotFound))
async def show_house(id: UUID, reader: Everyone, response: Response) -> HouseView:
    """With its version as ETag."""
    async with reader.reading() as session:
        house = await queries.show_house(session, id)
    response.headers["ETag"] = etag(house.version)
    return house


@router.post(
    "/sessions",
    status_code=201,
    tags=["sessions"],
    summary="Draft a session",
    responses=problems(KeyReused, HouseNotOpen),
)
async def draft_session(body: DraftSessionBody, caller: Staff) -> Receipt:
    """By hand; a selected theme gets its draft by itself."""
    return await caller.run(commands.DraftSession(body.house_id, body.title), at="/sessions/{id}")


@router.get("/sessions", tags=["sessions"], summary="Sessions", responses=problems())
async def list_sessions(
    reader: Everyone,
    page: Paging,
    house: Annotated[UUID | None, Query(description="Only this house.")] = None,
    theme: Annotated[UUID | None, Query(description="Only about this theme.")] = None,
    state: Annotated[SessionState | None, Query(description="Only in this state.")] = None,
) -> Page[SessionView]:
    """In order of drafting; residents see no drafts."""
    async with reader.reading() as session:
        found = await queries.list_sessions(
            session,
            drafts=_sees_drafts(reader),
            house=house,
            theme=theme,
            state=state,
            after=page.after,
            limit=page.limit,
        )
    return Page.of(found, page.limit)


@router.get("/sessions/{id}", tags=["sessions"], summary="One session", responses=problems(NotFound))
async def show_session(id: UUID, reader: Everyone, response: Response) -> SessionView:
    """With its version as ETag."""
    async with reader.reading() as session:
        found = await queries.show_session(session, id, drafts=_sees_drafts(reader))
    response.headers["ETag"] = etag(found.version)
    return found


@router.put(
    "/sessions/{id}/plan",
    tags=["sessions"],
    summary="Schedule a session",
    responses=problems(*MOVING, VersionMissing, SessionCannotMove),
)
async def schedule_session(id: UUID, body: ScheduleSessionBody, caller: StaffChange) -> Receipt:
    """Fill in time, place and capacity of a draft; residents can register from then on."""
    plan = Plan(time_zone=caller.corporation.time_zone, **body.model_dump(exclude={"title"}))
    return await caller.run(commands.ScheduleSession(id, plan, body.title, caller.version))


@router.get("/sessions/{id}/seats", tags=["seats"], summary="Who has a place", responses=problems(NotFound))
async def list_seats(id: UUID, reader: StaffReader) -> list[SeatView]:
    """For the people who run the session; residents by pseudonym."""
    async with reader.reading() as session:
        return await queries.list_seats(session, id)


@router.post(
    "/sessions/{id}/seats",
    status_code=201,
    tags=["seats"],
    summary="Register for a session",
    responses=problems(*MOVING, NotOpenForRegistration, SessionFull, AlreadyRegistered),
)
async def register_seat(id: UUID, caller: Registrar, body: SeatBody = FOR_ONESELF) -> Receipt:
    """A resident takes a place, or staff give one to a resident who asked at the door or by phone."""
    command = commands.RegisterSeat(id, _resident(body, caller), caller.version)
    return await caller.run(command, at="/sessions/{id}")


@router.post(
    "/sessions/{id}/withdrawal",
    tags=["seats"],
    summary="Give a place back",
    responses=problems(*MOVING, NotOpenForRegistration, NotRegistered),
)
async def withdraw_seat(id: UUID, caller: Registrar, body: SeatBody = FOR_ONESELF) -> Receipt:
    """As long as the session has not begun; somebody else can have it."""
    return await caller.run(commands.WithdrawSeat(id, _resident(body, caller), caller.version))


@router.post(
    "/sessions/{id}/attendance",
    tags=["sessions"],
    summary="Note who came",
    responses=problems(*MOVING, SessionCannotMove, NotBegun, NotRegistered),
)
async def hold_session(id: UUID, body: HoldSessionBody, caller: Host) -> Receipt:
    """The session was held. Whoever registered and is not in the list did not show."""
    return await caller.run(commands.HoldSession(id, body.attended, body.walk_ins, caller.version))


@router.post(
    "/sessions/{id}/cancellation",
    tags=["sessions"],
    summary="Cancel a session",
    responses=problems(*MOVING, SessionCannotMove),
)
async def cancel_session(id: UUID, body: ReasonBody, caller: Staff) -> Receipt:
    """It does not take place, for a reason that everybody with a place is told."""
    return await caller.run(commands.CancelSession(id, body.reason, caller.version))


def _resident(body: SeatBody, caller: Caller) -> UUID:
    """Whose place it is: staff name the resident, and residents speak for nobody but themselves."""
    if caller.has(Role.STAFF):
        if body.resident_id is None:
            raise Invalid("Say which resident this place is for.", field="/resident_id")
        return body.resident_id
    if body.resident_id not in (None, caller.principal.subject):
        raise Invalid("Residents register themselves only.", field="/resident_id")
    return caller.principal.subject


def _sees_drafts(reader: Reader) -> bool:
    return reader.has(Role.STAFF, Role.GUIDE)
