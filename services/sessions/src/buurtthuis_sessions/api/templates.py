"""Templates over HTTP."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.corporations import LanguageTag
from buurtthuis.core.errors import KeyReused, NotFound, VersionMissing
from buurtthuis.core.work import Receipt
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.http.models import Body, Line, Page, Paging, Part, WallTime
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Reader
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Query, Response
from pydantic import Field

from buurtthuis_sessions.api.bodies import (
    Capacity,
    RuleText,
)
from buurtthuis_sessions.api.people import StaffOfAll, StaffOfAllChange, StaffOfAllReader
from buurtthuis_sessions.commands import templates as commands
from buurtthuis_sessions.domain.templates import (
    Entry,
    NotChecked,
    NothingToKeep,
    NotShared,
    SharedAlready,
    TemplateIsShared,
)
from buurtthuis_sessions.queries import templates
from buurtthuis_sessions.queries.templates import TemplateView

router = APIRouter(prefix="/templates", tags=["templates"])


class KeepTemplateBody(Body):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    title: Line = Field(examples=["Winter bij de koffie"])


class EntryBody(Part):
    title: Line = Field(examples=["Koffietafel"])
    kind: Kind = Field(examples=["coffee_table"])
    day: int = Field(ge=0, le=3650, examples=[14], description="Days after the first session.")
    weekday: int = Field(ge=1, le=7, examples=[3], description="1 is Monday.")
    starts: WallTime = Field(examples=["19:30:00"], description="What the clock on the wall shows.")
    minutes: int = Field(ge=1, le=24 * 60, examples=[120])
    capacity: Capacity
    languages: tuple[LanguageTag, ...] = Field((), max_length=20)
    roles: dict[SeatRole, Annotated[int, Field(ge=0, le=50)]] = Field(
        default_factory=lambda: {SeatRole.HOST: 2}
    )
    newcomer_seats: int = Field(0, ge=0, le=1000)
    rule: RuleText | None = Field(
        None,
        examples=["FREQ=WEEKLY"],
        description="How it comes back (RFC 5545); UNTIL is left out, which is a day of another year.",
    )

    def entry(self) -> Entry:
        """As the programme keeps it."""
        return Entry(**dict(self))


class TemplateBody(Body):
    title: Line = Field(examples=["Winter bij de koffie"])
    entries: list[EntryBody] = Field(
        min_length=1,
        max_length=500,
        examples=[
            [
                {
                    "title": "Koffietafel",
                    "kind": "coffee_table",
                    "day": 14,
                    "weekday": 3,
                    "starts": "10:00:00",
                    "minutes": 120,
                    "capacity": 12,
                    "rule": "FREQ=WEEKLY",
                }
            ]
        ],
    )


class SharingBody(Body):
    checked: bool = Field(examples=[True], description="I have read every title: nobody is named.")


class SharedTemplate(TemplateView):
    """A template, and the name of the corporation that made it."""

    corporation_name: str


@router.post(
    "",
    status_code=201,
    summary="Keep a house's programme",
    responses=problems(KeyReused, NotFound, NothingToKeep),
)
async def keep_template(body: KeepTemplateBody, caller: StaffOfAll) -> Receipt:
    """What took place or is planned: no people, no places, no reports."""
    return await caller.run(commands.KeepTemplate(body.house_id, body.title), at="/templates/{id}")


@router.get("", summary="Templates", responses=problems())
async def list_templates(
    reader: StaffOfAllReader,
    page: Paging,
    shared: Annotated[bool, Query(description="What all corporations share, instead of our own.")] = False,
) -> Page[SharedTemplate]:
    """In order of keeping."""
    async with reader.reading() as session:
        sharing = reader.service.corporations if shared else None
        found = await templates.list_templates(session, sharing=sharing, after=page.after, limit=page.limit)
    return page.of([_named(template, reader) for template in found])


@router.get("/{id}", summary="One template", responses=problems(NotFound))
async def show_template(id: UUID, reader: StaffOfAllReader, response: Response) -> SharedTemplate:
    """Ours, or one that another corporation shares."""
    async with reader.reading() as session:
        found = await templates.show_template(session, id)
    response.headers["ETag"] = etag(found.version)
    return _named(found, reader)


@router.put(
    "/{id}", summary="Change a template", responses=problems(*MOVING, VersionMissing, TemplateIsShared)
)
async def change_template(id: UUID, body: TemplateBody, caller: StaffOfAllChange) -> Receipt:
    """As long as it is not shared; titles were typed by people, and may name somebody."""
    entries = tuple(entry.entry() for entry in body.entries)
    return await caller.run(commands.ChangeTemplate(id, body.title, entries, caller.version))


@router.post(
    "/{id}/sharing", summary="Share a template", responses=problems(*MOVING, NotChecked, SharedAlready)
)
async def share_template(id: UUID, body: SharingBody, caller: StaffOfAll) -> Receipt:
    """Every corporation can start from it. Somebody has read every title first."""
    return await caller.run(commands.ShareTemplate(id, body.checked, caller.version))


@router.post("/{id}/unsharing", summary="Share a template no more", responses=problems(*MOVING, NotShared))
async def unshare_template(id: UUID, caller: StaffOfAll) -> Receipt:
    """Houses that were started from it keep what they have."""
    return await caller.run(commands.UnshareTemplate(id, caller.version))


def _named(template: TemplateView, reader: Reader) -> SharedTemplate:
    """Raises NotFound where the corporation that shared it left."""
    owner = reader.service.corporations.get(template.corporation)
    if owner is None:
        raise NotFound(what="template", id=template.id)
    return SharedTemplate(**dict(template), corporation_name=owner.name)
