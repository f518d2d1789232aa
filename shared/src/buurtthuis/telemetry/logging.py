"""One JSON line per fact in the log, with the request, event and corporation it belongs to, and no payloads."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TextIO

import structlog
from structlog.contextvars import merge_contextvars


class Heard(Protocol):
    """An event that is being reacted to: an envelope."""

    @property
    def id(self) -> str:
        """Its own."""

    @property
    def type(self) -> str:
        """Its CloudEvents type."""

    @property
    def corporation(self) -> str:
        """Whose it is."""


#: Libraries whose ordinary lines say nothing that we do not say ourselves.
QUIET = ("faststream", "httpx", "httpcore", "uvicorn.access", "alembic", "asyncio")

#: The event that is being reacted to.
HEARD: ContextVar[Heard | None] = ContextVar("heard", default=None)


#: Libraries that speak of their own doings alone. Others quote what they were given: numbers, statements, requests.
DISCREET = ("uvicorn", "asyncio")


def configure(level: str = "INFO") -> None:
    """Log to standard error, whoever speaks: us, a library, or Python itself of what nobody caught."""
    shared: list[Any] = [
        merge_contextvars,
        _with_event,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_payload,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )
    foreign: list[Any] = [*shared, _in_our_words]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(), foreign_pre_chain=foreign
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    _catch_what_nobody_caught()


def configure_plainly() -> None:
    """Log for whoever looks on, such as in a test, unless somebody said otherwise.

    structlog's own way shows an error with every variable of every frame: it takes seconds, in which nothing else
    runs, and tells what people wrote."""
    if not structlog.is_configured():
        renderer = structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
        structlog.configure(processors=[merge_contextvars, structlog.processors.add_log_level, renderer])


def adopt(name: str) -> logging.Logger:
    """The logger of a library that has a handler of its own, which would write past us: its warnings become ours."""
    logger = logging.getLogger(name)
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.WARNING)
    return logger


@contextmanager
def about(envelope: Heard) -> Iterator[None]:
    """Say in every line which event is being reacted to, and whose it is."""
    token = HEARD.set(envelope)
    try:
        yield
    finally:
        HEARD.reset(token)


def _with_event(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    """Looked up when a line is written, since most reactions write none."""
    heard = HEARD.get()
    if heard:
        line |= {"event_id": heard.id, "event_type": heard.type, "corporation": heard.corporation} | line
    return line


def _without_payload(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    """A traceback's last line can quote what a person typed: keep its kind and place only."""
    error = line.pop("exc_info", None)
    if error:
        kind = error[1] if isinstance(error, tuple) else error
        kind = kind if isinstance(kind, BaseException) else sys.exc_info()[1]
        line["error"] = type(kind).__name__
        line["at"] = [f"{frame.f_globals.get('__name__')}:{number}" for frame, number in _frames(kind)][-5:]
    return line


def _frames(error: BaseException | None) -> Iterator[tuple[Any, int]]:
    trace = error.__traceback__ if error else None
    while trace:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _in_our_words(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    """What a library logs, without what it may quote."""
    record = line["_record"]
    line["logger"] = record.name
    if (
        record.name.partition(".")[0] in DISCREET
    ):  # asyncio goes on about a lost task with the words of its error
        return line | {"event": line["event"].partition("\n")[0]}
    return line | {"event": "a library says something", "where": f"{record.module}:{record.lineno}"}


def _catch_what_nobody_caught() -> None:
    """Python writes of it past any logging, with all its words."""
    log = structlog.get_logger(__name__)

    def warned(
        message: Warning | str,  # noqa: ARG001
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,  # noqa: ARG001
        line: str | None = None,  # noqa: ARG001
    ) -> None:
        log.warning("Python warns", kind=category.__name__, where=f"{Path(filename).name}:{lineno}")

    def ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("nobody caught an error", exc_info=(kind, error, trace))

    def ended_in_a_thread(what: threading.ExceptHookArgs) -> None:
        log.error("nobody caught an error in a thread", exc_info=what.exc_value)

    def lost(what: "sys.UnraisableHookArgs") -> None:
        log.error("an error was lost", exc_info=what.exc_value)

    warnings.showwarning = warned
    sys.excepthook, sys.unraisablehook, threading.excepthook = ended, lost, ended_in_a_thread
