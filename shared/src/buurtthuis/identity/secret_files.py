"""Secrets in files: written once, read by their owner alone."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from buurtthuis.core.settings import SettingsError


def secret_in(setting: str, path: Path, new: Callable[[], str]) -> str:
    """What is in the file that this setting names, made on first use. Raises SettingsError."""
    try:
        if not path.exists():
            write_once(path, new())
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{setting}: {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{setting}: {path}: it is not a text.") from None


def write_once(path: Path, text: str) -> None:
    """Make a file with a secret in it, unless it is there.

    Linking is atomic and never replaces: of two processes that start at once, one wins and both read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8"
    ) as file:  # mode 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
