"""CloudEvents 1.0, structured JSON: how an event travels through streams and feeds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from buurtthuis.core.actor import SYSTEM, resident_of
from buurtthuis.core.corporations import Corporation
from buurtthuis.core.work import Cause
from buurtthuis.events import Audience, Event
from buurtthuis.persistence.journal import AUDIENCES, Entry

#: Looked up for every event that arrives; calling an enum takes ten times as long.
NAMED = {audience.value: audience for audience in Audience}


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it arrived. `data` is plain JSON; `event()` makes the event of it.

    On a stream it says the id of the event before it, `previous`: the same number may have been another event's.
    The first says that there is none by the nil UUID; where nothing is said, nothing is known of it."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    position: int
    corporation: str
    house: str | None
    actor: str
    audience: Audience
    traceparent: str | None
    data: dict[str, Any]
    previous: str | None = None

    def event(self) -> Event | None:
        """The event itself, or None where this process does not know the type."""
        known = Event.known.get(self.type)
        return known.parse(self.data) if known else None

    def cause(self) -> Cause:
        """Why a reaction to it is done."""
        return Cause(
            actor=SYSTEM,
            resident_id=resident_of(self.actor),
            traceparent=self.traceparent,
            event=UUID(self.id),
            said_at=self.time,
        )

    def attributes(self) -> dict[str, Any]:
        """The CloudEvents document as plain JSON values."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "sequence": sequence(self.position),
            "corporation": self.corporation,
            **({"house": self.house} if self.house else {}),
            "actor": self.actor,
            "audience": self.audience.value,
            **({"traceparent": self.traceparent} if self.traceparent else {}),
            "datacontenttype": "application/json",
            "data": self.data,
        }


def source_of(corporation: Corporation, service: str) -> str:
    """The CloudEvents source: a service of one corporation, by its KvK number."""
    return f"urn:nld:kvknr:{corporation.kvk}:systeem:{service}"


def sequence(position: int) -> str:
    """The position as the CloudEvents sequence extension wants it: a string that sorts as its number does."""
    return f"{position:020}"


def wrap(entry: Entry, corporation: Corporation, service: str) -> bytes:
    """A journal entry as CloudEvents JSON."""
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": entry.event_id,
        "source": source_of(corporation, service),
        "type": entry.type,
        "subject": entry.subject,
        "time": entry.time,
        "sequence": sequence(entry.position),
        "corporation": corporation.slug,
        "actor": entry.actor,
        "audience": AUDIENCES[entry.audience].value,
        "datacontenttype": "application/json",
        "data": orjson.Fragment(entry.data),
    }
    if entry.house:
        document["house"] = entry.house
    if entry.traceparent:
        document["traceparent"] = entry.traceparent
    if entry.previous:
        document["previous"] = entry.previous
    return orjson.dumps(document)


def belongs(envelope: Envelope, corporation: Corporation, service: str) -> bool:
    """Whether it says of itself that this service said it, to this corporation."""
    return envelope.corporation == corporation.slug and envelope.source == source_of(corporation, service)


def nameless(entry: Entry) -> Entry:
    """An entry as it is shown to residents and everybody: it says what happened, and not whose doing it was."""
    known = Event.known.get(entry.type)
    withheld = known.withheld() if known else frozenset()
    shown = entry._replace(actor=entry.actor.partition(":")[0])
    if not withheld:
        return shown
    data = {name: value for name, value in orjson.loads(entry.data).items() if name not in withheld}
    return shown._replace(data=orjson.dumps(data).decode())


def unwrap(document: bytes | str) -> Envelope:
    """CloudEvents JSON as it came from a stream or a feed.

    Raises ValueError, KeyError or TypeError for anything that is not one of our envelopes."""
    return from_attributes(orjson.loads(document))


def from_attributes(fields: dict[str, Any]) -> Envelope:
    """The same, for a document that was parsed already."""
    return Envelope(
        id=fields["id"],
        source=fields["source"],
        type=fields["type"],
        subject=fields["subject"],
        time=datetime.fromisoformat(fields["time"]),
        position=int(fields["sequence"]),
        corporation=fields["corporation"],
        house=fields.get("house"),
        actor=fields["actor"],
        audience=NAMED[fields["audience"]],
        traceparent=fields.get("traceparent"),
        data=fields["data"],
        previous=fields.get("previous"),
    )
