"""Surveys: asked in several languages, answered once by each, counted under a tie rule that was fixed before."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Invalid, Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events.surveys import (
    Ranked,
    ResultsPublished,
    SurveyCancelled,
    SurveyClosed,
    SurveyClosing,
    SurveyCorrected,
    SurveyDrafted,
    SurveyEdited,
    SurveyOpened,
    SurveyPaused,
    SurveyResumed,
    TieRule,
    Voting,
)

from buurtthuis_surveys.domain.ballots import VoterKind, voter_of
from buurtthuis_surveys.domain.forms import Correction, Form
from buurtthuis_surveys.domain.questions import PLAIN, Question, QuestionKind, Texts
from buurtthuis_surveys.domain.results import Counts, QuestionResult, Results, commitment, results


class SurveyState(StrEnum):
    """Where a survey is on its way from draft to results."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class SurveyCannotMove(CannotMove):
    """A survey that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        SurveyState.DRAFT: {SurveyState.OPEN, SurveyState.CANCELLED},
        SurveyState.OPEN: {SurveyState.PAUSED, SurveyState.CLOSED},
        SurveyState.PAUSED: {SurveyState.OPEN, SurveyState.CLOSED},
        SurveyState.CLOSED: {SurveyState.PUBLISHED},
    },
    SurveyCannotMove,
)
#: A survey in one of these is nobody's business but staff's.
HIDDEN = frozenset({SurveyState.DRAFT, SurveyState.CANCELLED})
#: A survey in one of these is asked, and not counted yet.
LIVE = frozenset({SurveyState.OPEN, SurveyState.PAUSED})
#: What answers a survey by itself; a card that staff type in answers any.
ENTITLED = {
    Voting.CODE: frozenset({VoterKind.CODE, VoterKind.CARD}),
    Voting.RESIDENT: frozenset({VoterKind.RESIDENT, VoterKind.CARD}),
    Voting.STAND: frozenset({VoterKind.STAND, VoterKind.CARD}),
}


#: So long before it closes whoever has not answered is reminded, of a survey that lasts twice as long at least.
REMINDED = timedelta(days=1)


class NotADraft(Refused):
    """Only a draft can be changed; this survey is {state}."""


class PlainDutchMissing(Refused):
    """Every text needs plain Dutch (nl-x-b1) before a survey can open."""


class NothingToAsk(Refused):
    """A survey needs a question before it can open."""


class NotOpenForAnswers(Refused):
    """This survey takes no answers: it is {state}."""


class AnsweredOtherwise(Refused):
    """This survey is answered by {voting}."""


class CameAfterOpening(Refused):
    """This survey is for everybody who belonged to the house when it opened, and you came later. The next one is yours too."""

    kind = Refusal.FORBIDDEN


class NoCodes(Refused):
    """No code is of use here: this survey is answered by {voting}, and as long as it is asked."""


@dataclass(frozen=True)
class Plan:
    """What staff decide about a survey while it is a draft."""

    form: Form
    voting: Voting
    tie_rule: TieRule
    closes_at: datetime | None = None


@dataclass(eq=False)
class Survey:
    """One survey. Its ballots are kept apart from it, and from whoever gave them.

    `salts` are of a survey from before there were ballot boxes: they come before its box's.
    `remind_at` is when it is said that it closes soon, as long as it was not.
    `opened_at` is not known of surveys that were open before it was noted."""

    id: UUID
    house_id: UUID
    form: Form
    voting: Voting
    tie_rule: TieRule
    closes_at: datetime | None = None
    state: SurveyState = SurveyState.DRAFT
    salts: tuple[bytes, ...] = ()
    seed: str = field(default_factory=lambda: secrets.token_hex(32))
    results: Results | None = None
    runoff_of: UUID | None = None
    remind_at: datetime | None = None
    opened_at: datetime | None = None
    corrections: tuple[Correction, ...] = ()
    version: int = 0

    @classmethod
    def draft(cls, house: UUID, plan: Plan) -> tuple[Self, SurveyDrafted]:
        """Begin to write one."""
        survey = cls(new_id(), house, plan.form, plan.voting, plan.tie_rule, plan.closes_at)
        return survey, SurveyDrafted(survey_id=survey.id, house_id=house)

    def copy(self, house: UUID) -> tuple["Survey", SurveyDrafted]:
        """The same questions to ask again, without a date."""
        return Survey.draft(house, Plan(self.form, self.voting, self.tie_rule))

    def edit(self, plan: Plan) -> SurveyEdited:
        """Let the draft read differently."""
        if self.state is not SurveyState.DRAFT:
            raise NotADraft(state=self.state)
        self.form, self.voting, self.tie_rule = plan.form, plan.voting, plan.tie_rule
        self.closes_at = plan.closes_at
        return SurveyEdited(survey_id=self.id, house_id=self.house_id)

    def open(self, now: datetime) -> SurveyOpened:
        """Take answers from now on; nothing of it changes after that."""
        if self.state is not SurveyState.DRAFT:
            raise SurveyCannotMove(state=self.state, to=SurveyState.OPEN)
        self._check_complete(now)
        MOVES.move(self, SurveyState.OPEN)
        self.opened_at = now
        if self.closes_at and self.closes_at - now >= 2 * REMINDED:
            self.remind_at = self.closes_at - REMINDED
        return SurveyOpened(
            survey_id=self.id,
            house_id=self.house_id,
            voting=self.voting,
            tie_rule=self.tie_rule,
            closes_at=self.closes_at,
            commitment=commitment(self.seed),
        )

    def correct(self, title: Texts, texts: Mapping[UUID, Texts], now: datetime) -> SurveyCorrected:
        """Put words right while it is asked; what is asked, and what was answered, stays."""
        self.check_correctable(now)
        form = self.form.corrected(title, texts)
        changes = tuple(self.form.changes_to(form))
        if not changes:
            raise Invalid("Nothing reads differently by this.", field="texts")
        self.form, self.corrections = form, (*self.corrections, Correction(now, changes))
        languages = tuple(sorted({change.language for change in changes}))
        return SurveyCorrected(survey_id=self.id, house_id=self.house_id, languages=languages)

    def cancel(self) -> SurveyCancelled:
        """It will not be asked."""
        MOVES.move(self, SurveyState.CANCELLED)
        return SurveyCancelled(survey_id=self.id, house_id=self.house_id)

    def pause(self) -> SurveyPaused:
        """Take no answers for a while."""
        MOVES.move(self, SurveyState.PAUSED)
        return SurveyPaused(survey_id=self.id, house_id=self.house_id)

    def resume(self) -> SurveyResumed:
        """Take answers again."""
        if self.state is not SurveyState.PAUSED:
            raise SurveyCannotMove(state=self.state, to="resumed")
        MOVES.move(self, SurveyState.OPEN)
        return SurveyResumed(survey_id=self.id, house_id=self.house_id)

    def remind(self, answered: Sequence[UUID]) -> SurveyClosing:
        """Say once that it closes soon, and which residents have answered."""
        assert self.closes_at
        self.remind_at = None
        return SurveyClosing(
            survey_id=self.id,
            house_id=self.house_id,
            voting=self.voting,
            closes_at=self.closes_at,
            answered=tuple(answered),
        )

    def close(self, counts: Counts) -> SurveyClosed:
        """Take no more answers, and count up."""
        MOVES.move(self, SurveyState.CLOSED)
        self.results = results(self.form.questions, counts, self.tie_rule, self.seed)
        return SurveyClosed(
            survey_id=self.id,
            house_id=self.house_id,
            ballots=self.results.ballots,
            by_channel=self.results.by_channel or {},
        )

    def publish(self, runoff: UUID | None = None) -> ResultsPublished:
        """Let everybody read how it came out; from then on it never changes."""
        MOVES.move(self, SurveyState.PUBLISHED)
        return ResultsPublished(
            survey_id=self.id,
            house_id=self.house_id,
            ranking=tuple(_ranking(self._choices)),
            top=tuple(option for choice in self._choices for option in choice.top),
            ties=tuple(option for choice in self._choices for option in choice.tied),
            runoff_id=runoff,
        )

    def runoff(self, closes_at: datetime | None) -> tuple["Survey", SurveyDrafted] | None:
        """A second survey between those who tie; the codes of this one are good for it."""
        questions = tuple(
            _between(self._question(choice.question_id), choice) for choice in self._choices if choice.tied
        )
        if not questions:
            return None
        form = replace(self.form, questions=questions)
        survey, drafted = Survey.draft(self.house_id, Plan(form, self.voting, self.tie_rule, closes_at))
        survey.runoff_of, survey.salts = self.id, self.salts
        return survey, drafted

    @property
    def is_hidden(self) -> bool:
        """Whether it is nobody's business but staff's."""
        return self.state in HIDDEN

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come to close."""
        return self.state in LIVE and self.closes_at is not None and now >= self.closes_at

    def is_closing(self, now: datetime) -> bool:
        """Whether it is time to say that it closes soon; a survey that is paused says so when it is resumed."""
        due = self.remind_at is not None and now >= self.remind_at
        return due and self.state is SurveyState.OPEN and not self.is_due(now)

    def check_answered_by(self, kind: VoterKind) -> None:
        """Raises AnsweredOtherwise."""
        if kind not in ENTITLED[self.voting]:
            raise AnsweredOtherwise(voting=self.voting)

    def new_box(self) -> BallotBox:
        """For its ballots."""
        box = BallotBox.new(self.id)
        # Trap: codes and voters of a survey from before there were boxes are known by its own salts alone.
        return replace(box, salts=()) if self.salts else box

    def voter(self, box: BallotBox, kind: VoterKind, proof: str) -> UUID:
        """The id in the voter list, as long as the box knows, of whoever has this proof."""
        assert box.salts is not None
        return voter_of((*self.salts, *box.salts), kind, proof)

    def check_takes_codes(self) -> None:
        """Raises NoCodes where a code would be of no use."""
        if self.voting is not Voting.CODE or not MOVES.get(self.state) or self.state is SurveyState.CLOSED:
            raise NoCodes(voting=self.voting)

    def check_voter(self, resident: Neighbour) -> None:
        """Raises CameAfterOpening for one of the people of its house who was not there when it opened."""
        if not resident.was_there(self.opened_at):
            raise CameAfterOpening

    def is_open(self, now: datetime) -> bool:
        """Whether it takes answers."""
        return self.state is SurveyState.OPEN and not self.is_due(now)

    def check_open(self, now: datetime) -> None:
        """Raises NotOpenForAnswers."""
        if not self.is_open(now):
            raise self._not_open(now)

    def check_correctable(self, now: datetime) -> None:
        """Raises NotOpenForAnswers once it is counted, or about to be; while it is paused mistakes are put right."""
        if self.state not in LIVE or self.is_due(now):
            raise self._not_open(now)

    def _not_open(self, now: datetime) -> NotOpenForAnswers:
        return NotOpenForAnswers(state=SurveyState.CLOSED if self.is_due(now) else self.state)

    @property
    def awaits_runoff(self) -> bool:
        """Whether its codes will be good once more, to decide between those who tie."""
        return self.state is SurveyState.CLOSED and any(choice.tied for choice in self._choices)

    @property
    def _choices(self) -> tuple[QuestionResult, ...]:
        return self.results.questions if self.results else ()

    def _question(self, id: UUID) -> Question:
        return next(question for question in self.form.questions if question.id == id)

    def _check_complete(self, now: datetime) -> None:
        if not self.form.questions:
            raise NothingToAsk(field="questions")
        for place, language in self.form.missing():
            if language == PLAIN:
                raise PlainDutchMissing(field=place)
        if self.closes_at and self.closes_at <= now:
            raise Invalid("A survey closes after it opens.", field="closes_at")


def _ranking(questions: Sequence[QuestionResult]) -> Iterator[Ranked]:
    """For everybody, so without the scores of a question that few answered."""
    for question in (result for result in questions if not result.is_of_few):
        for option in question.options:
            yield Ranked(
                question_id=question.question_id,
                option_id=option.option_id,
                score=option.score,
                place=option.place,
            )


def _between(question: Question, result: QuestionResult) -> Question:
    """The question once more, between those who tie, for as many places as are left."""
    left = question.top - len(result.top)
    kind = QuestionKind.SINGLE_CHOICE if left == 1 else QuestionKind.MULTIPLE_CHOICE
    options = tuple(option for option in question.options if option.id in result.tied)
    return replace(question, id=new_id(), kind=kind, options=options, at_most=left, top=left)
