"""One JSON line per fact in the log, with the request, event and corporation it belongs to, and no payloads."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog
from structlog.contextvars import merge_contextvars

if TYPE_CHECKING:
    from buurtthuis.envelope import Envelope

#: Libraries whose ordinary lines say nothing that we do not say ourselves.
QUIET = ("faststream", "httpx", "httpcore", "uvicorn.access", "alembic", "asyncio")

#: The event that is being reacted to.
HEARD: "ContextVar[Envelope | None]" = ContextVar("heard", default=None)


def configure(level: str = "INFO", *, pretty: bool = False) -> None:
    """Log to standard error: JSON, or for a person at a terminal where `pretty`."""
    shared: list[Any] = [
        merge_contextvars,
        _with_event,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_payload,
    ]
    renderer = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def about(envelope: "Envelope") -> Iterator[None]:
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
    record = line.get("_record")
    if record and record.name == "asyncio":  # goes on about the lost task with the words of its error
        line["event"] = line["event"].partition("\n")[0]
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
