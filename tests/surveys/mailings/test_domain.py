"""Mailings: who gets which code, and what is told of who answered."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import Refused
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.domain.paper_codes import as_typed
from buurtthuis_surveys.domain.ballots import Cast, Voter, VoterKind
from buurtthuis_surveys.domain.mailings import (
    TRIES,
    LetterRun,
    LetterWords,
    Mailing,
    NoSuchAddress,
    NothingToPrint,
    NotOurs,
    RunState,
    Sent,
    ToPrint,
    chosen,
    code_of,
    responses,
)
from hypothesis import given
from hypothesis import strategies as st

SURVEY, NOW = uuid4(), datetime(2026, 11, 30, 12, tzinfo=UTC)
BOX = BallotBox.new(SURVEY)
FIRST, SECOND, THIRD = (uuid4() for _ in range(3))
WALK = {FIRST: "A", SECOND: "A", THIRD: "B"}
WORDS = LetterWords("Wingerd", "", "https://buurtthuis.example")


def a_run() -> LetterRun:
    return LetterRun.ask(SURVEY, [ToPrint(FIRST, 1, "A")], WORDS, BOX, NOW)


def test_an_address_has_one_code_however_often_it_is_printed_and_each_is_another() -> None:
    codes = {code_of(BOX, address, issue) for address in WALK for issue in (1, 2)}
    assert len(codes) == 6
    assert codes == {code_of(BOX, address, issue) for address in WALK for issue in (1, 2)}
    assert {as_typed(code) for code in codes} == codes
    assert codes.isdisjoint(code_of(BallotBox.new(SURVEY), address, 1) for address in WALK)


def test_letters_go_to_all_who_have_none_as_the_caretaker_walks() -> None:
    sent = {SECOND: Sent(1, "A")}
    assert chosen(WALK, sent, None, anew=False) == [ToPrint(FIRST, 1, "A"), ToPrint(THIRD, 1, "B")]


def test_a_letter_is_printed_once_more_with_its_code_and_anew_with_another() -> None:
    sent = {SECOND: Sent(2, "A"), THIRD: Sent(1, "B", withdrawn=True)}
    assert [letter.issue for letter in chosen(WALK, sent, [SECOND], anew=False)] == [2]
    assert [letter.issue for letter in chosen(WALK, sent, [SECOND], anew=True)] == [3]
    assert [letter.issue for letter in chosen(WALK, sent, [THIRD], anew=False)] == [2]


def test_nobody_is_written_to_who_is_not_on_the_list_and_nothing_is_printed_for_nobody() -> None:
    with pytest.raises(NoSuchAddress):
        chosen(WALK, {}, [FIRST, uuid4()], anew=False)
    with pytest.raises(NothingToPrint):
        chosen(WALK, {address: Sent(1, "") for address in WALK}, None, anew=False)


def test_what_is_kept_of_a_mailing_says_nothing_to_whoever_has_not_the_key() -> None:
    mailing = Mailing.of(SURVEY)
    mailing.note({address: Sent(1, entrance) for address, entrance in WALK.items()}, BOX)
    assert mailing.sealed
    assert not any(
        str(address).encode() in mailing.sealed or address.bytes in mailing.sealed for address in WALK
    )
    before, length = mailing.sealed, len(mailing.sealed)
    mailing.note({**mailing.sent(BOX), FIRST: Sent(2, "A")}, BOX)
    assert (mailing.sealed != before, len(mailing.sealed)) == (True, length)


def test_a_newer_letter_takes_over_that_the_household_answered() -> None:
    """So whoever asks for it does not learn whether it had."""
    old, newer = (Voter(uuid4(), SURVEY, VoterKind.CODE) for _ in range(2))
    cast = Cast((), "web", "nl", uuid4())  # type: ignore[arg-type]
    assert old.answer(cast)
    old.hand_over(newer)
    assert (old.withdrawn, newer.answered, newer.withdrawn) == (True, True, False)
    assert newer.answer(cast) is False


def test_whoever_prints_loses_the_run_after_a_minute_without_a_sign_and_it_is_not_tried_for_ever() -> None:
    run = a_run()
    for n in range(TRIES):
        lease = uuid4()
        run.take(lease, NOW + n * timedelta(minutes=2))
        run.check_held(lease)
        run.take(uuid4(), NOW + n * timedelta(minutes=2, seconds=1) / 2)
    with pytest.raises(NotOurs):
        run.check_held(uuid4())
    run.take(uuid4(), NOW + timedelta(hours=1))
    assert (run.state, bool(run.why)) == (RunState.FAILED, True)


def test_letters_that_are_printed_are_read_as_they_were_and_are_not_cancelled() -> None:
    run, lease = a_run(), uuid4()
    with pytest.raises(Refused, match="queued"):
        run.read(BOX)
    run.take(lease, NOW)
    run.finish(b"%PDF %%EOF\n", 1, BOX)
    assert (run.read(BOX), run.printed) == (b"%PDF %%EOF\n", 1)
    assert b"%PDF" not in (run.document or b"")
    with pytest.raises(Refused, match="printed"):
        run.cancel()


def households(*answered: tuple[str, int, int]) -> list[tuple[str, bool]]:
    return [(entrance, n < did) for entrance, did, of in answered for n in range(of)]


def told(*answered: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    return [(found.entrance, found.letters, found.at_least) for found in responses(households(*answered))]


def test_answers_are_told_by_entrance_in_steps_of_five() -> None:
    assert told(("A", 7, 12), ("B", 3, 12), ("C", 11, 12)) == [("A", 12, 5), ("B", 12, 0), ("C", 12, 10)]


def test_it_is_never_told_that_all_behind_an_entrance_answered_nor_anything_of_a_few() -> None:
    assert told(("A", 10, 10), ("B", 3, 10)) == [("A", 10, 5), ("B", 10, 0)]
    assert told(("A", 4, 4), ("B", 6, 12)) == [("A", 4, 0), ("B", 12, 5)]


def test_where_the_whole_leaves_no_choice_nothing_is_told() -> None:
    """Ten answered, and ten behind A: then nobody did behind B."""
    assert told(("A", 10, 20), ("B", 0, 9)) == []


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 1)), min_size=2, max_size=5))
def test_of_no_entrance_what_is_told_leaves_fewer_than_two_possibilities(
    sizes: list[tuple[int, float]],
) -> None:
    counts = [(str(n), round(share * of), of) for n, (of, share) in enumerate(sizes)]
    whole = sum(did for _, did, _ in counts)
    found = told(*counts)
    bounds = {name: (least, least + 4 if least + 5 < of else of) for name, of, least in found}
    for name, _, _ in found:
        others = [bound for other, bound in bounds.items() if other != name]
        least = max(bounds[name][0], whole - sum(most for _, most in others))
        most = min(bounds[name][1], whole - sum(least for least, _ in others))
        assert least < most


def test_ids_of_mailings_follow_from_those_of_surveys() -> None:
    assert Mailing.of(SURVEY).id == Mailing.id_of(SURVEY) != Mailing.id_of(UUID(int=1))
