import asyncio
import json
import socket
import stat
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, Self, get_args
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from buurtthuis.core.corporations import Corporation, Corporations, GrantableRole, Issuer
from buurtthuis.core.errors import Unauthenticated
from buurtthuis.core.houses import NO_HOUSES, Houses
from buurtthuis.core.settings import SettingsError
from buurtthuis.identity import provider_keys, tokens
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Principal, Role
from buurtthuis.identity.provider_keys import ProviderAway
from buurtthuis.identity.tokens import LOCAL_ISSUER
from buurtthuis.identity.verifier import Verifier
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.commands import free_port
from tests.shared.test_public_addresses import INSIDE, OUTSIDE, Names

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SOMEBODY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
SIGNERS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048, auto_kid=True),
    "ES256": ECKey.generate_key("P-256", auto_kid=True),
    "Ed25519": OKPKey.generate_key("Ed25519", auto_kid=True),
    "EdDSA": OKPKey.generate_key("Ed25519", auto_kid=True),
}


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class OpenIdProvider:
    """A real OpenID provider on loopback, whose answers a test can spoil."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: list[Key] = [SIGNERS["ES256"]]
        self.requests: Counter[str] = Counter()
        self.connections: Counter[Any] = Counter()
        self.configuration: dict[str, Any] = {"issuer": url, "jwks_uri": f"{url}/keys"}
        self.spoil: Callable[[], Response] | None = None

    def answer(self, path: str) -> Response:
        self.requests[path] += 1
        if self.spoil is not None:
            return self.spoil()
        if path == "keys":
            return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})
        return JSONResponse(self.configuration)

    def token(
        self, signer: str | Key = "ES256", alg: str = "ES256", kid: str | None = None, **claims: Any
    ) -> str:
        key = SIGNERS[alg := signer] if isinstance(signer, str) else signer
        return sign(key, {"alg": alg, "kid": kid or key.kid}, usual_claims(self.url) | claims)


class OpenIdHost:
    """One server with as many providers as asked for, each under a path of its own."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.providers: list[OpenIdProvider] = []

    def add(self) -> OpenIdProvider:
        port, number = self.socket.getsockname()[1], len(self.providers)
        self.providers.append(OpenIdProvider(f"http://127.0.0.1:{port}/{number}"))
        return self.providers[-1]

    async def answer(self, request: Request) -> Response:
        provider = self.providers[int(request.path_params["number"])]
        provider.connections[request.client] += 1
        return provider.answer(str(request.path_params["path"]))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        app = Starlette(
            routes=[Route("/{number:int}/{path:path}", self.answer)],
            middleware=[Middleware(GZipMiddleware, minimum_size=0)],
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[self.socket]))
        try:
            yield self
        finally:
            server.should_exit = True
            await serving


def usual_claims(issuer: str) -> dict[str, Any]:
    now = NOON.timestamp()
    return {
        "iss": issuer,
        "aud": "buurtthuis",
        "sub": "jan.de.vries@woonpartners.example",
        "iat": now,
        "exp": now + 3600,
        "roles": ["staff"],
    }


def sign(key: Key, header: dict[str, Any], claims: object) -> str:
    header = {name: value for name, value in header.items() if value is not None}
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[header["alg"]])


def corporation(slug: str, kvk: str, *issuers: Issuer) -> Corporation:
    return Corporation(
        slug=slug, name=slug, kvk=kvk, languages=("nl",), time_zone="Europe/Amsterdam", issuers=issuers
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def local(clock: Clock) -> LocalIssuer:
    return LocalIssuer(OKPKey.generate_key("Ed25519"), clock)


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
async def host() -> AsyncIterator[OpenIdHost]:
    async with OpenIdHost().open() as host:
        yield host


@pytest.fixture
def provider(host: OpenIdHost) -> OpenIdProvider:
    return host.add()


@pytest.fixture
def other_provider(host: OpenIdHost) -> OpenIdProvider:
    other = host.add()
    other.keys = [SIGNERS["RS256"]]
    return other


@pytest.fixture
def verifier(
    provider: OpenIdProvider,
    other_provider: OpenIdProvider,
    local: LocalIssuer,
    http: httpx.AsyncClient,
    clock: Clock,
) -> Verifier:
    corporations = Corporations(
        [
            corporation("woonpartners", "90000011", Issuer(url=provider.url, audience="buurtthuis")),
            corporation(
                "de-waterlelie",
                "90000022",
                Issuer(
                    url=other_provider.url,
                    audience="buurtthuis",
                    roles_claim="groepen",
                    roles={"Wijkbeheer": "staff", "Bewoner": "resident"},
                ),
            ),
        ]
    )
    return Verifier(corporations, local, http, clock)


async def refusal(verifier: Verifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await verifier.verify(token)
    return str(refused.value)


# Our own tokens


async def test_a_token_of_our_own_says_who_somebody_is(verifier: Verifier, local: LocalIssuer) -> None:
    principal = await verifier.verify(local.issue("woonpartners", [Role.RESIDENT, Role.GUIDE], SOMEBODY))
    assert (principal.corporation, principal.subject) == ("woonpartners", SOMEBODY)
    assert principal.roles == {Role.RESIDENT, Role.GUIDE}
    assert (principal.issued_at, principal.expires_at) == (NOON, NOON + timedelta(hours=8))


async def test_a_token_of_our_own_can_be_taken_back_by_whose_it_is_by_its_sign_in_or_alone(
    verifier: Verifier, local: LocalIssuer
) -> None:
    sign_in = uuid4()
    tokens = [local.issue("woonpartners", [Role.RESIDENT], SOMEBODY, sign_in=sign_in) for _ in range(2)]
    one, other = [(await verifier.verify(token)).ids for token in tokens]
    assert one & other == {SOMEBODY, sign_in}
    assert len(one | other) == 4


async def test_a_providers_tokens_are_taken_back_by_whose_they_are(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    principal = await verifier.verify(provider.token(sid=str(SOMEBODY), jti=str(SOMEBODY)))
    assert principal.ids == {principal.subject}, "a provider cannot pick the id of somebody else's sign-in"


async def test_two_tokens_without_a_subject_are_for_two_people(
    verifier: Verifier, local: LocalIssuer
) -> None:
    one, other = [await verifier.verify(local.issue("woonpartners", [Role.STAFF])) for _ in range(2)]
    assert one.subject != other.subject


async def test_a_token_for_a_corporation_that_is_not_in_the_file_is_refused(
    verifier: Verifier, local: LocalIssuer
) -> None:
    assert "corporation" in await refusal(verifier, local.issue("noorderhof", [Role.STAFF]))


async def test_a_token_is_good_until_it_expires(verifier: Verifier, local: LocalIssuer, clock: Clock) -> None:
    token = local.issue("woonpartners", [Role.STAFF], lifetime=timedelta(minutes=5))
    clock.advance(minutes=5, seconds=29)
    assert (await verifier.verify(token)).corporation == "woonpartners"


async def test_an_expired_token_is_refused(verifier: Verifier, local: LocalIssuer, clock: Clock) -> None:
    token = local.issue("woonpartners", [Role.STAFF], lifetime=timedelta(minutes=5))
    clock.advance(minutes=5, seconds=30)
    assert "expired" in await refusal(verifier, token)


async def test_a_token_that_was_accepted_before_is_refused_once_it_expires(
    verifier: Verifier, local: LocalIssuer, clock: Clock
) -> None:
    token = local.issue("woonpartners", [Role.STAFF], lifetime=timedelta(seconds=10))
    await verifier.verify(token)
    clock.advance(seconds=40)
    assert "expired" in await refusal(verifier, token)


async def test_somebody_elses_key_does_not_sign_for_us(verifier: Verifier, clock: Clock) -> None:
    stranger = LocalIssuer(OKPKey.generate_key("Ed25519"), clock)
    assert "unknown key" in await refusal(verifier, stranger.issue("woonpartners", [Role.OPERATOR]))


async def test_somebody_elses_key_does_not_sign_under_the_name_of_ours(
    verifier: Verifier, local: LocalIssuer
) -> None:
    kid = local.public_jwks()["keys"][0]["kid"]
    claims = usual_claims(LOCAL_ISSUER) | {"corporation": "woonpartners", "sub": str(SOMEBODY)}
    forged = sign(OKPKey.generate_key("Ed25519"), {"alg": "Ed25519", "kid": kid}, claims)
    assert "signature" in await refusal(verifier, forged)


async def test_without_an_issuer_of_our_own_its_tokens_are_refused(
    local: LocalIssuer, http: httpx.AsyncClient, clock: Clock
) -> None:
    verifier = Verifier(Corporations([corporation("woonpartners", "90000011")]), None, http, clock)
    assert "issuer" in await refusal(verifier, local.issue("woonpartners", [Role.STAFF]))


async def test_a_remembered_token_is_known_without_its_key_for_a_minute(
    verifier: Verifier, local: LocalIssuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = local.issue("woonpartners", [Role.STAFF])
    principal = await verifier.verify(token)
    monkeypatch.setattr("buurtthuis.identity.tokens._LONGEST_TOKEN", 0)  # from here on, verifying refuses
    clock.advance(seconds=59)
    assert await verifier.verify(token) == principal
    clock.advance(seconds=1)
    assert "too long" in await refusal(verifier, token)


async def test_only_so_many_tokens_are_remembered(
    verifier: Verifier, local: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buurtthuis.identity.verifier._REMEMBERED_TOKENS", 2)
    first, second, third = [local.issue("woonpartners", [Role.STAFF]) for _ in range(3)]
    for token in (first, second, third):
        await verifier.verify(token)
    monkeypatch.setattr("buurtthuis.identity.tokens._LONGEST_TOKEN", 0)
    assert await verifier.verify(second) != await verifier.verify(third)
    assert "too long" in await refusal(verifier, first)


# Our own key


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "issuer.json"
    assert LocalIssuer.in_file(path).public_jwks() == LocalIssuer.in_file(path).public_jwks()


def test_only_its_owner_may_read_the_key(tmp_path: Path) -> None:
    LocalIssuer.in_file(tmp_path / "issuer.json")
    assert stat.S_IMODE((tmp_path / "issuer.json").stat().st_mode) == 0o600


def test_making_the_key_leaves_nothing_else_behind(tmp_path: Path) -> None:
    LocalIssuer.in_file(tmp_path / "issuer.json")
    assert [path.name for path in tmp_path.iterdir()] == ["issuer.json"]


@pytest.mark.parametrize("_", range(10))
def test_eight_that_start_at_once_agree_on_the_key(tmp_path: Path, _: int) -> None:
    together = Barrier(8)

    def start(_: int) -> str:
        together.wait()
        return str(LocalIssuer.in_file(tmp_path / "issuer.json").public_jwks())

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1


def test_what_is_published_is_not_the_private_key(local: LocalIssuer) -> None:
    assert set(local.public_jwks()["keys"][0]) == {"kty", "crv", "x", "kid", "use", "alg"}


async def test_a_given_key_signs_even_when_its_jwk_is_marked_for_something_else(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    jwk = OKPKey.generate_key("Ed25519").as_dict(private=True, alg="EdDSA", key_ops=["sign"], kid="mine")
    local = LocalIssuer.from_jwk(json.dumps(jwk), clock)
    verifier = Verifier(Corporations([corporation("woonpartners", "90000011")]), local, http, clock)
    assert (await verifier.verify(local.issue("woonpartners", [Role.STAFF], SOMEBODY))).subject == SOMEBODY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "geheim",
        json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)),
        json.dumps(OKPKey.generate_key("X25519").as_dict(private=True)),
        json.dumps(SIGNERS["ES256"].as_dict(private=True)),
    ],
    ids=["nothing", "a list", "no key", "no JSON", "a public key", "X25519", "ES256"],
)
def test_a_key_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a private Ed25519 key"):
        LocalIssuer.from_jwk(text)


def test_a_refused_key_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "issuer.json").write_text("geheim")
    with pytest.raises(SettingsError, match=r"issuer\.json") as refused:
        LocalIssuer.in_file(tmp_path / "issuer.json")
    assert "geheim" not in str(refused.value)


# A corporation's own provider


@pytest.mark.parametrize("alg", ["RS256", "ES256", "Ed25519", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_a_provider_may_sign_in_every_accepted_way(
    verifier: Verifier, provider: OpenIdProvider, alg: str
) -> None:
    provider.keys = [SIGNERS[alg]]
    assert (await verifier.verify(provider.token(alg))).corporation == "woonpartners"


async def test_somebody_keeps_one_pseudonym_at_their_provider(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    one, other = [await verifier.verify(provider.token(iat=NOON.timestamp() - n)) for n in range(2)]
    assert one.subject == other.subject


async def test_the_same_name_at_two_providers_is_two_people(
    verifier: Verifier, provider: OpenIdProvider, other_provider: OpenIdProvider
) -> None:
    one = await verifier.verify(provider.token(sub="jan"))
    other = await verifier.verify(other_provider.token("RS256", sub="jan", groepen=["Wijkbeheer"]))
    assert one.subject != other.subject


async def test_a_provider_cannot_pick_the_pseudonym_of_a_resident(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    assert (await verifier.verify(provider.token(sub=str(SOMEBODY)))).subject != SOMEBODY


async def test_a_provider_speaks_for_its_own_corporation_whatever_it_claims(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    principal = await verifier.verify(provider.token(corporation="de-waterlelie"))
    assert principal.corporation == "woonpartners"


async def test_a_provider_cannot_sign_as_another_corporations_provider(
    verifier: Verifier, provider: OpenIdProvider, other_provider: OpenIdProvider
) -> None:
    token = provider.token(iss=other_provider.url, groepen=["Wijkbeheer"])
    assert "unknown key" in await refusal(verifier, token)


async def test_a_provider_cannot_sign_as_us(verifier: Verifier, provider: OpenIdProvider) -> None:
    token = provider.token("Ed25519", iss=LOCAL_ISSUER, corporation="de-waterlelie", sub=str(SOMEBODY))
    assert "unknown key" in await refusal(verifier, token)


async def test_a_providers_roles_mean_what_the_file_says(
    verifier: Verifier, other_provider: OpenIdProvider
) -> None:
    token = other_provider.token("RS256", groepen=["Wijkbeheer", "Bewoner", "Kantine"])
    assert (await verifier.verify(token)).roles == {Role.STAFF, Role.RESIDENT}


async def test_a_single_role_may_be_written_as_text(verifier: Verifier, provider: OpenIdProvider) -> None:
    assert (await verifier.verify(provider.token(roles="guide"))).roles == {Role.GUIDE}


@pytest.mark.parametrize("roles", [["Kantine"], ["system"], [], None, {"staff": True}, [["staff"]], 3])
async def test_whoever_has_no_known_role_is_refused(
    verifier: Verifier, provider: OpenIdProvider, roles: object
) -> None:
    assert "role" in await refusal(verifier, provider.token(roles=roles))


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["offline_access", "staff"]}}),
        ("resource_access.balie.roles", {"resource_access": {"account": {}, "balie": {"roles": ["staff"]}}}),
        ("/resource_access/nl.balie/roles", {"resource_access": {"nl.balie": {"roles": ["staff"]}}}),
        ("https://balie.example.nl/roles", {"https://balie.example.nl/roles": "staff"}),
    ],
)
async def test_roles_may_be_within_a_claim_as_a_keycloak_writes_them(
    provider: OpenIdProvider,
    local: LocalIssuer,
    http: httpx.AsyncClient,
    clock: Clock,
    path: str,
    claims: dict[str, Any],
) -> None:
    verifier = verifier_at(path, provider, local, http, clock)
    assert (await verifier.verify(provider.token(roles=["resident"], **claims))).roles == {Role.STAFF}


@pytest.mark.parametrize(
    "found",
    [
        None,
        "staff",
        ["staff"],
        {},
        {"roles": {"staff": True}},
        {"Roles": ["staff"]},
        [{"roles": ["staff"]}],
        3,
    ],
)
async def test_a_path_that_leads_nowhere_in_a_token_lets_nobody_in_and_is_named(
    provider: OpenIdProvider, local: LocalIssuer, http: httpx.AsyncClient, clock: Clock, found: object
) -> None:
    verifier = verifier_at("realm_access.roles", provider, local, http, clock)
    for claims in ({"realm_access": found}, {"realm_access.roles": ["staff"]}):
        assert "in realm_access.roles" in await refusal(verifier, provider.token(roles=["staff"], **claims))


def verifier_at(
    path: str, provider: OpenIdProvider, local: LocalIssuer, http: httpx.AsyncClient, clock: Clock
) -> Verifier:
    issuer = Issuer(url=provider.url, audience="buurtthuis", roles_claim=path)
    return Verifier(Corporations([corporation("woonpartners", "90000011", issuer)]), local, http, clock)


async def test_a_provider_counts_as_long_as_the_file_names_it(
    provider: OpenIdProvider, local: LocalIssuer, http: httpx.AsyncClient, clock: Clock
) -> None:
    issuer = Issuer(url=provider.url, audience="buurtthuis")
    without = Corporations([corporation("woonpartners", "90000011")])
    known = Corporations(without.values())
    verifier = Verifier(known, local, http, clock)
    assert "not trusted" in await refusal(verifier, provider.token())

    known.become(Corporations([corporation("woonpartners", "90000011", issuer)]))
    verifier.renew()
    assert (await verifier.verify(provider.token())).corporation == "woonpartners"

    known.become(without)
    verifier.renew()
    assert "not trusted" in await refusal(verifier, provider.token())


async def test_a_token_that_was_accepted_before_is_refused_when_its_corporation_has_left(
    local: LocalIssuer, http: httpx.AsyncClient, clock: Clock
) -> None:
    known = Corporations([corporation("woonpartners", "90000011"), corporation("noorderhof", "90000044")])
    verifier, token = Verifier(known, local, http, clock), local.issue("noorderhof", [Role.STAFF])
    await verifier.verify(token)
    known.become(Corporations([known["woonpartners"]]))
    verifier.renew()
    assert "corporation is not known" in await refusal(verifier, token)


async def test_a_token_that_is_looked_at_while_corporations_change_is_remembered_by_nobody(
    provider: OpenIdProvider, local: LocalIssuer, http: httpx.AsyncClient, clock: Clock
) -> None:
    issuer = Issuer(url=provider.url, audience="buurtthuis")
    known = Corporations([corporation("woonpartners", "90000011", issuer)])
    verifier, token = Verifier(known, local, http, clock), provider.token()
    looking = asyncio.create_task(verifier.verify(token))
    await asyncio.sleep(0)  # it has to fetch the provider's keys
    known.become(Corporations([corporation("woonpartners", "90000011")]))
    verifier.renew()
    await looking
    assert "not trusted" in await refusal(verifier, token)


def test_a_provider_can_give_every_role_but_that_of_a_service() -> None:
    assert {Role(name) for name in get_args(GrantableRole)} == set(Role) - {Role.SYSTEM}


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": NOON.timestamp() - 30}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "morgen"}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"exp": 10**30}, "24 hours"),
        ({"iat": None}, "iat"),
        ({"iat": float("nan")}, "iat"),
        ({"nbf": NOON.timestamp() + 31}, "nbf"),
        ({"iat": NOON.timestamp() + 31}, "iat"),
        ({"aud": "somebody-else"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"sub": ""}, "sub"),
        ({"sub": 3}, "sub"),
        ({"sub": "\ud800"}, "no sense"),
        ({"iss": "https://login.elsewhere.example"}, "issuer"),
        ({"iss": ["x"]}, "issuer"),
        ({"iss": None}, "issuer"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused_for_it(
    verifier: Verifier, provider: OpenIdProvider, claims: dict[str, Any], why: str
) -> None:
    assert why in await refusal(verifier, provider.token(**claims))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp", "roles"])
async def test_a_token_that_leaves_a_claim_out_is_refused(
    verifier: Verifier, provider: OpenIdProvider, claim: str
) -> None:
    claims = usual_claims(provider.url)
    del claims[claim]
    token = sign(SIGNERS["ES256"], {"alg": "ES256", "kid": SIGNERS["ES256"].kid}, claims)
    assert "valid access token" in await refusal(verifier, token)


@pytest.mark.parametrize("claims", [{"nbf": NOON.timestamp() + 30}, {"aud": ["other", "buurtthuis"]}])
async def test_a_clock_slightly_off_or_a_second_audience_is_fine(
    verifier: Verifier, provider: OpenIdProvider, claims: dict[str, Any]
) -> None:
    assert (await verifier.verify(provider.token(**claims))).corporation == "woonpartners"


@pytest.mark.filterwarnings("ignore:JWS algorithm")
async def test_an_unsigned_token_is_refused(verifier: Verifier, provider: OpenIdProvider) -> None:
    kid = SIGNERS["ES256"].kid
    token = sign(SIGNERS["ES256"], {"alg": "none", "kid": kid}, usual_claims(provider.url))
    assert "not accepted" in await refusal(verifier, token)


@pytest.mark.parametrize("alg", ["HS256", "HS512"])
async def test_a_public_key_is_no_password(verifier: Verifier, provider: OpenIdProvider, alg: str) -> None:
    provider.keys = [SIGNERS["RS256"]]
    public = SIGNERS["RS256"].as_pem(private=False)  # type: ignore[union-attr]
    password = OctKey(public, public)  # the constructor: joserfc itself would refuse to import it
    token = sign(password, {"alg": alg, "kid": SIGNERS["RS256"].kid}, usual_claims(provider.url))
    assert "not accepted" in await refusal(verifier, token)


async def test_a_password_published_among_the_keys_is_not_used(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    password = OctKey.generate_key(256, auto_kid=True)
    provider.keys = [password]
    assert "unknown key" in await refusal(verifier, provider.token(password, "HS256"))


@pytest.mark.filterwarnings("ignore:Key size should be")
async def test_a_key_that_is_too_short_is_not_used(verifier: Verifier, provider: OpenIdProvider) -> None:
    short = RSAKey.generate_key(1024, auto_kid=True)
    provider.keys = [short]
    assert "unknown key" in await refusal(verifier, provider.token(short, "RS256"))


async def test_a_key_signs_only_in_the_way_it_is_meant_for(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    provider.keys = [RSAKey.import_key(SIGNERS["RS256"].as_dict(private=False, alg="PS256"))]
    assert "not accepted" in await refusal(verifier, provider.token("RS256"))


async def test_a_token_changed_on_its_way_is_refused(verifier: Verifier, provider: OpenIdProvider) -> None:
    theirs, ours = provider.token().split("."), provider.token(roles=["operator"]).split(".")
    assert "signature" in await refusal(verifier, ".".join([theirs[0], ours[1], theirs[2]]))


async def test_a_token_that_names_no_key_is_refused(verifier: Verifier, provider: OpenIdProvider) -> None:
    token = sign(SIGNERS["ES256"], {"alg": "ES256"}, usual_claims(provider.url))
    assert "which key" in await refusal(verifier, token)


async def test_a_token_with_demands_of_its_own_is_refused(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    header = {"alg": "ES256", "kid": SIGNERS["ES256"].kid, "b64": False, "crit": ["b64"]}
    token = sign(SIGNERS["ES256"], header, usual_claims(provider.url))
    assert "valid access token" in await refusal(verifier, token)


async def test_a_very_long_token_is_refused(verifier: Verifier, provider: OpenIdProvider) -> None:
    assert "too long" in await refusal(verifier, provider.token(picture="x" * 20_000))


async def test_a_very_deep_token_is_refused(verifier: Verifier) -> None:
    token = jws.serialize_compact({"alg": "ES256", "kid": "x"}, b"[" * 12_000, SIGNERS["ES256"], ["ES256"])
    assert "not a token" in await refusal(verifier, token)


async def test_a_refusal_quotes_nothing_of_the_token(verifier: Verifier, provider: OpenIdProvider) -> None:
    for claims in ({"aud": "geheim"}, {"iss": "geheim"}, {"roles": "geheim"}, {"kid": "geheim"}):
        assert "geheim" not in await refusal(verifier, provider.token(**claims))


# Of all that a provider signs, only access tokens let in


@pytest.mark.parametrize(
    "header", [{}, {"typ": "JWT"}, {"typ": "jwt"}, {"typ": "at+jwt"}, {"typ": "application/at+JWT"}]
)
@pytest.mark.parametrize("claims", [{}, {"typ": "Bearer"}, {"azp": "bewonersapp", "scope": "openid"}])
async def test_an_access_token_lets_in_however_its_provider_calls_it(
    verifier: Verifier, provider: OpenIdProvider, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    assert (await verifier.verify(kind_of_token(provider, header, claims))).corporation == "woonpartners"


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {"typ": "ID", "nonce": "n", "at_hash": "h"}),
        ({}, {"typ": "ID"}),
        ({}, {"nonce": "n"}),
        ({}, {"at_hash": "h"}),
        ({}, {"c_hash": "h"}),
        ({}, {"typ": "Refresh"}),
        ({}, {"typ": "Offline"}),
        ({}, {"typ": "Logout"}),
        ({}, {"typ": ["Bearer"]}),
        ({"typ": "logout+jwt"}, {}),
        ({}, {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
        ({"typ": "dpop+jwt"}, {}),
        ({"typ": "at+jwt"}, {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}),
        ({}, {"cnf": {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}}),
        ({"typ": "secevent+jwt"}, {}),
        ({"typ": ""}, {}),
    ],
)
async def test_a_token_of_another_kind_does_not_let_in(
    verifier: Verifier, provider: OpenIdProvider, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    assert "kind" in await refusal(verifier, kind_of_token(provider, header, claims))


@pytest.mark.parametrize("seconds", [24 * 3600 + 1, 400 * 24 * 3600, 973 * 365 * 24 * 3600])
async def test_a_providers_token_that_outlives_a_day_is_none(
    verifier: Verifier, provider: OpenIdProvider, seconds: int
) -> None:
    assert "24 hours" in await refusal(verifier, provider.token(exp=NOON.timestamp() + seconds))


async def test_the_last_day_of_a_long_life_is_no_better(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    token = provider.token(exp=NOON.timestamp() + 30 * 24 * 3600)
    clock.advance(days=29.9)
    assert "24 hours" in await refusal(verifier, token)


async def test_a_token_of_a_day_is_good_all_day(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    token = provider.token(exp=NOON.timestamp() + 24 * 3600)
    clock.advance(hours=23.9)
    assert (await verifier.verify(token)).corporation == "woonpartners"


async def test_a_token_of_our_own_that_outlives_a_month_is_none(
    verifier: Verifier, local: LocalIssuer
) -> None:
    assert "744 hours" in await refusal(
        verifier, local.issue("woonpartners", [Role.STAFF], lifetime=timedelta(days=31, seconds=1))
    )


async def test_where_the_file_says_so_access_tokens_have_to_say_what_they_are(
    provider: OpenIdProvider, http: httpx.AsyncClient, clock: Clock
) -> None:
    verifier = trusting(Issuer(url=provider.url, audience="buurtthuis", typ="at+jwt"), http, clock)
    await verifier.verify(kind_of_token(provider, {"typ": "at+jwt"}, {}))
    for header in ({}, {"typ": "JWT"}):
        assert "kind" in await refusal(verifier, kind_of_token(provider, header, {"jti": str(header)}))


async def test_where_the_file_names_programs_only_tokens_that_were_given_to_them_let_in(
    provider: OpenIdProvider, http: httpx.AsyncClient, clock: Clock
) -> None:
    issuer = Issuer(url=provider.url, audience="buurtthuis", clients=("bewonersapp", "balie"))
    verifier = trusting(issuer, http, clock)
    for good in ({"azp": "balie"}, {"client_id": "bewonersapp"}):
        await verifier.verify(provider.token(**good))
    for bad in ({}, {"azp": "kantine"}, {"client_id": ["balie"]}, {"azp": None}):
        assert "program" in await refusal(verifier, provider.token(**bad))


def kind_of_token(provider: OpenIdProvider, header: dict[str, Any], claims: dict[str, Any]) -> str:
    key = SIGNERS["ES256"]
    return sign(key, {"alg": "ES256", "kid": key.kid, **header}, usual_claims(provider.url) | claims)


def trusting(issuer: Issuer, http: httpx.AsyncClient, clock: Clock) -> Verifier:
    return Verifier(Corporations([corporation("woonpartners", "90000011", issuer)]), None, http, clock)


# Nothing a stranger sends is more than a refusal


def strangers_verifier() -> tuple[Verifier, OKPKey]:
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    corporations = Corporations([corporation("woonpartners", "90000011")])
    return Verifier(corporations, LocalIssuer(key, Clock()), httpx.AsyncClient(trust_env=False), Clock()), key


STRANGERS_VERIFIER, OUR_KEY = strangers_verifier()
ANY_CHARACTER = st.characters(exclude_categories=())
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(ANY_CHARACTER),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
USUAL_CLAIMS = usual_claims(LOCAL_ISSUER) | {"corporation": "woonpartners", "sub": str(SOMEBODY)}


@settings(deadline=None)
@given(st.text(ANY_CHARACTER) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
async def test_any_text_is_refused(text: str) -> None:
    await refusal(STRANGERS_VERIFIER, text)


@pytest.mark.parametrize("text", ["", ".", "..", "\ud800", "a.b.\udfff", "\0", "é.é.é", "Bearer x"])
async def test_a_text_that_is_no_token_is_refused(verifier: Verifier, text: str) -> None:
    assert "not a token" in await refusal(verifier, text)


@settings(deadline=None)
@given(header=ANY_JSON, payload=ANY_JSON, signature=st.binary())
async def test_any_json_in_the_shape_of_a_token_is_refused(
    header: object, payload: object, signature: bytes
) -> None:
    await refusal(STRANGERS_VERIFIER, unsigned(header, payload, signature))


@settings(deadline=None)
@given(
    header=st.dictionaries(st.sampled_from(["kid", "crit", "b64", "jku", "typ", "alg"]), ANY_JSON),
    signature=st.binary(),
)
async def test_any_header_above_good_claims_is_refused(header: dict[str, Any], signature: bytes) -> None:
    whole = {"alg": "Ed25519", "kid": OUR_KEY.thumbprint()} | header
    await refusal(STRANGERS_VERIFIER, unsigned(whole, USUAL_CLAIMS, signature))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*USUAL_CLAIMS, "nbf", "jti", "sid"]), ANY_JSON, min_size=1))
async def test_even_our_own_signature_under_any_claims_leads_to_somebody_or_a_refusal(
    claims: dict[str, Any],
) -> None:
    token = sign(OUR_KEY, {"alg": "Ed25519", "kid": OUR_KEY.thumbprint()}, USUAL_CLAIMS | claims)
    try:
        assert (await STRANGERS_VERIFIER.verify(token)).corporation == "woonpartners"
    except Unauthenticated:
        return


def unsigned(header: object, payload: object, signature: bytes) -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts).decode()


# The provider's keys


async def test_the_keys_are_fetched_once(verifier: Verifier, provider: OpenIdProvider) -> None:
    for number in range(3):
        await verifier.verify(provider.token(sub=str(number)))
    assert provider.requests == {".well-known/openid-configuration": 1, "keys": 1}


async def test_no_connection_is_used_twice_since_the_provider_may_close_it_meanwhile(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    await verifier.verify(provider.token())
    assert set(provider.connections.values()) == {1}


async def test_fifty_at_once_share_one_fetch(verifier: Verifier, provider: OpenIdProvider) -> None:
    await asyncio.gather(*(verifier.verify(provider.token(sub=str(number))) for number in range(50)))
    assert provider.requests == {".well-known/openid-configuration": 1, "keys": 1}


async def test_fifty_at_once_share_one_failure(verifier: Verifier, provider: OpenIdProvider) -> None:
    provider.spoil = lambda: Response(status_code=500)
    tokens = [provider.token(sub=str(number)) for number in range(50)]
    answers = await asyncio.gather(*map(verifier.verify, tokens), return_exceptions=True)
    assert {type(answer) for answer in answers} == {ProviderAway}
    assert provider.requests.total() == 1


async def test_a_new_key_is_found_at_once(verifier: Verifier, provider: OpenIdProvider, clock: Clock) -> None:
    await verifier.verify(provider.token())
    clock.advance(seconds=30)
    provider.keys = [SIGNERS["RS256"]]
    assert (await verifier.verify(provider.token("RS256"))).corporation == "woonpartners"


async def test_unknown_keys_cause_one_fetch_in_thirty_seconds(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    await verifier.verify(provider.token())
    clock.advance(seconds=30)
    for number in range(20):
        assert "unknown key" in await refusal(verifier, provider.token(kid=f"unknown-{number}"))
        clock.advance(seconds=1)
    assert provider.requests["keys"] == 2


async def test_a_withdrawn_key_is_refused_after_ten_minutes(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    await verifier.verify(provider.token())
    provider.keys = [SIGNERS["RS256"]]
    clock.advance(minutes=10)
    assert "unknown key" in await refusal(verifier, provider.token())


async def test_a_withdrawn_key_of_a_remembered_token_is_refused_too(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    token = provider.token()
    await verifier.verify(token)
    provider.keys = []
    clock.advance(minutes=10)
    assert "unknown key" in await refusal(verifier, token)


def later(hours: float) -> dict[str, Any]:
    """The claims of a token that is made then."""
    return {"iat": NOON.timestamp() + hours * 3600, "exp": NOON.timestamp() + hours * 3600 + 60}


@pytest.mark.parametrize("hours", [1, 23.9])
async def test_known_keys_are_used_while_the_provider_is_away(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock, hours: float
) -> None:
    await verifier.verify(provider.token())
    provider.spoil = lambda: Response(status_code=503)
    clock.advance(hours=hours)
    assert (await verifier.verify(provider.token(**later(hours)))).corporation == "woonpartners"


async def test_known_keys_are_not_used_for_ever(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    await verifier.verify(provider.token())
    provider.spoil = lambda: Response(status_code=503)
    clock.advance(hours=24)
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token(**later(24)))


async def test_a_provider_that_is_away_is_tried_once_in_thirty_seconds(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    await verifier.verify(provider.token())
    provider.spoil = lambda: Response(status_code=503)
    clock.advance(minutes=10)
    for number in range(20):
        await verifier.verify(provider.token(sub=str(number)))
        clock.advance(seconds=1)
    assert provider.requests[".well-known/openid-configuration"] == 2


async def test_nobody_waits_for_a_fetch_that_they_can_do_without(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    await verifier.verify(provider.token())
    clock.advance(minutes=10)
    first = asyncio.create_task(verifier.verify(provider.token(sub="first")))
    await asyncio.sleep(0)
    await verifier.verify(provider.token(sub="second"))
    assert not first.done()
    await first


async def test_a_provider_that_was_away_at_first_is_heard_when_it_is_back(
    verifier: Verifier, provider: OpenIdProvider, clock: Clock
) -> None:
    provider.spoil = lambda: Response(status_code=503)
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())
    provider.spoil = None
    clock.advance(seconds=5)
    assert (await verifier.verify(provider.token())).corporation == "woonpartners"


async def test_a_provider_that_does_not_listen_is_away(http: httpx.AsyncClient, clock: Clock) -> None:
    provider = OpenIdProvider(f"http://127.0.0.1:{free_port()}")
    issuer = Issuer(url=provider.url, audience="buurtthuis")
    verifier = Verifier(Corporations([corporation("woonpartners", "90000011", issuer)]), None, http, clock)
    with pytest.raises(ProviderAway, match=provider.url):
        await verifier.verify(provider.token())


@pytest.fixture
def silence() -> Iterator[asyncio.Event]:
    over = asyncio.Event()
    yield over
    over.set()


async def test_a_provider_that_never_answers_is_away(
    verifier: Verifier, provider: OpenIdProvider, silence: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buurtthuis.identity.provider_keys._SECONDS_TO_ANSWER", 0.05)
    provider.spoil = lambda: SilentResponse(silence)
    async with asyncio.timeout(30):
        with pytest.raises(ProviderAway):
            await verifier.verify(provider.token())


class SilentResponse(Response):
    def __init__(self, until: asyncio.Event) -> None:
        super().__init__()
        self.until = until

    async def __call__(self, *connection: Any) -> None:
        await self.until.wait()
        await super().__call__(*connection)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: Response("<html>Inloggen</html>"),
        lambda: Response(b"\xff\xfe"),
        lambda: Response("[" * 100_000),
        lambda: JSONResponse([]),
        lambda: JSONResponse({}),
    ],
)
async def test_a_provider_with_a_spoilt_answer_is_away(
    verifier: Verifier, provider: OpenIdProvider, answer: Callable[[], Response]
) -> None:
    provider.spoil = answer
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())
    assert provider.requests.total() == 1


async def test_a_provider_is_away_when_its_good_answer_is_too_long(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    provider.configuration["padding"] = "x" * 300_000
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())


async def test_a_provider_is_away_when_its_good_answer_is_called_an_error(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    good = provider.configuration | {"keys": [SIGNERS["ES256"].as_dict(private=False)]}
    provider.spoil = lambda: JSONResponse(good, status_code=500)
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())


async def test_a_provider_is_away_when_it_points_elsewhere(
    verifier: Verifier, provider: OpenIdProvider, other_provider: OpenIdProvider
) -> None:
    provider.spoil = lambda: RedirectResponse(f"{other_provider.url}/keys")
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())
    assert other_provider.requests.total() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://login.elsewhere.example"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://[::"},
        {"jwks_uri": "https://login.elsewhere.example:port/keys"},
        {"jwks_uri": None},
        {"jwks_uri": ["x"]},
    ],
)
async def test_a_provider_with_a_wrong_configuration_is_away(
    verifier: Verifier, provider: OpenIdProvider, wrong: dict[str, Any]
) -> None:
    provider.configuration |= wrong
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())
    assert provider.requests.total() == 1


async def test_keys_are_not_fetched_from_an_address_that_others_could_answer_for(
    verifier: Verifier, provider: OpenIdProvider
) -> None:
    # 0.0.0.0 reaches this machine, but is no loopback address: only the refusal keeps it from answering.
    provider.configuration["jwks_uri"] = f"{provider.url.replace('127.0.0.1', '0.0.0.0')}/keys"
    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())
    assert provider.requests["keys"] == 0


# The keys of a provider are where the operator sent us, or outside

HTTPS_ISSUER = "https://login.example.nl/realms/woonpartners"


class HttpsProvider:
    """What would be answered at https addresses, and where we connected to hear it."""

    def __init__(self, keys_at: str) -> None:
        self.connected: list[tuple[str, str, str | None]] = []
        self.keys_at = keys_at
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = request.extensions.get("sni_hostname")
        self.connected.append((request.url.host, request.headers["host"], name))
        keys = [SIGNERS["ES256"].as_dict(private=False)]
        document = {"issuer": HTTPS_ISSUER, "jwks_uri": self.keys_at, "keys": keys}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(document).encode()))

    def verifier(self) -> Verifier:
        return trusting(Issuer(url=HTTPS_ISSUER, audience="buurtthuis"), self.http, Clock())

    @property
    def token(self) -> str:
        key = SIGNERS["ES256"]
        return sign(key, {"alg": "ES256", "kid": key.kid}, usual_claims(HTTPS_ISSUER))


async def test_no_key_of_a_provider_is_looked_for_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a megabyte of them takes a tenth of a second."""
    on_the_loop: list[bool] = []

    def read(text: bytes) -> Any:
        on_the_loop.append(threading.current_thread() is threading.main_thread())
        return json.loads(text)

    monkeypatch.setattr(tokens, "json_object", read)
    monkeypatch.setattr(provider_keys, "json_object", read)
    provider = HttpsProvider(f"{HTTPS_ISSUER}/keys")
    await provider.verifier().verify(provider.token)
    assert on_the_loop == [True, False, False]  # first the token itself, which is short


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost/internal/admin?do=1",
        "http://127.0.0.1:8000/keys",
        "http://login.example.nl/keys",
        "https://127.0.0.1/keys",
        "https://[::1]/keys",
        "https://10.0.0.7/keys",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::7]/keys",
        "https://somebody:secret@sleutels.example.nl/keys",
        "ftp://sleutels.example.nl/keys",
    ],
)
async def test_keys_are_not_fetched_inside_where_a_provider_points_there(address: str) -> None:
    there = HttpsProvider(address)
    with pytest.raises(ProviderAway):
        await there.verifier().verify(there.token)
    assert [host for host, *_ in there.connected] == ["login.example.nl"]


async def test_keys_are_not_fetched_at_a_name_that_leads_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, [INSIDE])
    there = HttpsProvider("https://sleutels.example.nl/keys")
    with pytest.raises(ProviderAway):
        await there.verifier().verify(there.token)
    assert len(there.connected) == 1


async def test_keys_are_fetched_at_the_address_that_was_checked_under_the_name_that_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Names(monkeypatch, [OUTSIDE], [INSIDE])  # whoever asked a second time would be led inside
    there = HttpsProvider("https://sleutels.example.nl:8443/keys")
    await there.verifier().verify(there.token)
    assert there.connected[1] == (OUTSIDE, "sleutels.example.nl:8443", "sleutels.example.nl")


async def test_an_operator_may_have_their_provider_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch)  # nobody asks where it leads
    there = HttpsProvider("https://login.example.nl:443/realms/woonpartners/keys")
    await there.verifier().verify(there.token)
    assert [host for host, *_ in there.connected] == ["login.example.nl"] * 2


async def test_of_hundreds_of_keys_only_those_are_read_that_sign(
    verifier: Verifier, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []

    def read_key(entry: Any) -> Key:
        read.append(entry)
        return SIGNERS["ES256"]

    monkeypatch.setattr("buurtthuis.identity.provider_keys.JWKRegistry.import_key", read_key)
    keys = [SIGNERS["ES256"].as_dict(private=False) | {"kid": str(number)} for number in range(601)]
    provider.spoil = lambda: JSONResponse(provider.configuration | {"keys": keys})
    for sub in ("jan", "ans"):
        assert (await verifier.verify(provider.token(kid="300", sub=sub))).corporation == "woonpartners"
    assert [entry["kid"] for entry in read] == ["300"]


@pytest.mark.parametrize("number", ["n", "e"])
async def test_a_key_of_a_million_bits_is_not_read_at_all(
    verifier: Verifier, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    monkeypatch.setattr(
        "buurtthuis.identity.provider_keys.JWKRegistry.import_key", lambda _: pytest.fail("was read")
    )
    keys = [SIGNERS["RS256"].as_dict(private=False) | {number: "A" * 170_000}]
    provider.spoil = lambda: JSONResponse(provider.configuration | {"keys": keys})
    assert "unknown key" in await refusal(verifier, provider.token("RS256"))


async def test_one_broken_key_does_not_spoil_the_others(verifier: Verifier, provider: OpenIdProvider) -> None:
    good = SIGNERS["ES256"].as_dict(private=False)
    broken: list[Any] = [3, {}, {"kty": "EC"}, {"kty": "AKP"}, good | {"use": "x", "key_ops": []}]
    broken += [good | {"x": "!"}, good | {"crv": "P-0"}, good | {"kid": 3}, {"kty": ["EC"]}]
    provider.spoil = lambda: JSONResponse(provider.configuration | {"keys": [*broken, good]})
    assert (await verifier.verify(provider.token())).corporation == "woonpartners"


# The envelope


@pytest.mark.parametrize(
    ("roles", "actor"),
    [
        ({Role.RESIDENT}, f"resident:{SOMEBODY}"),
        ({Role.RESIDENT, Role.STAFF}, "staff"),
        ({Role.GUIDE, Role.CHAIN_PARTNER}, "chain_partner"),
        (set(Role), "system"),
    ],
)
def test_only_residents_are_told_apart_in_an_envelope(roles: set[Role], actor: str) -> None:
    assert (
        Principal("woonpartners", SOMEBODY, frozenset(roles), NOON, NOON, frozenset()).actor.written()
        == actor
    )


# The houses of a role

HERE, THERE = "01a204c1-fe22-7520-b7a9-199f15c86465", "01a204c1-fe22-7520-b7a9-199f15c86466"


@pytest.mark.parametrize(
    ("roles", "claims", "limits"),
    [
        (["staff"], {}, {}),
        (["staff"], {"wijken": {"huizen": None}}, {}),
        (["staff"], {"houses": [HERE]}, {}),
        (
            ["staff", "guide"],
            {"wijken": {"huizen": [HERE, THERE]}},
            {"staff": [HERE, THERE], "guide": [HERE, THERE]},
        ),
        (["chain_partner"], {"wijken": {"huizen": HERE.upper()}}, {"chain_partner": [HERE]}),
        (["chain_partner", "resident"], {"wijken": {"huizen": HERE}}, {"chain_partner": [HERE]}),
        (["operator"], {"wijken": {"huizen": HERE}}, {}),
        (["staff"], {"wijken": {"huizen": []}}, {"staff": []}),
        (
            ["staff"],
            {"wijken": {"huizen": ["*", "Wingerd", f"{{{HERE}}}", f"urn:uuid:{HERE}", 7, {}]}},
            {"staff": []},
        ),
        (["staff"], {"wijken": {"huizen": True}}, {"staff": []}),
    ],
)
async def test_a_role_is_for_the_houses_that_a_token_lists_and_for_all_where_it_says_nothing_of_them(
    provider: OpenIdProvider,
    local: LocalIssuer,
    http: httpx.AsyncClient,
    clock: Clock,
    roles: list[str],
    claims: dict[str, Any],
    limits: dict[str, list[str]],
) -> None:
    issuer = Issuer(url=provider.url, audience="buurtthuis", houses_claim="wijken.huizen")
    verifier = Verifier(Corporations([corporation("woonpartners", "90000011", issuer)]), local, http, clock)
    expected = {Role(role): Houses(frozenset(map(UUID, ids))) for role, ids in limits.items()}
    assert (await verifier.verify(provider.token(roles=roles, **claims))).limits == expected


async def test_a_token_of_our_own_says_its_houses_too(
    local: LocalIssuer, http: httpx.AsyncClient, clock: Clock
) -> None:
    verifier = Verifier(Corporations([corporation("woonpartners", "90000011")]), local, http, clock)
    for houses, limits in (
        (None, {}),
        ([], {Role.STAFF: NO_HOUSES}),
        ([UUID(HERE)], {Role.STAFF: Houses(frozenset({UUID(HERE)}))}),
    ):
        token = local.issue("woonpartners", [Role.STAFF, Role.RESIDENT], houses=houses)
        assert (await verifier.verify(token)).limits == limits


# The organisation of a chain partner


@pytest.mark.parametrize(
    ("roles", "claims", "organisation"),
    [
        (["chain_partner"], {"werkgever": {"code": "welzijn"}}, "welzijn"),
        (["chain_partner"], {"werkgever": {"code": ["kantine", "bibliotheek", "welzijn"]}}, "bibliotheek"),
        (["chain_partner", "guide"], {"werkgever": {"code": "kantine"}}, None),
        (["chain_partner"], {"werkgever": {"code": {"welzijn": True}}}, None),
        (["chain_partner"], {"organisation": "welzijn"}, None),
        (["resident"], {"werkgever": {"code": "welzijn"}}, None),
        (["staff"], {"werkgever": {"code": "welzijn"}}, None),
    ],
)
async def test_a_chain_partner_works_for_an_organisation_that_the_corporation_knows(
    provider: OpenIdProvider,
    local: LocalIssuer,
    http: httpx.AsyncClient,
    clock: Clock,
    roles: list[str],
    claims: dict[str, Any],
    organisation: str | None,
) -> None:
    issuer = Issuer(url=provider.url, audience="buurtthuis", organisation_claim="werkgever.code")
    known = corporation("woonpartners", "90000011", issuer).model_copy(
        update={"organisations": {"welzijn": "Stichting Welzijn", "bibliotheek": "De Bibliotheek"}}
    )
    verifier = Verifier(Corporations([known]), local, http, clock)
    assert (await verifier.verify(provider.token(roles=roles, **claims))).organisation == organisation
    own = local.issue("woonpartners", [Role(one) for one in roles], organisation="welzijn")
    expected = "welzijn" if "chain_partner" in roles else None
    assert (await verifier.verify(own)).organisation == expected
