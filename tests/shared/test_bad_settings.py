"""What is wrong with a key, a file or a folder is said by the setting's name, and never as a traceback."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.cli.main import app
from buurtthuis.core.corporations import Corporations, CorporationsFileError
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.eventlog.streams import StreamKey
from buurtthuis.identity.issuer import IssuersKeys, LocalIssuer
from buurtthuis.identity.service_keys import ServiceKey, ServiceKeys
from buurtthuis.persistence.sealing import Seals
from buurtthuis_notifications.settings import NotificationSettings
from buurtthuis_notifications.texts import Texts
from typer.testing import CliRunner

#: Values that are no key, whatever kind of key is wanted; the last are JSON, as JWKs and sets of them are.
NO_KEYS = (
    "abc",
    "é" * 9,
    "'",
    "{",
    "[]",
    "5",
    "null",
    '"abc"',
    "{}",
    '{"keys": 5}',
    '{"keys": [5]}',
    '{"kty": "OKP", "crv": "Ed25519", "x": "!", "d": "!"}',
    '{"kty": "OKP", "crv": 5, "x": [], "d": {}}',
    '{"kty": "oct", "k": "abc"}',
    "[" * 2000,
)


def ours(**more: Any) -> NotificationSettings:
    return NotificationSettings(**more)


def road(**more: Any) -> object:
    from buurtthuis_notifications.parts import set_up

    return set_up(ours(**more))


#: What reads each setting that holds a key, names a file or a folder.
READ_BY: dict[str, Callable[[Any], object]] = {
    "ISSUER_KEY": lambda value: LocalIssuer.of(Settings(issuer_key=value)),
    "ISSUER_KEY_FILE": lambda path: LocalIssuer.of(Settings(issuer_key_file=path)),
    "ISSUER_JWKS": lambda value: IssuersKeys.of(Settings(issuer_jwks=value)),
    "SERVICE_KEY": lambda value: ServiceKey.of("surveys", Settings(service_key=value)),
    "SERVICE_KEYS_FOLDER": lambda path: ServiceKey.of("surveys", Settings(service_keys_folder=path)),
    "SERVICES_JWKS": lambda value: ServiceKeys.of(Settings(services_jwks=value), ()),
    "STREAM_KEY": lambda value: StreamKey.of(Settings(stream_key=value[:31])),
    "STREAM_KEY_FILE": lambda path: StreamKey.of(Settings(stream_key_file=path)),
    "SEAL_KEYS": lambda value: Seals.of(Settings(seal_keys=value)),
    "SEAL_KEYS_FILE": lambda path: Seals.of(Settings(seal_keys_file=path)),
    "CORPORATIONS_FILE": lambda path: Corporations.load(Settings(corporations_file=path).corporations_file),
    "VAULT_KEYS": lambda value: ours(vault_keys=value).vault(Settings()),
    "VAULT_KEY_FILE": lambda path: ours(vault_key_file=path).vault(Settings()),
    "VAPID_KEY_FILE": lambda path: road(vapid_key_file=path),
    "TEXTS_FOLDER": lambda path: Texts({}, path),
}
PATHS = sorted(name for name in READ_BY if name.endswith(("_FILE", "_FOLDER")))
VALUES = sorted(READ_BY.keys() - {*PATHS})


def test_every_setting_with_a_key_a_file_or_a_folder_is_tried() -> None:
    fields = Settings.model_fields.keys() | NotificationSettings.model_fields.keys()
    kinds = ("_key", "_keys", "_jwks", "_file", "_folder")
    assert {name.upper() for name in fields if name.endswith(kinds)} == READ_BY.keys()


@pytest.mark.parametrize("name", VALUES)
def test_what_is_no_key_is_said_by_the_name_of_its_setting(name: str) -> None:
    for value in NO_KEYS:
        with pytest.raises(SettingsError, match=rf"\b{name}\b") as said:
            READ_BY[name](value)
        assert value not in str(said.value) or len(value) < 6, "a key that is nearly right is a secret"


def no_paths(folder: Path) -> Iterator[Path]:
    """Where nothing can be made or read: below a file, a file that is no text, one with something else in it, a folder."""
    file, binary = folder / "file", folder / "binary"
    file.write_text("nothing of use")
    binary.write_bytes(b"\xff\xfe\x00\x81")
    yield from (file / "below", binary, file, folder / ("long" * 100), Path("/proc/nope/x"))


@pytest.mark.parametrize("name", PATHS)
def test_what_cannot_be_made_or_read_is_said_by_the_name_of_its_setting(name: str, tmp_path: Path) -> None:
    paths = [tmp_path] if name.endswith("_FILE") else []
    for path in (*paths, *no_paths(tmp_path)):
        with pytest.raises((SettingsError, CorporationsFileError), match=rf"\b{name}\b") as said:
            READ_BY[name](path)
        assert str(path) in str(said.value), path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUER_KEY", "abc"),
        ("ISSUER_KEY_FILE", "/proc/nope/issuer.json"),
        ("CORPORATIONS_FILE", "/nope"),
        ("CORPORATIONS_FILE", "/"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        ["token", "-c", "woonpartners", "-r", "staff"],
        ["revoke", "5f2b1a3c-0000-4000-8000-000000000000", "-c", "woonpartners"],
    ],
)
def test_a_command_says_it_in_one_sentence(
    command: list[str], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Path(__file__).parents[1] / "corporations.toml"
    monkeypatch.setenv("CORPORATIONS_FILE", str(good))
    monkeypatch.setenv(name, value)
    told = CliRunner().invoke(app, [*command, "--data", "/proc/nope"])
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit), told.exception
    assert name in told.output


def test_a_key_file_names_its_own_setting_where_it_is_made_beside_the_issuers(tmp_path: Path) -> None:
    issuer = tmp_path / "issuer.json"
    (tmp_path / "stream.key").mkdir()
    (tmp_path / "seal.keys").mkdir()
    with pytest.raises(SettingsError, match="STREAM_KEY_FILE"):
        StreamKey.of(Settings(issuer_key_file=issuer))
    with pytest.raises(SettingsError, match="SEAL_KEYS_FILE"):
        Seals.of(Settings(issuer_key_file=issuer))


def test_a_key_of_another_kind_in_the_issuers_file_is_said_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "issuer.json"
    path.write_text(json.dumps({"kty": "RSA"}))
    with pytest.raises(SettingsError, match=rf"ISSUER_KEY_FILE: {path}: .*Ed25519"):
        LocalIssuer.of(Settings(issuer_key_file=path))
