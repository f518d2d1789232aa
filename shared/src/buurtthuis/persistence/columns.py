"""Tables that belong to one corporation, and the types of their columns."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import (
    Column,
    Enum,
    FetchedValue,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import registry
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from buurtthuis.core.work import Aggregate
from buurtthuis.persistence.sealing import SEALED, Seals

A = TypeVar("A", bound=Aggregate)


def corporation_table(name: str, metadata: MetaData, *columns: SchemaItem) -> Table:
    """A table whose rows each belong to one corporation, filled in by the database itself."""
    return Table(
        name,
        metadata,
        *columns,
        Column("corporation", String, nullable=False, server_default=FetchedValue()),
    )


def word(kind: type[StrEnum]) -> Enum:
    """A column that holds one of these words, as the contract writes them."""
    return Enum(kind, native_enum=False, values_callable=lambda members: [member.value for member in members])


class Whole(TypeDecorator[Any]):
    """A value of several parts that never changes, kept as one JSON document.

    `names` are pairs: how the code calls a part, and how the document has always called it."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any, names: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind
        self.names = names

    def process_bind_param(self, value: Any, _dialect: Dialect) -> Any:
        """To the database."""
        if value is None:
            return None
        return _renamed(_adapter(self.kind).dump_python(value, mode="json"), dict(self.names))

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """And back."""
        if value is None:
            return None
        ours = _renamed(value, {kept: ours for ours, kept in self.names})
        return _adapter(self.kind).validate_python(ours, strict=False)


def _renamed(document: Any, names: Mapping[str, str]) -> Any:
    return {names.get(name, name): part for name, part in document.items()} if names else document


class Sealed(TypeDecorator[Any]):
    """A value that the database keeps sealed; what was written in the clear before is read as it is.

    It can be compared with nothing but null: sealed twice it is something else."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """To the database."""
        return None if value is None else _seals(dialect).seal(_binary_adapter(self.kind).dump_json(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """And back. Raises CannotUnseal."""
        if value is None or not value.startswith(SEALED):
            return value
        return _binary_adapter(self.kind).validate_json(_seals(dialect).unseal(value), strict=False)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """To make one takes a hundred times as long as to use it."""
    return TypeAdapter(kind)


@cache
def _binary_adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))


def _seals(dialect: Dialect) -> Seals:
    seals: Seals = dialect.seals  # type: ignore[attr-defined]  # put there by `Database`
    return seals


def map_aggregate(mapper: registry, kind: type, table: Table, **options: Any) -> None:
    """Map a plain class onto a corporation table; the class never sees the corporation column."""
    mapper.map_imperatively(kind, table, exclude_properties=["corporation"], **options)


def map_part(mapper: registry, kind: type, table: Table) -> None:
    """Map a class that lives inside an aggregate, and is only reached through it."""
    mapper.map_imperatively(kind, table, exclude_properties=["corporation"])
