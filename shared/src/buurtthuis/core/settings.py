"""Settings from the environment, or from a `.env` file in the working folder."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

#: The entry points by which installed packages offer their services.
SERVICES = "buurtthuis.services"
#: Below which path a proxy has us, as its segments are written in links and cookies.
PREFIX = re.compile(r"(/[0-9A-Za-z_~-][0-9A-Za-z._~-]*)+")
HOST_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9._-]*")


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message says which and what to do."""


def _postgresql(url: str) -> str:
    if url and not url.startswith("postgresql+asyncpg://"):
        raise ValueError("must begin with postgresql+asyncpg://")
    return url


def _redis(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return url


def _own_address(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc):
        raise ValueError("must be an address such as https://buurtthuis.example.nl")
    if parts.query or parts.fragment:
        raise ValueError("must end before any ? or #")
    if (path := parts.path.rstrip("/")) and not PREFIX.fullmatch(path):
        raise ValueError("has a path that is more than letters, digits and - . _ ~ between single slashes")
    return url.rstrip("/")


def _some(proxies: str) -> str:
    if not all(HOST_NAME.fullmatch(proxy) or _is_some_network(proxy) for proxy in _listed(proxies)):
        raise ValueError("names your own proxies by address, network or name, never everybody")
    return proxies


def _is_some_network(proxy: str) -> bool:
    try:
        return ip_network(proxy, strict=False).prefixlen > 0
    except ValueError:
        return False


def _listed(setting: str) -> list[str]:
    return [entry for entry in re.split(r"[\s,]+", setting) if entry]


def _contact(address: str) -> str:
    if address and not re.fullmatch(r"(mailto:|https://|tel:)[!-~]+", address):
        raise ValueError("must be an address that begins with mailto:, https:// or tel: (RFC 9116)")
    return address


def _mailbox(address: str) -> str:
    if address and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
        raise ValueError("must be an e-mail address")
    return address


def _in_folder(path: Path) -> Path:
    """Of a folder that is mounted another file is seen; of a file that is mounted by itself, the one that was there."""
    return path / "corporations.toml" if os.path.isdir(path) else path  # noqa: PTH112  Path.is_dir raises for long names


PostgresqlUrl = Annotated[str, AfterValidator(_postgresql)]
RedisUrl = Annotated[str, AfterValidator(_redis)]


class Settings(BaseSettings):
    """What a process needs to know about where it runs. `{service}` in a URL stands for the service's name."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: PostgresqlUrl = Field(
        default="",
        description="PostgreSQL as the application's role, e.g. postgresql+asyncpg://{service}:secret@db/{service}.",
    )
    database_owner_url: PostgresqlUrl = Field(
        default="",
        description="The same database as the role that owns the tables; `buurtthuis migrate` needs it.",
    )
    database_direct_url: PostgresqlUrl = Field(
        default="",
        description="Past the transaction pooler, for LISTEN, where DATABASE_URL leads through one; else leave it out.",
    )
    database_pool_size: int = Field(default=10, ge=2, description="Connections per service and process.")
    redis_url: RedisUrl = Field(
        default="", description="Redis 7.0 or newer, or Valkey, e.g. redis://redis:6379/0."
    )
    corporations_file: Annotated[Path, AfterValidator(_in_folder)] = Field(
        default=Path("corporations.toml"),
        description="Who shares this deployment: a file, or the folder that it is in.",
    )
    feed_url: str = Field(
        default="",
        description="Where services find each other's feeds, e.g. http://gateway/{service}/v1/events.",
    )
    issuer_key: str = Field(
        default="",
        description="The Ed25519 key, a private JWK, that makes residents' and `buurtthuis token`'s tokens: for who issues only.",
    )
    issuer_key_file: Path | None = Field(
        default=None, description="The same, in a file that is made on first use."
    )
    issuer_jwks: str = Field(
        default="",
        description="The public halves, a JWK set: what everybody else verifies those tokens with.",
    )
    service_key: str = Field(
        default="",
        description="The service's own Ed25519 key, a private JWK; `buurtthuis service-key surveys` makes one.",
    )
    services_jwks: str = Field(
        default="",
        description="The public halves of all services' keys, a JWK set: who may read a feed as the system does.",
    )
    stream_key: str = Field(
        default="",
        description="The secret of 32 letters or more by which services know each other's entries on the streams.",
    )
    stream_key_file: Path | None = Field(
        default=None,
        description="The same, in a file that is made on first use; left out: beside ISSUER_KEY_FILE.",
    )
    service_keys_folder: Path | None = Field(
        default=None,
        description="Instead of both, a folder where each service's key is made; left out: beside ISSUER_KEY_FILE.",
    )
    public_url: Annotated[str, AfterValidator(_own_address)] = Field(
        default="",
        description="Where people reach this deployment, with the path if a proxy has it below one: links lead there, and "
        "requests are answered by that name. Left out, it is this machine.",
    )
    allowed_hosts: str = Field(
        default="", description="Other names to answer by, with commas between; this machine's own always do."
    )
    forwarded_allow_ips: Annotated[str, AfterValidator(_some)] = Field(
        default="",
        description="Your proxies, by address, network or name, with commas between: who they say they bring is believed.",
    )
    security_contact: Annotated[str, AfterValidator(_contact)] = Field(
        default="",
        description="Where to report what somebody finds, for /.well-known/security.txt: mailto:…, https://… or tel:…",
    )
    api_contact: Annotated[str, AfterValidator(_mailbox)] = Field(
        default="", description="The e-mail address to ask about the API, for its documents (`info.contact`)."
    )
    sink_secret: str = Field(
        default="",
        description="Not from the environment: `up` makes one, and shows behind it what it catches instead of sending.",
    )
    seal_keys: str = Field(
        default="",
        description="Keys that ballots and residents' needs are sealed with: Fernet keys, newest first, with spaces between.",
    )
    seal_keys_file: Path | None = Field(
        default=None,
        description="The same, one a line, in a file that is made on first use; left out: beside ISSUER_KEY_FILE.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least that is logged."
    )

    @classmethod
    def read(cls) -> Self:
        """What the environment says; SettingsError names the setting that cannot be used."""
        try:
            return cls(sink_secret="")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = "_".join(map(str, first["loc"])).upper()
            raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}.") from None

    @property
    def issues(self) -> bool:
        """Whether this process can make tokens for people."""
        return bool(self.issuer_key or self.issuer_key_file)

    @property
    def folder_of_service_keys(self) -> Path | None:
        """Where services' keys are made on first use, where that is how it is done."""
        beside = self.issuer_key_file and self.issuer_key_file.with_name("services")
        return self.service_keys_folder or beside

    @property
    def trusted_proxies(self) -> Sequence[str]:
        """FORWARDED_ALLOW_IPS, one by one."""
        return _listed(self.forwarded_allow_ips)

    def names(self, services: Iterable[str]) -> Sequence[str]:
        """By which these are answered besides PUBLIC_URL's: those that the operator gave, and those that they find each
        other's feeds by."""
        feeds = [urlsplit(self.feed_url.replace("{service}", service)).hostname for service in services]
        return [*_listed(self.allowed_hosts), *filter(None, feeds)]

    @property
    def whom_to_ask(self) -> Mapping[str, str] | None:
        """About the API, as its documents say it; nobody, where API_CONTACT is not set."""
        if not self.api_contact:
            return None
        return {"name": "BuurtThuis", "url": self.public_url, "email": self.api_contact}

    def reached_at(self, url: str) -> "Settings":
        """The same settings, where nothing else says that people reach it elsewhere."""
        return self if self.public_url else self.model_copy(update={"public_url": url})

    def for_service(self, service: str) -> "Settings":
        """The same settings, with `{service}` filled in."""
        return self.model_copy(
            update={
                name: getattr(self, name).replace("{service}", service)
                for name in ("database_url", "database_owner_url", "database_direct_url", "redis_url")
            }
        )
