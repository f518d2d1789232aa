"""What a token is: its shape, its claims, and what is refused before a key is asked for."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NoReturn
from uuid import UUID, uuid5

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from buurtthuis.core.clock import Clock
from buurtthuis.core.errors import Unauthenticated

LOCAL_ISSUER = "urn:buurtthuis:local"
LOCAL_AUDIENCE = "buurtthuis"
_SUBJECTS = UUID("6f0d8c0e-0b43-5c1a-9d0e-2b1f5a3c7e94")  # changing it makes everybody somebody else
ALGORITHM = "Ed25519"  # RFC 9864; joserfc warns at its old name, EdDSA
LEEWAY = 30
_LONGEST_TOKEN = 16 * 1024
#: The longest life of a token: of our own, and of a provider's, since nobody tells us what it takes back.
LONGEST = timedelta(days=31)
#: How the header of an access token calls it: not at all, as any token, or as RFC 9068 does; and its claims, as Keycloak's do.
ACCESS_TOKENS = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})
CLAIMED_TYPES = frozenset({None, "bearer"})
#: What only others claim: ID tokens, logout tokens, and those that are no good without a proof of who holds them.
CLAIMS_OF_OTHERS = ("nonce", "at_hash", "c_hash", "events", "cnf")
Claims = dict[str, Any]
UUID_TEXT = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def pseudonym(issuer: str, sub: str) -> UUID:
    return uuid5(_SUBJECTS, f"{issuer} {sub}")


def revocable_by(token: str) -> UUID:
    """The id by which a token of our own can be taken back, or whose it is where a provider made it.

    Nobody looks whether it is valid. Raises Unauthenticated where it is no token at all."""
    claims = unpack(token)[1]
    issuer, sub = str(claims.get("iss")), str(claims.get("sub"))
    try:
        return UUID(claims.get("jti", sub)) if issuer == LOCAL_ISSUER else pseudonym(issuer, sub)
    except (ValueError, TypeError, AttributeError):
        refuse("its claims make no sense")


def refuse(why: str) -> NoReturn:
    raise Unauthenticated(why=why)


def unpack(token: str) -> tuple[jws.CompactSignature, Claims]:
    """What the token says, and nobody has proved yet."""
    if len(token) > _LONGEST_TOKEN:
        refuse("it is too long")
    try:
        signed = jws.extract_compact(token.encode("utf-8"))
        return signed, json_object(signed.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        refuse("it is not a token")


def header_of(signed: jws.CompactSignature) -> Claims:
    header: object = signed.headers()
    return header if isinstance(header, dict) else refuse("it is not a token")


def key_name(header: Claims) -> str:
    kid = header.get("kid") if "crit" not in header else None
    return kid if isinstance(kid, str) else refuse("it does not say plainly which key signed it")


def check_signature(signed: jws.CompactSignature, key: Key, algorithms: jws.JWSRegistry) -> None:
    try:
        if not jws.validate_compact(signed, key, registry=algorithms):
            refuse("its signature is not right")
    except (JoseError, ValueError):
        refuse("its signature is of a kind that is not accepted")


def expected_claims(issuer: str, audience: str, now: Clock) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=lambda: int(now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": audience},
        sub={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )


def lower(typ: object) -> str | None:
    """As media types are compared (RFC 7515, 4.1.9); what is no text is none that is known."""
    return typ.lower() if isinstance(typ, str) else None if typ is None else ""


def claim_at(claims: Claims, path: Iterable[str]) -> object:
    """What a token says there; nothing, where a name on the way is not in it."""
    found: object = claims
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def names_in(claim: object) -> list[str]:
    """Some providers write a single role as text instead of a list."""
    names = claim if isinstance(claim, list) else [claim]
    return [name for name in names if isinstance(name, str)]


def ids_in(claim: object) -> frozenset[UUID]:
    """Those of the names in a claim that are ids, as we write them."""
    written = [name.lower() for name in names_in(claim) if UUID_TEXT.fullmatch(name)]
    return frozenset(map(UUID, written))


def json_object(text: bytes) -> Claims:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
