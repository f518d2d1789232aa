"""Residents, for staff: by pseudonym. Somebody without a phone is registered here, and moved out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from buurtthuis.core.clock import utc_now
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.errors import Invalid, KeyReused, NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Body, Page, Paging
from buurtthuis.http.problems import MOVING, problems
from buurtthuis.http.requests import Inside
from fastapi import APIRouter
from pydantic import Field

from buurtthuis_notifications.api import contact
from buurtthuis_notifications.api.bodies import AgreedTo, Called, ReadingBody
from buurtthuis_notifications.api.contact import Door, Email, Mobile, NeighbourPhone, Telephone
from buurtthuis_notifications.api.people import Staff, StaffOfAll, StaffOfAllReader, StaffReader, parts, vault
from buurtthuis_notifications.commands import residents as commands
from buurtthuis_notifications.commands.erasures import RequestErasure
from buurtthuis_notifications.commands.residents import AddressInUse, ReachedBySeveral
from buurtthuis_notifications.domain.addresses import CODES_BY, AddressKind, NoRoad, SealedAddress, check_road
from buurtthuis_notifications.domain.corrections import LooksRegistered
from buurtthuis_notifications.domain.joining import HouseTakesNobody
from buurtthuis_notifications.domain.residents import NobodyToAskFor, NotInHouse
from buurtthuis_notifications.queries import erasures, residents
from buurtthuis_notifications.queries.erasures import ErasureSummary
from buurtthuis_notifications.queries.residents import FailedAddress, Neighbour
from buurtthuis_notifications.vault import Vault

router = APIRouter(tags=["residents"])

#: How each address that staff know is sealed, by the field that it comes in.
SEALING: dict[AddressKind, Callable[[Vault, Any], SealedAddress]] = {
    AddressKind.DOOR: contact.door,
    AddressKind.EMAIL: contact.email,
    AddressKind.MOBILE: contact.mobile,
    AddressKind.TELEPHONE: contact.telephone,
    AddressKind.NEIGHBOUR: contact.neighbour,
}


class WaysBody(Body):
    """How somebody is reached, as staff know it."""

    door: Door | None = Field(
        None,
        examples=[{"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"}],
        description="For letters, and for visits where they agree to those.",
    )
    email: Email | None = Field(None, examples=["naam@voorbeeld.nl"], description="Where they can sign in.")
    mobile: Mobile | None = Field(
        None, description="Where they can sign in, such as 06 12345678; where SMS is set up."
    )
    telephone: Telephone | None = Field(
        None, examples=["0182 123456"], description="For people who call: nothing is sent there."
    )
    neighbour: NeighbourPhone | None = Field(
        None, description="Whoever calls asks there that they call back, and says no more. With their door."
    )
    shared: bool = Field(
        False,
        description="Somebody else has the e-mail address or the number too: one telephone of two people.",
    )
    called: Called | None = Field(None, description="By what they are told from who else has the address.")

    def addresses(self, inside: Inside) -> tuple[SealedAddress, ...]:
        """Raises NoRoad where no code could be sent there."""
        given = {kind: value for kind in SEALING if (value := getattr(self, kind))}
        for kind in CODES_BY.keys() & given.keys():
            check_road(kind, parts(inside).channels_of(inside.corporation))
        return tuple(SEALING[kind](vault(inside), value) for kind, value in given.items())

    def word(self, inside: Inside) -> bytes | None:
        """What they are called by, sealed."""
        return vault(inside).seal(self.called) if self.called else None


class RegisterResidentBody(WaysBody, ReadingBody):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])
    another: bool = Field(False, description="Somebody else than who is registered at this door already.")
    known: bool = Field(
        False,
        description="Whoever is reached at this e-mail address or number already is who you register: you get their id, they are in this house too, and nothing else of theirs is changed.",
    )
    agreed: AgreedTo = Field(min_length=1, description="What they agreed to, on paper or in person.")

    def check(self, corporation: Corporation) -> None:
        """Raises Invalid for a language that the corporation does not write in, and where it does not say how to reach whom."""
        super().check(corporation)
        if not any(getattr(self, kind) for kind in SEALING):
            raise Invalid("Say how they are reached: by one of " + ", ".join(SEALING) + ".", field="door")
        if self.known and self.shared:
            raise Invalid(
                "Somebody is known there, or shares the address with somebody else: not both.", field="known"
            )


@router.post(
    "/residents",
    status_code=201,
    summary="Register a resident",
    responses=problems(
        NotFound,
        KeyReused,
        HouseTakesNobody,
        AddressInUse,
        ReachedBySeveral,
        LooksRegistered,
        NoRoad,
        NobodyToAskFor,
    ),
)
async def register_resident(body: RegisterResidentBody, caller: Staff) -> Receipt:
    """Who is not online hears everything by letter, by a call, or from somebody at the door where they agree to visits. With an e-mail address or a mobile number
    they sign in with a code: read it back to them, since it is not shown to be theirs."""
    body.check(caller.corporation)
    command = commands.RegisterResident(
        body.house_id,
        body.language,
        body.level,
        body.addresses(caller),
        body.consents(body.agreed, caller.corporation),
        body.shared,
        body.word(caller),
        body.another,
        body.known,
    )
    return await caller.run(command)


@router.get("/houses/{id}/residents", summary="Residents of a house", responses=problems(NotFound))
async def list_residents(id: UUID, reader: StaffReader, page: Paging) -> Page[Neighbour]:
    """By pseudonym: how somebody can be reached, not where."""
    async with reader.reading() as session:
        found = await residents.list_neighbours(session, id, page.after, page.limit)
    return page.of(found)


@router.post(
    "/residents/{id}/houses/{house}/joining",
    summary="Add a resident to a house",
    responses=problems(*MOVING, HouseTakesNobody),
)
async def add_to_house(id: UUID, house: UUID, caller: Staff) -> Receipt:
    """However people join it otherwise."""
    return await caller.run(commands.AddToHouse(id, house))


@router.post(
    "/residents/{id}/houses/{house}/moving-out",
    summary="Note that a resident moved out",
    responses=problems(*MOVING, NotInHouse),
)
async def move_out(id: UUID, house: UUID, caller: Staff) -> Receipt:
    """Their places in that house go to others."""
    return await caller.run(commands.MoveOut(id, house, utc_now()))


@router.get("/failed-addresses", summary="Addresses where nothing arrives any more", responses=problems())
async def list_failed_addresses(reader: StaffOfAllReader, page: Paging) -> Page[FailedAddress]:
    """Whose they are, by pseudonym, of which kind, since when and why: not what they say."""
    async with reader.reading() as session:
        return page.of(await residents.failed_addresses(session, page.after, page.limit))


@router.post(
    "/residents/{id}/addresses/{address}/trying-again",
    summary="Let a resident be reached there again",
    responses=problems(NotFound, KeyReused),
)
async def try_address_again(id: UUID, address: UUID, caller: StaffOfAll) -> Receipt:
    """Where it was somebody's mistake, or was mended: the next message goes there."""
    return await caller.run(commands.TryAddressAgain(id, address))


@router.post(
    "/residents/{id}/erasure",
    status_code=201,
    summary="Forget a resident",
    responses=problems(NotFound, KeyReused),
)
async def forget_resident(id: UUID, caller: StaffOfAll) -> Receipt:
    """At their own request. Everywhere, for good; the answer leads to what every service took away."""
    async with caller.reading() as session:
        producers = await erasures.producers(session)
    return await caller.run(RequestErasure(id, producers), at="/erasures/{id}")


@router.get("/erasures", summary="Requests to be forgotten", responses=problems())
async def list_erasures(reader: StaffOfAllReader, page: Paging) -> Page[ErasureSummary]:
    """Oldest first."""
    async with reader.reading() as session:
        found = await erasures.list_erasures(session, page.after, page.limit)
    return page.of(found)


@router.get(
    "/erasures/{id}", summary="What became of a request to be forgotten", responses=problems(NotFound)
)
async def show_erasure(id: UUID, reader: StaffOfAllReader) -> ErasureSummary:
    """When it is complete, its certificate: what every service took away."""
    async with reader.reading() as session:
        return await erasures.one_erasure(session, id)
