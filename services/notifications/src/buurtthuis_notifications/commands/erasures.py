"""What can be asked of being forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_notifications.domain.erasures import Erasure
from buurtthuis_notifications.domain.known import KnownTheme
from buurtthuis_notifications.domain.personal import PERSONAL
from buurtthuis_notifications.domain.residents import Membership, Resident

on = Handlers()


@dataclass(frozen=True)
class RequestErasure:
    """`expects` are the services that may know of the resident."""

    resident_id: UUID
    expects: tuple[str, ...]


@on.command
async def request_erasure(command: RequestErasure, work: Work) -> Sequence[Event]:
    await work.get(Resident, command.resident_id)
    newborn = Erasure.requested(command.resident_id, command.expects, await work.time())
    requested, erasure = work.add(newborn), newborn[0]
    return [requested, *erasure.erase_ours(await erase(command.resident_id, work), work.now)]


@dataclass(frozen=True)
class SoundAlarm:
    """About an erasure that waits too long for an answer."""

    erasure_id: UUID


@on.command
async def sound_alarm(command: SoundAlarm, work: Work) -> Sequence[Event]:
    return (await work.get(Erasure, command.erasure_id)).alarm(await work.time())


@dataclass(frozen=True)
class ForgetResident:
    """Who is in no house any more, not even as somebody who left it."""

    resident_id: UUID


@on.command
async def forget_resident(command: ForgetResident, work: Work) -> None:
    if not await work.count(Membership, resident_id=command.resident_id):
        await erase(command.resident_id, work)


async def erase(resident: UUID, work: Work) -> Mapping[str, int]:
    """Take away all that we know of a resident; how much of each kind that was. Nothing is done in their name any more."""
    await work.erase(resident)
    counts = {one.name: await work.forget(one.kind, **{one.by: resident}) for one in PERSONAL}
    counts["ideas"] = await work.blank(KnownTheme, "proposer", "title", proposer=resident)
    return counts
