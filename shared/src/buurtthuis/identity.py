"""Who is asking: from an access token to a principal with a corporation and roles."""

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NoReturn, Protocol, Self
from uuid import UUID, uuid4, uuid5

import httpx
import structlog
from joserfc import jws, jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeyParameters, KeySet, KeySetSerialization, OctKey, OKPKey, RSAKey

from buurtthuis.actor import Actor, ActorKind
from buurtthuis.corporations import Corporations, Issuer, claim_path
from buurtthuis.errors import Refusal, Refused, Unauthenticated
from buurtthuis.public_addresses import Forbidden, check_address
from buurtthuis.settings import Settings, SettingsError

LOCAL_ISSUER = "urn:buurtthuis:local"
LOCAL_AUDIENCE = "buurtthuis"

_SUBJECTS = UUID("6f0d8c0e-0b43-5c1a-9d0e-2b1f5a3c7e94")  # changing it makes everybody somebody else
ALGORITHM = "Ed25519"  # RFC 9864; joserfc warns at its old name, EdDSA
_PROVIDER_ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")

LEEWAY = 30
_SHORTEST_RSA_KEY = 2048
_LONGEST_RSA_KEY = 8192  # one of a million bits takes longer to read than anybody may hold the loop
_LONGEST_TOKEN = 16 * 1024

#: The longest life of a token: of our own, and of a provider's, since nobody tells us what it takes back.
LONGEST = timedelta(days=31)
_LONGEST_OF_PROVIDERS = timedelta(hours=24)
#: How the header of an access token calls it: not at all, as any token, or as RFC 9068 does; and its claims, as Keycloak's do.
_ACCESS_TOKENS = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})
_RFC_9068 = frozenset({"at+jwt", "application/at+jwt"})
_CLAIMED_TYPES = frozenset({None, "bearer"})
#: What only others claim: ID tokens, logout tokens, and those that are no good without a proof of who holds them.
_CLAIMS_OF_OTHERS = ("nonce", "at_hash", "c_hash", "events", "cnf")

_KEYS_ARE_FRESH = timedelta(minutes=10)
_KEYS_ARE_USABLE = timedelta(hours=24)
_BETWEEN_FETCHES = timedelta(seconds=30)
_BETWEEN_FIRST_TRIES = timedelta(seconds=5)
_NEVER = datetime.min.replace(tzinfo=UTC)
_SECONDS_TO_ANSWER = 5
_LONGEST_ANSWER = 256 * 1024

_REMEMBERED_FOR = timedelta(seconds=60)
_REMEMBERED_TOKENS = 10_000

#: What reading a key raises that is none.
NO_KEY = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
#: Why a provider gives no keys, in whatever it answers or does not.
_NO_KEYS = (httpx.HTTPError, httpx.InvalidURL, Forbidden, TimeoutError, ValueError, RecursionError)

_log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Claims = dict[str, Any]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ProviderAway(Refused):
    """The sign-in service {issuer} does not answer; try again in a moment."""

    kind = Refusal.UNAVAILABLE


class Role(StrEnum):
    """What somebody may be within a corporation, the highest first."""

    SYSTEM = "system"
    OPERATOR = "operator"
    STAFF = "staff"
    CHAIN_PARTNER = "chain_partner"
    GUIDE = "guide"
    RESIDENT = "resident"


@dataclass(frozen=True)
class Principal:
    """Somebody who is let in: a pseudonym within one corporation, and what they may be there."""

    corporation: str
    subject: UUID
    roles: frozenset[Role]
    issued_at: datetime
    expires_at: datetime
    #: By whichever of these their token can be taken back: their own, of the sign-in that it came from, and the token's.
    ids: frozenset[UUID]
    #: The one that a chain partner works for, where the corporation knows it: what is its, is each colleague's.
    organisation: str | None = None

    @property
    def actor(self) -> Actor:
        """As what an event's envelope names them: the highest that they are."""
        return self.acting_as(Role)

    def acting_as(self, roles: Iterable[Role]) -> Actor:
        """The highest of these that they are. Raises ValueError where they are none of them."""
        highest = min(self.roles.intersection(roles), key=list(Role).index)
        return Actor(ActorKind(highest), self.subject)


class LocalIssuer:
    """BuurtThuis's own issuer of tokens: for residents, for services among themselves, and for trying things out."""

    def __init__(self, key: OKPKey, now: Clock = _utc_now) -> None:
        """Issue with this private Ed25519 key; ValueError when it isn't one."""
        self._key = signing_key(key)
        self._now = now

    @classmethod
    def from_jwk(cls, text: str, now: Clock = _utc_now) -> Self:
        """Issue with a private key written as a JWK; ValueError when it isn't one."""
        try:
            return cls(OKPKey.import_key(json.loads(text)), now)
        except NO_KEY:
            raise ValueError("it is not a private Ed25519 key written as a JWK") from None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The deployment's own, from the key or the key file in the settings.

        Raises SettingsError where neither is given or the key is none."""
        if settings.issuer_key_file and not settings.issuer_key:
            return cls.in_file(settings.issuer_key_file)
        try:
            if settings.issuer_key:
                return cls.from_jwk(settings.issuer_key)
        except ValueError as error:
            raise SettingsError(f"ISSUER_KEY: {error}.") from None
        raise SettingsError(
            "Set ISSUER_KEY_FILE (a file that is made on first use) or ISSUER_KEY; where several processes make "
            "one deployment, only notifications has it, so that is where tokens are made."
        )

    @classmethod
    def in_file(cls, path: Path, now: Clock = _utc_now) -> Self:
        """Issue with the key in this file, made on first use; SettingsError when something else is in it, or cannot be."""
        text = secret_in("ISSUER_KEY_FILE", path, _new_jwk)
        try:
            return cls.from_jwk(text, now)
        except ValueError as error:
            raise SettingsError(f"ISSUER_KEY_FILE: {path}: {error}.") from None

    def issue(
        self,
        corporation: str,
        roles: Iterable[Role],
        subject: UUID | None = None,
        lifetime: timedelta = timedelta(hours=8),
        sign_in: UUID | None = None,
        organisation: str | None = None,
    ) -> str:
        """A signed access token; without a subject it is for somebody new."""
        now = self._now()
        claims = {
            "iss": LOCAL_ISSUER,
            "aud": LOCAL_AUDIENCE,
            "sub": str(subject or uuid4()),
            "jti": str(uuid4()),
            "iat": round(now.timestamp(), 3),  # what is revoked within the same second is not the one after
            "exp": int((now + lifetime).timestamp()),
            "corporation": corporation,
            "roles": sorted(roles),
        }
        if sign_in:
            claims["sid"] = str(sign_in)
        if organisation:
            claims["organisation"] = organisation
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, claims, self._key, [ALGORITHM])

    def public_jwks(self) -> KeySetSerialization:
        """The key others verify these tokens with."""
        return KeySet([self._key]).as_dict(private=False)


@dataclass(frozen=True)
class IssuersKeys:
    """The public halves of the issuer's keys, for who verifies and does not issue."""

    jwks: KeySetSerialization

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """From ISSUER_JWKS, or where this process issues too, from the issuer's own key. Raises SettingsError."""
        own = LocalIssuer.of(settings).public_jwks() if settings.issues else None
        if settings.issuer_jwks:
            return cls._written(settings.issuer_jwks, own)
        if own is None:
            raise SettingsError(
                "Set ISSUER_JWKS: the public half of ISSUER_KEY, which tokens are verified with. "
                "`buurtthuis issuer-jwks` prints it where ISSUER_KEY is set."
            )
        return cls(own)

    @classmethod
    def _written(cls, text: str, own: KeySetSerialization | None) -> Self:
        try:
            jwks = json.loads(text)
            known = usable_keys(jwks)
        except NO_KEY:
            raise SettingsError('ISSUER_JWKS is not a JWK set: {"keys": [...]}.') from None
        if any("d" in entry for entry in jwks["keys"] if isinstance(entry, dict)):
            raise SettingsError("ISSUER_JWKS holds a private key: only public halves belong there.")
        if not known or not known.keys() >= {key["kid"] for key in (own or {"keys": []})["keys"]}:
            raise SettingsError("ISSUER_JWKS does not hold the public half of ISSUER_KEY.")
        return cls(jwks)

    def public_jwks(self) -> KeySetSerialization:
        """The keys that tokens are verified with."""
        return self.jwks


def signing_key(key: OKPKey, kid: str | None = None) -> OKPKey:
    """A private Ed25519 key to sign with, under its own name if it has no other; ValueError when it isn't one."""
    if key.private_key is None or key.curve_name != "Ed25519":
        raise ValueError("The signing key must be a private Ed25519 key.")
    # From the raw key: a written JWK may carry an `x` that isn't its own, or restrict its use.
    named: KeyParameters = {"use": "sig", "alg": ALGORITHM}
    if kid:
        named["kid"] = kid
    ours = OKPKey.import_key(key.private_key, named)
    ours.ensure_kid()
    return ours


def _new_jwk() -> str:
    return json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))


def secret_in(setting: str, path: Path, new: Callable[[], str]) -> str:
    """What is in the file that this setting names, made on first use. Raises SettingsError."""
    try:
        if not path.exists():
            write_once(path, new())
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{setting}: {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{setting}: {path}: it is not a text.") from None


def write_once(path: Path, text: str) -> None:
    """Make a file with a secret in it, unless it is there.

    Linking is atomic and never replaces: of two processes that start at once, one wins and both read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8"
    ) as file:  # mode 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return


class Verifier:
    """Lets in whoever carries a token signed by their corporation's own provider, or by BuurtThuis itself."""

    def __init__(
        self,
        corporations: Corporations,
        local: LocalIssuer | IssuersKeys | None,
        http: httpx.AsyncClient,
        now: Clock = _utc_now,
    ) -> None:
        self._corporations = corporations
        self._remembered = _RememberedTokens(now)
        self._trusted: dict[str, _Trusted] = {
            issuer.url: _Provider(corporation.slug, issuer, http, now)
            for corporation in corporations.values()
            for issuer in corporation.issuers
        }
        if local is not None:
            self._trusted[LOCAL_ISSUER] = _Local(local, corporations, now)

    async def verify(self, token: str) -> Principal:
        """Who carries this token; Unauthenticated when it isn't valid, ProviderAway when nobody can tell now."""
        principal = self._remembered.get(token)
        if principal is None:
            principal = await self._read(token)
            self._remembered.put(token, principal)
        return principal

    async def _read(self, token: str) -> Principal:
        signed, claims = unpack(token)
        issuer = self._issuer(claims)
        header = _header(signed)
        _check_signature(signed, await issuer.key(_key_name(header)), issuer.algorithms)
        _check_kind(header, claims, issuer)
        _check_claims(claims, issuer)
        principal = _principal(issuer, claims)
        return replace(principal, organisation=self._organisation(issuer, claims, principal))

    def _organisation(self, issuer: "_Trusted", claims: Claims, principal: Principal) -> str | None:
        """The first that the corporation knows; chain partners alone have one."""
        known = self._corporations[principal.corporation].organisations
        theirs = issuer.organisations(claims) if Role.CHAIN_PARTNER in principal.roles else ()
        return next((one for one in theirs if one in known), None)

    def _issuer(self, claims: Claims) -> "_Trusted":
        url = claims.get("iss")
        known = self._trusted.get(url) if isinstance(url, str) else None
        return known or _refuse("its issuer is not trusted here")


class ProviderKeys:
    """The keys an OpenID provider signs with: fetched when needed, by one for all, and kept while it is away."""

    def __init__(self, issuer: str, http: httpx.AsyncClient, now: Clock = _utc_now) -> None:
        self._issuer = issuer
        self._http = http
        self._now = now
        self._keys: dict[str, _PublishedKey] = {}
        self._fetched_at = self._tried_at = _NEVER
        self._fetching = asyncio.Lock()

    async def key(self, kid: str) -> Key:
        """The key of this name; Unauthenticated when there is none, ProviderAway when that can't be known now."""
        if self._wants_to_fetch(kid) and not (self._can_use(kid) and self._fetching.locked()):
            async with self._fetching:
                if self._wants_to_fetch(kid):  # nobody did so while this one waited
                    await self._try_to_fetch()
        usable = self._keys[kid].usable if self._can_use(kid) else None
        return usable or self._refuse_key()

    def _wants_to_fetch(self, kid: str) -> bool:
        return not (self._can_use(kid) and self._age() < _KEYS_ARE_FRESH) and not self._tried_lately()

    def _can_use(self, kid: str) -> bool:
        return kid in self._keys and self._age() < _KEYS_ARE_USABLE

    def _age(self) -> timedelta:
        return self._now() - self._fetched_at

    def _tried_lately(self) -> bool:
        pause = _BETWEEN_FIRST_TRIES if self._fetched_at == _NEVER else _BETWEEN_FETCHES
        return self._now() - self._tried_at < pause

    async def _try_to_fetch(self) -> None:
        try:
            self._keys = await asyncio.to_thread(_published_keys, await self._fetch())
            self._fetched_at = self._tried_at = self._now()
        except _NO_KEYS as trouble:
            self._tried_at = self._now()
            _log.warning("the sign-in provider gives no keys", issuer=self._issuer, trouble=repr(trouble))

    async def _fetch(self) -> Claims:
        configuration = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        address = configuration.get("jwks_uri")
        if configuration.get("issuer") != self._issuer:
            raise ValueError("the configuration is another issuer's")
        if not isinstance(address, str):
            raise ValueError("the keys have no address")
        return await self._get(address)

    async def _get(self, address: str) -> Claims:
        url = httpx.URL(address)
        headers = {
            "host": url.netloc.decode("ascii"),
            "accept": "application/json",
            # Raw and identity: the limit would come too late for what a compressed answer expands to.
            "accept-encoding": "identity",
            # And close: minutes later the provider would close a kept connection just as it is used again.
            "connection": "close",
        }
        answer = b""
        async with (
            asyncio.timeout(_SECONDS_TO_ANSWER),
            self._http.stream(
                "GET",
                url.copy_with(host=await self._where(url)),
                headers=headers,
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
                follow_redirects=False,
            ) as response,
        ):
            async for piece in response.aiter_raw():
                answer += piece
                if len(answer) > _LONGEST_ANSWER:
                    raise ValueError("the answer is too long")
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"the answer is {response.status_code}")
        return await asyncio.to_thread(_json_object, answer)

    async def _where(self, url: httpx.URL) -> str:
        """Where to connect: wherever the operator sent us, and never inside for what somebody else chose.

        Raises Forbidden."""
        chosen_by_operator = _origin(url) == _origin(httpx.URL(self._issuer))
        return url.host if chosen_by_operator else await check_address(str(url))

    def _refuse_key(self) -> NoReturn:
        if self._tried_at > self._fetched_at:
            raise ProviderAway(issuer=self._issuer)
        _refuse("it is signed with an unknown key")


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


class _Local:
    """BuurtThuis itself: its tokens say which corporation they are for."""

    algorithms = jws.JWSRegistry(algorithms=[ALGORITHM])
    types = _ACCESS_TOKENS
    clients: frozenset[str] = frozenset()
    longest = LONGEST

    def __init__(self, issuer: LocalIssuer | IssuersKeys, corporations: Corporations, now: Clock) -> None:
        self.claims = _expected_claims(LOCAL_ISSUER, LOCAL_AUDIENCE, now)
        self._keys = _published_keys(dict(issuer.public_jwks()))
        self._corporations = corporations

    async def key(self, kid: str) -> Key:
        published = self._keys.get(kid)
        return (published and published.usable) or _refuse("it is signed with an unknown key")

    def corporation(self, claims: Claims, /) -> str:
        slug = claims.get("corporation")
        known = isinstance(slug, str) and slug in self._corporations
        return str(slug) if known else _refuse("its corporation is not known here")

    def subject(self, sub: str) -> UUID:
        return UUID(sub)

    def ids(self, claims: Claims) -> frozenset[UUID]:
        return frozenset(UUID(claims[name]) for name in ("sub", "sid", "jti") if name in claims)

    def roles(self, claims: Claims) -> frozenset[Role]:
        known = frozenset(Role(name) for name in _names(claims.get("roles")) if name in set(Role))
        return known or _refuse("it gives no role that is known here")

    def organisations(self, claims: Claims) -> Sequence[str]:
        return _names(claims.get("organisation"))


class _Provider:
    """A corporation's own provider: whatever its tokens claim, they are for that corporation alone."""

    algorithms = jws.JWSRegistry(algorithms=_PROVIDER_ALGORITHMS, strict_check_header=False)
    longest = _LONGEST_OF_PROVIDERS

    def __init__(self, slug: str, issuer: Issuer, http: httpx.AsyncClient, now: Clock) -> None:
        self.claims = _expected_claims(issuer.url, issuer.audience, now)
        self.types = _RFC_9068 if issuer.typ else _ACCESS_TOKENS
        self.clients = frozenset(issuer.clients)
        self.key = ProviderKeys(issuer.url, http, now).key
        self._slug = slug
        self._issuer = issuer
        self._roles_path = claim_path(issuer.roles_claim)
        self._organisation_path = claim_path(issuer.organisation_claim)

    def corporation(self, _claims: Claims, /) -> str:
        return self._slug

    def subject(self, sub: str) -> UUID:
        return _pseudonym(self._issuer.url, sub)

    def ids(self, claims: Claims) -> frozenset[UUID]:
        return frozenset({self.subject(claims["sub"])})

    def roles(self, claims: Claims) -> frozenset[Role]:
        names = _names(_claim_at(claims, self._roles_path))
        known = frozenset(Role(self._issuer.roles[name]) for name in names if name in self._issuer.roles)
        return known or _refuse(f"it gives no role that is known here in {self._issuer.roles_claim}")

    def organisations(self, claims: Claims) -> Sequence[str]:
        return _names(_claim_at(claims, self._organisation_path))


def _pseudonym(issuer: str, sub: str) -> UUID:
    return uuid5(_SUBJECTS, f"{issuer} {sub}")


def revocable_by(token: str) -> UUID:
    """The id by which a token of our own can be taken back, or whose it is where a provider made it.

    Nobody looks whether it is valid. Raises Unauthenticated where it is no token at all."""
    claims = unpack(token)[1]
    issuer, sub = str(claims.get("iss")), str(claims.get("sub"))
    try:
        return UUID(claims.get("jti", sub)) if issuer == LOCAL_ISSUER else _pseudonym(issuer, sub)
    except (ValueError, TypeError, AttributeError):
        _refuse("its claims make no sense")


class _RememberedTokens:
    """Tokens verified a moment ago: looking one up costs a small part of verifying it again."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._principals: dict[bytes, tuple[Principal, datetime]] = {}

    def get(self, token: str) -> Principal | None:
        principal, until = self._principals.get(_fingerprint(token), (None, _NEVER))
        return principal if self._now() < until else None

    def put(self, token: str, principal: Principal) -> None:
        fingerprint, until = _fingerprint(token), min(principal.expires_at, self._now() + _REMEMBERED_FOR)
        self._principals.pop(fingerprint, None)
        self._principals[fingerprint] = (principal, until)
        if len(self._principals) > _REMEMBERED_TOKENS:
            del self._principals[next(iter(self._principals))]


def _fingerprint(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _refuse(why: str) -> NoReturn:
    raise Unauthenticated(why=why)


def unpack(token: str) -> tuple[jws.CompactSignature, Claims]:
    """What the token says, and nobody has proved yet."""
    if len(token) > _LONGEST_TOKEN:
        _refuse("it is too long")
    try:
        signed = jws.extract_compact(token.encode("utf-8"))
        return signed, _json_object(signed.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        _refuse("it is not a token")


def _header(signed: jws.CompactSignature) -> Claims:
    header: object = signed.headers()
    return header if isinstance(header, dict) else _refuse("it is not a token")


def _key_name(header: Claims) -> str:
    kid = header.get("kid") if "crit" not in header else None
    return kid if isinstance(kid, str) else _refuse("it does not say plainly which key signed it")


def _check_signature(signed: jws.CompactSignature, key: Key, algorithms: jws.JWSRegistry) -> None:
    try:
        if not jws.validate_compact(signed, key, registry=algorithms):
            _refuse("its signature is not right")
    except (JoseError, ValueError):
        _refuse("its signature is of a kind that is not accepted")


def _expected_claims(issuer: str, audience: str, now: Clock) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=lambda: int(now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        sub={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )


def _check_kind(header: Claims, claims: Claims, issuer: _Trusted) -> None:
    """A provider signs more than access tokens with the same key, and for the same audience."""
    if _lower(header.get("typ")) not in issuer.types or _lower(claims.get("typ")) not in _CLAIMED_TYPES:
        _refuse("it is a token of another kind")
    others = [name for name in _CLAIMS_OF_OTHERS if name in claims]
    if others:
        _refuse(f"a token with {others[0]} is of another kind")
    if issuer.clients and issuer.clients.isdisjoint(_names([claims.get("azp"), claims.get("client_id")])):
        _refuse("it was given to a program that is not known here")


def _lower(typ: object) -> str | None:
    """As media types are compared (RFC 7515, 4.1.9); what is no text is none that is known."""
    return typ.lower() if isinstance(typ, str) else None if typ is None else ""


def _check_claims(claims: Claims, issuer: _Trusted) -> None:
    try:
        issuer.claims.validate(claims)
    except ExpiredTokenError:
        _refuse("it has expired")
    except ClaimError as error:
        _refuse(f"its {error.claim} is not right")
    if claims["exp"] - claims["iat"] > issuer.longest.total_seconds():
        _refuse(f"it is valid for longer than {issuer.longest.total_seconds() / 3600:.0f} hours")


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
        _refuse("its claims make no sense")


def _claim_at(claims: Claims, path: Iterable[str]) -> object:
    """What a token says there; nothing, where a name on the way is not in it."""
    found: object = claims
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _names(claim: object) -> list[str]:
    """Some providers write a single role as text instead of a list."""
    names = claim if isinstance(claim, list) else [claim]
    return [name for name in names if isinstance(name, str)]


def _json_object(text: bytes) -> Claims:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def usable_keys(jwks: Claims) -> dict[str, Key]:
    """Every key that can be used, by its name. Raises ValueError where it is no key set."""
    return {kid: key for kid, one in _published_keys(jwks).items() if (key := one.usable)}


def _published_keys(jwks: Claims) -> "dict[str, _PublishedKey]":
    """Every key by its name; nobody could ask for one without."""
    entries = jwks.get("keys")
    if not isinstance(entries, list):
        raise ValueError("the keys are not a list")
    return {
        entry["kid"]: _PublishedKey(entry)
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("kid"), str)
    }


class _PublishedKey:
    """A key as it was published. It is read when something is signed with it, for there may be hundreds."""

    def __init__(self, entry: Claims) -> None:
        self._entry = entry

    @cached_property
    def usable(self) -> Key | None:
        """The key; None where it is broken, symmetric, too short or too long."""
        if any(len(str(self._entry.get(number))) > _LONGEST_RSA_KEY / 6 + 1 for number in ("n", "e")):
            return None
        try:
            key = JWKRegistry.import_key(self._entry)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        too_short = isinstance(key, RSAKey) and key.raw_value.key_size < _SHORTEST_RSA_KEY
        return None if isinstance(key, OctKey) or too_short else key
