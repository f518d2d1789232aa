"""What can be done about who is where, and how they are reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events.notifications import DeliveryChannel

from buurtthuis_notifications.commands.joining import use_joining_code
from buurtthuis_notifications.commands.sign_ins import revoke
from buurtthuis_notifications.domain.addresses import CODES_BY, Address, AddressKind, SealedAddress
from buurtthuis_notifications.domain.allowances import CodeAllowance
from buurtthuis_notifications.domain.corrections import LooksRegistered
from buurtthuis_notifications.domain.joining import HouseTakesNobody
from buurtthuis_notifications.domain.known import KnownHouse
from buurtthuis_notifications.domain.residents import Agreed, Purpose, ReadingLevel, Resident

on = Handlers()

#: By these somebody is known again.
OF_ONE = frozenset({AddressKind.EMAIL, AddressKind.MOBILE, AddressKind.TELEPHONE})


class AddressInUse(Refused):
    """Somebody is reached there already. Say with `known` that it is who you register, or with `shared` that two people have this address."""


class ReachedBySeveral(Refused):
    """Several people are reached there, and nobody but they can say which of them this is. Let them do it themselves, or say with `shared` that this is one more."""


@dataclass(frozen=True)
class RegisterResident:
    """By staff: an address is theirs because somebody stood before it, or they said so. With an e-mail address or a mobile
    number they can sign in, with a code that is sent there; where it is `shared`, somebody else's too. Where it is somebody
    `known` who is reached there, it is them: they come to be in this house too, and nothing else of theirs is changed."""

    house_id: UUID
    language: str
    level: ReadingLevel
    addresses: tuple[SealedAddress, ...]
    agreed: tuple[Agreed, ...]
    shared: bool = False
    called: bytes | None = None
    another: bool = False
    known: bool = False


@on.command
async def register_resident(command: RegisterResident, work: Work) -> Result:
    """Raises LooksRegistered, unless they are `another` at a door where somebody is registered."""
    if command.known and (known := await _known(command.addresses, work)):
        await open_house(work, command.house_id)
        return Result(known, known.join(command.house_id, work.now))
    await open_house(work, command.house_id)
    if not command.another:
        await _check_new(command, work)
    resident = Resident.new(command.language, command.level, work.now)
    resident.called, resident.kept_by_staff = command.called, True
    for address in command.addresses:
        await check_free(address, work, shared=command.shared)
        resident.have(address, work.now)
    resident.check_asked_for()
    resident.agree(command.agreed, work.now, by_staff=True)
    work.keep(resident)
    return Result(resident, resident.join(command.house_id, work.now))


async def _check_new(command: RegisterResident, work: Work) -> None:
    for door in command.addresses:
        if door.kind is AddressKind.DOOR:
            await take_turn(work, door)
            if any(command.house_id in resident.houses for resident in await residents_at(work, door)):
                raise LooksRegistered(field="door")


async def _known(addresses: Sequence[SealedAddress], work: Work) -> Resident | None:
    """Who has one of these for themselves; not who lives behind a door, or asks a neighbour. Raises ReachedBySeveral."""
    theirs = [address for address in addresses if address.kind in OF_ONE]
    found = {resident.id: resident for address in theirs for resident in await residents_at(work, address)}
    if len(found) > 1:
        raise ReachedBySeveral(field="known")
    return next(iter(found.values()), None)


async def check_free(address: SealedAddress, work: Work, *, shared: bool, by: Resident | None = None) -> None:
    """Raises AddressInUse where somebody else signs in there. Doors and other people's telephones are anybody's."""
    if address.kind in CODES_BY:
        await take_turn(work, address)
        if not shared and any(resident is not by for resident in await residents_at(work, address)):
            raise AddressInUse(field=address.kind)


@dataclass(frozen=True)
class ReadAs:
    resident_id: UUID
    language: str
    level: ReadingLevel
    version: Versions | None = None


@on.command
async def read_as(command: ReadAs, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id, command.version)
    resident.read(command.language, command.level)
    return Result(resident)


@dataclass(frozen=True)
class BeCalled:
    """By a word that tells somebody from who else is reached at the same address."""

    resident_id: UUID
    called: bytes
    version: Versions | None = None


@on.command
async def be_called(command: BeCalled, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id, command.version)
    resident.called = command.called
    return Result(resident)


@dataclass(frozen=True)
class HaveAddress:
    """One that needs no code: a browser that asked to be reached, or a door that staff know."""

    resident_id: UUID
    address: SealedAddress


@on.command
async def have_address(command: HaveAddress, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id)
    resident.have(command.address, work.now)
    return Result(resident)


@dataclass(frozen=True)
class DropAddress:
    """`roads` are those that are set up here."""

    resident_id: UUID
    address_id: UUID
    roads: frozenset[DeliveryChannel]


@on.command
async def drop_address(command: DropAddress, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id)
    resident.drop(command.address_id, command.roads)
    return Result(resident)


@dataclass(frozen=True)
class TryAddressAgain:
    """By whoever knows that it is good, or was mended."""

    resident_id: UUID
    address_id: UUID


@on.command
async def try_address_again(command: TryAddressAgain, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id)
    resident.try_again_at(command.address_id)
    return Result(resident)


@dataclass(frozen=True)
class JoinHouse:
    """By a resident themselves, in the way that the house says."""

    resident_id: UUID
    house_id: UUID
    joining_code: UUID | None = None


@on.command
async def join_house(command: JoinHouse, work: Work) -> Result:
    """Who is in it already uses no code up. Whom the corporation's own provider signed in, and nobody knew here, is a resident from
    now on."""
    resident = await work.get_or_keep(Resident.known_elsewhere(command.resident_id, work.now))
    if command.house_id not in resident.houses:
        await use_joining_code(work, command.house_id, command.joining_code)
    return Result(resident, resident.join(command.house_id, work.now))


@dataclass(frozen=True)
class AddToHouse:
    """By staff, however people join it."""

    resident_id: UUID
    house_id: UUID


@on.command
async def add_to_house(command: AddToHouse, work: Work) -> Result:
    await open_house(work, command.house_id)
    resident = await work.get(Resident, command.resident_id)
    return Result(resident, resident.join(command.house_id, work.now))


@dataclass(frozen=True)
class MoveOut:
    """What is under way with tokens that were issued `before` now, by the clock that issues them, ends."""

    resident_id: UUID
    house_id: UUID
    before: datetime


@on.command
async def move_out(command: MoveOut, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id)
    moved = resident.move_out(command.house_id, work.now)
    return Result(resident, [moved, await revoke(resident.id, work, command.before)])


@dataclass(frozen=True)
class Agree:
    resident_id: UUID
    agreed: tuple[Agreed, ...]
    by_staff: bool = False


@on.command
async def agree(command: Agree, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id)
    resident.agree(command.agreed, work.now, by_staff=command.by_staff)
    return Result(resident)


@dataclass(frozen=True)
class Disagree:
    resident_id: UUID
    purpose: Purpose


@on.command
async def disagree(command: Disagree, work: Work) -> Result:
    resident = await work.get(Resident, command.resident_id)
    resident.disagree(command.purpose, work.now)
    return Result(resident)


async def open_house(work: Work, id: UUID) -> None:
    """Raises NotFound and HouseTakesNobody."""
    house = await work.share(KnownHouse, id)
    if not house.open:
        raise HouseTakesNobody


async def take_turn(work: Work, address: SealedAddress) -> None:
    """Of two who come with one address at once, one waits here for the other."""
    await work.get_or_keep(CodeAllowance(UUID(bytes=address.digests[0][:16]), work.now))


async def residents_at(work: Work, sealed: SealedAddress) -> list[Resident]:
    """All who have this address."""
    ids = {
        id
        for digest in sealed.digests
        for (id,) in await work.read(Address, "resident_id", kind=sealed.kind, digest=digest)
    }
    return [await work.get(Resident, id) for id in sorted(ids)]
