"""Prints env.example with every secret filled in: `.venv/bin/python deploy/new_env.py > .env`."""

import json
import re
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from joserfc.jwk import OKPKey

EXAMPLE = Path(__file__).with_name("env.example")


def issuer_key() -> str:
    """A fresh key for the deployment's own tokens."""
    return f"'{json.dumps(OKPKey.generate_key('Ed25519').as_dict(private=True))}'"


def vault_key() -> str:
    """A fresh key for contact data."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def filled_in(example: str) -> str:
    """The example, with a value of its own for every name that has none."""
    text = re.sub(r"^ISSUER_KEY=$", lambda _: f"ISSUER_KEY={issuer_key()}", example, flags=re.MULTILINE)
    text = re.sub(r"^VAULT_KEYS=$", lambda _: f"VAULT_KEYS={vault_key()}", text, flags=re.MULTILINE)
    return re.sub(r"^(\w+)=$", lambda line: f"{line[1]}={secrets.token_hex(24)}", text, flags=re.MULTILINE)


if __name__ == "__main__":
    print(filled_in(EXAMPLE.read_text(encoding="utf-8")), end="")
