"""Houses over HTTP."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.events.sessions import Joining, Outcome
from buurtthuis.http.models import Body, Day, Line, Page, Paging
from buurtthuis.http.policies import may_post
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Query, Response
from pydantic import Field

from buurtthuis_sessions.api.bodies import (
    ReasonBody,
    Words,
)
from buurtthuis_sessions.api.buildings import BagId, VeraId
from buurtthuis_sessions.api.people import Everyone, Staff, StaffChange, StaffOfAll, StaffReader
from buurtthuis_sessions.commands import houses as commands
from buurtthuis_sessions.domain.houses import About, HouseCannotMove, HouseIsOver, HouseState, NoEndToTakeBack
from buurtthuis_sessions.domain.templates import Entry, NoTemplate
from buurtthuis_sessions.queries import houses, templates
from buurtthuis_sessions.queries.houses import Anonymisation, HouseView

router = APIRouter(prefix="/houses", tags=["houses"])

Anybody = Annotated[
    Caller, may_post(Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE, of_all_houses=True)
]
MOVED = (*MOVING, HouseCannotMove)


class HouseBody(Body):
    title: Line = Field(examples=["BuurtThuis Wingerd"])
    town: Line = Field(examples=["Waddinxveen"])
    dwellings: int = Field(ge=1, le=100_000, examples=[96])
    label: Line | None = Field(None, examples=["Praatmaatje"], description="What residents call it.")
    ends_on: Day | None = Field(None, examples=["2030-03-31"])
    gap_limit_days: int = Field(
        21, ge=1, le=365, description="After so many days without a session its continuity is broken."
    )
    bag_id: BagId | None = None
    vera_id: VeraId | None = None


class ProposeHouseBody(HouseBody):
    retention_days: int = Field(
        90, ge=0, le=3650, description="How long after its end personal data of it goes."
    )


class JoiningBody(Body):
    joining: Joining = Field(
        examples=["code"],
        description="`open`: whoever shows an address; `code`: with a code on paper, of a household; `staff`: whom staff add.",
    )


class OpenHouseBody(ProposeHouseBody):
    joining: Joining = Field(Joining.OPEN, description="How people join it.")
    template_id: UUID | None = Field(
        None, description="Start with drafts for this programme, ours or a shared one."
    )


class EndingBody(Body):
    outcome: Outcome = Field(examples=["handed_over"])
    reason: Words = Field(examples=["De bewoners gaan zelf verder."])
    at_once: bool = Field(
        False, description="For whoever is sure: it takes effect in this moment, and cannot be taken back."
    )


@router.post("", status_code=201, summary="Open a house", responses=problems(KeyReused, NoTemplate))
async def open_house(body: OpenHouseBody, caller: StaffOfAll) -> Receipt:
    """Start an experiment at one complex, from nothing or from a template."""
    facts = body.model_dump(exclude={"template_id"})
    command = commands.OpenHouse(**facts, entries=await _programme(caller, body.template_id))
    return await caller.run(command, at="/houses/{id}")


@router.post("/proposals", status_code=201, summary="Propose a house", responses=problems(KeyReused))
async def propose_house(body: ProposeHouseBody, caller: Anybody) -> Receipt:
    """Staff decide what comes of it; until it opens only staff and guides see it."""
    return await caller.run(commands.ProposeHouse(**body.model_dump()), at="/houses/{id}")


@router.get("", summary="Houses", responses=problems())
async def list_houses(
    reader: Everyone,
    page: Paging,
    state: Annotated[HouseState | None, Query(description="Only in this state.")] = None,
) -> Page[HouseView]:
    """In order of opening; residents and chain partners see none that is only proposed or prepared."""
    async with reader.reading() as session:
        found = await houses.list_houses(
            session, hidden=_sees_hidden(reader), state=state, after=page.after, limit=page.limit
        )
    return page.of(found)


@router.get("/{id}", summary="One house", responses=problems(NotFound))
async def show_house(id: UUID, reader: Everyone, response: Response) -> HouseView:
    """With its version as ETag."""
    async with reader.reading() as session:
        house = await houses.show_house(session, id, hidden=_sees_hidden(reader))
    response.headers["ETag"] = etag(house.version)
    return house


@router.put("/{id}", summary="Change a house", responses=problems(*MOVING, VersionMissing, HouseIsOver))
async def change_house(id: UUID, body: HouseBody, caller: StaffChange) -> Receipt:
    """Its name, its size, or how it is run; until it ends."""
    return await caller.run(commands.ChangeHouse(id, About(**body.model_dump()), caller.version))


@router.put(
    "/{id}/joining",
    summary="Say how people join a house",
    responses=problems(*MOVING, VersionMissing, HouseIsOver),
)
async def let_people_join(id: UUID, body: JoiningBody, caller: StaffChange) -> Receipt:
    """From now on; who is in it stays in it. Codes on paper are made at `/notifications/houses/{id}/joining-codes`."""
    return await caller.run(commands.LetPeopleJoin(id, body.joining, caller.version))


@router.post("/{id}/preparation", summary="Take a proposal on", responses=problems(*MOVED))
async def prepare_house(id: UUID, caller: Staff) -> Receipt:
    """Sessions can be planned; residents see the house once it opens."""
    return await caller.run(commands.PrepareHouse(id, caller.version))


@router.post("/{id}/opening", summary="Open a house that was prepared", responses=problems(*MOVED))
async def begin_house(id: UUID, caller: Staff) -> Receipt:
    """Residents can come from now on."""
    return await caller.run(commands.BeginHouse(id, caller.version))


@router.post("/{id}/pause", summary="Plan nothing new for a while", responses=problems(*MOVED))
async def pause_house(id: UUID, body: ReasonBody, caller: Staff) -> Receipt:
    """What is planned goes on."""
    return await caller.run(commands.PauseHouse(id, body.reason, caller.version))


@router.post("/{id}/resumption", summary="Go on with a house", responses=problems(*MOVED))
async def resume_house(id: UUID, caller: Staff) -> Receipt:
    """After a pause, or after an evaluation that came too early."""
    return await caller.run(commands.ResumeHouse(id, caller.version))


@router.post("/{id}/evaluation", summary="Look back on a house", responses=problems(*MOVED))
async def evaluate_house(id: UUID, caller: Staff) -> Receipt:
    """It goes on meanwhile."""
    return await caller.run(commands.EvaluateHouse(id, caller.version))


@router.post("/{id}/ending", summary="End a house", responses=problems(*MOVED))
async def end_house(id: UUID, body: EndingBody, caller: Staff) -> Receipt:
    """From wherever it is. It takes effect a day after colleagues can have read it (`ending` says when), and can be taken
    back until then; meanwhile the house goes on, and residents hear nothing.

    Then what is ahead is cancelled, everybody is told, and the day is set on which personal data goes. A house that
    `continued` can be handed over or stopped later; that day stays."""
    end = commands.EndHouse if body.at_once else commands.AnnounceHouseEnd
    return await caller.run(end(id, body.outcome, body.reason, caller.version))


@router.post(
    "/{id}/ending/undo", summary="Take the end of a house back", responses=problems(*MOVING, NoEndToTakeBack)
)
async def take_back_house_end(id: UUID, caller: Staff) -> Receipt:
    """Before it takes effect; the house goes on as it was, and only colleagues heard of it."""
    return await caller.run(commands.TakeBackHouseEnd(id, caller.version))


@router.get(
    "/{id}/anonymisation", summary="What is left of a house's personal data", responses=problems(NotFound)
)
async def show_anonymisation(id: UUID, reader: StaffReader) -> Anonymisation:
    """Counted at this moment, in every place where there can be any."""
    async with reader.reading() as session:
        return await houses.show_anonymisation(session, id)


async def _programme(caller: Caller, template: UUID | None) -> tuple[Entry, ...]:
    """A template's entries; another corporation's can be read, but not locked, so it is read here."""
    if template is None:
        return ()
    try:
        async with caller.reading() as session:
            found = await templates.show_template(session, template)
            return tuple(entry.entry() for entry in found.entries)
    except NotFound:
        raise NoTemplate(field="template_id") from None


def _sees_hidden(reader: Reader) -> bool:
    return reader.has(Role.STAFF, Role.GUIDE)
