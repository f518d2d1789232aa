"""An OpenID provider to try things out with: whoever comes picks who they are, by clicking. Nobody has a password.

`up` has it where nobody but whoever sits at this machine reaches it, and nothing else ever does: no setting and no variable
starts one. Its tokens are a provider's like any other's: services fetch its keys and know no way around. Anybody who builds a
front-end tests it with this one: discovery, authorization code with PKCE (S256 alone, RFC 7636), token, keys, and signing out.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from buurtthuis.core.clock import Clock, utc_now
from buurtthuis.core.corporations import Corporation, Corporations, FrontEnd, Issuer
from buurtthuis.core.errors import Refused
from buurtthuis.core.settings import Settings
from buurtthuis.http.edge import is_this_machine
from buurtthuis.http.limits import read_body
from buurtthuis.http.pages import PAGES
from buurtthuis.identity.principals import Role
from buurtthuis.identity.tokens import LOCAL_AUDIENCE

#: Its one client: public, and for any front-end on this machine.
CLIENT = "front-end"
AT = "/sign-in"
ALGORITHM = "RS256"
#: Longer than a day of trying things out; there is no refresh token.
LIFETIME = timedelta(hours=12)
CODE_LIFETIME = timedelta(minutes=1)
MOST_CODES = 100
LONGEST_FORM_KIB = 16
SECRET = {"Cache-Control": "no-store"}
FOR_PAGES = {"Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True)
class Person:
    """Somebody to be: `name` is their `sub`, always the same one."""

    name: str
    role: Role
    said: str
    organisation: str | None = None


def people_of(corporation: Corporation) -> list[Person]:
    """Whom one can be there."""
    return [
        Person("staff", Role.STAFF, "staff"),
        Person("caretaker", Role.CARETAKER, "caretaker"),
        Person("guide", Role.GUIDE, "guide"),
        *_partners(corporation),
        Person("resident", Role.RESIDENT, "resident"),
        Person("neighbour", Role.RESIDENT, "another resident"),
        Person("moderator", Role.RESIDENT, "moderator: a resident, once staff appoint them"),
    ]


def _partners(corporation: Corporation) -> Iterator[Person]:
    for word, name in corporation.organisations.items():
        yield Person(f"partner-{word}", Role.CHAIN_PARTNER, f"chain partner of {name}", word)
    if not corporation.organisations:
        yield Person("partner", Role.CHAIN_PARTNER, "chain partner")


def nobody_else_comes(settings: Settings, host: str) -> bool:
    """Whether whoever reaches a process that listens there sits at this machine, and what they do is to try things out: it runs on
    servers of its own, is called by no other name, and is behind no proxy."""
    reached = settings.public_url or settings.allowed_hosts or settings.forwarded_allow_ips
    return is_this_machine(host) and not reached and not settings.database_url


@dataclass(frozen=True)
class _Grant:
    """What a code is good for, once."""

    corporation: str
    person: Person
    redirect_uri: str
    challenge: str
    nonce: str | None
    until: datetime


class _Refused(Exception):
    """Why, in a word of RFC 6749, 4.1.2.1 and 5.2."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(why)
        self.error = error


class TrialProvider:
    """One for each corporation, all with one key, which is another one at each start."""

    def __init__(self, url: str, now: Clock = utc_now) -> None:
        """`url` is where the process is reached, on this machine."""
        self.url = url + AT
        self._now = now
        self._grants: dict[str, _Grant] = {}
        self._corporations = Corporations(())

    def trusted_by(self, corporations: Corporations) -> Corporations:
        """The same, each of which trusts its own one as well."""
        self._corporations = Corporations(
            each.model_copy(update={"issuers": (*each.issuers, self._issuer(each.slug))})
            for each in corporations.values()
        )
        return self._corporations

    def routes(self) -> list[Route]:
        """Where it answers, and a page from which a stranger begins."""
        at = f"{AT}/{{corporation}}"
        return [
            Route(AT, self._index),
            Route(f"{at}/access-token", self._show_token),
            Route(f"{at}/.well-known/openid-configuration", self._discovery),
            Route(f"{at}/keys", self._keys),
            Route(f"{at}/authorize", self._authorize),
            Route(f"{at}/token", self._token, methods=["POST"]),
            Route(f"{at}/end-session", self._end_session),
        ]

    def _issuer(self, slug: str) -> Issuer:
        front_end = FrontEnd(client_id=CLIENT)
        return Issuer(
            url=f"{self.url}/{slug}",
            audience=LOCAL_AUDIENCE,
            typ="at+jwt",
            clients=(CLIENT,),
            front_end=front_end,
        )

    async def _index(self, _: Request) -> Response:
        corporations = [(each, people_of(each)) for each in self._corporations.values()]
        return HTMLResponse(PAGES.get_template("trial_people.html").render(corporations=corporations))

    async def _show_token(self, request: Request) -> Response:
        corporation = self._corporation(request)
        person = _picked(corporation, request.query_params.get("login_hint", ""))
        if person is None:
            raise HTTPException(404)
        page = PAGES.get_template("trial_token.html").render(
            corporation=corporation, person=person, token=self._access_token(corporation.slug, person)
        )
        return HTMLResponse(page, headers=SECRET)

    async def _discovery(self, request: Request) -> Response:
        """OpenID Connect Discovery 1.0, 3."""
        issuer = f"{self.url}/{self._corporation(request).slug}"
        document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "end_session_endpoint": f"{issuer}/end-session",
            "scopes_supported": ["openid"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse(document, headers=FOR_PAGES)

    async def _keys(self, request: Request) -> Response:
        self._corporation(request)
        return JSONResponse(KeySet([self._key]).as_dict(private=False), headers=FOR_PAGES)

    async def _authorize(self, request: Request) -> Response:
        """Who do you want to be? With `login_hint`, by name, nobody is asked.

        Whoever asks wrongly is told here, and led nowhere, unless it is known where they want to go."""
        corporation, asked = self._corporation(request), request.query_params
        back = asked.get("redirect_uri", "")
        if asked.get("client_id") != CLIENT or not _is_here(back):
            raise HTTPException(
                400, f"client_id has to be {CLIENT}, and redirect_uri an address of this machine."
            )
        try:
            _check_asked(asked)
        except _Refused as refused:
            return self._led_back(corporation, asked, error=refused.error, error_description=str(refused))
        person = _picked(corporation, asked.get("login_hint", ""))
        if person is None:
            return self._ask_who(corporation, asked)
        return self._led_back(corporation, asked, code=self._code(corporation.slug, person, asked))

    def _ask_who(self, corporation: Corporation, asked: Mapping[str, str]) -> Response:
        people = [
            (person, urlencode({**asked, "login_hint": person.name})) for person in people_of(corporation)
        ]
        page = PAGES.get_template("trial_authorize.html").render(corporation=corporation, people=people)
        return HTMLResponse(page, headers=SECRET)

    def _led_back(self, corporation: Corporation, asked: Mapping[str, str], **answer: str) -> Response:
        answer["iss"] = f"{self.url}/{corporation.slug}"  # RFC 9207
        if "state" in asked:
            answer["state"] = asked["state"]
        return RedirectResponse(_with(asked["redirect_uri"], answer), 303, headers=SECRET)

    def _code(self, slug: str, person: Person, asked: Mapping[str, str]) -> str:
        code, now = secrets.token_urlsafe(32), self._now()
        self._grants[code] = _Grant(
            slug,
            person,
            asked["redirect_uri"],
            asked["code_challenge"],
            asked.get("nonce"),
            now + CODE_LIFETIME,
        )
        if len(self._grants) > MOST_CODES:
            del self._grants[next(iter(self._grants))]
        return code

    async def _token(self, request: Request) -> Response:
        """RFC 6749, 4.1.3: once for each code."""
        corporation = self._corporation(request)
        try:
            grant = self._granted(corporation.slug, await _form(request))
        except _Refused as refused:
            said = {"error": refused.error, "error_description": str(refused)}
            return JSONResponse(said, 400, headers=SECRET | FOR_PAGES)
        answer = {
            "access_token": self._access_token(corporation.slug, grant.person),
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": "openid",
            "id_token": self._id_token(corporation.slug, grant),
        }
        return JSONResponse(answer, headers=SECRET | FOR_PAGES)

    def _granted(self, slug: str, brought: Mapping[str, str]) -> _Grant:
        if brought.get("grant_type") != "authorization_code":
            raise _Refused("unsupported_grant_type", "grant_type has to be authorization_code.")
        if brought.get("client_id") != CLIENT:
            raise _Refused("invalid_client", f"client_id has to be {CLIENT}.")
        grant = self._grants.pop(brought.get("code", ""), None)
        if grant is None or grant.corporation != slug or self._now() >= grant.until:
            raise _Refused("invalid_grant", "There is no such code, or not any more.")
        if brought.get("redirect_uri") != grant.redirect_uri:
            raise _Refused("invalid_grant", "redirect_uri is another one than the code was for.")
        if not compare_digest(_challenge(brought.get("code_verifier", "")), grant.challenge.encode()):
            raise _Refused("invalid_grant", "code_verifier is not that of code_challenge.")
        return grant

    async def _end_session(self, request: Request) -> Response:
        """OpenID Connect RP-Initiated Logout 1.0, 2. There is no session here that could end: each time somebody is asked anew."""
        corporation = self._corporation(request)
        back = request.query_params.get("post_logout_redirect_uri", "")
        if not back:
            page = PAGES.get_template("trial_signed_out.html").render(corporation=corporation)
            return HTMLResponse(page, headers=SECRET)
        if not _is_here(back):
            raise HTTPException(400, "post_logout_redirect_uri has to be an address of this machine.")
        state = request.query_params.get("state")
        return RedirectResponse(_with(back, {"state": state} if state else {}), 303)

    def _corporation(self, request: Request) -> Corporation:
        corporation = self._corporations.get(request.path_params["corporation"])
        if corporation is None:
            raise HTTPException(404)
        return corporation

    def _access_token(self, slug: str, person: Person) -> str:
        claims = {**self._claims(slug, person), "aud": LOCAL_AUDIENCE, "client_id": CLIENT}
        claims |= {"jti": secrets.token_urlsafe(16), "roles": [person.role.value]}
        if person.organisation:
            claims["organisation"] = person.organisation
        return self._signed(claims, "at+jwt")

    def _id_token(self, slug: str, grant: _Grant) -> str:
        claims = {**self._claims(slug, grant.person), "aud": CLIENT, "name": grant.person.said}
        if grant.nonce is not None:
            claims["nonce"] = grant.nonce
        return self._signed(claims, "JWT")

    def _claims(self, slug: str, person: Person) -> dict[str, Any]:
        now = self._now()
        return {
            "iss": f"{self.url}/{slug}",
            "sub": person.name,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }

    def _signed(self, claims: Mapping[str, Any], typ: str) -> str:
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": typ}
        return jwt.encode(header, dict(claims), self._key, [ALGORITHM])

    @cached_property
    def _key(self) -> RSAKey:
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM})
        key.ensure_kid()
        return key


async def _form(request: Request) -> dict[str, str]:
    """Raises _Refused."""
    try:
        body = await read_body(request.receive, LONGEST_FORM_KIB)
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20))
    except (Refused, ValueError):
        raise _Refused("invalid_request", "The body has to be a form, and a short one.") from None


def _check_asked(asked: Mapping[str, str]) -> None:
    """Raises _Refused."""
    if asked.get("response_type") != "code":
        raise _Refused("unsupported_response_type", "response_type has to be code.")
    if "openid" not in asked.get("scope", "").split():
        raise _Refused("invalid_scope", "scope has to have openid in it.")
    if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
        raise _Refused("invalid_request", "code_challenge has to be there, with code_challenge_method S256.")
    if asked.get("prompt") == "none" and "login_hint" not in asked:
        raise _Refused("interaction_required", "Nobody is signed in: somebody has to be picked.")


def _picked(corporation: Corporation, name: str) -> Person | None:
    return next((person for person in people_of(corporation) if person.name == name), None)


def _is_here(address: str) -> bool:
    try:
        parts = urlsplit(address)
        name = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_this_machine(name) and not parts.fragment


def _with(address: str, answer: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(answer)}" if answer else address


def _challenge(verifier: str) -> bytes:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
