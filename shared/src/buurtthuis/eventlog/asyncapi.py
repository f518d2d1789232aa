"""What a service says, as AsyncAPI 3 and as a catalogue for people, made from the event classes through FastStream.

`python -m buurtthuis.eventlog.asyncapi` prints the whole catalogue as Markdown.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, NamedTuple

from faststream.redis import RedisBroker
from faststream.specification.asyncapi import AsyncAPI

from buurtthuis import events
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.events import Audience, Event
from buurtthuis.events.journal import JournalRestored

PARAMETER = {
    "description": "The corporation's slug in braces, the hash tag of a Redis cluster.",
    "examples": ["{woonpartners}"],
}
TEXT = {"type": "string"}
#: The producer of what any service's journal can say about itself.
EVERY_JOURNAL = JournalRestored.producer()
#: What is around every event: CloudEvents 1.0 in structured JSON, with our extension attributes.
CLOUD_EVENT = {
    "type": "object",
    "description": "CloudEvents 1.0, structured JSON.",
    "required": ["specversion", "id", "source", "type", "subject", "time", "sequence", "corporation", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"type": "string", "examples": ["urn:nld:kvknr:90000011:systeem:surveys"]},
        "type": TEXT,
        "subject": {"type": "string", "description": "The id of the aggregate it happened to."},
        "time": {"type": "string", "format": "date-time", "description": "When it was logged, in UTC."},
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{20}$",
            "description": "The position, without gaps.",
        },
        "corporation": TEXT,
        "house": {"type": "string", "format": "uuid"},
        "actor": {"type": "string", "description": "A role, or a resident's pseudonym."},
        "audience": {"enum": [audience.value for audience in Audience]},
        "traceparent": TEXT,
        "datacontenttype": {"const": "application/json"},
    },
}

PREFACE = """\
# Events

What the services say to each other and to whoever reads along. Made from the contract, `buurtthuis.events`, by
`make docs`. A field is only ever added, with a default; anything else is a new version beside the old one.

An event's `data` has the fields below. Around it is a [CloudEvents 1.0](https://cloudevents.io) document in JSON:
`id`, `source`, `type`, `subject` (the id of what it happened to), `time`, `sequence` (the position, without gaps), `corporation`,
`house`, `actor`, `audience`. `audience` says who sees the event in a feed: public (everybody),
residents, staff, or system; each of these sees what those before it see. Words marked *erasable* can be taken back: they are `null` from then on.
Whoever sees no more than residents do is shown whose doing it was by role alone (`actor`), and without fields marked *withheld*.
How to read along: [extending](extending.md).
"""
ERASABLE = "a person's own words; empty once they were taken back"
WITHHELD = "left out for residents and everybody"
IN_SHORT = {ERASABLE: ", *erasable*", WITHHELD: ", *withheld*", "": ""}
HEADINGS = {EVERY_JOURNAL: "Every service"}


class Field(NamedTuple):
    """One field of an event, in words."""

    name: str
    value: str
    note: str


class Described(NamedTuple):
    """One event, in words."""

    name: str
    title: str
    type: str
    summary: str
    subject: str
    audience: str
    irreversible: bool
    fields: tuple[Field, ...]


def contract() -> dict[str, type[Event]]:
    """Every event of the published contract by its name, producer after producer."""
    for module in pkgutil.iter_modules(events.__path__, f"{events.__name__}."):
        importlib.import_module(module.name)
    ours = [event for event in Event.known.values() if event.__module__.startswith(f"{events.__name__}.")]
    return {event.name: event for event in sorted(ours, key=lambda event: event.producer())}


def said_by(service: str) -> list[type[Event]]:
    """What can be on the streams of one service: its own events in the order of its contract file, and every journal's."""
    spoken = sorted(Event.known.values(), key=lambda event: event.producer() == EVERY_JOURNAL)
    return [event for event in spoken if event.producer() in (service, EVERY_JOURNAL)]


def described(event: type[Event]) -> Described:
    """An event for people to read."""
    schema = event.model_json_schema()
    return Described(
        name=event.name,
        title=event.__name__,
        type=event.type(),
        summary=" ".join((event.__doc__ or "").split()),
        subject=event.subject_field,
        audience=event.audience.value,
        irreversible=event.irreversible,
        fields=tuple(_field(event, schema, name, field) for name, field in schema["properties"].items()),
    )


def catalogue(service: str) -> list[Described]:
    """All events of one service for people to read."""
    return [described(event) for event in said_by(service)]


def specification(service: str, summary: str) -> dict[str, Any]:
    """The AsyncAPI 3 document of one service."""
    broker = RedisBroker()
    for event in said_by(service):
        broker.publisher(stream=address(service), title=event.__name__, schema=event)
    made = AsyncAPI(
        broker, title=f"BuurtThuis {service}", version="0.1.0", description=summary, schema_version="3.0.0"
    )
    return _one_channel(made.to_specification().to_jsonable(), service)


def catalogue_in_markdown() -> str:
    """What all services say, for docs/events.md."""
    every = contract().values()
    producers = sorted({event.producer() for event in every}, key=lambda name: (name == EVERY_JOURNAL, name))
    parts = [PREFACE]
    for producer in producers:
        parts.append(f"## {HEADINGS.get(producer, producer)}\n")
        parts += [
            "\n".join(_in_markdown(described(event))) for event in every if event.producer() == producer
        ]
    return "\n".join(parts)


def address(service: str) -> str:
    """The channel address; its `{corporation}` stands for the braces and the slug in them."""
    return stream_name("corporation", service)


def _one_channel(document: dict[str, Any], service: str) -> dict[str, Any]:
    """FastStream gives every event a channel; on our streams all events of a service share one."""
    spoken = {event.__name__: event for event in said_by(service)}
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in spoken}
    channel = {
        "address": address(service),
        "description": f"What {service} says to one corporation, in order. Field `__data__` holds the event.",
        "parameters": {"corporation": PARAMETER},
        "messages": messages,
    }
    operation = {"action": "send", "channel": {"$ref": f"#/channels/{service}"}}
    schemas = document["components"]["schemas"]
    return {
        **{name: part for name, part in document.items() if name != "servers"},
        "channels": {service: channel},
        "operations": {f"{service}_says": operation},
        "components": {
            "messages": {name: _message(event) for name, event in spoken.items()},
            "schemas": {"CloudEvent": CLOUD_EVENT, **{name: schemas[name] for name in sorted(schemas)}},
        },
    }


def _message(event: type[Event]) -> dict[str, Any]:
    inside = {"type": {"const": event.type()}, "data": {"$ref": f"#/components/schemas/{event.__name__}"}}
    return {
        "name": event.type(),
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"properties": inside}]},
        "tags": [{"name": f"audience: {event.audience.value}"}],
    }


def _field(event: type[Event], schema: dict[str, Any], name: str, field: dict[str, Any]) -> Field:
    optional = " (optional)" if name not in schema.get("required", ()) else ""
    return Field(name, _value(schema, field) + optional, _note(event, name))


def _note(event: type[Event], field: str) -> str:
    if field in event.erasable():
        return ERASABLE
    return WITHHELD if field in event.withheld() else ""


def _value(schema: dict[str, Any], field: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    match field:
        case {"$ref": ref}:
            return _value(schema, schema["$defs"][ref.rpartition("/")[2]])
        case {"enum": choices}:
            return " | ".join(choices)
        case {"anyOf": choices}:
            return " or ".join(_value(schema, choice) for choice in choices)
        case {"type": "array", "items": items}:
            return f"list of {_value(schema, items)}"
        case {"format": form}:
            return str(form)
        case _:
            return str(field.get("type", "any"))


def _in_markdown(event: Described) -> Iterator[str]:
    yield f"### {event.title}\n"
    yield f"{event.summary}\n"
    confirmed = "; cannot be undone, so it is read in the feed" if event.irreversible else ""
    yield f"`{event.type}`; subject: `{event.subject}`; audience: {event.audience}{confirmed}\n"
    yield "| field | value |\n| --- | --- |"
    for field in event.fields:
        value = field.value.replace(" | ", ", ") + IN_SHORT[field.note]
        yield f"| `{field.name}` | {value} |"
    yield ""


if __name__ == "__main__":
    print(catalogue_in_markdown(), end="")
