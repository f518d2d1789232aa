"""From an access token to the principal who shows it: whose issuer it is, by which key, and what it claims."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol
from uuid import UUID

import httpx
from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError
from joserfc.jwk import Key

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporations, Issuer, claim_path
from buurtthuis.core.houses import Houses
from buurtthuis.identity.issuer import IssuersKeys, LocalIssuer
from buurtthuis.identity.principals import OF_HOUSES, Principal, Role
from buurtthuis.identity.provider_keys import NEVER, PROVIDER_ALGORITHMS, ProviderKeys, published_keys
from buurtthuis.identity.tokens import (
    ACCESS_TOKENS,
    ALGORITHM,
    CLAIMED_TYPES,
    CLAIMS_OF_OTHERS,
    LOCAL_AUDIENCE,
    LOCAL_ISSUER,
    LONGEST,
    Claims,
    check_signature,
    claim_at,
    expected_claims,
    header_of,
    ids_in,
    key_name,
    lower,
    names_in,
    pseudonym,
    refuse,
    unpack,
)

_LONGEST_OF_PROVIDERS = timedelta(hours=24)
_RFC_9068 = frozenset({"at+jwt", "application/at+jwt"})
_REMEMBERED_FOR = timedelta(seconds=60)
_REMEMBERED_TOKENS = 10_000


class Verifier:
    """Lets in whoever carries a token signed by their corporation's own provider, or by BuurtThuis itself."""

    def __init__(
        self,
        corporations: Corporations,
        local: LocalIssuer | IssuersKeys | None,
        http: httpx.AsyncClient,
        now: Clock = utc_now,
    ) -> None:
        self._corporations = corporations
        self._http = http
        self._now = now
        self._local = None if local is None else _Local(local, corporations, now)
        self._providers: dict[str, _Provider] = {}
        self.renew()

    def renew(self) -> None:
        """Trust whom the corporations trust now, on nobody's word from before; who stays keeps the keys that it has."""
        self._remembered = _RememberedTokens(self._now)
        self._providers = {
            issuer.url: self._provider(corporation.slug, issuer)
            for corporation in self._corporations.values()
            for issuer in corporation.issuers
        }

    async def verify(self, token: str) -> Principal:
        """Who carries this token; Unauthenticated when it isn't valid, ProviderAway when nobody can tell now."""
        remembered = self._remembered  # what is read while they change is remembered by nobody
        principal = remembered.get(token)
        if principal is None:
            principal = await self._read(token)
            remembered.put(token, principal)
        return principal

    async def _read(self, token: str) -> Principal:
        signed, claims = unpack(token)
        issuer = self._issuer(claims)
        header = header_of(signed)
        check_signature(signed, await issuer.key(key_name(header)), issuer.algorithms)
        _check_kind(header, claims, issuer)
        _check_claims(claims, issuer)
        principal = _principal(issuer, claims)
        return replace(
            principal,
            organisation=self._organisation(issuer, claims, principal),
            limits=_limits(issuer, claims, principal),
        )

    def _organisation(self, issuer: "_Trusted", claims: Claims, principal: Principal) -> str | None:
        """The first that the corporation knows; chain partners alone have one."""
        known = self._corporations[principal.corporation].organisations
        theirs = issuer.organisations(claims) if Role.CHAIN_PARTNER in principal.roles else ()
        return next((kid for kid in theirs if kid in known), None)

    def _issuer(self, claims: Claims) -> "_Trusted":
        url = claims.get("iss")
        if self._local and url == LOCAL_ISSUER:
            return self._local
        known = self._providers.get(url) if isinstance(url, str) else None
        return known or refuse("its issuer is not trusted here")

    def _provider(self, slug: str, issuer: Issuer) -> "_Provider":
        known = self._providers.get(issuer.url)
        same = known is not None and (known.slug, known.issuer) == (slug, issuer)
        return known if known and same else _Provider(slug, issuer, self._http, self._now)


class _Trusted(Protocol):
    """An issuer whose word counts, and for what."""

    algorithms: jws.JWSRegistry
    claims: jwt.JWTClaimsRegistry
    types: frozenset[str | None]
    clients: frozenset[str]
    longest: timedelta

    async def key(self, kid: str) -> Key: ...
    def corporation(self, claims: Claims, /) -> str: ...
    def subject(self, sub: str) -> UUID: ...
    def ids(self, claims: Claims) -> frozenset[UUID]: ...
    def roles(self, claims: Claims) -> frozenset[Role]: ...
    def organisations(self, claims: Claims) -> Sequence[str]: ...
    def houses(self, claims: Claims) -> Houses | None: ...


class _Local:
    """BuurtThuis itself: its tokens say which corporation they are for."""

    algorithms = jws.JWSRegistry(algorithms=[ALGORITHM])
    types = ACCESS_TOKENS
    clients: frozenset[str] = frozenset()
    longest = LONGEST

    def __init__(self, issuer: LocalIssuer | IssuersKeys, corporations: Corporations, now: Clock) -> None:
        self.claims = expected_claims(LOCAL_ISSUER, LOCAL_AUDIENCE, now)
        self._keys = published_keys(dict(issuer.public_jwks()))
        self._corporations = corporations

    async def key(self, kid: str) -> Key:
        published = self._keys.get(kid)
        return (published and published.usable) or refuse("it is signed with an unknown key")

    def corporation(self, claims: Claims, /) -> str:
        slug = claims.get("corporation")
        known = isinstance(slug, str) and slug in self._corporations
        return str(slug) if known else refuse("its corporation is not known here")

    def subject(self, sub: str) -> UUID:
        return UUID(sub)

    def ids(self, claims: Claims) -> frozenset[UUID]:
        return frozenset(UUID(claims[name]) for name in ("sub", "sid", "jti") if name in claims)

    def roles(self, claims: Claims) -> frozenset[Role]:
        known = frozenset(Role(name) for name in names_in(claims.get("roles")) if name in set(Role))
        return known or refuse("it gives no role that is known here")

    def organisations(self, claims: Claims) -> Sequence[str]:
        return names_in(claims.get("organisation"))

    def houses(self, claims: Claims) -> Houses | None:
        return _houses_in(claims.get("houses"))


class _Provider:
    """A corporation's own provider: whatever its tokens claim, they are for that corporation alone."""

    algorithms = jws.JWSRegistry(algorithms=PROVIDER_ALGORITHMS, strict_check_header=False)
    longest = _LONGEST_OF_PROVIDERS

    def __init__(self, slug: str, issuer: Issuer, http: httpx.AsyncClient, now: Clock) -> None:
        self.claims = expected_claims(issuer.url, issuer.audience, now)
        self.types = _RFC_9068 if issuer.typ else ACCESS_TOKENS
        self.clients = frozenset(issuer.clients)
        self.key = ProviderKeys(issuer.url, http, now).key
        self.slug = slug
        self.issuer = issuer
        self._roles_path = claim_path(issuer.roles_claim)
        self._organisation_path = claim_path(issuer.organisation_claim)
        self._houses_path = claim_path(issuer.houses_claim)

    def corporation(self, _claims: Claims, /) -> str:
        return self.slug

    def subject(self, sub: str) -> UUID:
        return pseudonym(self.issuer.url, sub)

    def ids(self, claims: Claims) -> frozenset[UUID]:
        return frozenset({self.subject(claims["sub"])})

    def roles(self, claims: Claims) -> frozenset[Role]:
        names = names_in(claim_at(claims, self._roles_path))
        known = frozenset(Role(self.issuer.roles[name]) for name in names if name in self.issuer.roles)
        return known or refuse(f"it gives no role that is known here in {self.issuer.roles_claim}")

    def organisations(self, claims: Claims) -> Sequence[str]:
        return names_in(claim_at(claims, self._organisation_path))

    def houses(self, claims: Claims) -> Houses | None:
        return _houses_in(claim_at(claims, self._houses_path))


class _RememberedTokens:
    """Tokens verified a moment ago: looking one up costs a small part of verifying it again."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._principals: dict[bytes, tuple[Principal, datetime]] = {}

    def get(self, token: str) -> Principal | None:
        principal, until = self._principals.get(_fingerprint(token), (None, NEVER))
        return principal if self._now() < until else None

    def put(self, token: str, principal: Principal) -> None:
        fingerprint, until = _fingerprint(token), min(principal.expires_at, self._now() + _REMEMBERED_FOR)
        self._principals.pop(fingerprint, None)
        self._principals[fingerprint] = (principal, until)
        if len(self._principals) > _REMEMBERED_TOKENS:
            del self._principals[next(iter(self._principals))]


def _houses_in(claim: object) -> Houses | None:
    """None where it says nothing; what it says that is no id of a house is none."""
    return None if claim is None else Houses(ids_in(claim))


def _limits(issuer: _Trusted, claims: Claims, principal: Principal) -> Mapping[Role, Houses]:
    """What the token says of houses holds for each of its roles that can be for some."""
    houses = issuer.houses(claims)
    return {} if houses is None else dict.fromkeys(principal.roles & OF_HOUSES, houses)


def _fingerprint(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _check_kind(header: Claims, claims: Claims, issuer: _Trusted) -> None:
    """A provider signs more than access tokens with the same key, and for the same audience."""
    if lower(header.get("typ")) not in issuer.types or lower(claims.get("typ")) not in CLAIMED_TYPES:
        refuse("it is a token of another kind")
    others = [name for name in CLAIMS_OF_OTHERS if name in claims]
    if others:
        refuse(f"a token with {others[0]} is of another kind")
    if issuer.clients and issuer.clients.isdisjoint(names_in([claims.get("azp"), claims.get("client_id")])):
        refuse("it was given to a program that is not known here")


def _check_claims(claims: Claims, issuer: _Trusted) -> None:
    try:
        issuer.claims.validate(claims)
    except ExpiredTokenError:
        refuse("it has expired")
    except ClaimError as error:
        refuse(f"its {error.claim} is not right")
    if claims["exp"] - claims["iat"] > issuer.longest.total_seconds():
        refuse(f"it is valid for longer than {issuer.longest.total_seconds() / 3600:.0f} hours")


def _principal(issuer: _Trusted, claims: Claims) -> Principal:
    try:
        return Principal(
            corporation=issuer.corporation(claims),
            subject=issuer.subject(claims["sub"]),
            roles=issuer.roles(claims),
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            ids=issuer.ids(claims),
        )
    except (ValueError, TypeError, AttributeError, OverflowError, OSError):
        # half a character in `sub`, a list for an id, an `exp` beyond the calendar
        refuse("its claims make no sense")
