"""No event carries personal data, and what a person wrote can be taken back."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from buurtthuis.eventlog.asyncapi import contract
from buurtthuis.events import Audience, Erasable, Event, Withheld
from pydantic import BaseModel, create_model

#: A field named after one of these would hold personal data.
PERSONAL = re.compile(
    r"(?:^|_)(?:(?:first|last|sur|user|nick)?names?|initials|(?:voor|achter)?naam|e?mail|phone|mobile|tele(?:ph|f)o+n"
    r"e?|address|adres|street|straat|postcode|postal|zip|huisnummer|birth(?:day|date)?|born|geboren|age|gender|sex"
    r"|nationality|iban|bsn|passport|ip|token|password|photo|portrait)(?:_|$)",
    re.IGNORECASE,
)
#: A field named after one of these would say who somebody is, by pseudonym.
PEOPLE = re.compile(
    r"(?:^|_)(?:residents?|guides?|authors?|hosts?|moderators?|persons?|people|reporters?|proposers?|supporters?|voters?"
    r"|subjects?|principals?|actors?|members?|attendees|muted|by|who|whose)(?:_ids?)?$",
    re.IGNORECASE,
)
#: Plain text that no resident wrote and that is about no person.
PLAIN = frozenset(
    {
        "commitment",
        "town",
        "label",
        "place",
        "was_place",
        "time_zone",
        "language",
        "languages",
        "rule",
        "service",
        "bag_id",
        "vera_id",
    }
)
#: What staff call these is on their door.
NAMED = frozenset({"house_id", "room_id"})


def personal_fields(event: type[Event]) -> list[str]:
    """Fields whose name says that they hold personal data, however deep."""
    return [name for name in _names(event) if PERSONAL.search(name)]


def people_shown(event: type[Event]) -> list[str]:
    """Fields that say by pseudonym, to residents or everybody, who somebody is."""
    if event.audience.rank >= Audience.STAFF.rank:
        return []
    return [
        name
        for name, field in _parts(event)
        if PEOPLE.search(name)
        and "'format': 'uuid'" in str(field)
        and (name == event.subject_field or name not in event.withheld())
    ]


def free_texts(event: type[Event]) -> list[str]:
    """Fields that take any text, and that nobody can take back."""
    schema = event.model_json_schema()
    return [
        name
        for name, field in schema["properties"].items()
        if not field.get("x-erasable") and _takes_any_text(schema, field) and not _is_plain(event, name)
    ]


def erasable_subject(event: type[Event]) -> list[str]:
    """The subject, where it is gone once somebody is forgotten."""
    return sorted({event.subject_field} & event.erasable())


def offenders(rule: Callable[[type[Event]], list[str]]) -> dict[str, list[str]]:
    """Of the whole contract: each event that breaks a rule, with where it does."""
    found = {name: rule(event) for name, event in contract().items()}
    return {name: fields for name, fields in found.items() if fields}


def test_no_event_has_a_field_for_personal_data() -> None:
    assert offenders(personal_fields) == {}


def test_no_event_for_residents_or_everybody_shows_who_somebody_is() -> None:
    assert offenders(people_shown) == {}, (
        "make the field Withheld, or say it to staff; its subject is what everybody sees"
    )


def test_free_text_in_every_event_is_erasable() -> None:
    assert offenders(free_texts) == {}, (
        "use Erasable[str] for what a person wrote; text that is about no person goes on the list PLAIN"
    )


def test_the_subject_of_no_event_can_be_erased() -> None:
    assert offenders(erasable_subject) == {}


# That the rules can be broken.

WORDS: Any = Erasable[str]  # type: ignore[misc]


class Contact(BaseModel):
    """Somebody, inside an event."""

    e_mail: str


def trial(monkeypatch: pytest.MonkeyPatch, audience: Any = Audience.STAFF, **fields: Any) -> type[Event]:
    monkeypatch.setattr(Event, "known", {})
    keywords = {"name": "trial.told.v1", "subject": next(iter(fields)), "audience": audience}
    return create_model("Told", __base__=Event, __cls_kwargs__=keywords, **fields)


@pytest.mark.parametrize("field", ["name", "resident_name", "email", "phone_number", "birth_date", "address"])
def test_a_field_named_like_personal_data_is_found(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    assert personal_fields(trial(monkeypatch, id=(int, ...), **{field: (int, ...)})) == [field]


def test_personal_data_inside_a_part_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert personal_fields(trial(monkeypatch, contact=(Contact, ...))) == ["e_mail"]


@pytest.mark.parametrize("kind", [str, str | None, list[str], tuple[str, ...], dict[str, str], Contact, Any])
def test_free_text_is_found_in_any_shape(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    assert free_texts(trial(monkeypatch, id=(int, ...), remark=(kind, ...))) == ["remark"]


@pytest.mark.parametrize("field", ["resident_id", "resident_ids", "guide_id", "hosts", "proposed_by"])
@pytest.mark.parametrize("audience", list(Audience))
def test_whoever_is_shown_to_residents_or_everybody_is_found(
    monkeypatch: pytest.MonkeyPatch, audience: Audience, field: str
) -> None:
    event = trial(monkeypatch, audience, thing_id=(UUID, ...), **{field: (UUID, ...)})
    assert people_shown(event) == ([field] if audience in (Audience.PUBLIC, Audience.RESIDENTS) else [])


def test_whoever_is_withheld_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not people_shown(trial(monkeypatch, Audience.PUBLIC, id=(UUID, ...), resident_id=(Withheld, ...)))


def test_the_subject_cannot_be_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    assert people_shown(trial(monkeypatch, Audience.PUBLIC, resident_id=(Withheld, ...))) == ["resident_id"]


def test_a_subject_that_can_be_erased_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert erasable_subject(trial(monkeypatch, remark=(WORDS, ...))) == ["remark"]


def test_erasable_text_is_no_free_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_texts(trial(monkeypatch, remark=(WORDS, ...))) == []


def test_only_a_house_or_a_room_has_a_plain_title(monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_texts(trial(monkeypatch, session_id=(int, ...), title=(str, ...))) == ["title"]


def _is_plain(event: type[Event], field: str) -> bool:
    return field in PLAIN or (field == "title" and event.subject_field in NAMED)


def _names(event: type[Event]) -> Iterator[str]:
    for name, _ in _parts(event):
        yield name


def _parts(event: type[Event]) -> Iterator[tuple[str, Any]]:
    """All fields, however deep, with their schemas."""
    schema = event.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


def _takes_any_text(schema: dict[str, Any], field: Any) -> bool:
    match field:
        case {"$ref": ref}:
            return _takes_any_text(schema, schema["$defs"][ref.rpartition("/")[2]])
        case {"enum": _} | {"const": _} | {"format": _} | {"pattern": _}:
            return False
        case {"type": "string"}:
            return True
        case {"anyOf": parts}:
            return any(_takes_any_text(schema, part) for part in parts)
        case {"type": "array"}:
            items = [field.get("items", False), *field.get("prefixItems", ())]
            return any(_takes_any_text(schema, item) for item in items)
        case {"type": "object"}:
            inside = [*field.get("properties", {}).values(), field.get("additionalProperties", False)]
            return any(_takes_any_text(schema, one) for one in inside)
        case {"type": _}:
            return False
        case bool():
            return field
        case _:
            return True
