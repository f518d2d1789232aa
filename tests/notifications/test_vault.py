"""The vault: what is sealed can be read with the keys alone, and keys can be changed."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from buurtthuis.core.settings import SettingsError
from buurtthuis_notifications.vault import CannotOpen, Vault, new_key

OLD, NEW = new_key(), new_key()
WORDS = "mw.devries@voorbeeld.nl"


def test_what_is_sealed_can_be_opened() -> None:
    vault = Vault([NEW])
    assert vault.open(vault.seal(WORDS)) == WORDS


def test_what_is_sealed_shows_nothing_of_the_words() -> None:
    assert b"devries" not in Vault([NEW]).seal(WORDS)


def test_the_same_words_are_sealed_differently_each_time() -> None:
    vault = Vault([NEW])
    assert vault.seal(WORDS) != vault.seal(WORDS)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(CannotOpen):
        Vault([NEW]).open(Vault([OLD]).seal(WORDS))


def test_what_was_changed_on_the_way_is_not_opened() -> None:
    sealed = bytearray(Vault([NEW]).seal(WORDS))
    sealed[30] ^= 1
    with pytest.raises(CannotOpen):
        Vault([NEW]).open(bytes(sealed))


def test_an_earlier_key_still_opens_what_it_sealed() -> None:
    assert Vault([NEW, OLD]).open(Vault([OLD]).seal(WORDS)) == WORDS


def test_after_rotating_the_earlier_key_is_needed_no_more() -> None:
    rotated = Vault([NEW, OLD]).rotate(Vault([OLD]).seal(WORDS))
    assert Vault([NEW]).open(rotated) == WORDS


def test_a_digest_is_the_same_each_time() -> None:
    assert Vault([NEW]).digest(WORDS) == Vault([NEW]).digest(WORDS)


def test_a_digest_tells_nothing_to_who_has_no_key() -> None:
    assert Vault([NEW]).digest(WORDS) != Vault([OLD]).digest(WORDS)


def test_a_digest_by_an_earlier_key_is_still_found() -> None:
    assert Vault([OLD]).digest(WORDS) in Vault([NEW, OLD]).digests(WORDS)


def test_the_newest_key_makes_the_digest_that_is_kept() -> None:
    assert Vault([NEW, OLD]).digest(WORDS) == Vault([NEW]).digest(WORDS)


@pytest.mark.parametrize("key", ["", "short", "not base64 at all, but long enough to be a key"])
def test_a_key_that_is_none_is_refused_by_the_name_of_the_setting(key: str) -> None:
    with pytest.raises(SettingsError, match="VAULT_KEYS"):
        Vault([key])


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(SettingsError, match="VAULT_KEYS"):
        Vault([])


def test_a_key_file_is_made_on_first_use_for_us_alone(tmp_path: Path) -> None:
    Vault.in_file(tmp_path / "keys" / "vault.keys")
    assert stat.S_IMODE((tmp_path / "keys" / "vault.keys").stat().st_mode) == 0o600


def test_a_key_file_is_the_same_vault_the_next_time(tmp_path: Path) -> None:
    sealed = Vault.in_file(tmp_path / "vault.keys").seal(WORDS)
    assert Vault.in_file(tmp_path / "vault.keys").open(sealed) == WORDS


def test_of_processes_that_start_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        vaults = list(threads.map(lambda _: Vault.in_file(tmp_path / "vault.keys"), range(8)))
    assert len({vault.digest(WORDS) for vault in vaults}) == 1
