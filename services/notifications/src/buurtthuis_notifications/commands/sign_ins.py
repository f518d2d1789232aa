"""What can be asked of being signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.events.notifications import TokensRevoked

from buurtthuis_notifications.domain.sign_ins import Following, SignIn, SignInAgain

on = Handlers()


@dataclass(frozen=True)
class RenewSignIn:
    """`brought` is of the refresh token, which nobody made up where it is `ours`."""

    id: UUID
    brought: bytes
    following: Following
    ours: bool


@on.command
async def renew_sign_in(command: RenewSignIn, work: Work) -> Result:
    """Raises SignInAgain for a token that is no good; one that was used up before ends the sign-in by that."""
    sign_in = await work.get(SignIn, command.id)
    was_live = sign_in.live
    if sign_in.renew(command.brought, command.following, await work.time(), ours=command.ours):
        return Result(sign_in)
    ended = was_live and not sign_in.live
    raise SignInAgain().keeping(*([await revoke(sign_in.id, work)] if ended else []))


@dataclass(frozen=True)
class EndSignIn:
    """Whoever has a refresh token of ours may end it."""

    id: UUID
    brought: bytes
    ours: bool


@on.command
async def end_sign_in(command: EndSignIn, work: Work) -> Result:
    sign_in = await work.get(SignIn, command.id)
    ends = sign_in.end_with(command.brought, await work.time(), ours=command.ours)
    return Result(sign_in, [await revoke(sign_in.id, work)] if ends else [])


@dataclass(frozen=True)
class EndEverySignIn:
    """With the tokens that were issued `before` now, by the clock that issues them."""

    resident_id: UUID
    before: datetime


@on.command
async def end_every_sign_in(command: EndEverySignIn, work: Work) -> Result:
    live = await work.find(SignIn, resident_id=command.resident_id, ended_at=None)
    for sign_in in live:
        sign_in.end(await work.time())
    return Result(
        command.resident_id,
        [
            *[await revoke(sign_in.id, work) for sign_in in live],
            await revoke(command.resident_id, work, command.before),
        ],
    )


@dataclass(frozen=True)
class RevokeTokens:
    """Of a subject, from a sign-in or a single one, issued `before` now: whichever has this id."""

    id: UUID
    before: datetime


@on.command
async def revoke_tokens(command: RevokeTokens, work: Work) -> TokensRevoked:
    return await revoke(command.id, work, command.before)


async def revoke(id: UUID, work: Work, before: datetime | None = None) -> TokensRevoked:
    """Here at once; in every other service when it hears what this returns."""
    await work.revoke(id, before)
    return TokensRevoked(revoked_id=id, before=before)
