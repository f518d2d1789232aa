"""Browsers for tests of push messages: with keys of their own, so that they alone can read what comes."""

import base64
import json
import secrets
from pathlib import Path
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from tests.notifications.people.receiver import Told


class Browser:
    """What subscribed, and can read what comes."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = secrets.token_bytes(16)

    def subscription(self, endpoint: str) -> dict[str, Any]:
        """As a browser says it to who wants to reach it."""
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"endpoint": endpoint, "keys": {"p256dh": _written(point), "auth": _written(self._auth)}}

    def read(self, told: Told) -> dict[str, str]:
        """What it would show; fails where it is not for this browser."""
        opened = http_ece.decrypt(told.body, private_key=self._key, auth_secret=self._auth)
        return dict(json.loads(opened))


def vapid_key(folder: Path) -> Path:
    """A key that push messages are signed with."""
    path, vapid = folder / "vapid.pem", Vapid02()
    vapid.generate_keys()
    vapid.save_key(str(path))
    return path


def _written(words: bytes) -> str:
    return base64.urlsafe_b64encode(words).decode().rstrip("=")
