"""What can be asked of being forgotten."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work

from buurtthuis_notifications.commands.sign_ins import revoke
from buurtthuis_notifications.domain.addresses import Address
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.closing import ClosingQuestion
from buurtthuis_notifications.domain.codes import OneTimeCode
from buurtthuis_notifications.domain.erasures import Erasure
from buurtthuis_notifications.domain.known import KnownSeries, KnownSession
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.personal import CODES, PERSONAL, TITLED
from buurtthuis_notifications.domain.residents import Membership, Resident

on = Handlers()


@dataclass(frozen=True)
class RequestErasure:
    """`expects` are the services that may know of the resident."""

    resident_id: UUID
    expects: tuple[str, ...]


@on.command
async def request_erasure(command: RequestErasure, work: Work) -> Result:
    await work.get(Resident, command.resident_id)
    erasure, requested = Erasure.requested(command.resident_id, command.expects, await work.time())
    work.keep(erasure)
    ours = erasure.erase_ours(await erase(command.resident_id, work), work.now)
    return Result(erasure, [requested, *ours, await revoke(command.resident_id, work)])


@dataclass(frozen=True)
class SoundAlarm:
    """About an erasure that waits too long for an answer."""

    erasure_id: UUID


@on.command
async def sound_alarm(command: SoundAlarm, work: Work) -> Result:
    erasure = await work.get(Erasure, command.erasure_id)
    return Result(erasure, erasure.alarm(await work.time()))


@dataclass(frozen=True)
class ForgetResident:
    """Who is in no house any more, not even as somebody who left it."""

    resident_id: UUID


@on.command
async def forget_resident(command: ForgetResident, work: Work) -> Result:
    if await work.count(Membership, resident_id=command.resident_id):
        return Result(command.resident_id)
    await erase(command.resident_id, work)
    return Result(command.resident_id, [await revoke(command.resident_id, work)])


async def erase(resident: UUID, work: Work) -> Mapping[str, int]:
    """Take away all that we know of a resident; how much of each kind that was. Nothing is done in their name any more."""
    await work.erase(resident)
    return await take_away(resident, work)


async def take_away(resident: UUID, work: Work) -> Mapping[str, int]:
    """What is kept of them, and their words in what is told to others; how much of each kind that was."""
    sessions, series = [await work.count(kind, "id", titled_by=resident) for kind in TITLED]
    questions = await work.read(ClosingQuestion, "id", resident_id=resident)
    await work.redact_about([id for (id,) in questions])
    titles = await take_titles_off([id for (id,) in sessions], [id for (id,) in series], work)
    codes = await _take_codes(resident, work)
    counts = {part.name: await part.take_away(resident, work) for part in PERSONAL}
    return {"titles": titles} | counts | {CODES.name: counts[CODES.name] + codes}


async def _take_codes(resident: UUID, work: Work) -> int:
    """Those on their way to one of their addresses, with what they agreed to and the messages that bring them; whoever asked
    for them."""
    theirs = {digest for (digest,) in await work.read(Address, "digest", resident_id=resident)}
    sent = [id for id, digests in await work.read(OneTimeCode, "id", "digests") if theirs & {*digests}]
    sent += [id for (id,) in await work.read(OneTimeCode, "id", adds=resident)]
    for id in sent:
        await work.forget(Message, code_id=id)
    return sum([await work.forget(OneTimeCode, id=id) for id in sent])


async def take_titles_off(sessions: Iterable[UUID], series: Iterable[UUID], work: Work) -> int:
    """Of these, of what the series made, and of what is told of any; says how many had one."""
    taken, about = 0, {*sessions}
    for id in series:
        taken += await work.blank(KnownSeries, "title", "titled_by", id=id)
        await work.blank(Announcement, "words", series_id=id)
        about |= {made for (made,) in await work.read(KnownSession, "id", series_id=id)}
    for id in sorted(about):
        taken += await work.blank(KnownSession, "title", "titled_by", id=id)
        await work.blank(Announcement, "words", session_id=id)
    return taken
