"""Columns that the database keeps sealed, and the keys they are sealed with."""

from pathlib import Path

import pytest
from buurtthuis.core.settings import Settings, SettingsError
from buurtthuis.persistence.columns import Sealed
from buurtthuis.persistence.engine import Database
from buurtthuis.persistence.sealing import CannotUnseal, Seals
from cryptography.fernet import Fernet
from sqlalchemy.dialects.postgresql.base import PGDialect

OLD, NEW = [Fernet.generate_key().decode() for _ in range(2)]


def dialect_of(*keys: str) -> PGDialect:
    database = Database("postgresql+asyncpg://nobody@localhost/nothing", seals=Seals(keys))
    found: PGDialect = database.engine.dialect  # type: ignore[assignment]
    return found


@pytest.mark.parametrize(
    ("kind", "value"), [(str, "rolstoel, é, 你"), (bytes, b"\x00\xff"), (tuple[bytes, ...], (b"\x80", b""))]
)
def test_what_is_sealed_is_read_back_and_is_not_the_same_twice(kind: object, value: object) -> None:
    column, dialect = Sealed(kind), dialect_of(NEW)
    first, second = [column.process_bind_param(value, dialect) for _ in range(2)]
    assert first != second
    assert [column.process_result_value(one, dialect) for one in (first, second)] == [value, value]


def test_nothing_stays_nothing_and_what_was_never_sealed_is_read_as_it_is() -> None:
    column, dialect = Sealed(str), dialect_of(NEW)
    assert column.process_bind_param(None, dialect) is None
    assert column.process_result_value(None, dialect) is None
    assert column.process_result_value("rolstoel", dialect) == "rolstoel"


def test_an_older_key_opens_what_it_sealed_and_without_it_nothing_does() -> None:
    sealed = Sealed(str).process_bind_param("rolstoel", dialect_of(OLD))
    assert Sealed(str).process_result_value(sealed, dialect_of(NEW, OLD)) == "rolstoel"
    with pytest.raises(CannotUnseal):
        Sealed(str).process_result_value(sealed, dialect_of(NEW))


def test_keys_in_a_file_are_made_once_beside_the_issuers(tmp_path: Path) -> None:
    settings = Settings(issuer_key_file=tmp_path / "issuer.json")
    sealed = Seals.of(settings).seal(b"x")
    assert Seals.of(settings).unseal(sealed) == b"x"
    assert (tmp_path / "seal.keys").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("wrong", [{}, {"seal_keys": "no key"}])
def test_without_a_key_or_with_something_else_nothing_starts(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="SEAL_KEYS"):
        Seals.of(Settings(**wrong))  # type: ignore[arg-type]
