"""Prints env.example with every secret filled in: `.venv/bin/python deploy/new_env.py > .env`.

With the name of an `.env` that is older than this version it prints that one, with what it lacks filled in.
"""

import json
import re
import secrets
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from joserfc.jwk import KeyParameters, OKPKey

EXAMPLE = Path(__file__).with_name("env.example")
SERVICES = ("surveys", "sessions", "notifications", "moderation")
SETTING = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)

Values = dict[str, str]


def new_key(kid: str | None = None) -> str:
    """A fresh private key to sign with, which says whose it is."""
    named: KeyParameters = {"kid": kid} if kid else {}
    return _quoted(OKPKey.generate_key("Ed25519", named).as_dict(private=True))


def public_halves(*private: str) -> str:
    """What these keys are verified with."""
    keys = [OKPKey.import_key(json.loads(one.strip("'"))) for one in private]
    for key in keys:
        key.ensure_kid()
    return _quoted({"keys": [key.as_dict(private=False) for key in keys]})


def _quoted(document: object) -> str:
    return f"'{json.dumps(document)}'"


def fernet_key() -> str:
    """A fresh key for contact data, or for ballots."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def made(name: str, values: Values) -> str:
    """A fresh value for this setting, which may follow from those above it; a password where it is nothing else."""
    match name:
        case "ISSUER_KEY":
            return new_key()
        case "ISSUER_JWKS":
            return public_halves(values["ISSUER_KEY"])
        case "SERVICES_JWKS":
            return public_halves(*(values[f"{service.upper()}_KEY"] for service in SERVICES))
        case "VAULT_KEYS" | "SEAL_KEYS":
            return fernet_key()
    service = name.removesuffix("_KEY").lower()
    return new_key(service) if service in SERVICES else secrets.token_hex(24)


def filled_in(example: str, older: str = "") -> str:
    """The example, with the older file's values, and one of its own for every name that has none."""
    before, values = dict(SETTING.findall(older)), Values()

    def value(line: re.Match[str]) -> str:
        name, usual = line.groups()
        values[name] = before.pop(name, "") or usual or made(name, values)
        return f"{name}={values[name]}"

    text = SETTING.sub(value, example)
    return text + "".join(f"{name}={left}\n" for name, left in before.items())


if __name__ == "__main__":
    older = Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else ""
    print(filled_in(EXAMPLE.read_text(encoding="utf-8"), older), end="")
