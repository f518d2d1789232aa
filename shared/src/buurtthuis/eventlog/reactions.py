"""One reaction to one event, within one unit of work."""

import time

from buurtthuis.core.handlers import Reaction
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.events import Event
from buurtthuis.persistence.unit_of_work import SqlWork
from buurtthuis.telemetry.logging import about
from buurtthuis.telemetry.metrics import REACTION_SECONDS
from buurtthuis.telemetry.tracing import collected


async def react(reaction: Reaction, envelope: Envelope, work: SqlWork) -> list[Event]:
    """Let one reaction happen inside `work`; what it says is journalled with it."""
    started = time.perf_counter()
    with about(envelope), collected(envelope.traceparent, reaction.name):
        work.cause = envelope.cause()
        events = work.record(await reaction.handle(envelope.event(), work))
    REACTION_SECONDS.labels(reaction.name).observe(time.perf_counter() - started)
    return events
