"""Which columns of a service's database are about somebody: what its table of what is personal is compared with."""

import importlib
import pkgutil
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import ModuleType

from buurtthuis.domain.privacy import Personal
from sqlalchemy import ARRAY, Column, Enum, LargeBinary, String, Table, Uuid, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


@dataclass(frozen=True)
class PersonalColumns:
    """Of the tables in the modules of `storage`, and in `more`.

    A column whose name matches `somebody` is about people, whatever its type. `nobodys` are columns, or names of
    columns, that are about nobody: whoever adds one says why."""

    storage: ModuleType
    somebody: re.Pattern[str]
    nobodys: frozenset[str]
    more: tuple[ModuleType, ...] = field(default=())

    def tables(self) -> list[Table]:
        """All that the service keeps."""
        name = self.storage.__name__
        modules = [
            importlib.import_module(f"{name}.{module.name}")
            for module in pkgutil.iter_modules(self.storage.__path__)
        ]
        mappers = [module.mapper for module in (*modules, *self.more) if hasattr(module, "mapper")]
        found = {table for mapper in mappers for table in mapper.metadata.tables.values()}
        return sorted(found, key=lambda table: table.name)

    def columns(self) -> list[Column[object]]:
        """Of all tables."""
        return [column for table in self.tables() for column in table.c]

    def personal(self) -> set[str]:
        """Those about somebody."""
        return {str(column) for column in self.columns() if self.is_personal(column)}

    def is_personal(self, column: Column[object]) -> bool:
        """Whether it is named after somebody, is a list of ids, is sealed, or takes whatever a person writes."""
        kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
        free = isinstance(kind, String | LargeBinary) and not isinstance(kind, Enum)
        listed = {column.name, str(column)} & (self.nobodys | {"corporation"})
        return not listed and (free or is_list_of_ids(column) or bool(self.somebody.search(column.name)))

    def documents(self) -> set[str]:
        """What is inside of these no test can know."""
        return {str(column) for column in self.columns() if _is_document(column)}


def is_list_of_ids(column: Column[object]) -> bool:
    """As lists of people are kept."""
    return isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Uuid)


def covered(personal: Iterable[Personal]) -> set[str]:
    """Columns that are emptied, and all those of rows that go."""
    found: set[str] = set()
    for part in personal:
        table = inspect(part.kind).local_table
        found |= {f"{table.name}.{name}" for name in part.words or table.c.keys()}
    return found


def _is_document(column: Column[object]) -> bool:
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(kind, JSONB)
