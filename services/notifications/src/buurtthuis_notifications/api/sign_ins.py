"""Being signed in, over HTTP: a short access token, and a refresh token that is good once."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from buurtthuis.core.clock import utc_now
from buurtthuis.core.errors import NoSuchPage, NotFound
from buurtthuis.core.work import new_id
from buurtthuis.http.models import Body
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Inside
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from buurtthuis_notifications.api.people import Anybody, Myself, Operator, vault
from buurtthuis_notifications.commands.sign_ins import EndEverySignIn, EndSignIn, RenewSignIn, RevokeTokens
from buurtthuis_notifications.domain.sign_ins import ACCESS, SignInAgain
from buurtthuis_notifications.queries.sign_ins import live_sign_in
from buurtthuis_notifications.vault import tokens

router = APIRouter(tags=["signing in"])

#: A token that an operator takes back may come from a machine whose clock is ahead.
CLOCKS_DIFFER = timedelta(minutes=1)

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
        return tokens.trace(self.refresh_token)


class RevocationBody(Body):
    id: UUID = Field(
        description="A subject (a pseudonym), a sign-in (a token's `sid`) or a token (its `jti`).",
        examples=["01a204c1-fe6e-7763-a625-7498d1180187"],
    )


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
    """Another access token, and another refresh token: the one that is brought is used up.

    Whoever brings it once more within half a minute gets the ones that are good then; later it ends the sign-in, since two
    have it."""
    response.headers["Cache-Control"] = "no-store"
    refresh = tokens.following(vault(visitor), body.refresh_token)
    ours = tokens.is_ours(vault(visitor), body.refresh_token)
    try:
        await visitor.run(RenewSignIn(body.id, body.digest, tokens.trace(refresh), ours))
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
    """On this device: its access token is refused within seconds, everywhere, and what follows live with it ends."""
    ours = tokens.is_ours(vault(visitor), body.refresh_token)
    try:
        await visitor.run(EndSignIn(body.id, body.digest, ours))
    except NotFound:
        raise SignInAgain from None


@router.post("/me/sign-outs", status_code=204, summary="Sign out everywhere", responses=problems())
async def end_every_sign_in(caller: Myself) -> None:
    """All access tokens that are out there, the one that asks too, are refused within seconds; live feeds end."""
    await caller.run(EndEverySignIn(caller.principal.subject, utc_now()))


@router.post("/revocations", status_code=204, summary="Take tokens back", responses=problems())
async def revoke_tokens(body: RevocationBody, caller: Operator) -> None:
    """Of whatever has this id: a subject, a sign-in or one token. What is issued from now on is good again."""
    await caller.run(RevokeTokens(body.id, utc_now() + CLOCKS_DIFFER))


def begin(inside: Inside) -> tuple[UUID, str, bytes]:
    """A new sign-in's id, a refresh token for it, and what is kept of that."""
    id = new_id()
    refresh = tokens.to_stay(vault(inside), id)
    return id, refresh, tokens.trace(refresh)


async def signed_in(inside: Inside, id: UUID, refresh: str) -> SignedIn:
    """What a device gets, where that is its refresh token, or was just replaced. Raises SignInAgain and NotFound."""
    async with inside.reading() as session:
        sign_in = await live_sign_in(session, id)
    newest = tokens.leading_to(vault(inside), refresh, sign_in.digest)
    access = inside.service.issuer.issue(
        inside.corporation.slug, [Role.RESIDENT], sign_in.resident_id, lifetime=ACCESS, sign_in=id
    )
    return SignedIn(
        resident_id=sign_in.resident_id,
        access_token=access,
        expires_in=int(ACCESS.total_seconds()),
        refresh_token=newest,
    )
