"""What people write: what of it can be seen, and what is one line."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin
from uuid import uuid4

import pytest
import regex
from buurtthuis.core.texts import NOTHING, bare, can_be_read, is_honest, is_one_line, without_hidden
from buurtthuis.http.models import ONE_LINE, Part, Written
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import Playground
from buurtthuis_notifications.api.codes import UseBody
from buurtthuis_notifications.api.contact import Postcode
from buurtthuis_notifications.api.joining import JoiningCodeBody
from buurtthuis_sessions.api.bodies import Code as RoomCode
from buurtthuis_surveys.api.bodies import Code as BallotCode
from buurtthuis_surveys.api.cards import Code as CardCode
from buurtthuis_surveys.api.cards import Number as CardNumber
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, TypeAdapter

from tests.conftest import together
from tests.people import fields

pytestmark = pytest.mark.starts("surveys", "sessions", "moderation")
place = together

BREAKS = ["\n", "\r", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
#: What people may write more than a line in.
OF_ANY_LENGTH = {"ground", "needs", "objection", "reason", "reply", "report", "text", "words"}
#: What is no text of theirs: looked up or followed as it is, of a form that is checked, or read and dropped.
NO_TEXT = {"code", "contact", "contact_consent", "joining_code", "seat", "token", "types", "sub", "issuer"}
NO_TEXT |= {"bag_id", "vera_id", "language"}


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


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Mark de Wit\u3164", "Mark de Wit"),
        ("Mode\u115frator", "Moderator"),
        ("Mo\u200dde\u200crator", "Moderator"),
        ("\u200fعلي\u2069", "علي"),
        ("\u3164\uffa0", ""),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("👩\u200d👩\u200d👧 en ❤\ufe0f", "👩\u200d👩\u200d👧 en ❤\ufe0f"),
        ("क्\u200dष", "क्\u200dष"),
    ],
)
def test_a_name_is_what_is_seen_of_it(written: str, seen: str) -> None:
    assert without_hidden(written) == seen


def test_a_code_or_a_number_has_nothing_that_is_not_seen() -> None:
    assert bare("\u202d+31 6\u200c 12345678\u202c\ufeff") == "+31 6 12345678"


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        (UseBody, "٧٩٣٧٣٤", "793734"),
        (UseBody, "۷۹۳۷۳۴\u200f", "793734"),
        (JoiningCodeBody, "٧K٣M\u00a0٩QXZ–٢٢TB\u2011H٠WV", "7K3M 9QXZ-22TB-H0WV"),
        (TypeAdapter(BallotCode), "\u200e٧K٣M–９QXZ", "7K3M-9QXZ"),
        (TypeAdapter(CardCode), "K٧QP\u2013٢MXD", "K7QP-2MXD"),
        (TypeAdapter(CardNumber), "A–١٧", "A-17"),
        (TypeAdapter(RoomCode), "K٧QP\u202f٢MXD", "K7QP 2MXD"),
        (TypeAdapter(Postcode), "٢٧٤٢\u00a0ZX", "2742 ZX"),
    ],
)
def test_a_code_is_taken_as_a_phone_in_arabic_types_it_and_as_a_program_copies_it(
    kind: Any, typed: str, meant: str
) -> None:
    if isinstance(kind, TypeAdapter):
        assert kind.validate_python(typed) == meant
    else:
        assert kind(code=typed).code == meant


def test_what_is_drawn_as_nothing_is_what_unicode_says_and_some_more() -> None:
    unicodes = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    points = [chr(code) for code in range(sys.maxunicode + 1)]
    assert all(NOTHING.match(one) for one in points if unicodes.match(one))
    assert sum(bool(NOTHING.match(one)) for one in points if not unicodes.match(one)) == 21


MARKS = st.text(st.sampled_from("ab\n\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200f"))


@given(MARKS, MARKS)
def test_honest_text_beside_honest_text_is_honest(first: str, second: str) -> None:
    """So that a title within a sentence turns nothing of the sentence."""
    if is_honest(first) and is_honest(second):
        assert is_honest(first + second)
        assert is_honest(f"\u2068{first.replace(chr(10), '')}\u2069{second}")


@pytest.mark.parametrize(
    "text", ["\u2067a", "a\u2069", "\u2067a\n\u2069", "\u2067\u202ba\u2069\u202c", "\u202ea\u202c"]
)
def test_what_turns_others_around_is_not_honest(text: str) -> None:
    assert not is_honest(text)


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
    elif not any(getattr(one, "pattern", None) or isinstance(one, AfterValidator | Written) for one in said):
        yield [*said]


@pytest.mark.parametrize("title", ["Koffie\nthee", "Koffie\u2028=1+1", "ㅤ\u115f"])
async def test_a_title_that_is_no_line_to_read_is_refused_by_name(place: Playground, title: str) -> None:
    staff = place.client(Role.STAFF)
    theme = await staff.post("/surveys/v1/themes", json={"house_id": str(uuid4()), "title": title})
    house = await staff.post("/sessions/v1/houses", json={"title": title, "town": title, "dwellings": 3})
    assert (theme.status_code, fields(theme)) == (400, ["/title"])
    assert (house.status_code, fields(house)) == (400, ["/title", "/town"])
    assert not theme.json()["detail"].startswith("Value error")
