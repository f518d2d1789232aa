"""The data folder: one BuurtThuis at a time, and a short private place for its sockets."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from buurtthuis.embedded.server import EmbeddedError, locked

PREFIX = "buurtthuis-"


@contextmanager
def claimed(data: Path) -> Iterator[Path]:
    """Have the data folder for ourselves; gives the folder for the sockets."""
    with _claim(data) as claim:
        _remove_sockets_left_behind(claim)
        with socket_folder() as sockets:
            _sign(claim, sockets)
            yield sockets


def sockets_in_use(data: Path) -> Path | None:
    """Where the servers on this data folder answer, when somebody runs them."""
    with suppress(OSError, ValueError):
        pid, sockets = (data / "in-use-by").read_text().splitlines()
        if _runs(int(pid)) and Path(sockets).is_dir():
            return Path(sockets)
    return None


@contextmanager
def socket_folder() -> Iterator[Path]:
    """A private folder whose path is short enough for a socket, and gone afterwards."""
    sockets = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_temporary()))
    try:
        yield sockets
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def _temporary() -> str:
    # Trap: a socket's path has at most 103 bytes (macOS), and commas and spaces mean something in a list of hosts.
    chosen = tempfile.gettempdir()
    return chosen if re.fullmatch(r"[\w/.+-]{1,60}", chosen, re.ASCII) else "/tmp"  # noqa: S108


def _claim(data: Path) -> TextIO:
    try:
        data.mkdir(mode=0o711, parents=True, exist_ok=True)
        claim = (data / "in-use-by").open("a+")
    except OSError as error:
        raise EmbeddedError(
            f"The data folder {data} cannot be used: {error.strerror}. Give another one with --data."
        ) from error
    if not locked(claim.fileno()):
        raise EmbeddedError(
            f"The data folder {data} is in use by process {_signature(claim)[0]}: "
            "stop that one first, or give another folder with --data."
        )
    return claim


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signature(claim: TextIO) -> list[str]:
    claim.seek(0)
    return claim.read().splitlines() or ["another"]


def _sign(claim: TextIO, sockets: Path) -> None:
    claim.truncate(0)
    claim.write(f"{os.getpid()}\n{sockets}\n")
    claim.flush()


def _remove_sockets_left_behind(claim: TextIO) -> None:
    """A process that was killed could not clean up; who claims the folder next does it."""
    for left in map(Path, _signature(claim)[1:]):
        if left.name.startswith(PREFIX) and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
