"""What it has besides a database: a setting of its own, and the bell that this leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import httpx
from buurtthuis import Settings
from pydantic_settings import BaseSettings, SettingsConfigDict


class KeySettings(BaseSettings):
    """From the environment or `.env`: BELL_URL is asked with the room's name when its key is missing."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    bell_url: str = "http://127.0.0.1:8080/ring"


class Bell(Protocol):
    async def ring(self, room: str) -> None: ...
    async def close(self) -> None: ...


class HttpBell:
    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.AsyncClient(timeout=10)

    async def ring(self, room: str) -> None:
        (await self._http.post(self._url, json={"room": room})).raise_for_status()

    async def close(self) -> None:
        await self._http.aclose()


@dataclass(frozen=True)
class Parts:
    bell: Bell

    @classmethod
    def of(cls, _settings: Settings) -> Self:
        return cls(HttpBell(KeySettings().bell_url))

    def hints(self, url: str) -> Sequence[str]:
        """What `up` says of it when it is ready."""
        return (f"\nKeys are lent at {url}/keys",)

    async def close(self) -> None:
        await self.bell.close()
