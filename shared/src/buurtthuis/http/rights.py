"""What somebody may, as this service knows it: for a page that shows them no more than that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from buurtthuis.http.feed import EVERY_ROLE
from buurtthuis.http.policies import Reads
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Reader
from buurtthuis.identity.principals import Principal, Role

router = APIRouter(tags=["my rights"])


class RoleView(BaseModel):
    """A role, and the houses that it is for: all of them where `houses` is null, and none where it is empty.

    `until` is the first moment at which a part of it ends."""

    role: Role
    houses: list[UUID] | None
    until: datetime | None

    @classmethod
    def of(cls, principal: Principal, role: Role) -> "RoleView":
        """As it counts now."""
        only = principal.houses_of(role).only
        ends = [right.until for right in principal.rights if right.role.value == role.value and right.until]
        return cls(role=role, houses=None if only is None else sorted(only), until=min(ends, default=None))


class RightsView(BaseModel):
    """Who asks, by pseudonym, and what they may. `languages` are their corporation's, the first before the others."""

    subject_id: UUID = Field(description="What colleagues give rights to.")
    corporation: str
    languages: Sequence[str]
    organisation: str | None
    roles: list[RoleView]


@router.get("/me/rights", summary="What I may", responses=problems())
async def show_my_rights(
    reader: Annotated[Reader, Depends(Reads(*EVERY_ROLE))], response: Response
) -> RightsView:
    """Roles, and for which houses, from the token and from what staff gave, as this service lets in by them."""
    response.headers["Cache-Control"] = "no-store"
    who = reader.principal
    return RightsView(
        subject_id=who.subject,
        corporation=reader.corporation.slug,
        languages=reader.corporation.languages,
        organisation=who.organisation,
        roles=[RoleView.of(who, role) for role in Role if role in who.roles | who.limits.keys()],
    )
