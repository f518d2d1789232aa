"""Being signed in, over HTTP: a short access token, and a refresh token that is good once."""

import secrets
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from buurtthuis.errors import NoSuchPage, NotFound
from buurtthuis.identity import Role
from buurtthuis.web import Body, Inside, problems
from buurtthuis.work import new_id
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from buurtthuis_notifications.api.people import Anybody, Myself
from buurtthuis_notifications.commands.sign_ins import EndEverySignIn, EndSignIn, RenewSignIn
from buurtthuis_notifications.domain.sign_ins import ACCESS, SignIn, SignInAgain

router = APIRouter(tags=["signing in"])

RefreshToken = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}\.[A-Za-z0-9_-]{43}$")]


class RefreshBody(Body):
    refresh_token: RefreshToken = Field(
        examples=["01a204c1-fe6e-7763-a625-7498d1180187.q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"]
    )

    @property
    def id(self) -> UUID:
        """Which sign-in it is of. Raises SignInAgain."""
        try:
            return UUID(self.refresh_token.partition(".")[0])
        except ValueError:
            raise SignInAgain from None

    @property
    def digest(self) -> bytes:
        """What was kept of it."""
        return sha256(self.refresh_token.encode()).digest()


class SignedIn(BaseModel):
    """Show the access token with every request; bring the refresh token, once, for the next of both."""

    resident_id: UUID
    access_token: str
    expires_in: int = Field(description="Seconds.")
    refresh_token: str


@router.post(
    "/public/{corporation}/sign-ins/renewal",
    summary="Stay signed in",
    responses=problems(NoSuchPage, SignInAgain),
)
async def renew_sign_in(body: RefreshBody, visitor: Anybody, response: Response) -> SignedIn:
    """Another access token, and another refresh token: the one that is brought is used up."""
    response.headers["Cache-Control"] = "no-store"
    _, refresh, digest = begin(body.id)
    try:
        await visitor.run(RenewSignIn(body.id, body.digest, digest))
        return await signed_in(visitor, body.id, refresh)
    except NotFound:
        raise SignInAgain from None


@router.post(
    "/public/{corporation}/sign-ins/end",
    status_code=204,
    summary="Sign out",
    responses=problems(NoSuchPage, SignInAgain),
)
async def end_sign_in(body: RefreshBody, visitor: Anybody) -> None:
    """On this device."""
    try:
        await visitor.run(EndSignIn(body.id, body.digest))
    except NotFound:
        raise SignInAgain from None


@router.post("/me/sign-outs", status_code=204, summary="Sign out everywhere", responses=problems())
async def end_every_sign_in(caller: Myself) -> None:
    """Access tokens that are out there end within half an hour."""
    await caller.run(EndEverySignIn(caller.principal.subject))


def begin(sign_in: UUID | None = None) -> tuple[UUID, str, bytes]:
    """A sign-in's id, a new refresh token for it, and what is kept of that."""
    id = sign_in or new_id()
    refresh = f"{id}.{secrets.token_urlsafe(32)}"
    return id, refresh, sha256(refresh.encode()).digest()


async def signed_in(inside: Inside, id: UUID, refresh: str) -> SignedIn:
    """What a device gets, where that is its refresh token now. Raises SignInAgain and NotFound."""
    async with inside.reading() as session:
        sign_in = await session.get(SignIn, id)
    if sign_in is None:
        raise NotFound(what="sign-in", id=id)
    if sign_in.digest != sha256(refresh.encode()).digest():
        raise SignInAgain
    access = inside.service.issuer.issue(
        inside.corporation.slug, [Role.RESIDENT], sign_in.resident_id, lifetime=ACCESS
    )
    return SignedIn(
        resident_id=sign_in.resident_id,
        access_token=access,
        expires_in=int(ACCESS.total_seconds()),
        refresh_token=refresh,
    )
