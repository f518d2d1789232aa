"""What staff can put right about whom they registered, as long as nobody but staff has anything to say about it."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work

from buurtthuis_notifications.commands.erasures import RequestErasure, request_erasure
from buurtthuis_notifications.commands.residents import check_free
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.corrections import (
    UNDO,
    Correction,
    NothingToUndo,
    NotOneHousehold,
    TakesPart,
    TheirOwn,
)
from buurtthuis_notifications.domain.known import Follower, KnownModerator, KnownSeat, KnownTheme
from buurtthuis_notifications.domain.residents import Agreed, ReadingLevel, Resident

on = Handlers()


@dataclass(frozen=True)
class Corrected:
    """How it is instead: what is None or empty stays, each address takes the place of one of its kind, `without` these."""

    reading: tuple[str, ReadingLevel] | None = None
    called: bytes | None = None
    addresses: tuple[SealedAddress, ...] = ()
    without: tuple[AddressKind, ...] = ()
    agreed: tuple[Agreed, ...] | None = None
    shared: bool = False


@dataclass(frozen=True)
class CorrectResident:
    """`before` is what was kept of them at `version`, sealed, to be taken back to."""

    resident_id: UUID
    version: Versions
    corrected: Corrected
    before: bytes


@on.command
async def correct_resident(command: CorrectResident, work: Work) -> Result:
    resident = await _correct(command.resident_id, command.version, command.corrected, work)
    work.keep(Correction.of(command.resident_id, command.before, await work.time()))
    return Result(resident)


@dataclass(frozen=True)
class UndoCorrection:
    """`corrected` is how it was before."""

    correction_id: UUID
    version: Versions
    corrected: Corrected


@on.command
async def undo_correction(command: UndoCorrection, work: Work) -> Result:
    now = await work.time()
    correction = await work.find_one(Correction, id=command.correction_id)
    if correction is None or now >= correction.made_at + UNDO:
        raise NothingToUndo
    resident = await _correct(correction.resident_id, command.version, command.corrected, work)
    resident.called = command.corrected.called
    await work.forget(Correction, id=correction.id)
    return Result(resident)


@dataclass(frozen=True)
class MergeResident:
    """One that was registered twice: what is known of them goes, everywhere, and `into` is in their houses.

    `expects` are the services that may know of them."""

    resident_id: UUID
    into: UUID
    expects: tuple[str, ...]


@on.command
async def merge_resident(command: MergeResident, work: Work) -> Result:
    both = {id: await work.get(Resident, id) for id in sorted({command.resident_id, command.into})}
    gone, stays = both[command.resident_id], both[command.into]
    if gone is stays or not {*gone.houses} & {*stays.houses}:
        raise NotOneHousehold(field="into")
    _check_kept_by_staff(gone)
    if await _takes_part(gone.id, work):
        raise TakesPart
    joined = [event for house in gone.houses for event in stays.join(house, work.now)]
    erasure = await request_erasure(RequestErasure(gone.id, command.expects), work)
    return Result(erasure.about, [*joined, *erasure.events])


async def _correct(id: UUID, version: Versions, corrected: Corrected, work: Work) -> Resident:
    resident = await work.get(Resident, id, version)
    _check_kept_by_staff(resident)
    if corrected.reading:
        resident.read(*corrected.reading)
    resident.called = corrected.called or resident.called
    for address in corrected.addresses:
        await check_free(address, work, shared=corrected.shared, by=resident)
        resident.have(address, work.now)
    for kind in corrected.without:
        resident.lose(kind)
    resident.check_asked_for()
    if corrected.agreed is not None:
        resident.agree_to_these(corrected.agreed, work.now)
    return resident


def _check_kept_by_staff(resident: Resident) -> None:
    if not resident.kept_by_staff:
        raise TheirOwn


async def _takes_part(resident: UUID, work: Work) -> bool:
    theirs = [await work.count(kind, resident_id=resident) for kind in (KnownSeat, Follower, KnownModerator)]
    return any([*theirs, await work.count(KnownTheme, proposer=resident)])
