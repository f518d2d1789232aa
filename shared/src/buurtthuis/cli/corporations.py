"""`buurtthuis corporations`: who shares the deployment, and what comes and goes with them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from buurtthuis.cli import corporations_toml
from buurtthuis.cli.console import clear_errors, console
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.core.settings import Settings, SettingsError

# What stores takes a second to import: only the commands that need it do, where they begin.
if TYPE_CHECKING:
    from buurtthuis.runtime.service import Service

corporations = typer.Typer(help="See who shares the deployment; let one join or leave.", no_args_is_help=True)

DataFolder = Annotated[
    Path, typer.Option("--data", envvar="DATA", help="Where the embedded servers keep their data.")
]
DATA = Path(".data")
#: By service, of whom it keeps anything; None where its database could not be asked.
Kept = dict[str, frozenset[str] | None]


@corporations.command("list")
def list_corporations(data: DataFolder = DATA) -> None:
    """List who is in the file, and of whom each service keeps something, in the file or not."""
    with clear_errors():
        settings = Settings.read()
        known = Corporations.load(settings.corporations_file)
        kept = asyncio.run(_kept(settings, data))
    table = Table("Slug", "Name", "KvK", "Languages", *kept, box=None)
    left = {slug for slugs in kept.values() for slug in slugs or ()} - known.keys()
    for corporation in known.values():
        facts = (
            corporation.slug,
            escape(corporation.name),
            corporation.kvk,
            ", ".join(corporation.languages),
        )
        table.add_row(*facts, *(_said(slugs, corporation.slug) for slugs in kept.values()))
    for slug in sorted(left):
        table.add_row(slug, "not in the file", "", "", *(_said(slugs, slug) for slugs in kept.values()))
    console.print(table)


def _said(slugs: frozenset[str] | None, slug: str) -> str:
    return "not asked" if slugs is None else "rows" if slug in slugs else "-"


@corporations.command("add")
def add_corporation(
    slug: Annotated[str, typer.Argument(help="What programs call it: small letters, digits and hyphens.")],
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    kvk: Annotated[str, typer.Option("--kvk", help="Its number at the Chamber of Commerce, eight digits.")],
    language: Annotated[
        list[str],
        typer.Option("--language", "-l", help="One it speaks; more than once for more, first first."),
    ],
    time_zone: Annotated[str, typer.Option("--time-zone", help="By its IANA name.")] = "Europe/Amsterdam",
    issuer: Annotated[
        str | None, typer.Option("--issuer", help="Its OpenID provider, as `iss` in its tokens has it.")
    ] = None,
    audience: Annotated[
        str, typer.Option("--audience", help="What the provider's tokens for BuurtThuis say in `aud`.")
    ] = "buurtthuis",
) -> None:
    """Add one to the file, checked as a whole. Whatever runs works for it within seconds.

    What an entry can have besides is in the comments of corporations.toml."""
    with clear_errors():
        issuers = [{"url": issuer, "audience": audience}] if issuer else []
        entry = {
            "slug": slug,
            "name": name,
            "kvk": kvk,
            "languages": language,
            "time_zone": time_zone,
            "issuers": issuers,
        }
        path = Settings.read().corporations_file
        corporations_toml.add(path, _checked(entry))
        console.print(
            f"{slug} is in {path}; whatever runs with it reads it again within seconds.", markup=False
        )


def _checked(entry: Mapping[str, object]) -> Corporation:
    try:
        return Corporation.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


async def _kept(settings: Settings, data: Path) -> Kept:
    from buurtthuis.cli.doctor import where_it_runs
    from buurtthuis.runtime.installed import installed_services

    where, _ = where_it_runs(settings, data)
    return {
        service.name: await _kept_by(service, where) if where else None
        for service in installed_services().values()
    }


async def _kept_by(service: "Service", where: Settings) -> frozenset[str] | None:
    from sqlalchemy.exc import SQLAlchemyError

    from buurtthuis.persistence.engine import Database
    from buurtthuis.persistence.journal import NUMBERED, UNNUMBERED

    database = Database(where.for_service(service.name).database_url)
    try:
        found = await database.who_has_work([NUMBERED.name, UNNUMBERED.name])
        return frozenset(found[NUMBERED.name]) | frozenset(found[UNNUMBERED.name])
    except (OSError, SQLAlchemyError):
        return None
    finally:
        await database.close()
