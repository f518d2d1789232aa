"""The rules of follow-up votes: who votes, how often, and what comes of it."""

from copy import copy
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.events.sessions import FollowUpOutcome, SeatRole
from buurtthuis_sessions.domain.codes import (
    ALPHABET,
    TRIES,
    TRIES_WITHIN,
    TooManyTries,
    WrongCodes,
    as_typed,
    new_code,
)
from buurtthuis_sessions.domain.follow_ups.counting import Counts, Option, Question, result_of
from buurtthuis_sessions.domain.follow_ups.states import (
    MOVES,
    AlreadyVoted,
    EverybodyVoted,
    MarksDoNotFit,
    MoreMarksThanAllowed,
    NotHeld,
    NoWalkInLeft,
    OptionNotInVote,
    TooManyCards,
    VoteCannotMove,
    VoteIsForGuests,
    VoteNotOpen,
    VoteState,
    WasNotThere,
)
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.seats import Seat, SeatState
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState

from tests.sessions.follow_ups.people import (
    AFTER,
    ASKED,
    BOX,
    COFFEE,
    DECORATION,
    LANGUAGE,
    a_held_session,
    a_vote,
)

CAME = tuple(uuid4() for _ in range(3))
MISSED = uuid4()
C, D, L = COFFEE.id, DECORATION.id, LANGUAGE.id


def a_room(walk_ins: int = 0) -> tuple[Session, FollowUpVote]:
    session = a_held_session(CAME, (MISSED,), walk_ins)
    return session, a_vote(session)


def cards(number: int, coffee: int = 0, decoration: int = 0, stop: int = 0) -> Counts:
    return Counts(number, {C: coffee, D: decoration}, stop)


def cast(vote: FollowUpVote, session: Session, resident: UUID, *options: UUID, stop: bool = False) -> None:
    vote.mark(resident, session, options, stop, AFTER, BOX)


# When


@pytest.mark.parametrize("state", sorted(set(SessionState) - {SessionState.HELD, SessionState.CLOSED}))
def test_people_vote_once_it_is_noted_who_came(state: SessionState) -> None:
    session = a_held_session(CAME)
    session.state = state
    with pytest.raises(NotHeld):
        a_vote(session)


def test_a_vote_knows_how_many_were_there() -> None:
    session = a_held_session(CAME, walk_ins=5)
    _, opened = FollowUpVote.open(session, ASKED, AFTER)
    assert opened.present == 8


def test_a_vote_closes_after_it_opens() -> None:
    with pytest.raises(Invalid):
        a_vote(a_held_session(CAME), Question(ASKED.options, 2, closes_at=AFTER))


def test_a_vote_whose_time_has_come_takes_no_marks() -> None:
    session = a_held_session(CAME)
    vote = a_vote(session, Question(ASKED.options, 2, closes_at=AFTER + timedelta(minutes=5)))
    with pytest.raises(VoteNotOpen):
        vote.mark(CAME[0], session, [C], False, AFTER + timedelta(minutes=5), BOX)


@pytest.mark.parametrize("state", sorted(set(VoteState) - {VoteState.OPEN}))
def test_a_vote_that_is_over_takes_no_marks_and_no_cards(state: VoteState) -> None:
    session, vote = a_room()
    vote.state = state
    with pytest.raises(VoteNotOpen):
        cast(vote, session, CAME[0], C)
    with pytest.raises(VoteNotOpen):
        vote.count_cards(cards(1), AFTER)


@pytest.mark.parametrize("state", sorted(set(VoteState) - set(MOVES)))
def test_a_vote_that_is_over_stays_as_it_is(state: VoteState) -> None:
    _, vote = a_room()
    vote.state = state
    for move in (vote.decide, vote.cancel):
        with pytest.raises(VoteCannotMove):
            move(copy(BOX))


# Who


def test_everybody_votes_once() -> None:
    session, vote = a_room()
    cast(vote, session, CAME[0], C)
    with pytest.raises(AlreadyVoted):
        cast(vote, session, CAME[0], D)


def test_whoever_did_not_come_cannot_vote_also_where_walk_ins_are_left() -> None:
    session, vote = a_room(walk_ins=3)
    with pytest.raises(WasNotThere):
        cast(vote, session, MISSED, C)


def test_whoever_leads_a_session_leaves_the_vote_to_the_others() -> None:
    session, vote = a_room(walk_ins=3)
    host = Seat(uuid4(), session.id, session.house_id, uuid4(), 99, SeatState.REGISTERED, SeatRole.HOST)
    session.seats.append(host)
    with pytest.raises(VoteIsForGuests):
        cast(vote, session, host.resident_id, C)


def test_no_more_people_vote_as_walk_ins_than_walked_in() -> None:
    session, vote = a_room(walk_ins=2)
    for _ in range(2):
        cast(vote, session, uuid4(), C)
    with pytest.raises(NoWalkInLeft):
        cast(vote, session, uuid4(), C)


def test_walk_ins_leave_the_places_of_those_who_had_registered() -> None:
    session, vote = a_room(walk_ins=2)
    for resident in (uuid4(), uuid4(), *CAME):
        cast(vote, session, resident, C)
    assert vote.phones.ballots == 5


def test_whoever_comes_when_as_many_cards_and_phones_voted_as_people_were_there_is_refused() -> None:
    session, vote = a_room()
    vote.count_cards(cards(2, coffee=2), AFTER)
    cast(vote, session, CAME[0], C)
    with pytest.raises(EverybodyVoted):
        cast(vote, session, CAME[1], C)


# What


def test_nobody_has_more_marks_than_there_are_for_everybody() -> None:
    session, vote = a_room()
    with pytest.raises(MoreMarksThanAllowed):
        cast(vote, session, CAME[0], C, D, L)


def test_stop_is_one_of_the_marks() -> None:
    session, vote = a_room()
    with pytest.raises(MoreMarksThanAllowed):
        cast(vote, session, CAME[0], C, D, stop=True)


def test_stop_alone_is_a_ballot() -> None:
    session, vote = a_room()
    cast(vote, session, CAME[0], stop=True)
    assert vote.by_phone(BOX) == Counts(1, {}, 1)


def test_nothing_marked_is_no_ballot() -> None:
    session, vote = a_room()
    with pytest.raises(Invalid):
        cast(vote, session, CAME[0])


def test_an_option_is_marked_once() -> None:
    session, vote = a_room()
    with pytest.raises(Invalid):
        cast(vote, session, CAME[0], C, C)


def test_what_is_not_in_the_vote_cannot_be_marked() -> None:
    session, vote = a_room()
    with pytest.raises(OptionNotInVote):
        cast(vote, session, CAME[0], uuid4())
    with pytest.raises(OptionNotInVote):
        vote.count_cards(Counts(1, {uuid4(): 0}), AFTER)


def test_a_refused_ballot_leaves_no_trace() -> None:
    session, vote = a_room()
    with pytest.raises(MoreMarksThanAllowed):
        cast(vote, session, CAME[0], C, D, L)
    assert (vote.phones, vote.voters) == (Counts(), [])


# Cards


def test_cards_are_counted_again_where_they_were_counted_wrongly() -> None:
    _, vote = a_room()
    vote.count_cards(cards(3, coffee=3, decoration=3), AFTER)
    vote.count_cards(cards(2, coffee=1), AFTER)
    assert vote.cards == cards(2, coffee=1)


def test_whoever_read_the_vote_before_the_cards_were_counted_does_not_overwrite_them() -> None:
    _, vote = a_room()
    before = vote.version
    vote.count_cards(cards(1), AFTER)
    assert vote.version == before + 1


def test_a_ballot_by_phone_does_not_show_in_the_version() -> None:
    session, vote = a_room()
    before = vote.version
    cast(vote, session, CAME[0], C)
    assert vote.version == before


def test_cards_and_phones_together_are_no_more_than_the_people() -> None:
    session, vote = a_room()
    cast(vote, session, CAME[0], C)
    vote.count_cards(cards(2), AFTER)
    with pytest.raises(TooManyCards):
        vote.count_cards(cards(3), AFTER)


@pytest.mark.parametrize(
    "counts",
    [cards(2, coffee=3), cards(2, stop=3), cards(2, coffee=2, decoration=2, stop=1), cards(0, coffee=1)],
)
def test_marks_that_do_not_fit_on_the_cards_are_refused(counts: Counts) -> None:
    _, vote = a_room()
    with pytest.raises(MarksDoNotFit):
        vote.count_cards(counts, AFTER)


def test_cards_can_be_filled_to_the_last_mark() -> None:
    _, vote = a_room()
    vote.count_cards(cards(3, coffee=3, decoration=2, stop=1), AFTER)
    assert vote.cards.total == 6


# What comes of it

A, B, E, F = (Option(uuid4(), word) for word in "abef")
FOUR = (A, B, E, F)
NOTHING = FollowUpOutcome.TIED


@pytest.mark.parametrize(
    ("marks", "stop", "places", "outcome", "winners", "tied"),
    [
        pytest.param((19, 16, 12, 0), 1, 2, "decided", "ab", "", id="the story"),
        pytest.param((5, 5, 2, 0), 0, 2, "decided", "ab", "", id="a tie within the places decides"),
        pytest.param((5, 3, 3, 0), 0, 2, "decided", "a", "be", id="those tied at the border do not win"),
        pytest.param((4, 4, 4, 0), 0, 2, "tied", "", "abe", id="none wins clearly"),
        pytest.param((4, 4, 0, 0), 0, 1, "tied", "", "ab", id="two for one place"),
        pytest.param((4, 0, 0, 0), 0, 2, "decided", "a", "", id="nobody wins without a mark"),
        pytest.param((0, 0, 0, 0), 0, 2, "tied", "", "", id="nothing marked"),
        pytest.param((0, 0, 0, 0), 1, 2, "stop", "", "", id="only stop"),
        pytest.param((4, 3, 0, 0), 5, 2, "stop", "", "", id="stop first"),
        pytest.param((4, 4, 0, 0), 4, 2, "tied", "", "ab", id="stop shares the first place"),
        pytest.param((4, 2, 1, 0), 3, 2, "decided", "ab", "", id="stop second"),
        pytest.param((1, 2, 3, 4), 0, 20, "decided", "feba", "", id="more places than options"),
    ],
)
def test_what_comes_of_the_marks(
    marks: tuple[int, ...], stop: int, places: int, outcome: str, winners: str, tied: str
) -> None:
    counts = Counts(99, {option.id: number for option, number in zip(FOUR, marks, strict=True)}, stop)
    found = result_of(FOUR, counts, places)
    titles = {option.id: option.title for option in FOUR}
    assert (
        found.outcome,
        *("".join(titles[one] or "" for one in ids) for ids in (found.winners, found.tied)),
    ) == (
        outcome,
        winners,
        tied,
    )


def test_phones_and_cards_are_one_tally() -> None:
    session, vote = a_room()
    cast(vote, session, CAME[0], D)
    vote.count_cards(cards(2, coffee=1, decoration=1), AFTER)
    decided = vote.decide(copy(BOX))
    assert [(one.option_id, one.marks) for one in decided.counts] == [(D, 2), (C, 1), (L, 0)]
    assert (decided.online, decided.cards) == (1, 2)


@pytest.mark.parametrize("end", ["decide", "cancel"])
def test_who_voted_is_forgotten_with_the_code_when_a_vote_is_over(end: str) -> None:
    session, vote = a_room()
    cast(vote, session, CAME[0], C)
    box = copy(BOX)
    getattr(vote, end)(box)
    assert (vote.voters, vote.code, vote.sealed) == ([], None, None)
    assert (box.key, box.salts, box.spent) == (None, None, True)


def test_while_a_vote_is_open_only_its_box_knows_the_marks_and_who_voted() -> None:
    session, vote = a_room()
    cast(vote, session, CAME[0], C)
    assert vote.phones == Counts(1)
    assert vote.by_phone(BOX) == Counts(1, {C: 1})
    assert [one.known_as for one in vote.voters] == [BOX.voter(str(CAME[0]))]


def test_of_a_vote_that_was_taken_back_no_mark_is_kept() -> None:
    session, vote = a_room()
    cast(vote, session, CAME[0], C)
    vote.count_cards(cards(1, coffee=1), AFTER)
    vote.cancel(copy(BOX))
    assert (vote.phones, vote.cards) == (Counts(), Counts())


@pytest.mark.parametrize(
    ("counts", "talk"),
    [
        (cards(3, 3, 2), False),
        (cards(3, 2, 2), False),
        (cards(3), True),
        (cards(3, 3, stop=3), True),
        (Counts(3, {C: 3, D: 1, L: 1}), True),
        (cards(3, 2, stop=3), False),
    ],
)
def test_what_the_marks_leave_open_needs_discussion(counts: Counts, talk: bool) -> None:
    _, vote = a_room()
    vote.count_cards(counts, AFTER)
    vote.decide(copy(BOX))
    assert vote.needs_discussion is talk


# Codes


def test_a_code_has_eight_signs_that_are_not_mistaken_for_each_other() -> None:
    codes = {new_code() for _ in range(200)}
    assert {len(code) for code in codes} == {9}
    assert set("".join(codes)) <= set(ALPHABET) | {"-"}
    assert len(codes) == 200


@pytest.mark.parametrize("typed", ["k7qp-2mxd", "K7QP2MXD", " k7 qp 2m xd "])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert as_typed(typed) == "K7QP-2MXD"


def test_letters_that_look_like_digits_are_those_digits() -> None:
    assert as_typed("OIL0-0000") == "0110-0000"


def test_after_many_wrong_codes_a_resident_waits() -> None:
    wrong = WrongCodes(uuid4(), AFTER)
    for _ in range(TRIES):
        wrong.check(AFTER)
        wrong.count(AFTER)
    with pytest.raises(TooManyTries):
        wrong.check(AFTER)
    with pytest.raises(TooManyTries, match="in 1 minutes"):
        wrong.check(AFTER + TRIES_WITHIN - timedelta(seconds=1))
    wrong.check(AFTER + TRIES_WITHIN)


def test_wrong_codes_of_long_ago_do_not_count() -> None:
    wrong = WrongCodes(uuid4(), AFTER, TRIES)
    wrong.count(AFTER + TRIES_WITHIN)
    assert wrong.wrong == 1
