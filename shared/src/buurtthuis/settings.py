"""Settings from the environment, or from a `.env` file in the working folder."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

#: The entry points by which installed packages offer their services.
SERVICES = "buurtthuis.services"


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
    corporations_file: Path = Field(
        default=Path("corporations.toml"), description="Who shares this deployment."
    )
    feed_url: str = Field(
        default="",
        description="Where services find each other's feeds, e.g. http://gateway/{service}/events.",
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
    service_keys_folder: Path | None = Field(
        default=None,
        description="Instead of both, a folder where each service's key is made; left out: beside ISSUER_KEY_FILE.",
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

    def for_service(self, service: str) -> "Settings":
        """The same settings, with `{service}` filled in."""
        return self.model_copy(
            update={
                name: getattr(self, name).replace("{service}", service)
                for name in ("database_url", "database_owner_url", "database_direct_url", "redis_url")
            }
        )
