"""A vote in whatever order people do things: the tally is what was accepted, and never more than the people can give."""

from contextlib import suppress
from uuid import UUID, uuid4

from buurtthuis.core.errors import Refused
from buurtthuis.domain.ballots import BallotBox
from buurtthuis_sessions.domain.follow_ups.counting import Counts
from buurtthuis_sessions.domain.follow_ups.states import VoteState
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.sessions.follow_ups.people import AFTER, ASKED, a_held_session, a_vote

CAME = tuple(uuid4() for _ in range(4))
MISSED = tuple(uuid4() for _ in range(2))
STRANGERS = tuple(uuid4() for _ in range(4))
WALK_INS = 2
PRESENT = len(CAME) + WALK_INS
OPTIONS = [option.id for option in ASKED.options]

residents = st.sampled_from((*CAME, *MISSED, *STRANGERS))
choices = st.lists(st.sampled_from([*OPTIONS, uuid4()]), max_size=3)
counts = st.builds(
    Counts,
    st.integers(0, PRESENT + 1),
    st.dictionaries(st.sampled_from(OPTIONS), st.integers(0, PRESENT + 1), max_size=3),
    st.integers(0, 3),
)


class Vote(RuleBasedStateMachine):
    """The model is who was accepted with what, and the cards that were accepted last."""

    def __init__(self) -> None:
        super().__init__()
        self.session = a_held_session(CAME, MISSED, WALK_INS)
        self.vote = a_vote(self.session)
        self.box = BallotBox.new(self.vote.id)
        self.accepted: dict[UUID, tuple[tuple[UUID, ...], bool]] = {}
        self.cards = Counts()

    @rule(resident=residents, marks=choices, stop=st.booleans())
    def by_phone(self, resident: UUID, marks: list[UUID], stop: bool) -> None:
        strangers = [one for one in self.accepted if one not in CAME]
        allowed = (
            self.vote.state is VoteState.OPEN
            and resident not in self.accepted
            and resident not in MISSED
            and (resident in CAME or len(strangers) < WALK_INS)
            and len(self.accepted) + self.cards.ballots < PRESENT
            and set(marks) <= set(OPTIONS)
            and len(set(marks)) == len(marks)
            and 1 <= len(marks) + stop <= ASKED.at_most
        )
        assert (
            self._is_done(lambda: self.vote.mark(resident, self.session, marks, stop, AFTER, self.box))
            is allowed
        )
        if allowed:
            self.accepted[resident] = tuple(marks), stop

    @rule(cards=counts)
    def on_cards(self, cards: Counts) -> None:
        each = [*cards.marks.values(), cards.stop]
        allowed = (
            self.vote.state is VoteState.OPEN
            and len(self.accepted) + cards.ballots <= PRESENT
            and max(each) <= cards.ballots
            and sum(each) <= cards.ballots * ASKED.at_most
        )
        assert self._is_done(lambda: self.vote.count_cards(cards, AFTER)) is allowed
        if allowed:
            self.cards = cards

    @precondition(lambda self: len(self.accepted) + self.cards.ballots >= 4)
    @rule()
    def decided(self) -> None:
        with suppress(Refused):
            result = self.vote.decide(self.box)
            assert not set(result.winners) & set(result.tied)
            assert len(result.winners) <= ASKED.places
            marks = {one.option_id: one.marks for one in result.counts}
            losers = [marks[one] for one in OPTIONS if one not in result.winners]
            assert all(marks[one] > max(losers) for one in result.winners)

    @invariant()
    def no_more_ballots_than_people_and_no_more_marks_than_they_have(self) -> None:
        tally = self.vote.by_phone(self.box) + self.vote.cards
        assert tally.ballots <= PRESENT
        assert tally.total <= PRESENT * ASKED.at_most

    @invariant()
    def the_tally_is_what_was_accepted(self) -> None:
        tally = self.vote.by_phone(self.box) + self.vote.cards
        assert tally.ballots == len(self.accepted) + self.cards.ballots
        assert tally.stop == sum(stop for _, stop in self.accepted.values()) + self.cards.stop
        for option in OPTIONS:
            phones = sum(option in marks for marks, _ in self.accepted.values())
            assert tally.of(option) == phones + self.cards.of(option)

    @invariant()
    def who_voted_is_known_only_while_it_is_open(self) -> None:
        is_open = self.vote.state is VoteState.OPEN
        accepted = {self.box.voter(str(one)) for one in self.accepted} if is_open else set()
        assert {one.known_as for one in self.vote.voters} == accepted

    def _is_done(self, change: object) -> bool:
        assert callable(change)
        try:
            change()
        except Refused:
            return False
        return True


TestVote = Vote.TestCase
TestVote.settings = settings(deadline=None, max_examples=100, stateful_step_count=30)
