"""What people write: what of it can be seen, and what is one line."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin
from uuid import uuid4

import pytest
from buurtthuis.identity import Role
from buurtthuis.service import installed_services
from buurtthuis.testing import Playground
from buurtthuis.texts import can_be_read, is_one_line
from buurtthuis.web import ONE_LINE, Part
from pydantic import AfterValidator

from tests.conftest import together
from tests.people import fields

pytestmark = pytest.mark.starts("surveys", "sessions", "moderation")
place = together

BREAKS = ["\n", "\r", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
#: What people may write more than a line in.
OF_ANY_LENGTH = {"ground", "needs", "reason", "reply", "report", "text", "wording", "words"}
#: What is no text of theirs: looked up or followed as it is, or read and dropped.
NO_TEXT = {"code", "contact", "contact_consent", "rule", "token", "types"}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_line_has_no_break_in_it(broken: str) -> None:
    assert is_one_line("Koffie, thee")
    assert not is_one_line(f"Koffie{broken}thee")


@pytest.mark.parametrize(
    "text", ["ㅤ", "\u115f\u1160", "\uffa0", "\u2800", "\u200b\u00ad", "\ufe0f", "\U000e0061", " \n"]
)
def test_what_nobody_sees_cannot_be_read(text: str) -> None:
    assert not can_be_read(text)
    assert can_be_read(f"{text}a{text}")


@pytest.mark.parametrize("text", ["a", "7", "?", "👩‍👩‍👧", "❤\ufe0f", "مقهى", "کتاب‌خانه", "한국어"])
def test_what_is_seen_can_be_read(text: str) -> None:
    assert can_be_read(text)


def test_names_titles_and_places_are_one_line_in_every_service() -> None:
    """Whatever text is sent is one line, unless it is meant for more."""
    assert installed_services()
    bodies = list(_below(Part))
    assert len(bodies) > 40
    loose = {
        name
        for body in bodies
        for name, field in body.model_fields.items()
        if any(ONE_LINE not in said for said in _texts(field.annotation, field.metadata))
    }
    assert loose == OF_ANY_LENGTH | NO_TEXT


def _below(kind: type[Part]) -> Iterator[type[Part]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("buurtthuis_"):
            yield one
        yield from _below(one)


def _texts(annotation: Any, said: Any = ()) -> Iterator[list[Any]]:
    """What is said of each text in a type, except of those that have a form of their own."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from _texts(inner, (*said, *more))
    elif annotation is not str:
        for one in get_args(annotation):
            yield from _texts(one)
    elif not any(getattr(one, "pattern", None) or isinstance(one, AfterValidator) for one in said):
        yield [*said]


@pytest.mark.parametrize("title", ["Koffie\nthee", "Koffie\u2028=1+1", "ㅤ\u115f"])
async def test_a_title_that_is_no_line_to_read_is_refused_by_name(place: Playground, title: str) -> None:
    staff = place.client(Role.STAFF)
    theme = await staff.post("/surveys/themes", json={"house_id": str(uuid4()), "title": title})
    house = await staff.post("/sessions/houses", json={"title": title, "town": title, "dwellings": 3})
    assert (theme.status_code, fields(theme)) == (422, ["/title"])
    assert (house.status_code, fields(house)) == (422, ["/title", "/town"])
    assert not theme.json()["detail"].startswith("Value error")
