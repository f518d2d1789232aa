"""What can be asked of being signed in."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_notifications.domain.sign_ins import SignIn

on = Handlers()


@dataclass(frozen=True)
class RenewSignIn:
    id: UUID
    brought: bytes
    digest: bytes


@on.command
async def renew_sign_in(command: RenewSignIn, work: Work) -> None:
    """A wrong token is no refusal here: a refusal would take back that the sign-in ended."""
    sign_in = await work.get(SignIn, command.id)
    sign_in.renew(command.brought, command.digest, await work.time())


@dataclass(frozen=True)
class EndSignIn:
    """Whoever has the refresh token may end it."""

    id: UUID
    brought: bytes


@on.command
async def end_sign_in(command: EndSignIn, work: Work) -> None:
    sign_in = await work.get(SignIn, command.id)
    if sign_in.digest == command.brought:
        sign_in.end(await work.time())


@dataclass(frozen=True)
class EndEverySignIn:
    resident_id: UUID


@on.command
async def end_every_sign_in(command: EndEverySignIn, work: Work) -> None:
    for sign_in in await work.find(SignIn, resident_id=command.resident_id, ended_at=None):
        sign_in.end(await work.time())
