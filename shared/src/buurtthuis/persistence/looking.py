"""Who has work: one question for all corporations, answered by a function of the database's owner.

Row-level security shows the application one corporation at a time, so whoever asks for each in turn pays for each.
Whatever works by itself (relay, timers, workers, housekeeping, measurements) declares what it looks for as a `Look`;
`migrate` makes of all those of a service the function `who_has_work`, which answers names, slugs and numbers and
nothing else. What is found is then done as ever, in a transaction of its own corporation.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    DateTime,
    Select,
    TableClause,
    Text,
    cast,
    func,
    literal,
    literal_column,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import visitors

from buurtthuis.persistence.tenancy import NO_CORPORATION

#: A moment that is known, or that the database is told when it is asked.
Now: TypeAlias = datetime | ColumnElement[datetime]
Rows: TypeAlias = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]

FUNCTION = "who_has_work(text[], timestamptz)"
POLICY = "looked_over"
#: The parameter of the function, in what is made of a look.
NOW: ColumnElement[datetime] = literal_column("who_has_work.now", DateTime(timezone=True))


@dataclass(frozen=True)
class Look:
    """One thing that is looked for in all corporations at once.

    `rows` are those of which there must be any, at a moment; whose they are says the table of their first column. Of
    each corporation that has some it is told how many there are, or another `figure` of theirs; with `by` for each value
    of that column apart. Where it is asked often an index has to lead to them, or it costs more the more there are."""

    name: str
    rows: Callable[[Now], Rows]
    figure: ColumnElement[Any] = field(default_factory=func.count)
    by: ColumnElement[str] | None = None

    def name_of(self, value: str) -> str:
        """What it is called in the answer, where it is told `by` something."""
        return f"{self.name}.{value}"

    @property
    def selects(self) -> Sequence[Select[Any]]:
        """Its statements, as they are asked of all corporations."""
        rows = self.rows(NOW)
        found: Sequence[Any] = rows.selects if isinstance(rows, CompoundSelect) else (rows,)
        return [_in_order(self._of_all(select)) for select in found]

    @property
    def tables(self) -> frozenset[str]:
        """Where it looks: what is committed in no other brings no such work."""
        return frozenset(
            part.name
            for select in self.selects
            for part in visitors.iterate(select)
            if isinstance(part, TableClause)
        )

    def _of_all(self, select: Select[Any]) -> Select[Any]:
        table: Any = next(iter(select.selected_columns)).table
        what: ColumnElement[str] = literal(self.name, Text)
        groups: list[ColumnElement[str]] = [table.c.corporation]
        if self.by is not None:
            what, groups = literal(self.name_of(""), Text) + self.by, [*groups, self.by]
        asked = select.with_only_columns(what, table.c.corporation, cast(self.figure, BigInteger))
        return asked.order_by(None).limit(None).group_by(*groups)


@dataclass(frozen=True)
class Answer:
    """What was found: name -> corporation -> number. What is `unknown` no version of this database was told to look for."""

    found: Mapping[str, Mapping[str, int]]
    unknown: frozenset[str]

    def __getitem__(self, name: str) -> Mapping[str, int]:
        """Corporation -> number; only those that have any."""
        return self.found.get(name, {})


ASK = text(
    "SELECT what, corporation, count FROM who_has_work(CAST(:asked AS text[]), CAST(:now AS timestamptz))"
)


async def ask(connection: AsyncConnection, asked: Collection[str], now: datetime | None) -> Answer:
    """Look for these, at that moment or else by the database's own clock."""
    found: dict[str, dict[str, int]] = {}
    unknown = set()
    for what, corporation, count in await connection.execute(ASK, {"asked": sorted(asked), "now": now}):
        if corporation is None:
            unknown.add(what)
        else:
            of_what = found.setdefault(what, {})
            of_what[corporation] = of_what.get(corporation, 0) + count
    return Answer(found, frozenset(unknown))


# In the database, as its owner


def install(connection: Connection, looks: Iterable[Look], role: str) -> None:
    """Make the function anew for these, for this role alone, and let it see the tables that it reads."""
    looks = list(looks)
    for statement in _policies(connection, {table for look in looks for table in look.tables}):
        connection.exec_driver_sql(statement)
    quoted = connection.dialect.identifier_preparer.quote(role)
    connection.exec_driver_sql(FRAME.format(body=body(looks)))
    connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO {quoted}")


def is_installed(connection: Connection, looks: Iterable[Look]) -> bool:
    """Whether the function is the one that is made for these."""
    source: str | None = connection.scalar(SOURCE, {"function": FUNCTION})
    return source is not None and source.strip() == body(looks).strip()


SOURCE = text("SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure(:function)")
FRAME = """
CREATE OR REPLACE FUNCTION who_has_work(asked text[], now timestamptz)
RETURNS TABLE (what text, corporation text, count bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' AS $look$
{body}
$look$
"""
#: With no corporation's name the policy of every table lets nothing through, and raises no error either.
#: Only superusers may give a function settings of its own like these, so it puts them back itself.
BODY = """
#variable_conflict use_column
DECLARE entered text := coalesce(current_setting('buurtthuis.corporation', true), '');
BEGIN
    PERFORM set_config('buurtthuis.corporation', '{nobody}', true), set_config('buurtthuis.looking', 'yes', true);
    now := coalesce(now, clock_timestamp());
    RETURN QUERY SELECT name, NULL::text, NULL::bigint FROM unnest(asked) AS name
        WHERE name <> ALL (CAST(ARRAY[{names}] AS text[]));
{branches}
    PERFORM set_config('buurtthuis.corporation', entered, true), set_config('buurtthuis.looking', '', true);
END
"""
BRANCH = """
    IF '{name}' = ANY (asked) THEN
        RETURN QUERY {select};
    END IF;
"""


def body(looks: Iterable[Look]) -> str:
    """The function's, the same whoever makes it."""
    looks = sorted(looks, key=lambda look: look.name)
    return BODY.format(
        nobody=NO_CORPORATION,
        names=", ".join(f"'{look.name}'" for look in looks),
        branches="".join(
            BRANCH.format(name=look.name, select=_written(select))
            for look in looks
            for select in look.selects
        ),
    )


def _written(select: Select[Any]) -> str:
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    written = str(select.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    return " ".join(written.split())


def _in_order(select: Select[Any]) -> Select[Any]:
    """What one of several can be, in one order: a set has another one in each process."""

    def sort(parameter: Any) -> None:
        if parameter.expanding:
            parameter.value = sorted(parameter.value)

    return visitors.cloned_traverse(select, {}, {"bindparam": sort})


LOOKED_OVER = text(
    "SELECT tablename, roles = ARRAY[current_user] AS ours FROM pg_policies WHERE policyname = :policy"
)


def _policies(connection: Connection, tables: Collection[str]) -> list[str]:
    """What makes the owner see these tables while the function looks, and no others."""
    there = {row.tablename: row.ours for row in connection.execute(LOOKED_OVER, {"policy": POLICY})}
    kept = {table for table, ours in there.items() if ours and table in tables}
    return [
        *(f"DROP POLICY {POLICY} ON {table}" for table in sorted(there.keys() - kept)),
        *(
            f"CREATE POLICY {POLICY} ON {table} FOR SELECT TO CURRENT_USER "
            "USING ((SELECT current_setting('buurtthuis.looking', true)) = 'yes')"
            for table in sorted(set(tables) - kept)
        ),
    ]
