"""Tokens of our own: for people who sign in by a code, and for the command line."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import KeyParameters, KeySet, KeySetSerialization, OKPKey

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.identity.principals import Role
from buurtthuis.identity.provider_keys import NO_KEY, usable_keys
from buurtthuis.identity.secret_files import secret_in
from buurtthuis.identity.tokens import ALGORITHM, LOCAL_AUDIENCE, LOCAL_ISSUER


class LocalIssuer:
    """BuurtThuis's own issuer of tokens: for residents, for services among themselves, and for trying things out."""

    def __init__(self, key: OKPKey, now: Clock = utc_now) -> None:
        """Issue with this private Ed25519 key; ValueError when it isn't one."""
        self._key = signing_key(key)
        self._now = now

    @classmethod
    def from_jwk(cls, text: str, now: Clock = utc_now) -> Self:
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
    def in_file(cls, path: Path, now: Clock = utc_now) -> Self:
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
        houses: Iterable[UUID | str] | None = None,
    ) -> str:
        """A signed access token; without a subject it is for somebody new, and without `houses` for all."""
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
        if houses is not None:
            claims["houses"] = sorted(map(str, houses))
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
