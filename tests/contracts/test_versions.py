"""Events cross every version of a speaker and a reader, and come out as they went in."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.core.actor import SYSTEM, Actor, ActorKind
from buurtthuis.core.corporations import Corporation, Corporations
from buurtthuis.core.work import Cause, new_id
from buurtthuis.eventlog.asyncapi import contract
from buurtthuis.eventlog.envelope import Envelope, unwrap, wrap
from buurtthuis.events import Audience, Event
from buurtthuis.persistence import journal
from buurtthuis.persistence.journal import Entry
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import create_model

from tests.contracts.snapshots import kept

ROOT = Path(__file__).parents[2]
#: Of each kind of event, of which there are more than a hundred.
EXAMPLES = 10
WHOLE_NUMBERS = st.integers(0, 2**53)
MOMENTS = st.datetimes(timezones=st.just(UTC))
ACTORS = st.sampled_from([Actor(ActorKind.STAFF, new_id()), SYSTEM, Actor.of_resident(new_id())])


@pytest.fixture(scope="module")
def corporation() -> Corporation:
    return next(iter(Corporations.load(ROOT / "corporations.toml").values()))


def instances(event: type[Event]) -> st.SearchStrategy[Event]:
    """Every event of a kind that there can be."""
    special = {int: WHOLE_NUMBERS, datetime: MOMENTS}
    fields = {name: one.annotation for name, one in event.model_fields.items()}
    return st.builds(event, **{name: special[kind] for name, kind in fields.items() if kind in special})


def travel(event: Event, corporation: Corporation, actor: Actor = SYSTEM, position: int = 1) -> Envelope:
    """Into the journal, out of it, onto a stream and off it."""
    row = journal.row(event, Cause(actor=actor), datetime(2018, 11, 12, tzinfo=UTC))
    entry = Entry(
        position,
        str(row["event_id"]),
        row["type"],
        row["subject"],
        str(row["house"]) if row["house"] else None,
        row["audience"],
        row["actor"],
        row["time"],
        row["traceparent"],
        json.dumps(row["data"]),
    )
    return unwrap(wrap(entry, corporation, event.producer()))


@pytest.mark.parametrize("name", sorted(contract()))
def test_an_event_comes_off_the_stream_as_it_happened(name: str, corporation: Corporation) -> None:
    @settings(deadline=None, max_examples=EXAMPLES)
    @given(instances(contract()[name]))
    def check(event: Event) -> None:
        assert travel(event, corporation).event() == event

    check()


@pytest.mark.parametrize("name", sorted(contract()))
def test_the_envelope_says_what_the_event_is_about(name: str, corporation: Corporation) -> None:
    @settings(deadline=None, max_examples=EXAMPLES)
    @given(instances(contract()[name]), ACTORS, st.integers(1, 2**62))
    def check(event: Event, actor: Actor, position: int) -> None:
        found = travel(event, corporation, actor, position)
        house = getattr(event, "house_id", None)
        assert (found.type, found.subject, found.audience, found.position, found.actor, found.house) == (
            event.type(),
            event.subject,
            event.audience,
            position,
            actor.written(),
            str(house) if house else None,
        )

    check()


@pytest.mark.parametrize("name", sorted(contract()))
def test_what_a_newer_producer_adds_is_ignored(name: str) -> None:
    @settings(deadline=None, max_examples=EXAMPLES)
    @given(instances(contract()[name]))
    def check(event: Event) -> None:
        newer = {**event.model_dump(mode="json"), "added_later": {"by": ["a newer", "producer"]}}
        assert type(event).parse(newer) == event

    check()


@pytest.mark.parametrize("name", sorted(contract()))
def test_what_an_older_producer_does_not_know_has_a_default(name: str) -> None:
    agreed = kept(name)
    assert agreed
    later = [field for field, promise in agreed["fields"].items() if not promise["required"]]

    @settings(deadline=None, max_examples=EXAMPLES)
    @given(instances(contract()[name]))
    def check(event: Event) -> None:
        older = event.model_dump(mode="json", exclude=set(later))
        read = type(event).parse(older)
        assert read.model_dump(exclude=set(later)) == event.model_dump(exclude=set(later))

    check()


@pytest.mark.parametrize("name", [name for name in sorted(contract()) if contract()[name].erasable()])
def test_an_event_whose_words_were_taken_back_can_still_be_read(name: str, corporation: Corporation) -> None:
    @settings(deadline=None, max_examples=EXAMPLES)
    @given(instances(contract()[name]))
    def check(event: Event) -> None:
        redacted = event.model_copy(update=dict.fromkeys(event.erasable()))
        assert travel(redacted, corporation).event() == redacted

    check()


def test_an_older_and_a_newer_producer_are_both_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Event, "known", {})
    keywords = {"name": "trial.met.v1", "subject": "house_id", "audience": Audience.STAFF}
    fields: dict[str, Any] = {"house_id": (int, ...), "guests": (int, 0)}
    met: type[Event] = create_model("Met", __base__=Event, __cls_kwargs__=keywords, **fields)
    older, newer = {"house_id": 1}, {"house_id": 1, "guests": 0, "weather": "fine"}
    assert met.parse(older) == met.parse(newer)
