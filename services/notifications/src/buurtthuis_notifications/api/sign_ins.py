"""Being signed in, over HTTP: a short access token, and a refresh token that is good once."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from buurtthuis.core.clock import utc_now
from buurtthuis.core.corporations import FrontEnd, Issuer
from buurtthuis.core.errors import NoSuchPage, NotFound
from buurtthuis.core.work import new_id
from buurtthuis.http.keeping import A_MINUTE, kept_for
from buurtthuis.http.models import Body
from buurtthuis.http.problems import problems
from buurtthuis.http.requests import Inside
from buurtthuis.identity.principals import Role
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from buurtthuis_notifications.api.people import Anybody, Myself, Operator, parts, vault
from buurtthuis_notifications.commands.sign_ins import EndEverySignIn, EndSignIn, RenewSignIn, RevokeTokens
from buurtthuis_notifications.domain.addresses import AddressKind
from buurtthuis_notifications.domain.sign_ins import ACCESS, Following, SignInAgain
from buurtthuis_notifications.queries.sign_ins import live_sign_in
from buurtthuis_notifications.vault import Vault, tokens

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

    def is_ours(self, inside: Inside) -> bool:
        """Whether it was ever made here."""
        return tokens.is_ours(vault(inside), self.refresh_token)


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


class AtProvider(BaseModel):
    """How a front-end signs people in at a provider of the corporation: by a code, with PKCE (S256, RFC 7636)."""

    issuer: str = Field(examples=["https://login.example.nl/realms/woonpartners"])
    discovery: str = Field(
        description="Where the provider says its addresses: to sign in, for tokens, to sign out (`end_session_endpoint`)."
    )
    client_id: str = Field(examples=["buurtthuis-web"])
    scopes: list[str] = Field(examples=[["openid"]])
    after_sign_out: str | None = Field(
        description="What to say as `post_logout_redirect_uri`.", examples=["https://www.woonpartners.nl/"]
    )

    @classmethod
    def of(cls, issuer: Issuer, front_end: FrontEnd) -> Self:
        return cls(
            issuer=issuer.url,
            discovery=issuer.discovery,
            client_id=front_end.client_id,
            scopes=list(front_end.scopes),
            after_sign_out=front_end.after_sign_out,
        )


class WaysIn(BaseModel):
    """Residents: by a code to one of these kinds of address. Whoever works for the corporation: at one of its providers."""

    codes: list[AddressKind]
    sign_in_page: str | None = Field(
        description="Where the link of a code leads, with `code` and `token` in its query; null for our own page.",
        examples=["https://www.woonpartners.nl/buurtthuis/sign-in"],
    )
    providers: list[AtProvider]


@router.get(
    "/public/{corporation}/sign-in",
    summary="How people sign in",
    responses=problems(NoSuchPage),
    dependencies=[kept_for(A_MINUTE)],
)
async def show_ways_in(visitor: Anybody) -> WaysIn:
    """All that a front-end has to know beforehand; nothing of it is secret."""
    corporation = visitor.corporation
    return WaysIn(
        codes=parts(visitor).code_addresses_of(visitor.corporation),
        sign_in_page=corporation.sign_in_page,
        providers=[AtProvider.of(each, each.front_end) for each in corporation.issuers if each.front_end],
    )


@router.post(
    "/public/{corporation}/sign-ins/renewal",
    summary="Stay signed in",
    responses=problems(NoSuchPage, SignInAgain),
)
async def renew_sign_in(body: RefreshBody, visitor: Anybody, response: Response) -> SignedIn:
    """Another access token, and another refresh token: the one that is brought is used up.

    Whoever brings it once more within half a minute gets the ones that are good then. So does, however much later, whoever never
    got the answer: then what was in it is good no more. Whoever brings that, or any that was used before, ends the sign-in, since
    two have it."""
    response.headers["Cache-Control"] = "no-store"
    brought = body.refresh_token
    try:
        await visitor.run(
            RenewSignIn(body.id, body.digest, following(vault(visitor), brought), body.is_ours(visitor))
        )
        return await signed_in(visitor, body.id, brought)
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
    try:
        await visitor.run(EndSignIn(body.id, body.digest, body.is_ours(visitor)))
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


def following(vault: Vault, brought: str) -> Following:
    """What is kept of the token that follows this one, and of one that stands for it where it is lost."""
    turn = new_id()
    digest, instead = (tokens.trace(tokens.following(vault, brought, each)) for each in (None, turn))
    return Following(digest, instead, turn)


async def signed_in(inside: Inside, id: UUID, refresh: str) -> SignedIn:
    """What a device gets, where that is its refresh token, or was replaced by the one that is. Raises SignInAgain and NotFound."""
    async with inside.reading() as session:
        sign_in = await live_sign_in(session, id)
    newest = tokens.leading_to(vault(inside), refresh, sign_in.digest, sign_in.turn)
    access = inside.service.issuer.issue(
        inside.corporation.slug, [Role.RESIDENT], sign_in.resident_id, lifetime=ACCESS, sign_in=id
    )
    return SignedIn(
        resident_id=sign_in.resident_id,
        access_token=access,
        expires_in=int(ACCESS.total_seconds()),
        refresh_token=newest,
    )
