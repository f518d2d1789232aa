"""CloudEvents 1.0: what travels, and that nothing changes on the way."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from buurtthuis.core.corporations import Corporation
from buurtthuis.eventlog.envelope import from_attributes, nameless, sequence, unwrap, wrap
from buurtthuis.events import Audience
from buurtthuis.events.moderation import ModeratorAppointed
from buurtthuis.persistence.journal import Entry
from hypothesis import given
from hypothesis import strategies as st

OURS = Corporation(
    slug="woonpartners", name="Woonpartners", kvk="90000011", languages=("nl",), time_zone="Europe/Amsterdam"
)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#: What PostgreSQL's jsonb can hold: any text without NUL and without half characters.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def entry(**changed: Any) -> Entry:
    return Entry(
        **{
            "position": 42,
            "event_id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "type": "nl.buurtthuis.surveys.theme-proposed.v1",
            "subject": "theme",
            "house": "house",
            "audience": Audience.STAFF.rank,
            "actor": "staff",
            "time": datetime(2018, 11, 12, 9, 0, 0, 123456, tzinfo=UTC),
            "traceparent": TRACE,
            "data": '{"title": "Ontmoeten"}',
            **changed,
        }
    )


def document(**changed: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(wrap(entry(**changed), OURS, "surveys"))
    return parsed


def test_every_attribute_that_cloudevents_requires_is_there() -> None:
    found = document()
    assert found["specversion"] == "1.0"
    assert all(isinstance(found[name], str) and found[name] for name in ("id", "source", "type"))


def test_attribute_names_are_as_cloudevents_wants_them() -> None:
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in document())


def test_the_time_is_rfc_3339_with_its_offset() -> None:
    assert document()["time"] == "2018-11-12T09:00:00.123456+00:00"


def test_the_source_names_the_corporation_and_the_service() -> None:
    assert document()["source"] == "urn:nld:kvknr:90000011:systeem:surveys"


@pytest.mark.parametrize("name", ["house", "traceparent"])
def test_an_attribute_without_a_value_is_left_out(name: str) -> None:
    assert name not in document(**{name: None})


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_sequences_sort_as_their_numbers_do(one: int, other: int) -> None:
    assert (sequence(one) < sequence(other)) == (one < other)


@given(st.dictionaries(TEXTS, TEXTS | st.none() | st.booleans() | st.integers(-(2**53), 2**53)))
def test_whatever_people_type_arrives_as_it_was_sent(data: dict[str, Any]) -> None:
    assert unwrap(wrap(entry(data=json.dumps(data)), OURS, "surveys")).data == data


@given(st.dictionaries(TEXTS, TEXTS))
def test_an_envelope_is_the_same_after_another_round(data: dict[str, str]) -> None:
    envelope = unwrap(wrap(entry(data=json.dumps(data)), OURS, "surveys"))
    assert from_attributes(envelope.attributes()) == envelope


def test_what_is_parked_is_what_travelled() -> None:
    assert {**unwrap(wrap(entry(), OURS, "surveys")).attributes()} == document()


def test_what_residents_are_shown_says_what_happened_and_not_whose_doing_it_was() -> None:
    told = entry(
        type=ModeratorAppointed.type(),
        actor="resident:0190a8b0-0000-7000-8000-000000000001",
        data=json.dumps({"house_id": "house", "resident_id": "0190a8b0-0000-7000-8000-000000000002"}),
    )
    shown = json.loads(wrap(nameless(told), OURS, "moderation"))
    assert (shown["actor"], shown["data"]) == ("resident", {"house_id": "house"})
    assert "0190a8b0" not in json.dumps(shown)
    assert json.loads(wrap(told, OURS, "moderation")) == {
        **shown,
        "actor": told.actor,
        "data": json.loads(told.data),
    }


@pytest.mark.parametrize("changed", [{}, {"type": "nl.buurtthuis.later.v1"}])
def test_what_names_nobody_is_shown_as_it_is(changed: dict[str, Any]) -> None:
    assert nameless(entry(**changed)) == entry(**changed)


def test_a_type_that_is_unknown_here_is_no_event() -> None:
    assert unwrap(wrap(entry(type="nl.buurtthuis.later.v1"), OURS, "later")).event() is None


@given(st.binary())
def test_anything_else_is_no_envelope(rubbish: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        unwrap(rubbish)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab"), lambda inner: st.lists(inner)
    )
)
def test_json_that_is_no_envelope_is_told_apart(rubbish: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        unwrap(json.dumps(rubbish))
