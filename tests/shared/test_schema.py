"""What the code maps is what the migrations make: the same tables, columns, types and nulls."""

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from buurtthuis.core.settings import Settings
from buurtthuis.persistence.revisions import has_all
from buurtthuis.persistence.schema import _config
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.service import Service
from sqlalchemy import ARRAY, Connection, MetaData, String, Table, TypeDecorator, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

#: Of the differences that alembic can see.
KINDS = ("_table", "_column", "_type", "_nullable")
#: Rooms of the library's own trials, which no service has.
SAMPLES = "buurtthuis.testing."


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.starts(name)) for name in installed_services()])
async def migrated(
    request: pytest.FixtureRequest, settings: Settings
) -> AsyncIterator[tuple[str, AsyncConnection]]:
    """One installed service, and a connection to its migrated database as its owner."""
    url = settings.for_service(request.param).database_owner_url
    assert url
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        yield request.param, connection
    await engine.dispose()


@pytest.mark.parametrize("service", installed_services().values(), ids=lambda service: service.name)
def test_what_migrations_there_are_is_read_from_their_files_as_alembic_reads_it(
    service: Service, tmp_path: Path
) -> None:
    heads = set(ScriptDirectory.from_config(_config(service.migrations)).get_heads())
    assert has_all(heads, service.migrations)
    assert not has_all({head for head in heads if head.startswith("library")}, service.migrations)
    assert not has_all({*heads, "of_a_newer_version"}, service.migrations)
    shutil.copytree(service.migrations, tmp_path / "migrations")
    (tmp_path / "migrations" / "unnamed.py").write_text("revision, down_revision = 'unnamed', None")
    assert not has_all(heads, tmp_path / "migrations")


async def test_what_is_mapped_is_what_is_migrated(migrated: tuple[str, AsyncConnection]) -> None:
    service, connection = migrated
    differences = await connection.run_sync(_differences, service)
    assert differences == []


def _differences(connection: Connection, service: str) -> list[str]:
    """Indexes and keys are the migrations' own, and so are columns that fill themselves: no code leans on them."""
    mapped = _mapped(service, set(inspect(connection).get_table_names()))
    opts = {
        "include_name": lambda name, kind, _: kind != "table" or name in mapped.tables,
        "compare_type": _is_another_type,
    }
    found = compare_metadata(MigrationContext.configure(connection, opts=opts), mapped)
    changes = [change[0] if isinstance(change, list) else change for change in found]
    return [str(change) for change in changes if change[0].endswith(KINDS) and not _fills_itself(change)]


def _fills_itself(change: tuple[Any, ...]) -> bool:
    return change[0] == "remove_column" and change[-1].server_default is not None


def _is_another_type(*compared: Any) -> bool | None:
    """PostgreSQL keeps text of any length as text, and words are text in the code's keeping."""
    return False if all(_is_text(kind) for kind in compared[-2:]) else None


def _is_text(kind: Any) -> bool:
    kind = kind.impl if isinstance(kind, TypeDecorator) else kind
    return isinstance(kind.item_type if isinstance(kind, ARRAY) else kind, String)


def _mapped(service: str, migrated: set[str]) -> MetaData:
    """The service's own tables, and those of the library that it has."""
    own, shared = _tables(f"buurtthuis_{service}"), _tables("buurtthuis")
    everything = MetaData()
    for table in {*own, *(table for table in shared if table.name in migrated)}:
        table.to_metadata(everything)
    return everything


def _tables(package: str) -> set[Table]:
    names = [name for name in sys.modules if name.startswith(f"{package}.") and not name.startswith(SAMPLES)]
    values = [value for name in names for value in vars(sys.modules[name]).values()]
    return {value for value in values if isinstance(value, Table)}
