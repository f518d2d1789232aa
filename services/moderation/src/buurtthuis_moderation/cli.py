"""Look after those who look after pages."""

import asyncio

import typer
from buurtthuis.cli.console import clear_errors, console

cli = typer.Typer(help=__doc__, no_args_is_help=True)


@cli.callback()
def moderation() -> None:
    """Look after those who look after pages."""


@cli.command()
def verify() -> None:
    """Check that nobody changed or took away what was written down of what moderators did; exits with 1 otherwise.

    Keep the digests that it prints elsewhere: whoever can write the whole database anew cannot write those."""
    with clear_errors():
        broken = asyncio.run(_verify())
    if broken:
        raise typer.Exit(1)


async def _verify() -> bool:
    from buurtthuis.core.corporations import Corporations
    from buurtthuis.core.settings import Settings
    from buurtthuis.persistence.engine import Database

    from buurtthuis_moderation.queries.verification import verify as verified

    settings = Settings.read().for_service("moderation")
    database = Database(settings.database_url)
    broken = False
    try:
        async for found in verified(database, Corporations.load(settings.corporations_file).values()):
            broken |= found.fault is not None
            console.print(str(found), soft_wrap=True, style="bold red" if found.fault else None, markup=False)
    finally:
        await database.close()
    console.print("Something was changed." if broken else "All is as it was written.")
    return broken
