"""The contract as it was agreed still holds; what was added to it was agreed to."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from buurtthuis.eventlog.asyncapi import contract
from buurtthuis.events import Audience, Erasable, Event
from pydantic import create_model

from tests.contracts import snapshots
from tests.contracts.snapshots import breaks, broken_events, kept, kept_names, snapshot

RENEW = "the contract grew: look at the change, then agree to it with `make contracts`"
BROKEN = (
    "this breaks readers of the event: leave it as it was, and say the new thing as a new version beside it"
)


def test_every_event_keeps_what_was_agreed() -> None:
    assert list(broken_events()) == [], BROKEN


def test_every_event_is_as_its_snapshot_says() -> None:
    assert [name for name, event in contract().items() if snapshot(event) != kept(name)] == [], RENEW


def test_a_reaction_keeps_its_name_since_attempts_and_parked_events_carry_it() -> None:
    assert snapshots.orphans(snapshots.kept_reactions(), snapshots.reactions()) == [], (
        "give it its old name back, or delete its line from tests/contracts/reactions.json when nothing of it "
        "can be parked anywhere"
    )


def test_reactions_are_as_their_snapshot_says() -> None:
    assert snapshots.reactions() == snapshots.kept_reactions(), RENEW


# What counts as a break, tried on an event of our own.

Fields = dict[str, Any]
WORDS: Any = Erasable[str]  # type: ignore[misc]  # a generic alias, made at run time as the contract does
FIELDS: Fields = {"thing_id": (int, ...), "words": (WORDS, ...), "audience_of_it": (Audience, ...)}


@pytest.fixture(autouse=True)
def _nobody_else_learns_of_these_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Event, "known", dict(Event.known))


def promise(
    fields: Fields,
    audience: Audience = Audience.STAFF,
    name: str = "trial.done.v1",
    subject: str = "thing_id",
) -> Any:
    keywords = {"name": name, "subject": subject, "audience": audience}
    return snapshot(create_model("Done", __base__=Event, __cls_kwargs__=keywords, **fields))


def test_an_event_that_did_not_change_breaks_nothing() -> None:
    assert breaks(promise(FIELDS), promise(FIELDS)) == []


def test_a_new_field_with_a_default_breaks_nothing() -> None:
    assert breaks(promise(FIELDS), promise({**FIELDS, "more": (int, 0)})) == []


def test_a_new_field_with_a_default_is_no_longer_as_the_snapshot_says() -> None:
    assert promise(FIELDS) != promise({**FIELDS, "more": (int, 0)})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"fields": {"words": None}}, "field words is gone", id="a field that is gone"),
        pytest.param({"fields": {"thing_id": (str, ...)}}, "field thing_id was", id="another type"),
        pytest.param({"fields": {"more": (int, ...)}}, "has no default", id="a new field without a default"),
        pytest.param({"fields": {"thing_id": (int, 0)}}, "field thing_id was", id="a field grown optional"),
        pytest.param({"fields": {"words": (str | None, ...)}}, "x-erasable", id="words no longer erasable"),
        pytest.param({"audience": Audience.PUBLIC}, "was for staff", id="another audience"),
        pytest.param({"name": "trial.did.v1"}, "is now called", id="another name"),
    ],
)
def test_a_break_is_named(change: dict[str, Any], complaint: str) -> None:
    fields = {name: one for name, one in {**FIELDS, **change.get("fields", {})}.items() if one}
    changed = promise(fields, change.get("audience", Audience.STAFF), change.get("name", "trial.done.v1"))
    assert complaint in " ".join(breaks(promise(FIELDS), changed))


def test_another_subject_is_a_break() -> None:
    assert breaks(promise(FIELDS), promise(FIELDS, subject="audience_of_it")) == [
        "trial.done.v1 was about thing_id and is about audience_of_it"
    ]


def test_another_order_of_the_fields_breaks_nothing() -> None:
    assert breaks(promise(FIELDS), promise(dict(reversed(FIELDS.items())))) == []


def test_an_enum_that_lost_a_word_is_a_break() -> None:
    old, new = promise(FIELDS), promise(FIELDS)
    new["fields"]["audience_of_it"]["enum"].remove("public")
    assert len(breaks(old, new)) == 1


def test_an_enum_that_gained_a_word_is_a_break_since_old_readers_refuse_it() -> None:
    old, new = promise(FIELDS), promise(FIELDS)
    new["fields"]["audience_of_it"]["enum"].append("neighbours")
    assert len(breaks(old, new)) == 1


def test_a_reaction_that_was_renamed_leaves_an_orphan() -> None:
    pinned = {"surveys": {"mark": "one.v1"}}
    assert snapshots.orphans(pinned, {"surveys": {"mark_it": "one.v1"}}) == [
        "surveys: mark no longer takes one.v1"
    ]


def test_a_reaction_that_takes_another_event_leaves_an_orphan() -> None:
    assert snapshots.orphans({"surveys": {"mark": "one.v1"}}, {"surveys": {"mark": "two.v1"}})


# What `make contracts` does.


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(snapshots, "EVENTS", tmp_path)
    monkeypatch.setattr(snapshots, "REACTIONS", tmp_path / "reactions.txt")
    return tmp_path


def test_agreeing_writes_every_event_down(elsewhere: Path) -> None:
    snapshots.renew()
    assert {name: kept(name) for name in kept_names()} == {
        name: snapshot(event) for name, event in contract().items()
    }


def test_agreeing_writes_every_reaction_down(elsewhere: Path) -> None:
    snapshots.renew()
    assert snapshots.kept_reactions() == snapshots.reactions()


def test_what_breaks_the_contract_cannot_be_agreed_to(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = elsewhere / "surveys.theme-forgotten.v1.json"
    gone.write_text('{"name": "surveys.theme-forgotten.v1", "audience": "staff", "fields": {}}')
    with pytest.raises(SystemExit):
        runpy.run_module("tests.contracts", run_name="__main__")
    assert "surveys.theme-forgotten.v1: is gone" in capsys.readouterr().err
