"""Entries of the corporations file: put in and taken out, and all else stays as its operator wrote it."""

import fcntl
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from buurtthuis.core.corporations import Corporation, Corporations, CorporationsFileError

HEADER = re.compile(r"[ \t]*\[\[[ \t]*corporation[ \t]*\]\]")


def add(path: Path, corporation: Corporation) -> None:
    """Write it at the end of the file. Raises CorporationsFileError, and then the file is as it was."""
    _rewrite(path, lambda text: _with(text, corporation))


def take_out(path: Path, slug: str) -> None:
    """Take it out of the file, with what is noted right above it. Raises CorporationsFileError, likewise."""
    _rewrite(path, lambda text: _without(text, slug))


def _with(text: str, corporation: Corporation) -> str:
    import tomlkit

    entry = tomlkit.item({"corporation": [corporation.model_dump(exclude_defaults=True, mode="json")]})
    return f"{text.rstrip()}\n\n{tomlkit.dumps(entry).strip()}\n"


def _without(text: str, slug: str) -> str:
    """Raises ValueError where what is left would not be the others."""
    before = Corporations.parse(text)
    others = {each: corporation for each, corporation in before.items() if each != slug}
    if not others:
        raise ValueError("it is the only one in it, and a deployment has one at least")
    lines = re.split(r"(?<=\n)", text)  # TOML ends a line here alone; splitlines() ends one at U+0085 too
    index = [*before].index(slug)
    headers = [number for number, line in enumerate(lines) if HEADER.match(line)]
    if len(headers) == len(before):
        first, end = headers[index], [*headers, len(lines)][index + 1]
        left = "".join(lines[: _above(lines, first)] + lines[_above(lines, end) :]).rstrip() + "\n"
        with suppress(ValueError):
            if dict(Corporations.parse(left)) == others:
                return left
    raise ValueError(f"take {slug} out of it by hand: where its entry begins and ends cannot be told")


def _above(lines: list[str], header: int) -> int:
    """Where what belongs to an entry begins: with the comment right above its header."""
    while 0 < header < len(lines) and lines[header - 1].lstrip().startswith("#"):
        header -= 1
    return header


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    """All of it or nothing, and one at a time: another file takes its place, with the same owner and mode."""
    path = path.resolve()  # where the name is a link, the file that it leads to
    try:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            text = change(path.read_bytes().decode())  # with the ends of lines as they are
            Corporations.parse(text)
            _replace(path, text)
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise CorporationsFileError(path, f"it cannot be written: {error.strerror}") from error
    except ValueError as error:
        raise CorporationsFileError(path, str(error)) from error


def _replace(path: Path, text: str) -> None:
    was = path.stat()
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as new:
            new.write(text.encode())
            new.flush()
            os.fchmod(number, was.st_mode)
            with suppress(PermissionError):  # only root may give it to somebody else
                os.fchown(number, was.st_uid, was.st_gid)
            os.fsync(number)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
