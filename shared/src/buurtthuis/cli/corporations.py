"""`buurtthuis corporations`: who shares the deployment, and what comes and goes with them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.markup import escape
from rich.table import Column, Table

from buurtthuis.cli import corporations_toml
from buurtthuis.cli.console import DATA, DataFolder, clear_errors, console
from buurtthuis.core.corporations import Corporation, Corporations, Slug
from buurtthuis.core.settings import Settings, SettingsError

# What stores takes a second to import: only the commands that need it do, where they begin.
if TYPE_CHECKING:
    from buurtthuis.runtime.service import Service

corporations = typer.Typer(help="See who shares the deployment; let one join or leave.", no_args_is_help=True)

#: By service, of whom it keeps anything; None where its database could not be asked.
Kept = dict[str, frozenset[str] | None]


@corporations.command("list")
def list_corporations(data: DataFolder = DATA) -> None:
    """List who is in the file, and of whom each service keeps something, in the file or not."""
    with clear_errors():
        settings = Settings.read()
        known = Corporations.load(settings.corporations_file)
        kept = asyncio.run(_kept(settings, data))
    table = Table(Column("Slug", no_wrap=True), "Name", "KvK", "Languages", "Rows are kept by", box=None)
    for slug, corporation in known.items():
        languages = ", ".join(corporation.languages)
        table.add_row(slug, escape(corporation.name), corporation.kvk, languages, _kept_where(kept, slug))
    for slug in sorted({slug for slugs in kept.values() for slug in slugs or ()} - known.keys()):
        table.add_row(slug, "not in the file", "", "", _kept_where(kept, slug))
    console.print(table)
    if unasked := [service for service, slugs in kept.items() if slugs is None]:
        console.print(f"Not asked, since nothing answers: {', '.join(unasked)}.")


def _kept_where(kept: Kept, slug: str) -> str:
    return ", ".join(service for service, slugs in kept.items() if slug in (slugs or ())) or "-"


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


@corporations.command("leave")
def leave(
    slug: Annotated[str, typer.Argument(help="Whose, by its slug; in the file still, or not any more.")],
    package: Annotated[
        Path, typer.Option("--to", help="A folder, made for it: all that it takes along is written there.")
    ],
    service: Annotated[
        list[str] | None,
        typer.Option("--service", help="Only from these, where others are reached from elsewhere."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    redis_url: Annotated[
        str,
        typer.Option(
            "--redis-url", envvar="REDIS_ADMIN_URL", help="As a user who may see all keys of a corporation."
        ),
    ] = "",
    data: DataFolder = DATA,
) -> None:
    """Take all of a corporation along in a package, remove it from everywhere, and see that it stays away.

    It is done while all runs for the others, as the owner of the tables. Cut anywhere it goes on when it is done again."""
    with clear_errors():
        asyncio.run(_leave(slug, package, service or [], Settings.read(), redis_url, data, yes=yes))


async def _leave(
    slug: str, package: Path, only: list[str], settings: Settings, redis_url: str, data: Path, *, yes: bool
) -> None:
    from buurtthuis.cli.doctor import where_it_runs
    from buurtthuis.persistence.holdings import CannotTakeAlong, NotRemoved
    from buurtthuis.runtime.departure import ComesBack, Departure

    where, found = where_it_runs(settings, data)
    if where is None:
        raise SettingsError(found.said)
    if not where.database_owner_url:
        raise SettingsError(
            "Set DATABASE_OWNER_URL: only the owner of the tables removes what nobody may rewrite."
        )
    path, known = settings.corporations_file, Corporations.load(settings.corporations_file)
    departure = Departure(
        _slug(slug),
        known.get(slug),
        _those(only),
        where,
        redis_url or where.for_service(_those(only)[0].name).redis_url,
        package,
        lambda line: console.print(line, markup=False, soft_wrap=True),
    )
    is_held = await departure.is_held()
    if slug not in known and not is_held and not departure.began:
        raise SettingsError(f"Nothing is held of {slug}, and it is not in {path}.")
    if not yes:
        typer.confirm(
            f"Everything of {slug} is written to {package}, readable, personal data too, and removed here for good. Go on?",
            abort=True,
        )
    departure.open_package()
    if slug in known:
        corporations_toml.take_out(path, slug)
        console.print(f"{slug} is no longer in {path}.", markup=False)
    try:
        await departure.leave()
    except (CannotTakeAlong, NotRemoved, ComesBack) as refused:
        raise SettingsError(str(refused)) from None
    _say_what_is_left_to_do(slug, package, where)


def _say_what_is_left_to_do(slug: str, package: Path, where: Settings) -> None:
    from buurtthuis.identity.service_keys import ServiceKeys

    console.print(
        f"{slug} has left. Give it {package}, and delete that here: it holds personal data.", markup=False
    )
    for name in ServiceKeys.of(where, ()).only_for(slug):
        console.print(
            f"The service key of {name} was for {slug} alone: take it out of SERVICES_JWKS.", markup=False
        )


def _slug(written: str) -> str:
    try:
        return TypeAdapter(Slug).validate_python(written)
    except ValidationError:
        raise SettingsError(f"{written!r} is no slug: small letters, digits and hyphens.") from None


def _those(names: list[str]) -> "list[Service]":
    from buurtthuis.runtime.installed import installed_services

    installed = installed_services()
    if unknown := set(names) - installed.keys():
        raise SettingsError(
            f"There is no service called {', '.join(sorted(unknown))}; installed are {', '.join(installed)}."
        )
    return [service for name, service in installed.items() if not names or name in names]


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
