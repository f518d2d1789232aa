"""The rules of ballots and codes."""

from collections import Counter
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.domain.paper_codes import ALPHABET, MistypedCode, as_typed, new_code
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.http.problem_json import place_of
from buurtthuis_surveys.domain.ballots import (
    AlreadyAnswered,
    Answer,
    Ballot,
    Cast,
    Mark,
    Voter,
    VoterKind,
    apart,
    mixed,
    opened,
    voter_of,
)
from buurtthuis_surveys.domain.questions import Given
from hypothesis import given
from hypothesis import strategies as st

CODES = [new_code() for _ in range(50)]
codes = st.sampled_from(CODES)


def a_ballot() -> Cast:
    return Cast(
        (Given(uuid4(), (uuid4(), uuid4())), Given(uuid4(), (), "Thee")), IntakeChannel.WEB, "nl", uuid4()
    )


def a_voter() -> Voter:
    return Voter(uuid4(), uuid4(), VoterKind.CODE)


def test_the_same_ballot_again_is_known_and_does_not_count_again() -> None:
    voter, cast = a_voter(), a_ballot()
    assert [voter.answer(cast), voter.answer(cast)] == [True, False]


@pytest.mark.parametrize(
    "other",
    [
        {"given": ()},
        {"channel": IntakeChannel.PAPER},
        {"language": "en"},
        {"retry": UUID("d9428888-122b-4b5e-8c3e-0f7f3f0a5b1d")},
    ],
)
def test_another_ballot_of_the_same_voter_is_refused(other: dict[str, object]) -> None:
    voter, cast = a_voter(), a_ballot()
    voter.answer(cast)
    with pytest.raises(AlreadyAnswered):
        voter.answer(replace(cast, **other))  # type: ignore[arg-type]


def test_a_receipt_tells_nothing_of_a_ballot_to_whoever_does_not_know_its_random_name() -> None:
    cast = a_ballot()
    assert cast.receipt != replace(cast, retry=uuid4()).receipt


def test_a_ballot_falls_into_pieces_that_share_nothing_but_what_they_count_for() -> None:
    survey = uuid4()
    pieces = list(apart(survey, a_ballot()))
    assert [type(one) for one in pieces] == [Ballot, Answer, Mark, Mark, Answer]
    assert len({one.id for one in pieces}) == 5
    assert not {"ballot_id", "answer_id", "voter_id"} & {name for one in pieces for name in vars(one)}


def test_the_order_of_marks_is_their_rank() -> None:
    cast = a_ballot()
    marks = [one for one in apart(uuid4(), cast) if isinstance(one, Mark)]
    assert [(one.option_id, one.rank) for one in marks] == list(
        zip(cast.given[0].options, (1, 2), strict=True)
    )


def test_a_voter_is_somebody_else_in_every_survey_and_by_every_kind_of_proof() -> None:
    salts = ((b"one",), (b"two",), (b"one", b"two"))
    ids = {voter_of(salt, kind, "7") for salt in salts for kind in VoterKind}
    assert len(ids) == 3 * len(VoterKind)


def test_whoever_has_a_code_is_known_in_the_runoff() -> None:
    first = BallotBox.new(uuid4())
    runoff = BallotBox.new(uuid4(), before=first.salts or ())
    ids = [voter_of(box.salts or (), VoterKind.CODE, "7") for box in (first, runoff)]
    assert runoff.carry_over(ids[0]) == ids[1]


def test_what_comes_out_of_a_box_is_what_went_in_and_in_another_order() -> None:
    box, ballots = BallotBox.new(uuid4()), [a_ballot() for _ in range(20)]
    papers = opened(box, [box.seal(one.written()) for one in ballots])
    assert {one.written() for one in papers} == {one.written() for one in ballots}
    assert [one.written() for one in papers] != [one.written() for one in ballots]


def test_pieces_of_all_ballots_lie_mixed() -> None:
    pieces = mixed(uuid4(), [a_ballot() for _ in range(20)])
    kinds = [type(one) for one in pieces]
    assert Counter(kinds) == {Ballot: 20, Answer: 40, Mark: 40}
    assert kinds != [Ballot, Answer, Mark, Mark, Answer] * 20


# Codes


@given(codes, st.randoms())
def test_a_code_is_understood_however_it_is_typed(code: str, random: object) -> None:
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert as_typed(typed) == as_typed(code.replace("-", "")) == as_typed(code) == code


@given(codes, st.integers(0, 15), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed(code: str, place: int, symbol: str) -> None:
    plain = code.replace("-", "")
    typed = plain[:place] + symbol + plain[place + 1 :]
    if typed != plain:
        with pytest.raises(MistypedCode):
            as_typed(typed)


@given(codes, st.integers(0, 13))
def test_two_neighbours_that_change_places_are_noticed(code: str, place: int) -> None:
    plain = code.replace("-", "")
    typed = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    if typed != plain:
        with pytest.raises(MistypedCode):
            as_typed(typed)


@pytest.mark.parametrize("typed", ["", "7", "U" * 16, "*" * 16, "ſ" * 16, "１" * 16, "7K3M-9QXZ-22TB-H0WV-1"])
def test_what_cannot_be_a_code_is_refused_with_its_field(typed: str) -> None:
    with pytest.raises(MistypedCode) as refused:
        as_typed(typed)
    assert place_of(refused.value) == "/code"


def test_codes_are_not_alike() -> None:
    assert len(set(CODES)) == 50
