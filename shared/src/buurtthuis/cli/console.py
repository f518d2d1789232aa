"""How commands speak: to whoever asked, and of what they can mend."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from rich.console import Console

from buurtthuis.core.corporations import CorporationsFileError
from buurtthuis.core.settings import SettingsError
from buurtthuis.embedded import EmbeddedError

DataFolder = Annotated[
    Path, typer.Option("--data", envvar="DATA", help="Where the embedded servers keep their data.")
]
DATA = Path(".data")

console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)


@contextmanager
def clear_errors() -> Iterator[None]:
    """What somebody can mend is one sentence, not a traceback."""
    try:
        yield
    except httpx.ConnectError as error:
        address = error.request.url.copy_with(path="/")
        _give_up(f"Nothing answers at {address}: start BuurtThuis, or say where it runs with --url.")
    except httpx.HTTPError as error:
        _give_up(f"BuurtThuis did not answer as it should: {str(error).rstrip('.') or type(error).__name__}.")
    except (SettingsError, CorporationsFileError, EmbeddedError) as error:
        _give_up(str(error))


def complain(sentence: str) -> None:
    """Say what is wrong, beside whatever a command answers."""
    complaints.print(sentence, style="red", markup=False, soft_wrap=True)


def _give_up(sentence: str) -> NoReturn:
    complain(sentence)
    raise typer.Exit(1) from None
