"""The housing corporations this installation works for, as `corporations.toml` names them."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from buurtthuis.core.errors import Unauthenticated
from buurtthuis.events import Audience

GrantableRole = Literal["staff", "chain_partner", "guide", "caretaker", "resident", "operator"]
"""The roles a corporation's own provider may give: all of ours but `system`, which is between services."""


class CorporationsFileError(Exception):
    """The corporations file cannot be used: the message names the file, the corporation and the field."""

    def __init__(self, path: Path, complaint: str) -> None:
        super().__init__(f"CORPORATIONS_FILE: {path}: {complaint}")


def travels_safely(url: str) -> bool:
    """Whether nobody on the way can change what this address answers: it is https, or this machine."""
    address = urlsplit(url)
    if address.scheme == "http":
        return _is_loopback(address.hostname)
    return address.scheme == "https" and bool(address.hostname)


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _safe_url(url: str) -> str:
    if not travels_safely(url) or {"?", "#", "@"} & set(url):
        raise ValueError("must be an https address without user, query or fragment")
    return url


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a folder of zones is an OSError in some Pythons
        raise ValueError("is not a time zone by its IANA name, such as Europe/Amsterdam") from None
    return name


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("names one of them twice")
    return names


def claim_path(written: str) -> tuple[str, ...]:
    """The names that lead to a claim in a token, from the outside in. Raises ValueError.

    `realm_access.roles` is `roles` within `realm_access`; an address, as some providers make a name unique by, is one
    name; and whatever else is in a name is written as a JSON Pointer (RFC 6901): `/resource_access/nl.buurtthuis/roles`."""
    if written.startswith("/"):
        if re.search("~(?![01])", written):
            raise ValueError("is no JSON Pointer: ~ is written as ~0, and / in a name as ~1")
        names = [name.replace("~1", "/").replace("~0", "~") for name in written[1:].split("/")]
    else:
        names = [written] if "://" in written else written.split(".")
    if not all(name and name == name.strip() for name in names):
        raise ValueError("leads through a claim without a name, or with spaces around it")
    return tuple(names)


def _some_claim(written: str) -> str:
    claim_path(written)
    return written


def _with_openid(scopes: tuple[str, ...]) -> tuple[str, ...]:
    if "openid" not in scopes:
        raise ValueError("must have openid in it")
    return scopes


def _an_sms_sender(written: str) -> str:
    number = re.fullmatch(r"\+[1-9][0-9]{6,14}", written)
    if not number and not (re.fullmatch(r"[A-Za-z0-9 ]{1,11}", written) and re.search("[A-Za-z]", written)):
        raise ValueError("must be at most eleven letters and digits, or a number with + and its country")
    return written


def _an_origin(written: str) -> str:
    address = urlsplit(written)
    if (
        not travels_safely(written)
        or written != f"{address.scheme}://{address.netloc}".lower()
        or "@" in written
    ):
        raise ValueError("must be an origin: https:// and a name, perhaps a port, and nothing behind it")
    return written


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
KvkNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
SafeUrl = Annotated[str, AfterValidator(_safe_url)]
Origin = Annotated[str, AfterValidator(_an_origin)]
#: Not less than any copy of a database may be old that is put back.
Months = Annotated[int, Field(strict=True, ge=3, le=1200)]
LONGEST_MONTH = timedelta(days=31)
#: RFC 6749, 3.3.
Scope = Annotated[str, StringConstraints(pattern=r"^[!#-\[\]-~]{1,200}$")]
ClaimPath = Annotated[Text, AfterValidator(_some_claim)]
MailAddress = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
        max_length=254,
    ),
]
#: RFC 6376, 3.1.
DkimSelector = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$")]
SmsSender = Annotated[str, AfterValidator(_an_sms_sender)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
LanguageTag = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-x(-[a-z0-9]{1,8})+)?$"),
]


class FrontEnd(BaseModel):
    """How a front-end signs people in at a provider (OpenID Connect, a code with PKCE). No secret is in it: anybody may read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: Text
    scopes: Annotated[tuple[Scope, ...], Field(max_length=20), AfterValidator(_with_openid)] = ("openid",)
    """What it asks for; some providers make a token for us only where a scope of ours is among them."""
    after_sign_out: SafeUrl | None = None
    """Where the provider leads a browser that was signed out, as it is registered there (`post_logout_redirect_uri`)."""


class Issuer(BaseModel):
    """An OpenID provider whose tokens a corporation trusts, and what its roles mean here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SafeUrl
    audience: Text
    typ: Literal["at+jwt"] | None = None
    """Its access tokens say what they are (RFC 9068); whatever does not is refused."""
    clients: tuple[Text, ...] = ()
    """The programs it gives tokens to for us, by `azp` or `client_id`; with none, whichever it does."""
    roles_claim: ClaimPath = "roles"
    """Where its tokens list somebody's roles: a name, or a path such as Keycloak's `realm_access.roles`."""
    organisation_claim: ClaimPath = "organisation"
    """Where its tokens say which of the corporation's organisations a chain partner works for."""
    houses_claim: ClaimPath = "houses"
    """Where its tokens list the houses, by id, that somebody's roles are for; for all, where they say nothing."""
    roles: Mapping[Text, GrantableRole] = {role: role for role in get_args(GrantableRole)}
    front_end: FrontEnd | None = None
    """What a front-end has to know to sign people in there; without it none is told of this provider."""

    @property
    def discovery(self) -> str:
        """Where it says its addresses (OpenID Connect Discovery 1.0, 4)."""
        return f"{self.url.rstrip('/')}/.well-known/openid-configuration"

    @model_validator(mode="after")
    def _what_a_front_end_gets_is_taken(self) -> Self:
        if self.front_end and self.clients and self.front_end.client_id not in self.clients:
            raise ValueError(
                f"clients would refuse the tokens of {self.front_end.client_id}, the front_end's client_id"
            )
        return self


class History(BaseModel):
    """How many months entries of its journals are kept, by the audience that may see them; for ever where none are said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public: Months | None = None
    residents: Months | None = None
    staff: Months | None = None
    system: Months | None = None

    @model_validator(mode="after")
    def _what_fewer_may_see_goes_first(self) -> Self:
        for wider, narrower in pairwise(Audience):
            if self._months(narrower) > self._months(wider):
                raise ValueError(
                    f"{narrower} would be kept for longer than {wider}, which more may see: "
                    f"say {narrower} = {self._months(wider):.0f} or less"
                )
        return self

    @property
    def audiences(self) -> Sequence[Audience]:
        """Whose entries go some day."""
        return [audience for audience in Audience if getattr(self, audience) is not None]

    def since(self, audience: Audience, now: datetime) -> datetime:
        """What was said to this audience before that moment is not kept any more. Raises OverflowError where nothing goes."""
        return now - LONGEST_MONTH * self._months(audience)

    def _months(self, audience: Audience) -> float:
        months: int | None = getattr(self, audience)
        return inf if months is None else months


Days = Annotated[int, Field(strict=True, ge=1, le=365)]


class Loop(BaseModel):
    """After how many days the loop of an idea goes on by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask_after: Days = 14
    """So long after it was realised or answered whoever brought it in is asked whether it is solved,"""
    ask_for: Days = 28
    """and so long they can answer that."""


class EnvelopeWindow(StrEnum):
    """Where an envelope shows the address."""

    LEFT = "left"
    RIGHT = "right"


class Look(BaseModel):
    """By what people know it: one colour, and its logo. Pages of the house keep their own look for all else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accent: Colour | None = None
    logo: SafeUrl | None = None


class Sender(BaseModel):
    """How its messages go out in its own name; what it leaves out is as the deployment has it. No secret is in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mail_from: MailAddress | None = None
    """The address that its e-mail comes from."""
    reply_to: MailAddress | None = None
    """Where answers to its e-mail go."""
    sms_from: SmsSender | None = None
    """What telephones show: at most eleven letters and digits, or a number."""
    dkim_selector: DkimSelector | None = None
    """Which key below the domain of `mail_from` its e-mail is signed with, for the doctor to look at."""
    secrets_file: Path | None = None
    """Where its own SMTP_URL and SMS_URL are, a line each: passwords are among them."""


class Corporation(BaseModel):
    """One housing corporation: the tenant to which everything belongs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: Slug
    name: Text
    kvk: KvkNumber
    languages: Annotated[tuple[LanguageTag, ...], Field(min_length=1), AfterValidator(_each_once)]
    time_zone: TimeZone
    organisations: Mapping[Slug, Text] = {}
    """Its chain partners, by the word that tokens call them: what people know each by."""
    issuers: tuple[Issuer, ...] = ()
    history: History = History()
    loop: Loop = Loop()
    origins: Annotated[tuple[Origin, ...], Field(max_length=20)] = ()
    """Sites whose pages may read and do here what the people who use them may, e.g. https://www.woonpartners.nl (CORS)."""
    sign_in_page: SafeUrl | None = None
    """The page of its front-end where the link of a code leads; where there is none, to a page of ours."""
    envelopes: EnvelopeWindow = EnvelopeWindow.LEFT
    """Where the window of its envelopes is."""
    look: Look = Look()
    sender: Sender = Sender()


class Changes(NamedTuple):
    """What is otherwise since the file was read before: a corporation that changed is in both."""

    gone: tuple[str, ...]
    come: tuple[str, ...]


class Corporations(Mapping[str, Corporation]):
    """Every corporation by its slug, in the order of the file: those that there are now.

    All that runs in a process shares this mapping, and keeps none of what is in it; see `become`."""

    def __init__(self, corporations: Iterable[Corporation]) -> None:
        """Take them in; ValueError when two share a slug, a KvK number or an issuer."""
        self._by_slug: dict[str, Corporation] = {}
        self._by_kvk: dict[str, Corporation] = {}
        self._by_issuer: dict[str, Corporation] = {}
        for corporation in corporations:
            _claim(self._by_slug, "slug", corporation.slug, corporation)
            _claim(self._by_kvk, "kvk", corporation.kvk, corporation)
            for issuer in corporation.issuers:
                _claim(self._by_issuer, "issuers.url", issuer.url, corporation)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; CorporationsFileError says what is wrong and where."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CorporationsFileError(path, error.strerror or "it cannot be read") from error
        except UnicodeDecodeError as error:
            raise CorporationsFileError(path, "it is not a text") from error
        except ValueError as error:
            raise CorporationsFileError(path, str(error)) from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """What a file with this in it says. Raises ValueError, which says what is wrong and where."""
        return cls(_corporation(position, entry) for position, entry in enumerate(_entries(text), start=1))

    def become(self, others: "Corporations") -> Changes:
        """From now on be as these are; what that changes."""
        was, now = self._by_slug, others._by_slug
        self._by_slug, self._by_kvk, self._by_issuer = now, others._by_kvk, others._by_issuer
        return Changes(
            gone=tuple(slug for slug in was if now.get(slug) != was[slug]),
            come=tuple(slug for slug in now if was.get(slug) != now[slug]),
        )

    def by_issuer(self, url: str) -> Corporation:
        """The only corporation that trusts this issuer; KeyError when none does."""
        return self._by_issuer[url]

    def __getitem__(self, slug: str) -> Corporation:
        return self._by_slug[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_slug)

    def __len__(self) -> int:
        return len(self._by_slug)


def still_here(corporations: Mapping[str, Corporation], slug: str) -> Corporation:
    """For a request: its corporation, which may have left since its token was looked at. Raises Unauthenticated."""
    try:
        return corporations[slug]
    except KeyError:
        raise Unauthenticated(why="its corporation is not known here") from None


def _claim(taken: dict[str, Corporation], field: str, value: str, corporation: Corporation) -> None:
    if value in taken:
        raise ValueError(
            f"corporation {corporation.slug!r}, field {field!r}: "
            f"{value!r} already belongs to corporation {taken[value].slug!r}"
        )
    taken[value] = corporation


def _entries(text: str) -> list[object]:
    entries = tomllib.loads(text).get("corporation")
    if not isinstance(entries, list) or not entries:
        raise ValueError("has no [[corporation]] in it")
    return entries


def _corporation(position: int, entry: object) -> Corporation:
    try:
        return Corporation.model_validate(entry)
    except ValidationError as error:
        raise ValueError(_complaint(position, entry, error)) from error


def _complaint(position: int, entry: object, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    slug = entry.get("slug", position) if isinstance(entry, dict) else position
    return f"corporation {slug!r}, field {'.'.join(map(str, first['loc']))!r}: {first['msg']}"
