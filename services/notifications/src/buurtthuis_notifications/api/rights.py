"""Rights for houses, over HTTP."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import ForAllHouses, Invalid, KeyReused, NotFound, NotYourHouse
from buurtthuis.core.work import Receipt
from buurtthuis.events.notifications import GivenRole
from buurtthuis.http.models import Body, Moment, Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.versions import etag
from buurtthuis.identity.tokens import pseudonym
from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, StringConstraints

from buurtthuis_notifications.api.people import Staff, StaffReader
from buurtthuis_notifications.commands import rights as commands
from buurtthuis_notifications.domain.rights import HasRightAlready, Held, NotForYourself, RightHasEnded
from buurtthuis_notifications.queries import rights as queries
from buurtthuis_notifications.queries.rights import RightView, Wanted

router = APIRouter(prefix="/rights", tags=["rights"])

NOBODY = "Say who this is for: by subject_id, or by the sub of your sign-in service."
WHICH = "Say which of your sign-in services knows them: the issuer of its tokens."


class WhoBody(Body):
    """Somebody who signs in at the corporation's own sign-in service."""

    subject_id: UUID | None = Field(
        None,
        description="Their pseudonym, as `GET /me/rights` tells them.",
        examples=["01a204c1-fe6e-7763-a625-7498d1180187"],
    )
    sub: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="As the sign-in service calls them in its tokens. It is not kept."
    )
    issuer: str | None = Field(None, max_length=2000, description="Where there are several sign-in services.")

    def subject(self, corporation: Corporation) -> UUID:
        """By which pseudonym they are known here. Raises Invalid."""
        if (self.subject_id is None) == (self.sub is None):
            raise Invalid(NOBODY, field="subject_id")
        if self.subject_id:
            return self.subject_id
        known = [issuer.url for issuer in corporation.issuers if self.issuer in (None, issuer.url)]
        if len(known) != 1:
            raise Invalid(WHICH, field="issuer")
        return pseudonym(known[0], str(self.sub))


class GiveRightBody(WhoBody):
    role: GivenRole = Field(examples=["chain_partner"])
    house_id: UUID | None = Field(
        description="For which house; null for all of them.",
        examples=["01a204c1-fe22-7520-b7a9-199f15c86465"],
    )
    until: Moment | None = Field(
        None, description="When it ends by itself.", examples=["2030-01-01T00:00:00+01:00"]
    )


@dataclass(frozen=True)
class Filters:
    """Which rights; all of it together."""

    house: Annotated[UUID | None, Query(description="In this house.")] = None
    subject: Annotated[UUID | None, Query(description="Of this person, by pseudonym.")] = None
    holds: Annotated[bool | None, Query(description="Only those that count now, or that have ended.")] = None


@router.post(
    "",
    status_code=201,
    summary="Give somebody a role in a house",
    responses=problems(NotFound, KeyReused, HasRightAlready, NotYourHouse, ForAllHouses, NotForYourself),
)
async def give_right(body: GiveRightBody, caller: Staff) -> Receipt:
    """At once here, within seconds in every other service.

    From the first that somebody is given of a role on, it is for no other house than those that they are given, or that their
    token lists. Staff of some houses give what is for those, and make nobody staff."""
    held = Held(body.subject(caller.corporation), body.role, body.house_id)
    return await caller.run(commands.GiveRight(held, caller.actor, body.until), at="/rights/{id}")


@router.get("", summary="Who has which role where", responses=problems())
async def list_rights(
    reader: StaffReader, page: Paging, filters: Annotated[Filters, Depends()]
) -> Page[RightView]:
    """In the order of being given, also those that have ended: what staff gave here, and not what tokens list."""
    async with reader.reading() as session:
        now, wanted = await reader.time(session), Wanted(**vars(filters))
        found = await queries.list_rights(session, wanted, now, after=page.after, limit=page.limit)
    return Page.of(found, page.limit)


@router.get("/{id}", summary="One right", responses=problems(NotFound))
async def show_right(id: UUID, reader: StaffReader, response: Response) -> RightView:
    """With its version as ETag."""
    async with reader.reading() as session:
        right = await queries.one_right(session, id, await reader.time(session))
    response.headers["ETag"] = etag(right.version)
    return right


@router.post(
    "/{id}/withdrawal", summary="Take a right away", responses=problems(*MOVING, RightHasEnded, ForAllHouses)
)
async def take_right_away(id: UUID, caller: Staff) -> Receipt:
    """At once here, within seconds in every other service; live feeds end."""
    return await caller.run(commands.TakeRightAway(id, caller.actor))
