"""Putting right what staff noted of somebody whom they registered, over HTTP, as long as that one has not signed in."""

from uuid import UUID

from buurtthuis.core.errors import KeyReused, NotFound
from buurtthuis.core.work import Receipt
from buurtthuis.http.models import Body
from buurtthuis.http.problems import MOVING, problems
from fastapi import APIRouter
from pydantic import Field

from buurtthuis_notifications.api.bodies import AgreedTo, ReadingBody
from buurtthuis_notifications.api.people import StaffOfAll, vault
from buurtthuis_notifications.api.residents import WaysBody
from buurtthuis_notifications.commands.corrections import (
    Corrected,
    CorrectResident,
    MergeResident,
    UndoCorrection,
)
from buurtthuis_notifications.commands.residents import AddressInUse
from buurtthuis_notifications.domain.addresses import AddressKind, NoRoad
from buurtthuis_notifications.domain.corrections import NothingToUndo, NotOneHousehold, TakesPart, TheirOwn
from buurtthuis_notifications.domain.residents import (
    LastAddress,
    NobodyToAskFor,
)
from buurtthuis_notifications.queries import erasures, residents
from buurtthuis_notifications.vault.corrections import open_as_it_was, seal_as_it_is

router = APIRouter(prefix="/residents/{id}", tags=["residents"])


class CorrectionBody(WaysBody):
    reading: ReadingBody | None = Field(None, description="In which language, and how easy.")
    without: tuple[AddressKind, ...] = Field(
        (), max_length=6, examples=[["telephone"]], description="What they are not reached by any more."
    )
    agreed: AgreedTo | None = Field(None, description="All that they agree to, on paper or in person.")


class MergingBody(Body):
    into: UUID = Field(description="Who stays.", examples=["01a204c1-fe6e-7763-a625-7498d1180187"])


@router.post(
    "/corrections",
    summary="Correct what is kept of a resident",
    responses=problems(*MOVING, TheirOwn, AddressInUse, NoRoad, LastAddress, NobodyToAskFor),
)
async def correct(id: UUID, body: CorrectionBody, caller: StaffOfAll) -> Receipt:
    """Of whom staff registered, until they sign in. What is left out stays; an address takes the place of the one before.
    For a day it can be taken back. Nothing of what is kept is shown."""
    if body.reading:
        body.reading.check(caller.corporation)
    async with caller.reading() as session:
        resident = await residents.one_resident(session, id)
    reading = body.reading or ReadingBody(language=resident.language, level=resident.level)
    corrected = Corrected(
        (reading.language, reading.level) if body.reading else None,
        body.word(caller),
        body.addresses(caller),
        body.without,
        None if body.agreed is None else reading.consents(body.agreed, caller.corporation),
        body.shared,
    )
    return await caller.run(
        CorrectResident(id, resident.version, corrected, seal_as_it_is(vault(caller), resident))
    )


@router.post(
    "/corrections/undo",
    summary="Take a correction back",
    responses=problems(*MOVING, TheirOwn, NothingToUndo, AddressInUse),
)
async def undo(id: UUID, caller: StaffOfAll) -> Receipt:
    """The last one, within a day."""
    async with caller.reading() as session:
        resident = await residents.one_resident(session, id)
        correction = await residents.last_correction(session, id)
    corrected = open_as_it_was(vault(caller), correction.before, caller.corporation)
    return await caller.run(UndoCorrection(correction.id, resident.version, corrected))


@router.post(
    "/merging",
    status_code=201,
    summary="Merge somebody who was registered twice",
    responses=problems(NotFound, KeyReused, TheirOwn, TakesPart, NotOneHousehold),
)
async def merge(id: UUID, body: MergingBody, caller: StaffOfAll) -> Receipt:
    """This one goes, with all letters, calls and visits that were planned for it, and every service forgets it; the other one stays
    as it is. It cannot be taken back; whoever was somebody else is registered again."""
    async with caller.reading() as session:
        producers = await erasures.producers(session)
    return await caller.run(MergeResident(id, body.into, producers), at="/erasures/{id}")
