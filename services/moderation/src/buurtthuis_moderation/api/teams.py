"""Those who look after a page, over HTTP."""

from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.errors import KeyReused, NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Body
from buurtthuis.http.problems import problems
from fastapi import APIRouter
from pydantic import Field

from buurtthuis_moderation.api.people import Everyone, Moderator, Staff, acting
from buurtthuis_moderation.commands import teams as commands
from buurtthuis_moderation.domain.pages import DoesNotModerate, ModeratesAlready, PageIsArchived
from buurtthuis_moderation.queries import teams as queries
from buurtthuis_moderation.queries.teams import TeamView

router = APIRouter(prefix="/pages/{id}", tags=["moderators"])


class ModeratorBody(Body):
    resident_id: UUID = Field(examples=["01a204c1-fe6e-7763-a625-7498d1180187"])


class ResignationBody(Body):
    resident_id: UUID | None = Field(None, description="Who, where staff see to it.")


class GuideBody(Body):
    guide_id: UUID = Field(
        description="Somebody of the neighbourhood platform.",
        examples=["01a204c1-fe6e-7763-a625-7498d1180188"],
    )


@router.get("/team", summary="Who looks after a page", responses=problems(NotFound))
async def show_team(id: UUID, reader: Everyone) -> TeamView:
    """Moderators are residents; everybody may know who."""
    zone = ZoneInfo(reader.corporation.time_zone)
    async with reader.reading() as session:
        day = (await reader.time(session)).astimezone(zone).date()
        return await queries.show_team(session, id, day, acting(reader))


@router.post(
    "/moderators",
    status_code=201,
    summary="Appoint a moderator",
    responses=problems(NotFound, KeyReused, ModeratesAlready, PageIsArchived),
)
async def appoint_moderator(id: UUID, body: ModeratorBody, caller: Staff) -> Receipt:
    """A resident, by staff: what two moderators remove together was not removed by somebody and whom they chose."""
    return await caller.run_namelessly(commands.AppointModerator(id, body.resident_id, caller.actor))


@router.post(
    "/resignation",
    summary="Be a moderator no longer",
    responses=problems(NotFound, KeyReused, DoesNotModerate),
)
async def resign_moderator(id: UUID, body: ResignationBody, caller: Moderator) -> Receipt:
    """At any time. Staff can see to it for somebody."""
    return await caller.run_namelessly(commands.ResignModerator(id, caller.actor, body.resident_id))


@router.post("/guide", summary="Assign a guide", responses=problems(NotFound, KeyReused, PageIsArchived))
async def assign_guide(id: UUID, body: GuideBody, caller: Staff) -> Receipt:
    """Who is asked where no moderator can decide."""
    return await caller.run_namelessly(commands.AssignGuide(id, body.guide_id, caller.actor))
