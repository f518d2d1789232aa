"""What can be asked of codes: to be sent one, and to be let in with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.domain.allowances import Limit, TooOften
from buurtthuis.events import Event

from buurtthuis_notifications.commands.joining import check_may_join, use_joining_code
from buurtthuis_notifications.commands.residents import residents_at, take_turn
from buurtthuis_notifications.domain.addresses import CODES_BY, SealedAddress
from buurtthuis_notifications.domain.allowances import (
    FOR_ADDRESS,
    FOR_ASKER,
    FOR_NETWORK,
    FOR_NEWCOMERS,
    GUESSES,
    GUESSES_TOGETHER,
    CodeAllowance,
)
from buurtthuis_notifications.domain.codes import LIFETIME, CodeRequest, NotThisCode, OneTimeCode
from buurtthuis_notifications.domain.joining import NeedsCodeOnPaper
from buurtthuis_notifications.domain.messages import CODE, Message
from buurtthuis_notifications.domain.residents import Resident, the_one
from buurtthuis_notifications.domain.sign_ins import SignIn

on = Handlers()


@dataclass(frozen=True)
class Askers:
    """Traces of who asks, each with its own allowance. Without `asker` and `network` nobody knows where they are.

    `asker` is one of them for this address, so that nobody else's requests keep its owner from theirs."""

    address: UUID
    asker: UUID | None
    network: UUID | None
    newcomers: UUID


class AddressAskedTooOften(TooOften):
    """Many codes were sent to this address. Use the newest one, or try again in {minutes} minutes."""


@dataclass(frozen=True)
class AskForCode:
    """`letter` is what the message says, the code among it: sealed, and gone when it is sent."""

    id: UUID
    address: SealedAddress
    askers: Askers
    link: bytes
    digits: bytes
    letter: bytes
    wish: CodeRequest
    adds: UUID | None = None


@on.command
async def ask_for_code(command: AskForCode, work: Work) -> None:
    """Whether the address is known is not looked at here, so that nobody can measure it: who sends the message does."""
    now = await work.time()
    await _allow(command, work)
    code = OneTimeCode(
        command.id,
        command.address.kind,
        command.address.secret,
        command.address.digests,
        command.link,
        command.digits,
        command.wish,
        now + LIFETIME,
        command.adds,
    )
    message = Message.to_address(
        CODE,
        CODES_BY[command.address.kind],
        command.address.secret,
        command.letter,
        command.wish.reads,
        now + LIFETIME,
        now,
        code.id,
    )
    work.keep(code, message)


@dataclass(frozen=True)
class Guesses:
    """From where digits are tried: a network of its own, or `alone=False` all those of whom nobody knows where they are."""

    of: UUID
    alone: bool = True

    @property
    def limit(self) -> Limit:
        """How often that may be."""
        return GUESSES if self.alone else GUESSES_TOGETHER


@dataclass(frozen=True)
class UseCode:
    """`sign_in` and `digest` are for the sign-in that begins, where the code is right; `who` says of which of those at the
    address, where there are several.

    Digits are counted where they come from; whoever brings a link's 256 bits does not guess."""

    id: UUID
    traces: tuple[bytes, ...]
    sign_in: UUID
    digest: bytes
    guesses: Guesses | None = None
    who: UUID | None = None


@on.command
async def use_code(command: UseCode, work: Work) -> Result:
    """Answers with the sign-in. Raises TooOften, WhoAreYou of a right one, and NotThisCode of a wrong one, which is counted,
    and of one that lets nobody in."""
    now, guesses = await work.time(), command.guesses
    allowance = await work.get_or_keep(CodeAllowance(guesses.of, work.now)) if guesses else None
    if guesses and allowance:
        allowance.check(guesses.limit, now)
    code = await work.get(OneTimeCode, command.id)
    if not code.try_with(command.traces, now):
        if guesses and allowance:
            allowance.take(guesses.limit, now)
        raise NotThisCode().keeping()
    resident, joined = await _let_in(code, command.who, work, now)
    if resident is None:
        raise NotThisCode().keeping()
    code.use_up(now)
    sign_in = SignIn.begin(command.sign_in, resident.id, command.digest, now)
    work.keep(sign_in)
    return Result(sign_in, joined)


@dataclass(frozen=True)
class ConfirmAddress:
    """By the button on our own page: `link` is the trace of what the code's link says."""

    id: UUID
    link: bytes


@on.command
async def confirm_address(command: ConfirmAddress, work: Work) -> Result:
    """Whoever is new joins, once; nobody is signed in, so the code is good still. Raises NotThisCode and WhoAreYou."""
    now = await work.time()
    code = await work.get(OneTimeCode, command.id)
    if not code.is_linked(command.link, now):
        raise NotThisCode
    resident, joined = await _let_in(code, None, work, now)
    if resident is None:
        raise NotThisCode
    code.let_in = resident.id
    return Result(resident, joined)


async def _let_in(
    code: OneTimeCode, who: UUID | None, work: Work, now: datetime
) -> tuple[Resident | None, Sequence[Event]]:
    """Who was let in before, who adds the address, who has it, or whoever comes new to a house; nobody else."""
    if code.let_in:
        return await work.get(Resident, code.let_in), ()
    await take_turn(work, code.sealed)
    found = await residents_at(work, code.sealed)
    if code.adds:
        return await _add(code, found, work, now), ()
    if found and not code.wish.another:
        resident = the_one(found, code.sealed, who)
        resident.confirm_reached(code.sealed, now)
        resident.kept_by_staff = False
        return resident, ()
    return await _welcome(code, found, work, now) if code.wish.house_id else (None, ())


async def _add(code: OneTimeCode, found: Sequence[Resident], work: Work, now: datetime) -> Resident | None:
    assert code.adds
    adding = await work.get(Resident, code.adds)
    if found and adding not in found:
        return None
    adding.have(code.sealed, now)
    return adding


async def _welcome(
    code: OneTimeCode, found: Sequence[Resident], work: Work, now: datetime
) -> tuple[Resident, Sequence[Event]]:
    """Somebody new: they are where they asked to be, and agree to what their message said.

    Where somebody is `found` at the address, it is kept as that one wrote it: the code went there."""
    wish = code.wish
    assert wish.house_id
    on_paper = await use_joining_code(work, wish.house_id, wish.joining_code)
    if wish.another and not on_paper:
        raise NeedsCodeOnPaper(field="another")
    resident = Resident.new(wish.language, wish.level, work.now)
    work.keep(resident)
    shown = next((address for each in found if (address := each.address_like(code.sealed))), None)
    resident.have(replace(code.sealed, secret=shown.secret) if shown else code.sealed, now)
    resident.agree(wish.agreed, now)
    resident.called = wish.called
    return resident, resident.join(wish.house_id, now)


async def _allow(command: AskForCode, work: Work) -> None:
    """Raises TooOften, and why nobody joins that house so. Whoever signs in, or has a code on paper, waits for nobody who
    is new."""
    askers, now = command.askers, await work.time()
    house = command.wish.house_id
    on_paper = house is not None and await check_may_join(work, house, command.wish.joining_code)
    if command.wish.another and not on_paper:
        raise NeedsCodeOnPaper(field="another")
    if house and not on_paper:
        await _take(askers.newcomers, FOR_NEWCOMERS, work, now)
    if askers.network:
        await _take(askers.network, FOR_NETWORK, work, now)
    if askers.asker:
        await _take(askers.asker, FOR_ASKER, work, now)
    try:
        await _take(askers.address, FOR_ADDRESS, work, now)
    except TooOften as refused:
        raise AddressAskedTooOften(timedelta(seconds=refused.seconds or 0)) from None


async def _take(of: UUID, limit: Limit, work: Work, now: datetime) -> None:
    (await work.get_or_keep(CodeAllowance(of, work.now))).take(limit, now)
