"""What can be asked of codes: to be sent one, and to be let in with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_notifications.commands.residents import open_house, resident_at
from buurtthuis_notifications.domain.addresses import CODES_BY, Sealed
from buurtthuis_notifications.domain.allowances import Allowance
from buurtthuis_notifications.domain.codes import (
    FOR_ADDRESS,
    FOR_CORPORATION,
    FOR_NETWORK,
    GUESSES,
    GUESSES_TOGETHER,
    LIFETIME,
    OneTimeCode,
    Wish,
)
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.residents import Resident
from buurtthuis_notifications.domain.sign_ins import SignIn

on = Handlers()


@dataclass(frozen=True)
class Askers:
    """Traces of who asks, each with its own allowance. Without a network nobody knows where they are."""

    address: UUID
    network: UUID | None
    corporation: UUID


@dataclass(frozen=True)
class AskForCode:
    """`letter` is what the message says, the code among it: sealed, and gone when it is sent."""

    id: UUID
    address: Sealed
    askers: Askers
    link: bytes
    digits: bytes
    letter: bytes
    wish: Wish
    adds: UUID | None = None


@on.command
async def ask_for_code(command: AskForCode, work: Work) -> None:
    """Whether the address is known makes no difference that anybody could see, or measure."""
    now = await work.time()
    await _allow(command.askers, work)
    if command.wish.house_id:
        await open_house(work, command.wish.house_id)
    resident = await resident_at(work, command.address)
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
        "code",
        CODES_BY[command.address.kind],
        command.address.secret,
        command.letter,
        resident.reads if resident else command.wish.language,
        now + LIFETIME,
        now,
    )
    if not (resident or command.wish.house_id or command.adds):
        message.suppress("unknown")
    work.keep(code, message)


@dataclass(frozen=True)
class Guesses:
    """From where digits are tried: a network of its own, or `alone=False` all those of whom nobody knows where they are."""

    of: UUID
    alone: bool = True

    @property
    def most(self) -> int:
        """In an hour."""
        return GUESSES if self.alone else GUESSES_TOGETHER


@dataclass(frozen=True)
class UseCode:
    """`sign_in` and `digest` are for the sign-in that begins, where the code is right.

    Digits are counted where they come from; whoever brings a link's 256 bits does not guess."""

    id: UUID
    traces: tuple[bytes, ...]
    sign_in: UUID
    digest: bytes
    guesses: Guesses | None = None


@on.command
async def use_code(command: UseCode, work: Work) -> Sequence[Event]:
    """A wrong one is counted, and so is no refusal here: a refusal would take back the counting."""
    now = await work.time()
    if command.guesses:
        (await work.get_or_keep(Allowance(command.guesses.of, work.now))).take(command.guesses.most, now)
    code = await work.get(OneTimeCode, command.id)
    if not code.try_with(command.traces, now):
        return []
    resident = await _whose(code, work)
    if resident is None:
        return []
    code.use_up(now)
    resident.have(code.sealed, now)
    resident.agree(code.wish.agreed, now)
    work.keep(SignIn.begin(command.sign_in, resident.id, command.digest, now))
    return resident.join(code.wish.house_id, now) if code.wish.house_id else []


async def _whose(code: OneTimeCode, work: Work) -> Resident | None:
    """Who adds the address, who has it, or whoever comes new to a house; nobody else."""
    await work.get_or_keep(_turn(code, work))
    found = await resident_at(work, code.sealed)
    if code.adds:
        adding = await work.get(Resident, code.adds)
        return adding if found in (None, adding) else None
    if found is None and code.wish.house_id:
        await open_house(work, code.wish.house_id)
        found = Resident.new(code.wish.language, code.wish.level, work.now)
        work.keep(found)
    return found


def _turn(code: OneTimeCode, work: Work) -> Allowance:
    """Of two codes for one address, used at once, one waits here for the other."""
    return Allowance(UUID(bytes=code.digests[0][:16]), work.now)


async def _allow(askers: Askers, work: Work) -> None:
    """Raises TooOften."""
    for asker, most in (
        (askers.address, FOR_ADDRESS),
        (askers.network, FOR_NETWORK),
        (askers.corporation, FOR_CORPORATION),
    ):
        if asker:
            (await work.get_or_keep(Allowance(asker, work.now))).take(most, await work.time())
