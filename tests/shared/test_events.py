"""What an event says of itself when its class is made."""

from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.events import Audience, Event
from pydantic import ValidationError, create_model

KEYWORDS = {"name": "trial.guest-came.v1", "subject": "visit_id", "audience": Audience.STAFF}


@pytest.fixture(autouse=True)
def _nobody_else_learns_of_these_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Event, "known", {})


def event(title: str = "GuestCame", /, **keywords: Any) -> Any:
    """An event with these keywords; its subject is not its first field."""
    fields: dict[str, Any] = {"house_id": (object, ...), "visit_id": (object, ...)}
    return create_model(title, __base__=Event, __cls_kwargs__=keywords, **fields)


def test_the_subject_is_the_field_that_the_class_names_wherever_it_stands() -> None:
    visit = uuid4()
    assert event(**KEYWORDS)(house_id=uuid4(), visit_id=visit).subject == str(visit)


@pytest.mark.parametrize("keyword", sorted(KEYWORDS))
def test_an_event_without_a_name_a_subject_or_an_audience_is_no_event(keyword: str) -> None:
    with pytest.raises(TypeError, match=keyword):
        event(**{name: value for name, value in KEYWORDS.items() if name != keyword})


def test_a_subject_that_is_none_of_its_fields_is_refused() -> None:
    with pytest.raises(TypeError, match="GuestCame has no field guest_id"):
        event(**{**KEYWORDS, "subject": "guest_id"})


def test_a_keyword_that_nobody_knows_is_refused() -> None:
    with pytest.raises(TypeError, match="about"):
        event(**KEYWORDS, about="visit_id")


def test_a_name_belongs_to_one_event() -> None:
    event(**KEYWORDS)
    with pytest.raises(TypeError, match=r"trial.guest-came.v1 is the name of .*GuestCame already"):
        event("VisitorCame", **KEYWORDS)


def test_who_says_something_says_no_field_that_the_event_has_not() -> None:
    with pytest.raises(ValidationError, match="children"):
        event(**KEYWORDS)(house_id=uuid4(), visit_id=uuid4(), children=2)


def test_who_reads_something_ignores_a_field_that_is_not_known_yet() -> None:
    said = {"house_id": "h", "visit_id": "v", "children": 2}
    assert event(**KEYWORDS).parse(said).model_dump() == {"house_id": "h", "visit_id": "v"}
