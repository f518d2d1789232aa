"""What can be seen of a running system: health, measurements, traces and the log; never what people typed."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause, new_id
from buurtthuis.eventlog import listener as listener_room
from buurtthuis.eventlog.listener import QUIET
from buurtthuis.eventlog.reactions import react
from buurtthuis.eventlog.relay import Relay
from buurtthuis.eventlog.stream_writer import StreamWriter
from buurtthuis.eventlog.streams import reader_mark, stream_name
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import engine
from buurtthuis.telemetry import logging as log_room
from buurtthuis.telemetry import tracing
from buurtthuis.testing import Playground, eventually, playground, samples
from buurtthuis.testing.samples import BROKEN
from buurtthuis.testing.samples.domain import WriteNote

from tests.actors import STAFF
from tests.shared.rooms import ECHOES, NOTES, OURS, Rooms, envelopes

CANARY = "Jansen-Dorpsstraat-1"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


@pytest.fixture
async def samples_place(sample_settings: Settings) -> AsyncIterator[Playground]:
    """The sample services, running."""
    BROKEN.clear()
    async with playground([samples.notes, samples.echoes], sample_settings) as running:
        yield running
    BROKEN.clear()


async def write(place: Playground, words: str) -> None:
    notes = place.service(NOTES)
    await notes.dispatcher.run(WriteNote(words), notes.corporations[OURS], Cause(STAFF))
    await place.settled()


# Health


async def test_a_whole_system_is_healthy_and_ready(samples_place: Playground) -> None:
    client = samples_place.client()
    await eventually(lambda: _answers(samples_place, "/healthz", 200))
    for path in ("/healthz", "/readyz", f"/{ECHOES}/healthz", f"/{ECHOES}/readyz"):
        assert (await client.get(path)).status_code == 200


async def test_health_is_lost_with_the_relay(
    sample_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(_: Relay) -> None:
        raise RuntimeError

    monkeypatch.setattr(Relay, "run", die)
    async with playground([samples.notes], sample_settings) as place:
        await eventually(lambda: _answers(place, f"/{NOTES}/healthz", 503))
        assert await _answers(place, "/healthz", 503)


async def test_health_tells_of_a_stream_that_cannot_be_read(
    samples_place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_away(_: StreamWriter, __: str) -> None:
        """Else the speaker mends its stream."""

    monkeypatch.setattr(StreamWriter, "_begin_anew", look_away)
    await eventually(lambda: _answers(samples_place, f"/{ECHOES}/healthz", 200))
    await samples_place.service(ECHOES).redis.set(stream_name(OURS, NOTES), "not a stream")

    async def is_told() -> bool:
        told = (await samples_place.client().get(f"/{ECHOES}/healthz")).json()
        return bool(told == {ECHOES: "running, but cannot read 1 of its streams"})

    await eventually(is_told)


async def test_a_clock_that_is_off_its_databases_is_told_and_stops_nobody(
    samples_place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "utc_now", lambda: datetime.now(UTC) + timedelta(minutes=2))
    answer = await samples_place.client().get(f"/{NOTES}/readyz")
    assert answer.status_code == 200
    assert answer.json() == {NOTES: "ready, but its clock is 120 s ahead of its database's"}
    exposed = (await samples_place.client().get(f"/{NOTES}/metrics")).text
    assert f'buurtthuis_clock_ahead_seconds{{service="{NOTES}"}} 1' in exposed


async def test_without_redis_a_service_is_not_ready(sample_settings: Settings) -> None:
    away = sample_settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})
    async with playground([samples.notes], away) as place:
        answer = await place.client().get(f"/{NOTES}/readyz")
        assert answer.status_code == 503
        assert answer.json() == {NOTES: "not ready: ConnectionError"}


async def test_without_a_database_a_service_is_not_ready(sample_settings: Settings) -> None:
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:9/nothing"
    away = sample_settings.model_copy(update={"database_url": nowhere})
    async with playground([samples.notes], away) as place:
        assert (await place.client().get(f"/{NOTES}/readyz")).status_code == 503


async def _answers(place: Playground, path: str, status: int) -> bool:
    return (await place.client().get(path)).status_code == status


# Measurements


async def measured(place: Playground, name: str, **labels: str) -> float:
    """One number of the exposition."""
    wanted = {f'{label}="{value}"' for label, value in labels.items()}
    lines = (await place.client().get("/metrics")).text.splitlines()
    found = [line for line in lines if line.startswith(f"{name}{{") and all(one in line for one in wanted)]
    assert len(found) == 1, found
    return float(found[0].rpartition(" ")[2])


async def test_parked_events_are_counted(samples_place: Playground) -> None:
    BROKEN.add("bad")
    await write(samples_place, "bad")
    assert await measured(samples_place, "buurtthuis_parked_events", service=ECHOES, corporation=OURS) == 1


async def test_what_waits_for_a_relay_is_counted(
    sample_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rest(_: Any) -> None:
        await asyncio.Event().wait()

    async with playground([samples.notes], sample_settings) as place:
        await write(place, "published")
    monkeypatch.setattr(Relay, "run", rest)
    async with playground([samples.notes], sample_settings) as place:
        notes = place.service(NOTES)
        await notes.dispatcher.run(WriteNote("waits"), notes.corporations[OURS], Cause(STAFF))
        ours = {"corporation": OURS}
        assert await measured(place, "buurtthuis_journal_unnumbered", service=NOTES, **ours) == 1
        assert await measured(place, "buurtthuis_journal_unpublished", service=NOTES, **ours) == 0


async def test_a_reader_that_is_down_has_a_lag(
    sample_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_room, "REPORT_SECONDS", 0.01)
    lag, of_echoes = "buurtthuis_stream_lag", {"service": ECHOES, "source": NOTES, "corporation": OURS}
    async with playground([samples.notes, samples.echoes], sample_settings) as place:
        await write(place, "heard")
        redis, mark = place.service(NOTES).redis, reader_mark(OURS, NOTES, ECHOES)

        async def is_told() -> bool:
            told: Any = await redis.get(mark) or b""
            return bool(told.startswith(b"1 "))

        await eventually(is_told)
        assert await measured(place, lag, **of_echoes) == 0
    async with playground([samples.notes], sample_settings) as place:
        await write(place, "not heard")
        await write(place, "nor this")
        assert await measured(place, lag, **of_echoes) == 2
        await place.service(NOTES).redis.delete(mark)  # as it goes after a month
        labels = f'corporation="{OURS}",service="{ECHOES}",source="{NOTES}"'
        assert f"{lag}{{{labels}}}" not in (await place.client().get("/metrics")).text


async def test_requests_and_reactions_are_timed(samples_place: Playground) -> None:
    name = "buurtthuis_reaction_seconds_count"
    await write(samples_place, "first")
    before = await measured(samples_place, name, reaction="echo_the_note")
    await write(samples_place, "second")
    assert await measured(samples_place, name, reaction="echo_the_note") == before + 1
    labels = {"service": NOTES, "method": "GET", "route": "/events", "status": "401"}
    await samples_place.client().get(f"/{NOTES}/v1/events")
    assert await measured(samples_place, "buurtthuis_request_seconds_count", **labels) >= 1


# Traces


async def test_a_trace_goes_from_a_request_into_the_journal_the_stream_and_what_others_say(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    body = {"house_id": str(new_id()), "title": "Ontmoeten"}
    theme = (await staff.post("/surveys/v1/themes", json=body)).json()["id"]
    await staff.post(f"/surveys/v1/themes/{theme}/admission")
    await staff.post(f"/surveys/v1/themes/{theme}/selection", headers={"traceparent": TRACEPARENT})
    await place.settled()
    said = only_one(await place.events("surveys"), "theme-selected")
    reply = only_one(await place.events("sessions"), "session-drafted")
    entry = f"{said['sequence']}-0"
    entries: Any = await place.service("surveys").redis.xrange(stream_name(OURS, "surveys"), entry, entry)
    streamed = json.loads(entries[0][1][b"__data__"])
    assert [one["traceparent"].split("-")[1] for one in (said, streamed, reply)] == [TRACE_ID] * 3


def only_one(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """Of this kind, whatever else was said meanwhile."""
    [found] = [event for event in events if f".{kind}." in event["type"]]
    return found


def test_a_trace_begins_here_where_nobody_brought_one() -> None:
    tracing.configure()
    with tracing.continuing(None, "a request"):
        assert tracing.current()


def test_nonsense_instead_of_a_trace_does_no_harm() -> None:
    with tracing.continuing("nonsense\r\n", "a request"):
        pass


# The log


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What a process that is configured as in production has logged so far, line by line."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning
    log_room.configure()
    written = io.StringIO()
    root.handlers[0].setStream(written)  # type: ignore[attr-defined]
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)
    sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning = hooks


def test_a_line_is_json_with_its_time_and_level(lines: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.get_logger().info("something", count=3)
    (line,) = lines()
    assert {"event": "something", "level": "info", "count": 3}.items() <= line.items()
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("words", [CANARY, f"two\n{CANARY}"])
def test_an_error_is_logged_by_kind_and_place_without_its_words(
    lines: Callable[[], list[dict[str, Any]]], words: str
) -> None:
    try:
        raise ValueError(words)
    except ValueError as error:
        structlog.get_logger().warning("failed", exc_info=error)
        structlog.get_logger().exception("failed")
        logging.getLogger("a.library").exception("failed")
        logging.getLogger("a.library").error("failed", exc_info=(type(error), error, error.__traceback__))
    logging.getLogger("elsewhere").error("failed", exc_info=(ValueError, ValueError(words), None))
    assert [line["error"] for line in lines()] == ["ValueError"] * 5
    assert all(line["at"][-1].startswith("tests.shared.test_observing:") for line in lines()[:4])
    assert CANARY not in str(lines())


async def test_where_nobody_configured_logging_an_error_is_shown_without_variables(
    sample_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as in a test of somebody's extension: structlog would draw for seconds, and everything waits."""
    structlog.reset_defaults()
    async with playground([samples.notes], sample_settings):
        somebody = f"{CANARY}, first floor"
        try:
            int(somebody[:0])
        except ValueError as error:
            structlog.get_logger("an.extension").warning("failed", exc_info=error)
    shown = capsys.readouterr().out
    assert "ValueError: invalid literal" in shown
    assert CANARY not in shown


@pytest.mark.parametrize("name", ["faststream", "httpcore.connection", "sqlalchemy.pool", "redis"])
def test_what_a_library_quotes_is_in_no_line(lines: Callable[[], list[dict[str, Any]]], name: str) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger(name).error("could not send to %s\n%s", CANARY, CANARY, exc_info=True)
    (line,) = lines()
    assert (line["logger"], line["error"], line["level"]) == (name, "ValueError", "error")
    assert line["where"].startswith("test_observing:")
    assert CANARY not in str(line)


def test_faststream_writes_past_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    """It has a handler of its own: text in colours, with whole tracebacks."""
    assert [*QUIET.handlers, *logging.getLogger("faststream").handlers] == []
    assert QUIET.propagate
    assert logging.getLogger("faststream.access").propagate
    assert capfd.readouterr().err == ""


def test_what_python_warns_of_is_a_line(lines: Callable[[], list[dict[str, Any]]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        log_room.configure()
        logging.getLogger().handlers[0].setStream(written := io.StringIO())  # type: ignore[attr-defined]
        warnings.warn(CANARY, RuntimeWarning, stacklevel=1)
    line = json.loads(written.getvalue())
    assert (line["level"], line["kind"]) == ("warning", "RuntimeWarning")
    assert line["where"].startswith("test_observing.py:")
    assert CANARY not in str(line)
    assert lines() == []


def test_an_error_that_nobody_caught_is_a_line(
    lines: Callable[[], list[dict[str, Any]]], capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    class Fails:
        def __del__(self) -> None:
            fail()

    Fails()
    assert [(line["error"], line["level"]) for line in lines()] == [
        ("ValueError", "error"),
        ("ValueError", "critical"),
        ("ValueError", "error"),
    ]
    assert all(line["at"][-1].startswith("tests.shared.test_observing:") for line in lines())
    assert CANARY not in str(lines())
    assert capfd.readouterr().err == ""


async def test_a_task_that_nobody_waited_for_is_logged_without_its_words(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    async def fail() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    error = task.exception()
    asyncio.get_running_loop().default_exception_handler(
        {"message": "Task exception was never retrieved", "exception": error, "future": task}
    )
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert CANARY not in str(line)


async def test_a_request_is_logged_with_its_id_and_corporation(
    sample_settings: Settings, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    async with playground([samples.notes], sample_settings) as place:
        answer = await place.client(Role.STAFF).get(f"/{NOTES}/v1/events")
    (line,) = (line for line in lines() if line["event"] == "request")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["corporation"], line["route"], line["status"]) == (OURS, "/events", 200)


async def test_whatever_a_reaction_logs_says_which_event_it_is_about(
    lines: Callable[[], list[dict[str, Any]]], rooms: Rooms
) -> None:
    (envelope,) = envelopes(CANARY)
    reaction = samples.echoes.handlers.reactions["echo_the_note"]
    with log_room.about(envelope):
        structlog.get_logger().info("in a reaction")
    async with rooms.echoes.work(rooms.ours, Cause(SYSTEM)) as work:
        await react(reaction, envelope, work)
    (line,) = (line for line in lines() if line["event"] == "in a reaction")
    assert (line["event_id"], line["corporation"]) == (envelope.id, OURS)


async def test_what_people_typed_is_in_no_line_of_the_log(
    sample_settings: Settings, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    BROKEN.add(CANARY)
    async with playground([samples.notes, samples.echoes], sample_settings) as place:
        await write(place, CANARY)
    BROKEN.clear()
    failures = [line for line in lines() if line["event"] == "reaction failed"]
    assert failures
    assert all(line["why"].startswith("CannotEcho at ") for line in failures)
    assert CANARY not in str(lines())
