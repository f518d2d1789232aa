"""What can be asked of codes on paper, and whether somebody may join a house."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work

from buurtthuis_notifications.domain.joining import FIELD, JoiningCode, NotThisJoiningCode, check_open_to
from buurtthuis_notifications.domain.known import KnownHouse

on = Handlers()


@dataclass(frozen=True)
class MakeJoiningCodes:
    """Codes that were just made, each good for so many `people`. Only their traces are kept."""

    batch_id: UUID
    house_id: UUID
    codes: tuple[str, ...]
    people: int


@on.command
async def make_joining_codes(command: MakeJoiningCodes, work: Work) -> None:
    await work.share(KnownHouse, command.house_id)
    work.keep(
        *(
            JoiningCode.of(code, command.batch_id, command.house_id, command.people, work.now)
            for code in command.codes
        )
    )


@dataclass(frozen=True)
class WithdrawBatch:
    """A whole batch: letters that were lost, or printed in vain."""

    batch_id: UUID


@on.command
async def withdraw_batch(command: WithdrawBatch, work: Work) -> None:
    found = await work.find(JoiningCode, batch_id=command.batch_id)
    if not any(map(work.cause.houses.have, found)):
        raise NotFound(what="batch of joining codes", id=command.batch_id)
    for code in found:
        code.withdraw(work.now)


@dataclass(frozen=True)
class WithdrawJoiningCode:
    """One letter's."""

    house_id: UUID
    code_id: UUID


@on.command
async def withdraw_joining_code(command: WithdrawJoiningCode, work: Work) -> None:
    await work.share(KnownHouse, command.house_id)
    if code := await work.find_one(JoiningCode, id=command.code_id, house_id=command.house_id):
        return code.withdraw(work.now)
    raise NotThisJoiningCode(field="code")


async def check_may_join(work: Work, house: UUID, code: UUID | None) -> bool:
    """Whether it is by a code on paper. Raises NotFound, HouseTakesNobody, OnlyStaffAdd and NotThisJoiningCode."""
    found = await _needed(work, house, code)
    if found:
        found.check(house)
    return found is not None


async def use_joining_code(work: Work, house: UUID, code: UUID | None) -> bool:
    """Somebody joins: a code that it takes is used; whether it took one. Raises the same."""
    found = await _needed(work, house, code)
    if found:
        found.use(house)
    return found is not None


async def _needed(work: Work, house: UUID, code: UUID | None) -> JoiningCode | None:
    if not check_open_to(await work.share(KnownHouse, house), code):
        return None
    if found := await work.find_one(JoiningCode, id=code):
        return found
    raise NotThisJoiningCode(field=FIELD)
