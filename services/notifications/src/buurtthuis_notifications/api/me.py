"""What a resident can see and change of their own, over HTTP. All of it, and nobody else's."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from buurtthuis.core.clock import utc_now
from buurtthuis.core.errors import NotFound, VersionMissing
from buurtthuis.http.models import Body
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Inside
from buurtthuis.http.versions import etag
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from buurtthuis_notifications.api import contact
from buurtthuis_notifications.api.bodies import Called, ReadingBody
from buurtthuis_notifications.api.contact import Subscription
from buurtthuis_notifications.api.joining import NOT_TO_BE_JOINED, TypedJoiningCode, trace_of
from buurtthuis_notifications.api.people import Gone, Me, MyChange, Myself, parts, vault
from buurtthuis_notifications.commands import residents as commands
from buurtthuis_notifications.commands.erasures import RequestErasure
from buurtthuis_notifications.domain.addresses import AddressKind, NoRoad, check_road
from buurtthuis_notifications.domain.residents import (
    LastAddress,
    NotInHouse,
    NoWayBack,
    Purpose,
    ReadingLevel,
    Resident,
)
from buurtthuis_notifications.queries import erasures, residents
from buurtthuis_notifications.texts.consents import consent
from buurtthuis_notifications.vault.addresses import open_address

router = APIRouter(prefix="/me", tags=["my own data"])

HouseId = Annotated[UUID, Path(description="A house.")]


class AddressView(BaseModel):
    """One way to reach somebody. `failed_at` is when we learned that nothing arrives there any more, `failed_why` in codes."""

    id: UUID
    kind: AddressKind
    value: str | dict[str, Any]
    verified_at: datetime
    failed_at: datetime | None
    failed_why: str | None


class ConsentView(BaseModel):
    """What was agreed to, when, in which words; and when that was taken back.

    `version` and `language` are those of the wording; without them they are words of before there were versions."""

    purpose: Purpose
    wording: str
    version: int | None
    language: str | None
    given_at: datetime
    by_staff: bool
    withdrawn_at: datetime | None


class MembershipView(BaseModel):
    """In which house, since when and until when."""

    house_id: UUID
    joined_at: datetime
    left_at: datetime | None


class OwnData(BaseModel):
    """Everything that is kept of a resident here."""

    id: UUID
    language: str
    level: ReadingLevel
    joined_at: datetime
    called: str | None = Field(
        description="By what I am told from who else is reached at one of my addresses."
    )
    houses: list[MembershipView]
    addresses: list[AddressView]
    consents: list[ConsentView]
    version: int


class ConsentBody(Body):
    purpose: Purpose = Field(examples=["messages"])


class JoinBody(Body):
    joining_code: TypedJoiningCode | None = Field(
        None, description="From a letter, where the house takes one."
    )


WITHOUT_CODE = JoinBody(joining_code=None)


class CalledBody(Body):
    called: Called


class ErasureBody(Body):
    forget_me: Literal[True] = Field(examples=[True], description="This cannot be undone.")


@router.get("", summary="My own data", responses=problems(NotFound))
async def show_me(me: Me, response: Response) -> OwnData:
    """All of it, to read or to keep."""
    async with me.reading() as session:
        resident = await residents.one_resident(session, me.principal.subject)
    response.headers.update({"ETag": etag(resident.version), "Cache-Control": "no-store"})
    return own_data(resident, me)


@router.put(
    "/reading",
    status_code=204,
    summary="Change how I am written to",
    responses=problems(*MOVING, VersionMissing),
)
async def read_as(body: ReadingBody, caller: MyChange) -> None:
    """In which language, and how easy."""
    body.check(caller.corporation)
    await caller.run(commands.ReadAs(caller.principal.subject, body.language, body.level, caller.version))


@router.put("/called", status_code=204, summary="Be called so", responses=problems(*MOVING, VersionMissing))
async def be_called(body: CalledBody, caller: MyChange) -> None:
    """Shown to whoever signs in at an address that two people have, to say which of them they are."""
    called = vault(caller).seal(body.called)
    await caller.run(commands.BeCalled(caller.principal.subject, called, caller.version))


@router.post(
    "/addresses/browsers",
    status_code=204,
    summary="Be told in this browser",
    responses=problems(NotFound, NoRoad),
)
async def add_browser(body: Subscription, caller: Myself) -> None:
    """A push subscription that the browser made; five browsers can have one, and the oldest makes room."""
    check_road(AddressKind.PUSH, parts(caller).channels_of(caller.corporation))
    sealed = contact.push(vault(caller), body)
    await caller.run(commands.HaveAddress(caller.principal.subject, sealed))


@router.put("/addresses/door", status_code=204, summary="Say where I live", responses=problems(NotFound))
async def change_door(body: contact.Door, caller: Myself) -> None:
    """For letters and visits; instead of the door before."""
    sealed = contact.door(vault(caller), body)
    await caller.run(commands.HaveAddress(caller.principal.subject, sealed))


@router.delete(
    "/addresses/{id}",
    status_code=204,
    summary="Not be reached there any more",
    responses=problems(NotFound, LastAddress, NoWayBack),
)
async def drop_address(id: UUID, caller: Gone) -> None:
    """Not the last one: then nobody could tell you anything. Nor the last that a code can come to, but for who was registered
    by staff at their door."""
    await caller.run(
        commands.DropAddress(caller.principal.subject, id, parts(caller).channels_of(caller.corporation))
    )


@router.post(
    "/addresses/{id}/trying-again",
    status_code=204,
    summary="Be reached there again",
    responses=problems(NotFound),
)
async def try_my_address_again(id: UUID, caller: Myself) -> None:
    """Though something did not arrive there."""
    await caller.run(commands.TryAddressAgain(caller.principal.subject, id))


@router.post(
    "/houses/{id}/joining",
    status_code=204,
    summary="Join a house",
    responses=problems(NotFound, *NOT_TO_BE_JOINED),
)
async def join_house(id: HouseId, caller: Myself, body: JoinBody = WITHOUT_CODE) -> None:
    """Another one of the same corporation, with a code on paper where it takes one. Who is in it already stays in it. Whoever is signed in
    by the corporation's own provider joins their first one so, and can be reached once they add an address."""
    code = trace_of(body.joining_code, id)
    await caller.run(commands.JoinHouse(caller.principal.subject, id, code))


@router.post(
    "/houses/{id}/moving-out", status_code=204, summary="Move out", responses=problems(NotFound, NotInHouse)
)
async def move_out_of_my_house(id: HouseId, caller: Myself) -> None:
    """Your places in that house go to others, and you hear nothing of it any more. Renew your access token after it."""
    await caller.run(commands.MoveOut(caller.principal.subject, id, utc_now()))


@router.post("/consents", status_code=204, summary="Agree to something", responses=problems(NotFound))
async def agree(body: ConsentBody, caller: Myself) -> None:
    """In our words, as they are in the language that you are written to in."""
    async with caller.reading() as session:
        me = await residents.one_resident(session, caller.principal.subject)
    agreed = consent(body.purpose, me.reads, caller.corporation)
    await caller.run(commands.Agree(caller.principal.subject, (agreed,)))


@router.delete(
    "/consents/{purpose}", status_code=204, summary="Take consent back", responses=problems(NotFound)
)
async def disagree(purpose: Purpose, caller: Gone) -> None:
    """As easily as it was given. What was given stays on record, and so does this."""
    await caller.run(commands.Disagree(caller.principal.subject, purpose))


@router.post("/erasure", status_code=202, summary="Forget me", responses=problems(NotFound))
async def forget_me(body: ErasureBody, caller: Myself) -> None:
    """Everywhere, for good. What you did stays as a number, and leads to nobody."""
    assert body.forget_me
    async with caller.reading() as session:
        producers = await erasures.producers(session)
    await caller.run(RequestErasure(caller.principal.subject, producers))


def own_data(resident: Resident, inside: Inside) -> OwnData:
    """With the addresses opened."""
    return OwnData(
        id=resident.id,
        language=resident.language,
        level=resident.level,
        joined_at=resident.joined_at,
        called=vault(inside).open(resident.called) if resident.called else None,
        houses=[
            MembershipView.model_validate(membership, from_attributes=True)
            for membership in resident.memberships
        ],
        addresses=[
            AddressView(
                id=address.id,
                kind=address.kind,
                value=open_address(vault(inside), address.kind, address.secret),
                verified_at=address.verified_at,
                failed_at=address.failed_at,
                failed_why=address.failed_why,
            )
            for address in resident.addresses
        ],
        consents=[ConsentView.model_validate(given, from_attributes=True) for given in resident.consents],
        version=resident.version,
    )
