"""What can be read of a survey that is closed: results, for everybody once they are published, and ideas for staff."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound, Refused
from buurtthuis.core.languages import Preferred
from buurtthuis.events.surveys import IntakeChannel, TieRule
from pydantic import BaseModel
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.forms import Correction, Form
from buurtthuis_surveys.domain.questions import Option, Question, QuestionKind
from buurtthuis_surveys.domain.results import OptionResult, QuestionResult, Results, commitment
from buurtthuis_surveys.domain.surveys import SurveyState
from buurtthuis_surveys.queries.surveys import Words, corrected_at, row_of, title_for, words
from buurtthuis_surveys.storage.surveys import answers
from buurtthuis_surveys.texts import language

COUNTED = (SurveyState.CLOSED, SurveyState.PUBLISHED)


class NotCounted(Refused):
    """There are no results before the survey is closed; this one is {state}."""


class OptionView(BaseModel):
    """How an option came out; `score` is its marks, in a ranking its points.

    `percent` is of those who answered the question. `shared` says that others have the same `place`, `place_in_words` is
    for people: null where nobody chose it. `tied` says that it shares the last place of the top, and is not in it (yet)."""

    id: UUID
    text: Words
    pictogram: str | None
    marks: int | None
    score: int | None
    percent: float | None
    place: int
    shared: bool
    place_in_words: Words | None
    in_top: bool
    tied: bool
    by_channel: dict[IntakeChannel, int] | None


class QuestionView(BaseModel):
    """How a question came out, best option first, or in its own order where it is a scale.

    Open ideas are counted here, and read by staff only. Where fewer than 5 answered, everybody but staff reads only
    what came out on top: marks, scores and average are null."""

    id: UUID
    kind: QuestionKind
    text: Words
    answers: int
    marks: int | None
    average: float | None
    options: list[OptionView]


class Draw(BaseModel):
    """How lots were drawn: in the order of SHA-256 of `seed|option id`. The seed's SHA-256 was told at the opening."""

    seed: str
    commitment: str


class ResultsView(BaseModel):
    """How a survey came out. What would show fewer than 5 people apart is null.

    `corrected_at` is when words of it were put right while it was open; staff read which in `corrections`."""

    survey_id: UUID
    title: Words
    published: bool
    ballots: int
    codes: int
    response_rate: float | None
    by_channel: dict[IntakeChannel, int] | None
    by_language: dict[str, int] | None
    tie_rule: TieRule
    draw: Draw | None
    corrected_at: datetime | None
    corrections: list[Correction]
    questions: list[QuestionView]


class Idea(BaseModel):
    """What somebody wrote. Its id, and so its place in the list, is random."""

    id: UUID
    question_id: UUID
    text: str


class ResultRow(BaseModel):
    """How one option came out, as a row of a sheet; what it and its question read like before they were put right."""

    question: str
    option: str
    marks: int
    score: int
    place: int
    in_top: bool
    question_was: str | None
    option_was: str | None


@dataclass(frozen=True)
class ResultsReader:
    """For whom results are: who reads them, and in which languages."""

    preferred: Preferred
    is_staff: bool = False

    def may_count(self, result: QuestionResult) -> bool:
        """Whether the marks of this question are theirs to see."""
        return self.is_staff or not result.is_of_few


def as_rows(found: ResultsView) -> list[ResultRow]:
    """Every option of every question, best first."""
    first: dict[tuple[UUID | None, str], str | None] = {}
    for change in (change for correction in found.corrections for change in correction.changes):
        first.setdefault((change.id, change.language), change.was)
    return [
        ResultRow(
            question=question.text.text,
            question_was=first.get((question.id, question.text.language)),
            option=option.text.text,
            option_was=first.get((option.id, option.text.language)),
            **option.model_dump(include=SCORES),
        )
        for question in found.questions
        for option in question.options
    ]


SCORES = {"marks", "score", "place", "in_top"}


async def show_results(session: AsyncSession, id: UUID, preferred: Preferred) -> ResultsView:
    """The results for staff; raises NotFound, or NotCounted before the survey is closed."""
    row = await row_of(session, id)
    if row.state not in COUNTED:
        raise NotCounted(state=row.state)
    return _results(row, ResultsReader(preferred, is_staff=True))


async def show_published_results(session: AsyncSession, id: UUID, preferred: Preferred) -> ResultsView:
    """The results for everybody; raises NotFound until they are published."""
    row = await row_of(session, id)
    if row.state is not SurveyState.PUBLISHED:
        raise NotFound(what="survey", id=id)
    return _results(row, ResultsReader(preferred))


async def list_ideas(
    session: AsyncSession, id: UUID, after: UUID | None = None, limit: int = 50
) -> list[Idea]:
    """What people wrote, in random order; raises NotFound, or NotCounted before the survey is closed."""
    row = await row_of(session, id)
    if row.state not in COUNTED:
        raise NotCounted(state=row.state)
    query = select(answers).where(answers.c.survey_id == id, answers.c.text.is_not(None))
    query = query.where(answers.c.id > after) if after else query
    rows = await session.execute(query.order_by(answers.c.id).limit(limit))
    return [Idea(id=row.id, question_id=row.question_id, text=row.text) for row in rows]


def _results(row: Row[tuple[object, ...]], reader: ResultsReader) -> ResultsView:
    form: Form = row.form
    found: Results = row.results
    asked = {question.id: question for question in form.questions}
    title = title_for(reader.preferred, form)
    return ResultsView(
        survey_id=row.id,
        title=title,
        published=row.state is SurveyState.PUBLISHED,
        ballots=found.ballots,
        codes=found.codes,
        response_rate=_rate(found.ballots, found.codes),
        by_channel=found.by_channel,
        by_language=found.by_language,
        tie_rule=row.tie_rule,
        draw=_draw(row),
        corrected_at=corrected_at(row.corrections),
        corrections=list(row.corrections) if reader.is_staff else [],
        questions=[
            _question(asked[result.question_id], result, title.language, counted=reader.may_count(result))
            for result in found.questions
        ],
    )


def _rate(ballots: int, codes: int) -> float | None:
    """In percent; none where more answered than were invited, by cards that came without a code."""
    return round(100 * ballots / codes, 1) if ballots <= codes and codes else None


def _draw(row: Row[tuple[object, ...]]) -> Draw | None:
    """The seed is told with the results, not before."""
    if row.tie_rule is not TieRule.DRAW_LOTS or row.state is not SurveyState.PUBLISHED:
        return None
    return Draw(seed=row.seed, commitment=commitment(row.seed))


def _question(question: Question, result: QuestionResult, language: str, *, counted: bool) -> QuestionView:
    read_in = question.read_in(language)
    return QuestionView(
        id=question.id,
        kind=question.kind,
        text=words(question.texts, read_in),
        answers=result.answers,
        marks=sum(outcome.marks for outcome in result.options) if counted else None,
        average=result.average if counted else None,
        options=[
            _option(option, outcome, result, read_in, counted=counted)
            for option, outcome in _in_order(question, result)
        ],
    )


def _in_order(question: Question, result: QuestionResult) -> list[tuple[Option, OptionResult]]:
    """The best first; a scale is read from one end to the other."""
    options = {option.id: option for option in question.options}
    found = [(options[outcome.option_id], outcome) for outcome in result.options]
    if question.kind is QuestionKind.SCALE:
        found.sort(key=lambda pair: question.options.index(pair[0]))
    return found


def _option(
    option: Option, outcome: OptionResult, result: QuestionResult, read_in: str, *, counted: bool
) -> OptionView:
    shared = sum(other.place == outcome.place for other in result.options) > 1
    return OptionView(
        id=option.id,
        text=words(option.texts, read_in),
        pictogram=option.pictogram,
        marks=outcome.marks if counted else None,
        score=outcome.score if counted else None,
        percent=round(100 * outcome.marks / result.answers, 1) if counted and result.answers else None,
        place=outcome.place,
        shared=shared,
        place_in_words=_place(outcome, read_in, shared=shared) if outcome.score else None,
        in_top=option.id in result.top,
        tied=option.id in result.tied,
        by_channel=outcome.by_channel,
    )


def _place(one: OptionResult, read_in: str, *, shared: bool) -> Words:
    spoken = language(read_in)
    return Words(text=spoken.place(one.place, shared=shared), language=spoken.tag)
