"""What a command comes to: what happened, what its caller is answered, or a refusal that keeps what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.work import NOTHING, Aggregate, Receipt
from buurtthuis.events import Event


@dataclass(frozen=True)
class Result:
    """What a command's handler returns where it is more, or less, than one event.

    `about` is the aggregate whose id and version the caller is answered; or an id alone, whose version is 0 where this
    work did not load it; or None, where there is nothing to answer. `events` are what happened, in their order, to
    whichever aggregates."""

    about: Aggregate | UUID | None
    events: Sequence[Event] = ()


#: What a reaction returns: what happened. Nobody waits for an answer.
Happened = Event | Sequence[Event] | None
#: What a command's handler returns. The answer to an event is the aggregate that it is about; to None there is none.
Answer = Event | Result | None


def events_of(outcome: Answer | Happened | Refused) -> Sequence[Event]:
    """What happened, in its order."""
    match outcome:
        case None:
            return ()
        case Event():
            return (outcome,)
        case Result():
            return outcome.events
        case Refused():
            return outcome.kept or ()
        case _:
            return outcome


def receipt_of(answer: Answer, held: Mapping[str, Any]) -> Receipt:
    """What the caller is answered; `held` are the aggregates that the work has, by their ids in words.

    Raises TypeError for several events of which nothing says which aggregate was asked for."""
    match answer:
        case Event():
            return _named(UUID(answer.subject), held)
        case Result():
            return _named(answer.about, held)
        case None:
            return NOTHING
    raise TypeError(f"a command is answered by an event, a Result or None, not by {answer!r}")


def _named(about: Aggregate | UUID | None, held: Mapping[str, Any]) -> Receipt:
    if about is None:
        return NOTHING
    if isinstance(about, UUID):
        return Receipt(about, version=getattr(held.get(str(about)), "version", 0))
    return Receipt(about.id, about.version)
