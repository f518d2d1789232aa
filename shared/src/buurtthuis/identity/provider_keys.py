"""The keys of a corporation's OpenID provider: fetched, remembered, and kept while it is away."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NoReturn

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey, RSAKey

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.public_addresses import AddressForbidden, check_address
from buurtthuis.identity.tokens import Claims, json_object, refuse

_log = structlog.get_logger(__name__)

PROVIDER_ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
_SHORTEST_RSA_KEY = 2048
_LONGEST_RSA_KEY = 8192  # one of a million bits takes longer to read than anybody may hold the loop
_KEYS_ARE_FRESH = timedelta(minutes=10)
_KEYS_ARE_USABLE = timedelta(hours=24)
_BETWEEN_FETCHES = timedelta(seconds=30)
_BETWEEN_FIRST_TRIES = timedelta(seconds=5)
NEVER = datetime.min.replace(tzinfo=UTC)
_SECONDS_TO_ANSWER = 5
_LONGEST_ANSWER = 256 * 1024
#: What reading a key raises that is none.
NO_KEY = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
#: Why a provider gives no keys, in whatever it answers or does not.
_NO_KEYS = (httpx.HTTPError, httpx.InvalidURL, AddressForbidden, TimeoutError, ValueError, RecursionError)


class ProviderAway(Refused):
    """The sign-in service {issuer} does not answer; try again in a moment."""

    kind = Refusal.UNAVAILABLE


class ProviderKeys:
    """The keys an OpenID provider signs with: fetched when needed, by one for all, and kept while it is away."""

    def __init__(self, issuer: str, http: httpx.AsyncClient, now: Clock = utc_now) -> None:
        self._issuer = issuer
        self._http = http
        self._now = now
        self._keys: dict[str, _PublishedKey] = {}
        self._fetched_at = self._tried_at = NEVER
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
        pause = _BETWEEN_FIRST_TRIES if self._fetched_at == NEVER else _BETWEEN_FETCHES
        return self._now() - self._tried_at < pause

    async def _try_to_fetch(self) -> None:
        try:
            self._keys = await asyncio.to_thread(published_keys, await self._fetch())
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
        return await asyncio.to_thread(json_object, answer)

    async def _where(self, url: httpx.URL) -> str:
        """Where to connect: wherever the operator sent us, and never inside for what somebody else chose.

        Raises AddressForbidden."""
        chosen_by_operator = _origin(url) == _origin(httpx.URL(self._issuer))
        return url.host if chosen_by_operator else await check_address(str(url))

    def _refuse_key(self) -> NoReturn:
        if self._tried_at > self._fetched_at:
            raise ProviderAway(issuer=self._issuer)
        refuse("it is signed with an unknown key")


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def usable_keys(jwks: Claims) -> dict[str, Key]:
    """Every key that can be used, by its name. Raises ValueError where it is no key set."""
    return {kid: key for kid, published in published_keys(jwks).items() if (key := published.usable)}


def published_keys(jwks: Claims) -> "dict[str, _PublishedKey]":
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
