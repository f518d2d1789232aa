"""Surveys and ballots in whatever order people do things: what was accepted counts, once, and nothing else does."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from buurtthuis.core.errors import Refused
from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands import surveys as commands
from buurtthuis_surveys.commands.ballots import CastBallot, CorrectBallot, MakeCodes, TakeBallotBack
from buurtthuis_surveys.domain.ballots import Answer, Ballot, Cast, Mark, SealedBallot, Slip, Voter, VoterKind
from buurtthuis_surveys.domain.forms import Form
from buurtthuis_surveys.domain.questions import PLAIN, Given, Option, Question, QuestionKind
from buurtthuis_surveys.domain.surveys import Plan, Survey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

CODES = ("code one", "code two", "code three")
OPTIONS = tuple(Option(uuid4(), {PLAIN: word}) for word in ("koffie", "thee", "melk"))
QUESTION = Question.ask(QuestionKind.MULTIPLE_CHOICE, {PLAIN: "Wat?"}, OPTIONS, at_most=2, top=1)
FORM = Form({PLAIN: "x"}, (), (QUESTION,))
MOVES: dict[str, tuple[Any, dict[str, str]]] = {
    "open": (commands.OpenSurvey, {"draft": "open"}),
    "pause": (commands.PauseSurvey, {"open": "paused"}),
    "resume": (commands.ResumeSurvey, {"paused": "open"}),
    "close": (commands.CloseSurvey, {"open": "closed", "paused": "closed"}),
    "publish": (commands.PublishResults, {"closed": "published"}),
    "cancel": (commands.CancelSurvey, {"draft": "cancelled"}),
}

choices = st.lists(st.sampled_from([option.id for option in OPTIONS] + [uuid4()]), max_size=3)
proofs = st.one_of(
    st.tuples(st.just(VoterKind.CODE), st.sampled_from((*CODES, "a guess"))),
    st.tuples(st.sampled_from((VoterKind.CARD, VoterKind.RESIDENT)), st.sampled_from(("1", "2"))),
)


def is_valid(marks: tuple[UUID, ...]) -> bool:
    """What the form says, in other words than the form's."""
    known = {option.id for option in OPTIONS}
    return 1 <= len(marks) <= 2 and len(set(marks)) == len(marks) and set(marks) <= known


class SurveyAndBallots(RuleBasedStateMachine):
    """The model is a state, a closing time and what was accepted from whom."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.backbone = FakeBackbone(service, clock=self.clock)
        self.state = "draft"
        self.closes_at = self.clock() + timedelta(hours=20)
        self.accepted: dict[tuple[VoterKind, str], Cast] = {}
        self.typed: dict[tuple[VoterKind, str], date] = {}

    def teardown(self) -> None:
        self.loop.close()

    def run_command(self, command: object) -> bool:
        """Whether it was not refused."""
        try:
            self.loop.run_until_complete(self.backbone.run("surveys", command))
        except Refused:
            return False
        return True

    def kept(self, kind: type[Any]) -> list[Any]:
        return self.loop.run_until_complete(self.backbone.kept("surveys", kind))

    @initialize()
    def draft(self) -> None:
        plan = Plan(FORM, Voting.CODE, TieRule.INCLUDE_ALL_TIED, self.closes_at)
        assert self.run_command(commands.DraftSurvey(uuid4(), plan))
        [survey] = self.kept(Survey)
        self.id = survey.id
        assert self.run_command(MakeCodes(self.id, CODES))

    @rule(name=st.sampled_from(sorted(MOVES)))
    def move(self, name: str) -> None:
        command, ways = MOVES[name]
        allowed = self.state in ways and not (name == "open" and self.clock() >= self.closes_at)
        assert self.run_command(command(self.id)) is allowed
        self.state = ways[self.state] if allowed else self.state

    @rule()
    def time_passes(self) -> None:
        self.clock.move(timedelta(hours=4))

    @rule()
    def timer_goes_off(self) -> None:
        assert self.run_command(commands.CloseSurveyInTime(self.id))
        if self.state in ("open", "paused") and self.clock() >= self.closes_at:
            self.state = "closed"

    @rule(voter=proofs, marks=choices, typed=st.booleans())
    def answer(self, voter: tuple[VoterKind, str], marks: list[UUID], typed: bool) -> None:
        cast = Cast((Given(QUESTION.id, tuple(marks)),), IntakeChannel.WEB, PLAIN, uuid4())
        fits = voter[0] is VoterKind.CARD or voter[1] in CODES
        takes = self.state == "open" and self.clock() < self.closes_at
        allowed = takes and fits and is_valid(tuple(marks)) and voter not in self.accepted
        assert self.run_command(CastBallot(self.id, *voter, cast, typed)) is allowed
        if allowed:
            self.accepted[voter] = cast
        if allowed and typed:
            self.typed[voter] = self.today()

    def today(self) -> date:
        return self.clock().astimezone(ZoneInfo("Europe/Amsterdam")).date()

    def can_be_corrected(self, voter: tuple[VoterKind, str]) -> bool:
        live = self.state in ("open", "paused") and self.clock() < self.closes_at
        return live and self.typed.get(voter) == self.today()

    @rule(voter=proofs, marks=choices)
    def correct(self, voter: tuple[VoterKind, str], marks: list[UUID]) -> None:
        cast = Cast((Given(QUESTION.id, tuple(marks)),), IntakeChannel.PAPER, PLAIN, uuid4())
        allowed = self.can_be_corrected(voter) and is_valid(tuple(marks))
        assert self.run_command(CorrectBallot(self.id, *voter, cast)) is allowed
        if allowed:
            self.accepted[voter] = cast

    @rule(voter=proofs)
    def take_back(self, voter: tuple[VoterKind, str]) -> None:
        allowed = self.can_be_corrected(voter)
        assert self.run_command(TakeBallotBack(self.id, *voter)) is allowed
        if allowed:
            del self.accepted[voter], self.typed[voter]

    @precondition(lambda self: self.accepted)
    @rule(data=st.data())
    def same_ballot_again(self, data: st.DataObject) -> None:
        voter = data.draw(st.sampled_from(sorted(self.accepted)))
        assert self.run_command(CastBallot(self.id, *voter, self.accepted[voter]))

    @invariant()
    def state_is_as_it_should_be(self) -> None:
        assert [survey.state for survey in self.kept(Survey)] in ([], [self.state])

    @invariant()
    def what_was_accepted_counts_and_nothing_else(self) -> None:
        marks = Counter(one for cast in self.accepted.values() for one in cast.given[0].options)
        counted = self.state in ("closed", "published")
        assert len(self.kept(Ballot)) == len(self.kept(Answer)) == len(self.accepted) * counted
        assert len(self.kept(SealedBallot)) == len(self.accepted) * (not counted)
        assert len(self.kept(Slip)) == len(self.typed) * (not counted)
        assert Counter(mark.option_id for mark in self.kept(Mark)) == (marks if counted else Counter())
        assert sum(voter.answered for voter in self.kept(Voter)) == len(self.accepted)

    @invariant()
    def results_are_what_was_accepted(self) -> None:
        for survey in self.kept(Survey):
            assert (survey.results is not None) == (self.state in ("closed", "published"))
            if survey.results:
                assert survey.results.ballots == len(self.accepted)
                assert survey.results.codes == len(CODES)


TestSurveyAndBallots = SurveyAndBallots.TestCase
TestSurveyAndBallots.settings = settings(deadline=None, max_examples=60, stateful_step_count=25)
