"""What can be read of surveys: everything by staff, by residents the form in their own language."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.languages import Preferred
from buurtthuis.events.surveys import TieRule, Voting
from buurtthuis.http.problem_json import pointer_to
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import Row, ScalarSelect, Select, Table, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.ballots import VoterKind
from buurtthuis_surveys.domain.forms import Correction, Form
from buurtthuis_surveys.domain.questions import PLAIN, Option, Question, QuestionKind, Texts
from buurtthuis_surveys.domain.surveys import HIDDEN, LIVE, SurveyState
from buurtthuis_surveys.storage.surveys import ballots, code_batches, sealed_ballots, slips, surveys, voters

SHOWN = select(surveys).where(surveys.c.state.not_in(HIDDEN))


class MissingText(BaseModel):
    """A text that is not there in one of the survey's languages; whoever reads that language gets plain Dutch."""

    field: str
    language: str


class SurveyView(BaseModel):
    """A survey as staff read it. While it is open they see how many answered, and nothing of what."""

    id: UUID
    house_id: UUID
    title: Texts
    languages: list[str]
    questions: list[Question]
    missing: list[MissingText]
    corrections: list[Correction]
    voting: Voting
    tie_rule: TieRule
    closes_at: datetime | None
    state: SurveyState
    runoff_of: UUID | None
    codes: int
    ballots: int
    version: int


class CodeBatchView(BaseModel):
    """Codes that were made together. How many of them were used is told to nobody."""

    id: UUID
    made_at: datetime
    codes: int
    withdrawn: bool


class TypedBallots(BaseModel):
    """How many ballots were typed in, today and in all, as long as the survey is asked; how many there are by all roads, and
    how many codes."""

    today: int
    in_all: int
    ballots: int
    codes: int


class Words(BaseModel):
    """A text, and the language that it is in."""

    text: str
    language: str


class OptionToRead(BaseModel):
    """An option as a resident reads it."""

    id: UUID
    text: Words
    pictogram: str | None


class QuestionToRead(BaseModel):
    """A question as a resident reads it: with all its options in the language asked for, or all in plain Dutch."""

    id: UUID
    kind: QuestionKind
    text: Words
    at_most: int
    options: list[OptionToRead]


class FormToRead(BaseModel):
    """A survey as a resident reads it. `language` is what its title is in; a question of which something is missing in
    that language comes in plain Dutch as a whole, and each text says what it is in. `corrected_at` is when words of it were
    put right while it was open."""

    id: UUID
    title: Words
    language: str
    languages: list[str]
    state: SurveyState
    voting: Voting
    closes_at: datetime | None
    corrected_at: datetime | None
    questions: list[QuestionToRead]


class Preview(BaseModel):
    """A survey as its respondents will read it, in each of its languages; nobody answers this."""

    preview: Literal[True] = True
    forms: list[FormToRead]


async def list_surveys(
    session: AsyncSession,
    *,
    house: UUID | None = None,
    state: SurveyState | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[SurveyView]:
    """Surveys in order of drafting, above the id `after`."""
    query = _counted()
    for column, wanted in (("house_id", house), ("state", state)):
        query = query.where(surveys.c[column] == wanted) if wanted else query
    query = query.where(surveys.c.id > after) if after else query
    rows = await session.execute(query.order_by(surveys.c.id).limit(limit))
    return [_view(row) for row in rows]


async def show_survey(session: AsyncSession, id: UUID) -> SurveyView:
    """One survey; raises NotFound."""
    row = (await session.execute(_counted().where(surveys.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="survey", id=id)
    return _view(row)


async def list_forms(
    session: AsyncSession,
    preferred: Preferred,
    *,
    house: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[FormToRead]:
    """Surveys that residents may know of, in order of drafting, above the id `after`."""
    query = SHOWN.where(surveys.c.house_id == house) if house else SHOWN
    query = query.where(surveys.c.id > after) if after else query
    return [_form(row, preferred) for row in await session.execute(query.order_by(surveys.c.id).limit(limit))]


async def show_form(session: AsyncSession, id: UUID, preferred: Preferred) -> FormToRead:
    """A survey to answer; raises NotFound, also for a draft."""
    row = (await session.execute(SHOWN.where(surveys.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="survey", id=id)
    return _form(row, preferred)


async def preview(session: AsyncSession, id: UUID) -> Preview:
    """Any survey in all its languages, plain Dutch first; raises NotFound."""
    row = await row_of(session, id)
    tags = dict.fromkeys((PLAIN, *row.form.languages))
    return Preview(forms=[_form(row, Preferred((tag,))) for tag in tags])


async def form_of(session: AsyncSession, id: UUID) -> Form:
    """What a survey asks; raises NotFound."""
    form: Form = (await row_of(session, id)).form
    return form


async def row_of(session: AsyncSession, id: UUID) -> Row[Any]:
    """A survey as it is kept, also a draft; raises NotFound."""
    row = (await session.execute(select(surveys).where(surveys.c.id == id))).one_or_none()
    if row is None:
        raise NotFound(what="survey", id=id)
    return row


def _form(row: Row[tuple[object, ...]], preferred: Preferred) -> FormToRead:
    form: Form = row.form
    title = title_for(preferred, form)
    return FormToRead(
        id=row.id,
        title=title,
        language=title.language,
        languages=list(form.languages),
        state=row.state,
        voting=row.voting,
        closes_at=row.closes_at,
        corrected_at=corrected_at(row.corrections),
        questions=[_question(question, question.read_in(title.language)) for question in form.questions],
    )


async def list_code_batches(session: AsyncSession, id: UUID) -> list[CodeBatchView]:
    """In order of making; raises NotFound where there is no such survey."""
    await row_of(session, id)
    query = select(code_batches).where(code_batches.c.survey_id == id).order_by(code_batches.c.id)
    return [CodeBatchView.model_validate(row, from_attributes=True) for row in await session.execute(query)]


async def typed(session: AsyncSession, id: UUID, today: date) -> TypedBallots:
    """Today and ever; raises NotFound."""
    survey = await show_survey(session, id)
    typed_in = select(
        func.count().filter(slips.c.day == today).label("today"), func.count().label("in_all")
    ).where(slips.c.survey_id == id)
    counts = (await session.execute(typed_in)).one()
    return TypedBallots(today=counts.today, in_all=counts.in_all, ballots=survey.ballots, codes=survey.codes)


def past_their_time(now: Now) -> Select[UUID]:
    """Surveys that take answers although their time to close has come."""
    return select(surveys.c.id).where(surveys.c.state.in_(LIVE), surveys.c.closes_at <= now)


def about_to_close(now: Now) -> Select[UUID]:
    """Open surveys of which it was not said yet that they close soon."""
    return select(surveys.c.id).where(surveys.c.state == SurveyState.OPEN, surveys.c.remind_at <= now)


def corrected_at(corrections: Sequence[Correction]) -> datetime | None:
    """When words were put right last; None where they never were."""
    return corrections[-1].at if corrections else None


def title_for(preferred: Preferred, form: Form) -> Words:
    """In the best of the languages that it has; the rest of the form follows it, as far as that goes."""
    return words(form.title, preferred.among(form.title) or PLAIN)


def words(texts: Texts, language: str) -> Words:
    """The text in this language, or else in plain Dutch."""
    tag = language if language in texts else PLAIN
    return Words(text=texts.get(tag, ""), language=tag)


def _counted() -> Select[tuple[object, ...]]:
    counts = (
        select(func.count())
        .where(
            voters.c.survey_id == surveys.c.id,
            voters.c.entitled_by == VoterKind.CODE,
            not_(voters.c.withdrawn),
        )
        .scalar_subquery()
        .label("codes"),
        (_number_of(sealed_ballots) + _number_of(ballots)).label("ballots"),
    )
    return select(surveys, *counts)


def _number_of(kept: Table) -> ScalarSelect[int]:
    return select(func.count()).where(kept.c.survey_id == surveys.c.id).scalar_subquery()


def _view(row: Row[tuple[object, ...]]) -> SurveyView:
    form: Form = row.form
    return SurveyView(
        **{name: row._mapping[name] for name in SurveyView.model_fields if name in row._mapping},
        title=form.title,
        languages=list(form.languages),
        questions=list(form.questions),
        missing=[MissingText(field=pointer_to(steps), language=tag) for steps, tag in form.missing()],
    )


def _question(question: Question, language: str) -> QuestionToRead:
    return QuestionToRead(
        id=question.id,
        kind=question.kind,
        text=words(question.texts, language),
        at_most=question.at_most,
        options=[_option(option, language) for option in question.options],
    )


def _option(option: Option, language: str) -> OptionToRead:
    return OptionToRead(id=option.id, text=words(option.texts, language), pictogram=option.pictogram)
