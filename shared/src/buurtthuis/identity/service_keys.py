"""How services know each other: each signs with a key of its own, for one other's feed, for a minute.

Such a token opens that feed and nothing else. Whoever runs a part of the system can therefore read what the others
say to it, and can make nobody staff: the key that makes people is the issuer's, and only who issues holds it.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, OKPKey

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.errors import Unauthenticated
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.identity.issuer import signing_key
from buurtthuis.identity.principals import Principal, Role
from buurtthuis.identity.provider_keys import NO_KEY, usable_keys
from buurtthuis.identity.secret_files import secret_in
from buurtthuis.identity.tokens import ALGORITHM, unpack

ISSUER = "urn:buurtthuis:service:"
FEED = "urn:buurtthuis:feed:"
LIFETIME = timedelta(minutes=1)
#: How far a service's clock may be behind ours: such a token opens a feed and nothing else.
CLOCKS_APART = timedelta(minutes=10)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SIGNED_BY_A_SERVICE = jws.JWSRegistry(algorithms=[ALGORITHM])


class ServiceKey:
    """A service's own key, which tells the others that it is this one."""

    def __init__(self, service: str, key: OKPKey, now: Clock = utc_now) -> None:
        """Sign with this private Ed25519 key; ValueError when it isn't one."""
        self.service = service
        self._key = signing_key(key, service)
        self._now = now

    @classmethod
    def new(cls, service: str) -> Self:
        """One that nobody knows yet."""
        return cls(service, OKPKey.generate_key("Ed25519"))

    @classmethod
    def of(cls, service: str, settings: Settings) -> Self:
        """The service's, from SERVICE_KEY or from its file, made on first use. Raises SettingsError."""
        if settings.service_key:
            return cls._from_jwk(service, settings.service_key, "SERVICE_KEY")
        if folder := settings.folder_of_service_keys:
            return cls._in_folder(service, folder)
        raise SettingsError(
            f"Set SERVICE_KEY: {service} asks other services for their feeds with a key of its own. "
            f"`buurtthuis service-key {service}` makes one, with its public half for everybody's SERVICES_JWKS."
        )

    @classmethod
    def _from_jwk(cls, service: str, text: str, where: str) -> Self:
        try:
            key = OKPKey.import_key(json.loads(text))
            named, whose = cls(service, key), key.kid
        except NO_KEY:
            raise SettingsError(f"{where} is not a private Ed25519 key written as a JWK.") from None
        if whose != service:
            raise SettingsError(
                f"{where} is the key of {whose or 'nobody (it has no kid)'}, not of {service}."
            )
        return named

    @classmethod
    def _in_folder(cls, service: str, folder: Path) -> Self:
        path = folder / f"{service}.json"
        text = secret_in("SERVICE_KEYS_FOLDER", path, lambda: cls.new(service).private_jwk())
        key = cls._from_jwk(service, text, f"SERVICE_KEYS_FOLDER: {path}")
        try:
            _publish(_public_file(folder, service), key.public_jwk())
        except OSError as error:
            raise SettingsError(f"SERVICE_KEYS_FOLDER: {folder}: {error.strerror}.") from None
        return key

    def private_jwk(self) -> str:
        """What SERVICE_KEY wants."""
        return json.dumps(self._key.as_dict(private=True))

    def public_jwk(self, corporations: Sequence[str] | None = None) -> str:
        """What everybody's SERVICES_JWKS wants; with corporations, good for those only."""
        only = {"corporations": list(corporations)} if corporations else {}
        return json.dumps(self._key.as_dict(private=False) | only)

    def is_known_in(self, keys: "ServiceKeys") -> bool:
        """Whether the others know this service by this key."""
        known = keys.get(self.service)
        return known is not None and known.thumbprint() == self._key.thumbprint()

    def token_for(self, producer: str, corporation: str) -> str:
        """Opens that service's feed of that corporation, for a minute."""
        now = self._now()
        claims = {
            "iss": ISSUER + self.service,
            "aud": FEED + producer,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "corporation": corporation,
        }
        return jwt.encode({"alg": ALGORITHM, "kid": self.service}, claims, self._key, [ALGORITHM])


class ServiceKeys:
    """The public halves: who the services of this deployment are."""

    def __init__(self, keys: Mapping[str, Key], folder: Path | None = None) -> None:
        self._keys = dict(keys)
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings, own: Iterable[ServiceKey]) -> Self:
        """Those that the settings name, or that are in the folder, and the services' own. Raises SettingsError."""
        keys = _read(settings.services_jwks) if settings.services_jwks else {}
        for key in own:
            keys.setdefault(key.service, _known_key(key.public_jwk()))
        return cls(keys, None if settings.services_jwks else settings.folder_of_service_keys)

    def get(self, service: str) -> Key | None:
        """The key of this service, if there is such a service."""
        if service not in self._keys and self._folder and _NAME.fullmatch(service):
            path = _public_file(self._folder, service)
            if path.exists():
                self._keys[service] = _known_key(path.read_text(encoding="utf-8"))
        return self._keys.get(service)

    def only_for(self, corporation: str) -> list[str]:
        """The services that are good for this corporation alone."""
        return [name for name in self if (key := self.get(name)) and _corporations_of(key) == [corporation]]

    def __iter__(self) -> Iterator[str]:
        """The names of all that are known now."""
        there = self._folder.glob("*.public.json") if self._folder else ()
        return iter(sorted({*self._keys, *(path.name.partition(".")[0] for path in there)}))


class FeedVerifier:
    """Lets other services in at this one's feed."""

    def __init__(
        self, service: str, keys: ServiceKeys, corporations: Corporations, now: Clock = utc_now
    ) -> None:
        self._audience = FEED + service
        self._keys = keys
        self._corporations = corporations
        self._now = now

    def verify(self, token: str) -> Principal | None:
        """The service that carries this token; None where it is no service's. Raises Unauthenticated."""
        signed, claims = unpack(token)
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or not issuer.startswith(ISSUER):
            return None
        name = issuer.removeprefix(ISSUER)
        key = self._keys.get(name)
        if key is None:
            raise Unauthenticated(why="its service is not known here: see SERVICES_JWKS")
        self._check(signed, key)
        return self._principal(name, key, claims)

    def _check(self, signed: jws.CompactSignature, key: Key) -> None:
        try:
            if jws.validate_compact(signed, key, registry=_SIGNED_BY_A_SERVICE):
                return
        except (JoseError, ValueError):
            pass
        raise Unauthenticated(why="its signature is not right")

    def _principal(self, service: str, key: Key, claims: Mapping[str, Any]) -> Principal:
        said, until, slug = claims.get("iat"), claims.get("exp"), claims.get("corporation")
        if claims.get("aud") != self._audience:
            raise Unauthenticated(why="it is for another service's feed")
        # Not judged by our clock when it was made, since that is the other's; but by how long it lives.
        if not (
            isinstance(said, int) and isinstance(until, int) and until - said <= LIFETIME.total_seconds()
        ):
            raise Unauthenticated(why="it lives longer than a minute")
        if self._now().timestamp() >= until + CLOCKS_APART.total_seconds():
            raise Unauthenticated(why="it has expired")
        if not isinstance(slug, str) or slug not in self._corporations or not _is_for(key, slug):
            raise Unauthenticated(why="its corporation is not one of that service's here")
        subject = uuid5(NAMESPACE_URL, ISSUER + service)
        roles = frozenset({Role.SYSTEM})
        return Principal(slug, subject, roles, _moment(said), _moment(until), frozenset({subject}))


def _is_for(key: Key, corporation: str) -> bool:
    """A service of some corporations only has them beside its public key."""
    theirs = _corporations_of(key)
    return theirs is None or (isinstance(theirs, list) and corporation in theirs)


def _corporations_of(key: Key) -> object:
    """Those it is good for; None where it is for all."""
    return key.as_dict(private=False).get("corporations")


def _moment(timestamp: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unauthenticated(why="its claims make no sense") from None


def _publish(path: Path, public_jwk: str) -> None:
    """Whoever reads it meanwhile reads the one before, or this."""
    if not path.exists() or path.read_text(encoding="utf-8") != public_jwk:
        unread = path.with_name(f".{path.name}.{os.getpid()}")
        unread.write_text(public_jwk, encoding="utf-8")
        unread.replace(path)


def _public_file(folder: Path, service: str) -> Path:
    return folder / f"{service}.public.json"


def _known_key(public_jwk: str) -> Key:
    return OKPKey.import_key(json.loads(public_jwk))


def _read(jwks: str) -> dict[str, Key]:
    try:
        document = json.loads(jwks)
        keys = usable_keys(document)
    except NO_KEY:
        raise SettingsError('SERVICES_JWKS is not a JWK set: {"keys": [...]}.') from None
    if any("d" in entry for entry in document["keys"] if isinstance(entry, dict)):
        raise SettingsError("SERVICES_JWKS holds a private key: only public halves belong there.")
    if document["keys"] and not keys:
        raise SettingsError("SERVICES_JWKS holds nothing that is a public Ed25519 key with a kid.")
    return keys
