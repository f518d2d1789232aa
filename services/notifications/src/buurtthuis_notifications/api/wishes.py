"""How somebody wants to be told, and of which ideas, over HTTP."""

from datetime import time
from typing import Annotated
from uuid import UUID

from buurtthuis.core.errors import NotFound, VersionMissing
from buurtthuis.domain.deadlines import EVENING, MORNING
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.http.models import Body, Page, Paging
from buurtthuis.http.policies import may_change
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Caller, Reader
from buurtthuis.http.versions import etag
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field

from buurtthuis_notifications.api.people import Gone, Me, MyChange, Myself, StaffOfAllReader, parts
from buurtthuis_notifications.commands import wishes as commands
from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.domain.wishes import A_DAY, AccountIsNeeded, Rhythm, Wish
from buurtthuis_notifications.queries import wishes
from buurtthuis_notifications.queries.wishes import FollowedTheme, OnTheWall, WishesView

router = APIRouter(tags=["wishes"])

StaffChange = Annotated[Caller, may_change(Role.STAFF, of_all_houses=True)]
CHANGING = (*MOVING, VersionMissing, AccountIsNeeded)


def _on_the_wall(clock: time) -> time:
    if clock.tzinfo:
        raise ValueError("This should be a time on the clock at home, such as 21:00")
    return clock.replace(second=0, microsecond=0)


ClockTime = Annotated[OnTheWall, AfterValidator(_on_the_wall)]


class WishesBody(Body):
    off: dict[Topic, Annotated[tuple[DeliveryChannel, ...], Field(max_length=len(DeliveryChannel))]] = Field(
        {},
        examples=[{"surveys": ["sms"]}],
        description="By which roads messages of a kind do not come.",
    )
    digests: dict[Topic, Rhythm] = Field(
        {}, examples=[{"new_sessions": "weekly"}], description="What waits, to come as several in one."
    )
    digest_at: ClockTime = Field(MORNING, description="When those come.")
    digest_day: int = Field(0, ge=0, le=6, description="On which day weekly ones come: 0 is Monday.")
    quiet_from: ClockTime = Field(EVENING, description="From then on nothing comes but what is critical,")
    quiet_until: ClockTime = Field(MORNING, description="until then; the same time twice is never.")
    at_most: int = Field(
        A_DAY,
        ge=1,
        le=50,
        description="Messages on one day; what is urgent, or too late on another day, comes all the same.",
    )

    def wish(self) -> Wish:
        """As the domain has it."""
        off = {topic: tuple(sorted(set(channels))) for topic, channels in self.off.items() if channels}
        return Wish(**{**dict(self), "off": off})


@router.get("/me/wishes", summary="How I want to be told", responses=problems(NotFound))
async def show_my_wishes(me: Me, response: Response) -> WishesView:
    """With its version as ETag."""
    return await _wishes(me, me.principal.subject, response)


@router.put(
    "/me/wishes", status_code=204, summary="Change how I want to be told", responses=problems(*CHANGING)
)
async def change_my_wishes(body: WishesBody, caller: MyChange) -> None:
    """All of it at once; what is left out is as usual."""
    await caller.run(commands.SayWishes(caller.principal.subject, body.wish(), caller.version))


@router.get("/residents/{id}/wishes", summary="How a resident wants to be told", responses=problems(NotFound))
async def show_wishes(id: UUID, reader: StaffOfAllReader, response: Response) -> WishesView:
    """With its version as ETag."""
    return await _wishes(reader, id, response)


@router.put(
    "/residents/{id}/wishes",
    status_code=204,
    summary="Note how a resident wants to be told",
    responses=problems(*CHANGING),
)
async def change_wishes(id: UUID, body: WishesBody, caller: StaffChange) -> None:
    """For somebody who is not online. All of it at once."""
    await caller.run(commands.SayWishes(id, body.wish(), caller.version))


@router.get("/me/themes", summary="Ideas that I follow", responses=problems())
async def list_followed(me: Me, page: Paging) -> Page[FollowedTheme]:
    """In order of id."""
    async with me.reading() as session:
        found = await wishes.followed(session, me.principal.subject, page.after, page.limit)
    return page.of(found)


@router.post(
    "/me/themes/{id}/following", status_code=204, summary="Follow an idea", responses=problems(NotFound)
)
async def follow_theme(id: UUID, caller: Myself) -> None:
    """In a house of mine: hear what becomes of it."""
    await caller.run(commands.FollowTheme(caller.principal.subject, id))


@router.delete(
    "/me/themes/{id}/following", status_code=204, summary="Follow an idea no more", responses=problems()
)
async def unfollow_theme(id: UUID, caller: Gone) -> None:
    """Whoever does not follow it stays as they are."""
    await caller.run(commands.UnfollowTheme(caller.principal.subject, id))


async def _wishes(reader: Reader, resident: UUID, response: Response) -> WishesView:
    async with reader.reading() as session:
        found = await wishes.wishes_of(session, resident, parts(reader).channels_of(reader.corporation))
    response.headers.update({"ETag": etag(found.version), "Cache-Control": "no-store"})
    return found
