"""What can be asked of the addresses of houses."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work, check_version
from buurtthuis.events.surveys import AddressesListed

from buurtthuis_surveys.domain.addresses import Address, AddressList, Differences

on = Handlers()


@dataclass(frozen=True)
class ListAddresses:
    """What is to become of the addresses of a house, as somebody found who read its list in this version."""

    house_id: UUID
    differences: Differences
    version: Versions


@on.command
async def list_addresses(command: ListAddresses, work: Work) -> AddressesListed | Result:
    """Raises Outdated where somebody sent another list in between."""
    house, said = command.house_id, command.differences
    kept = await work.get_or_keep(AddressList(house))
    check_version(kept, command.version)
    for gone in said.gone:
        await work.forget(Address, id=gone)
    if said.changed:
        known = {address.id: address for address in await work.find(Address, house_id=house)}
        for listed in said.changed:
            known[Address.id_of(house, listed)].read(listed)
    work.keep(*(Address.of(house, listed) for listed in said.added))
    return kept.become(said) if said else Result(kept)
