"""What somebody says at the door: words that are heard apart, and one place for each."""

import re
from itertools import combinations
from uuid import UUID, uuid4

import pytest
from buurtthuis_sessions.domain.seats import Seat, SeatState
from buurtthuis_sessions.domain.tickets import APART, WORDS, NoSuchTicket, seat_of, word_of
from hypothesis import given
from hypothesis import strategies as st

SESSION = UUID("01a204c1-fe6e-7763-a625-7498d1180187")
#: Pairs that many people say, or hear, alike; and of doubled letters one.
ALIKE = str.maketrans("bdvwzgc", "ptffskk")


def sound(word: str) -> tuple[str, str]:
    """How it begins, and its consonants."""
    return word[0], re.sub(r"[aeiouy]|(.)(?=\1)", "", word.translate(ALIKE))


def letters_apart(word: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for number, letter in enumerate(word, 1):
        above, row = row, [number]
        for at, each in enumerate(other, 1):
            row.append(min(above[at] + 1, row[-1] + 1, above[at - 1] + (letter != each)))
    return row[-1]


def test_no_two_words_sound_alike() -> None:
    pairs = list(combinations(WORDS, 2))
    assert [pair for pair in pairs if sound(pair[0]) == sound(pair[1]) or letters_apart(*pair) < 2] == []


def test_words_are_short_plain_and_without_sounds_that_are_hard_to_make() -> None:
    assert [word for word in WORDS if not re.fullmatch("[a-z]{3,9}", word)] == []
    assert [word for word in WORDS if re.search("sch|ui|eu|ij|ei|ieuw|^g", word)] == []


def test_there_are_as_many_words_as_a_prime() -> None:
    assert all(len(WORDS) % number for number in range(2, len(WORDS)))
    assert len(WORDS) % APART


@given(st.uuids())
def test_each_place_of_a_session_has_a_word_of_its_own(session: UUID) -> None:
    words = [word_of(session, number) for number in range(1, 1001)]
    assert len(set(words)) == len(words)
    assert [word for word in words[:150] if " " in word] == []


@pytest.fixture
def seats() -> list[Seat]:
    return [
        Seat(uuid4(), SESSION, uuid4(), uuid4(), number, SeatState.REGISTERED) for number in range(1, 200)
    ]


@pytest.mark.parametrize("number", [1, 42, 150, 151, 199])
def test_a_place_is_known_by_its_number_its_word_and_its_picture(seats: list[Seat], number: int) -> None:
    seat = seats[number - 1]
    word = word_of(SESSION, number)
    for said in (str(number), word, f"  {word.upper()} ", str(seat.id), str(seat.id).upper()):
        assert seat_of(said, SESSION, seats) is seat


@pytest.mark.parametrize("said", ["0", "200", "koffiekop", "", str(SESSION), "01"])
def test_whoever_says_something_else_has_no_place(seats: list[Seat], said: str) -> None:
    with pytest.raises(NoSuchTicket):
        seat_of(said, SESSION, seats)
