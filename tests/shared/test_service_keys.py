"""Tokens between services: one feed, one corporation, a minute, and nobody becomes staff by them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from buurtthuis.core.corporations import Corporations
from buurtthuis.core.errors import Unauthenticated
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.eventlog.feed_client import FeedClient
from buurtthuis.identity.issuer import IssuersKeys, LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.identity.service_keys import FeedVerifier, ServiceKey, ServiceKeys
from buurtthuis.identity.tokens import ALGORITHM
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.process import Process
from buurtthuis.testing import Playground
from cryptography.fernet import Fernet
from joserfc import jwt
from joserfc.jwk import OKPKey

from tests.conftest import ROOT

OURS, THEIRS = "woonpartners", "de-waterlelie"
CORPORATIONS = Corporations.load(ROOT / "tests" / "corporations.toml")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def key(service: str, clock: Clock | None = None) -> ServiceKey:
    return ServiceKey(service, OKPKey.generate_key("Ed25519"), clock or Clock())


def jwks(*public: str) -> str:
    return json.dumps({"keys": [json.loads(one) for one in public]})


def surveys_feed(*known: ServiceKey, clock: Clock | None = None) -> FeedVerifier:
    keys = ServiceKeys.of(Settings(services_jwks=jwks(*(one.public_jwk() for one in known))), ())
    return FeedVerifier("surveys", keys, CORPORATIONS, clock or Clock())


def signed(by: ServiceKey, kid: str | None = None, **claims: Any) -> str:
    """A token that this service's process could make if it wanted to."""
    usual = {
        "iss": f"urn:buurtthuis:service:{by.service}",
        "aud": "urn:buurtthuis:feed:surveys",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 60,
        "corporation": OURS,
    }
    return jwt.encode({"alg": ALGORITHM, "kid": kid or by.service}, usual | claims, by._key, [ALGORITHM])


# What it opens


def test_a_service_reads_anothers_feed_as_the_system_of_the_corporation_it_names() -> None:
    sessions = key("sessions")
    principal = surveys_feed(sessions).verify(sessions.token_for("surveys", OURS))
    assert principal
    assert (principal.corporation, principal.roles) == (OURS, frozenset({Role.SYSTEM}))


def test_a_token_lives_a_minute_and_as_long_as_clocks_may_be_apart(clock: Clock) -> None:
    sessions = key("sessions", clock)
    verifier, token = surveys_feed(sessions, clock=clock), sessions.token_for("surveys", OURS)
    clock.time += timedelta(minutes=10, seconds=59)
    assert verifier.verify(token)
    clock.time += timedelta(seconds=2)
    with pytest.raises(Unauthenticated, match="expired"):
        verifier.verify(token)


@pytest.mark.parametrize("minutes", [60, -10])
def test_a_clock_that_is_minutes_off_keeps_nobody_from_reading(clock: Clock, minutes: int) -> None:
    theirs = Clock()
    theirs.time = NOON + timedelta(minutes=minutes)
    sessions = key("sessions", theirs)
    assert surveys_feed(sessions, clock=clock).verify(sessions.token_for("surveys", OURS))


REFUSED: dict[str, dict[str, Any]] = {
    "another service's feed": {"aud": "urn:buurtthuis:feed:sessions"},
    "everything": {"aud": "buurtthuis"},
    "several feeds": {"aud": ["urn:buurtthuis:feed:surveys", "buurtthuis"]},
    "an hour": {"exp": int(NOON.timestamp()) + 3600},
    "no end": {"exp": None},
    "a beginning that is a word": {"iat": "now"},
    "a corporation that nobody knows": {"corporation": "elsewhere"},
    "all corporations": {"corporation": [OURS, THEIRS]},
    "no corporation": {"corporation": None},
    "another service": {"iss": "urn:buurtthuis:service:notifications"},
    "a service that nobody knows": {"iss": "urn:buurtthuis:service:../services/sessions"},
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_service_cannot_make_a_token_for(what: str) -> None:
    sessions, notifications = key("sessions"), key("notifications")
    with pytest.raises(Unauthenticated):
        surveys_feed(sessions, notifications).verify(signed(sessions, **REFUSED[what]))


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": ALGORITHM, "crit": ["x"]}])
def test_a_signature_of_another_kind_is_none(header: dict[str, Any]) -> None:
    sessions = key("sessions")
    _, *rest = signed(sessions).split(".")
    head = urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    with pytest.raises(Unauthenticated):
        surveys_feed(sessions).verify(".".join((head, *rest)))


def test_a_service_of_one_corporation_reads_nothing_of_another() -> None:
    part = key("held_sessions")
    keys = ServiceKeys.of(Settings(services_jwks=jwks(part.public_jwk([OURS]))), ())
    verifier = FeedVerifier("surveys", keys, CORPORATIONS, Clock())
    assert verifier.verify(part.token_for("surveys", OURS))
    with pytest.raises(Unauthenticated, match="corporation"):
        verifier.verify(part.token_for("surveys", THEIRS))


async def test_an_extensions_key_opens_one_feed_and_makes_nobody_staff(place: Playground) -> None:
    """What a service's process can sign, it signs; the vault and every command stay shut."""
    surveys = place.service("surveys")
    sessions = surveys.feeds._key
    now = int(datetime.now(UTC).timestamp())
    times: dict[str, Any] = {"iat": now, "exp": now + 60, "sub": "6f0d8c0e-0b43-5c1a-9d0e-2b1f5a3c7e94"}
    staff: dict[str, Any] = {
        "iss": "urn:buurtthuis:local",
        "aud": "buurtthuis",
        "roles": ["staff", "system", "operator"],
    }
    feed: dict[str, Any] = {"aud": "urn:buurtthuis:feed:surveys"}
    local = place.process.issuer.public_jwks()["keys"][0]["kid"]
    everywhere = [
        "/surveys/v1/themes",
        "/surveys/v1/surveys",
        "/surveys/v1/parked-events",
        "/surveys/v1/events",
    ]
    answers: dict[str, list[int]] = {}
    for name, token in {
        "staff, by its own name": signed(sessions, **times, **staff),
        "staff, by the issuer's name": signed(sessions, str(local), **times, **staff),
        "its own issuer, staff's audience": signed(sessions, **times, aud="buurtthuis", roles=["staff"]),
        "the feed, with roles": signed(sessions, **times, **feed, roles=["staff"]),
    }.items():
        client = place.client()
        headers = {"Authorization": f"Bearer {token}"}
        answers[name] = [(await client.get(path, headers=headers)).status_code for path in everywhere]
        posts = [await client.post("/surveys/v1/events/cookie", headers=headers)]
        answers[name] += [answer.status_code for answer in posts]
    assert answers == {
        "staff, by its own name": [401] * 5,
        "staff, by the issuer's name": [401] * 5,
        "its own issuer, staff's audience": [401] * 5,
        "the feed, with roles": [401, 401, 401, 200, 401],
    }


async def test_what_the_feed_let_in_is_remembered_nowhere_else(place: Playground) -> None:
    service = place.service("surveys")
    token = service.feeds._key.token_for("surveys", OURS)
    headers = {"Authorization": f"Bearer {token}"}
    client = place.client()
    assert [
        (await client.get(path, headers=headers)).status_code
        for path in ("/surveys/v1/events", "/surveys/v1/themes", "/surveys/v1/events", "/surveys/v1/themes")
    ] == [200, 401, 200, 401]


async def test_the_client_asks_with_the_services_own_key(place: Playground) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=[])

    own = key("sessions")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await FeedClient("http://x/{service}/v1/events", http, own).page(CORPORATIONS[OURS], "surveys", 0)
    token = asked[0].headers["Authorization"].removeprefix("Bearer ")
    assert surveys_feed(own).verify(token)


# Where keys come from


def settings(**more: Any) -> Settings:
    return Settings(
        corporations_file=ROOT / "tests" / "corporations.toml",
        database_url="postgresql+asyncpg://{service}@nowhere/{service}",
        redis_url="unix:///nowhere",
        **more,
    )


def services(*names: str) -> Iterable[Any]:
    return [installed_services()[name] for name in names]


def separate(*names: str, **more: Any) -> dict[str, Any]:
    """The settings of a process that holds no key but its service's own."""
    issuer = LocalIssuer(OKPKey.generate_key("Ed25519"))
    own = key(names[0])
    return {
        "issuer_jwks": json.dumps(issuer.public_jwks()),
        "service_key": own.private_jwk(),
        "stream_key": "a secret that Redis does not know",
        "services_jwks": jwks(own.public_jwk()),
        "seal_keys": Fernet.generate_key().decode(),
        **more,
    }


def test_a_service_needs_the_public_half_of_the_issuers_key_only() -> None:
    process = Process(services("surveys"), settings(**separate("surveys")))
    with pytest.raises(SettingsError, match="ISSUER_KEY"):
        process.issuer  # noqa: B018


def test_who_issues_tokens_says_what_it_lacks() -> None:
    with pytest.raises(SettingsError, match="Set ISSUER_KEY: residents' tokens are made here"):
        Process(services("notifications"), settings(**separate("notifications")))


async def test_only_who_issues_gets_the_issuer(place: Playground) -> None:
    assert place.process.issuer
    with pytest.raises(SettingsError, match="ISSUER_KEY"):
        place.service("surveys").issuer  # noqa: B018


def test_settings_of_before_say_what_is_missing() -> None:
    old = json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))
    with pytest.raises(SettingsError, match=r"Set SERVICE_KEY: surveys .* `buurtthuis service-key surveys`"):
        Process(services("surveys"), settings(issuer_key=old))


def test_a_process_without_any_key_says_what_is_missing() -> None:
    with pytest.raises(SettingsError, match=r"Set ISSUER_JWKS: .* `buurtthuis issuer-jwks`"):
        Process(services("surveys"), settings())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            {"service_key": key("sessions").private_jwk()},
            "SERVICE_KEY is the key of sessions, not of surveys",
        ),
        ({"service_key": "geheim"}, "SERVICE_KEY is not a private Ed25519 key"),
        ({"service_key": key("surveys").public_jwk()}, "SERVICE_KEY is not a private Ed25519 key"),
        ({"services_jwks": jwks(key("surveys").private_jwk())}, "SERVICES_JWKS holds a private key"),
        ({"services_jwks": "[]"}, "SERVICES_JWKS is not a JWK set"),
        ({"issuer_jwks": jwks(key("surveys").private_jwk())}, "ISSUER_JWKS holds a private key"),
        ({"issuer_jwks": "{}"}, "ISSUER_JWKS is not a JWK set"),
        ({"issuer_jwks": '{"keys": []}'}, "ISSUER_JWKS does not hold"),
    ],
)
def test_a_key_in_the_wrong_place_is_named_and_not_quoted(wrong: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Process(services("surveys"), settings(**separate("surveys") | wrong))
    assert told in str(refused.value)
    assert "geheim" not in str(refused.value)
    assert '"d"' not in str(refused.value)


def test_a_public_half_that_is_not_the_issuers_is_refused_where_tokens_are_made(tmp_path: Path) -> None:
    other = json.dumps(LocalIssuer(OKPKey.generate_key("Ed25519")).public_jwks())
    with pytest.raises(SettingsError, match="ISSUER_JWKS does not hold the public half of ISSUER_KEY"):
        IssuersKeys.of(settings(issuer_key_file=tmp_path / "issuer.json", issuer_jwks=other))


def test_in_a_folder_each_service_finds_the_others(tmp_path: Path) -> None:
    here = settings(issuer_key_file=tmp_path / "issuer.json")
    early = ServiceKeys.of(here, [ServiceKey.of("surveys", here)])
    sessions = ServiceKey.of("sessions", here)
    assert FeedVerifier("surveys", early, CORPORATIONS).verify(sessions.token_for("surveys", OURS))
    assert list(early) == ["sessions", "surveys"]
    assert ServiceKey.of("sessions", here).private_jwk() == sessions.private_jwk()
    assert (tmp_path / "services" / "sessions.json").stat().st_mode & 0o077 == 0
    assert '"d"' not in (tmp_path / "services" / "sessions.public.json").read_text()
