"""What an event or a reaction promises, as plain JSON, and what would break that promise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from buurtthuis.eventlog.asyncapi import contract
from buurtthuis.events import Event
from buurtthuis.runtime.installed import installed_services

EVENTS = Path(__file__).parent / "events"
REACTIONS = Path(__file__).parent / "reactions.json"

Snapshot = dict[str, Any]


def snapshot(event: type[Event]) -> Snapshot:
    """An event's promise: what it is about, who may see it, and its fields. Texts for people are free to change."""
    schema = event.model_json_schema()
    required = schema.get("required", ())
    return {
        "name": event.name,
        "subject": event.subject_field,
        "audience": event.audience.value,
        "fields": {
            name: {**_promise(schema, field), "required": name in required}
            for name, field in schema["properties"].items()
        },
    }


def kept(name: str) -> Snapshot | None:
    """The snapshot that was last agreed; None for an event that is new."""
    path = EVENTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def kept_names() -> list[str]:
    """The events that were ever agreed."""
    return sorted(path.stem for path in EVENTS.glob("*.json"))


def breaks(old: Snapshot, new: Snapshot) -> list[str]:
    """Why a reader of the old event cannot read the new one; empty where a field with a default was added, or nothing."""
    return [*_identity(old, new), *_fields(old["fields"], new["fields"])]


def reactions() -> dict[str, dict[str, str]]:
    """Service -> reaction -> the type of event it takes."""
    return {
        service.name: {one.name: one.event.type() for one in service.handlers.reactions.values()}
        for service in installed_services().values()
    }


def kept_reactions() -> dict[str, dict[str, str]]:
    """The reactions that were last agreed."""
    found: dict[str, dict[str, str]] = json.loads(REACTIONS.read_text()) if REACTIONS.exists() else {}
    return found


def orphans(old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> list[str]:
    """Reactions whose attempts and parked events nobody would take up any more."""
    return [
        f"{service}: {name} no longer takes {type}"
        for service, pinned in old.items()
        for name, type in pinned.items()
        if new.get(service, {}).get(name) != type
    ]


def broken() -> Iterator[str]:
    """Everything that breaks what was agreed, in words."""
    yield from broken_events()
    yield from orphans(kept_reactions(), reactions())


def broken_events() -> Iterator[str]:
    """Every event that is gone, or can no longer be read as it was agreed."""
    current = contract()
    for name in kept_names():
        old = kept(name)
        assert old
        complaints = breaks(old, snapshot(current[name])) if name in current else ["is gone"]
        yield from (f"{name}: {complaint}" for complaint in complaints)


def renew() -> None:
    """Write down what is promised now."""
    EVENTS.mkdir(exist_ok=True)
    for name, event in contract().items():
        (EVENTS / f"{name}.json").write_text(_json(snapshot(event)))
    REACTIONS.write_text(_json(reactions()))


def _json(document: Any) -> str:
    return json.dumps(document, indent=2) + "\n"


def _identity(old: Snapshot, new: Snapshot) -> Iterator[str]:
    if new["name"] != old["name"]:
        yield f"{old['name']} is now called {new['name']}"
    if new["audience"] != old["audience"]:
        yield f"{old['name']} was for {old['audience']} and is for {new['audience']}"
    if new["subject"] != old["subject"]:
        yield f"{old['name']} was about {old['subject']} and is about {new['subject']}"


def _fields(old: Snapshot, new: Snapshot) -> Iterator[str]:
    for name, field in old.items():
        if name not in new:
            yield f"field {name} is gone"
        elif new[name] != field:
            yield f"field {name} was {json.dumps(field)} and is {json.dumps(new[name])}"
    for name in new.keys() - old.keys():
        if new[name]["required"]:
            yield f"field {name} is new and has no default"


def _promise(schema: Snapshot, field: Any) -> Any:
    """A part of a JSON schema without its texts, and with what it refers to in its place."""
    match field:
        case {"$ref": ref, **rest}:
            return _promise(schema, {**schema["$defs"][ref.rpartition("/")[2]], **rest})
        case {"properties": properties, **rest}:
            inner = {name: _promise(schema, one) for name, one in properties.items()}
            return {**_promise(schema, rest), "properties": inner}
        case dict():
            return {
                key: _promise(schema, one)
                for key, one in field.items()
                if key not in ("title", "description", "examples")
            }
        case list():
            return [_promise(schema, one) for one in field]
        case _:
            return field
