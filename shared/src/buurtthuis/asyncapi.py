"""What a service says, as AsyncAPI 3 and as a catalogue for people, made from the event classes through FastStream."""

from typing import Any, NamedTuple

from faststream.redis import RedisBroker
from faststream.specification.asyncapi import AsyncAPI

from buurtthuis.events import Audience, Event
from buurtthuis.streams import stream_name

PARAMETER = {
    "description": "The corporation's slug in braces, the hash tag of a Redis cluster.",
    "examples": ["{woonpartners}"],
}
TEXT = {"type": "string"}
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
    audience: str
    fields: tuple[Field, ...]


def said_by(service: str) -> list[type[Event]]:
    """The events of one service, in the order of its contract file."""
    return [event for event in Event.known.values() if event.speaker() == service]


def described(event: type[Event]) -> Described:
    """An event for people to read."""
    schema = event.model_json_schema()
    return Described(
        name=event.name,
        title=event.__name__,
        type=event.type(),
        summary=" ".join((event.__doc__ or "").split()),
        audience=event.audience.value,
        fields=tuple(_field(schema, name, field) for name, field in schema["properties"].items()),
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


def address(service: str) -> str:
    """The channel address; its `{corporation}` stands for the braces and the slug in them."""
    return stream_name("corporation", service)


def _one_channel(document: dict[str, Any], service: str) -> dict[str, Any]:
    """FastStream gives every event a channel; on our streams all events of a service share one."""
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in document["channels"]}
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
            "messages": {name: _message(name) for name in messages},
            "schemas": {"CloudEvent": CLOUD_EVENT, **schemas},
        },
    }


def _message(title: str) -> dict[str, Any]:
    event = next(event for event in Event.known.values() if event.__name__ == title)
    inside = {"type": {"const": event.type()}, "data": {"$ref": f"#/components/schemas/{title}"}}
    return {
        "name": event.type(),
        "title": title,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"properties": inside}]},
        "tags": [{"name": f"audience: {event.audience.value}"}],
    }


def _field(schema: dict[str, Any], name: str, field: dict[str, Any]) -> Field:
    optional = " (optional)" if name not in schema.get("required", ()) else ""
    note = "a person's own words; empty once they were taken back" if field.get("x-erasable") else ""
    return Field(name, _value(schema, field) + optional, note)


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
