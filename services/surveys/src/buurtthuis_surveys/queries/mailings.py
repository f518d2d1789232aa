"""Letters to addresses, as staff follow them, and how many were answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.domain.few import FEWEST
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel, Field
from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.addresses import Listed
from buurtthuis_surveys.domain.mailings import (
    MOVES,
    EntranceResponse,
    LetterRun,
    LetterWords,
    Mailing,
    NothingToPrint,
    RunState,
    code_of,
    responses,
)
from buurtthuis_surveys.domain.surveys import Survey
from buurtthuis_surveys.queries.addresses import listed
from buurtthuis_surveys.queries.surveys import row_of
from buurtthuis_surveys.storage.mailings import letter_runs
from buurtthuis_surveys.storage.surveys import voters


class LetterRunView(BaseModel):
    """Letters that are printed together, and how far that is. To which addresses is told nowhere."""

    id: UUID
    asked_at: datetime
    state: RunState
    letters: int
    printed: int
    percent: int
    why: str | None = Field(description="Where they failed.")


class EntranceView(BaseModel):
    """An entrance, how many letters went there, and so many `at_least` answered."""

    entrance: str
    letters: int
    at_least: int


class Responses(BaseModel):
    """How many households answered by entrance, in steps, so that it says of none whether it did."""

    step: int = FEWEST
    entrances: list[EntranceView] = Field(
        description="None where the steps would tell it all the same, and where no letters were printed."
    )


@dataclass(frozen=True)
class LetterToPrint:
    """An address and its code."""

    address_id: UUID
    to: Listed
    code: str


@dataclass(frozen=True)
class Printing:
    """All that is needed to print a run."""

    survey: Survey
    words: LetterWords
    letters: list[LetterToPrint]


def to_print(now: Now) -> Select[UUID]:
    """Runs that wait, or that whoever printed them left."""
    free = or_(letter_runs.c.leased_until.is_(None), letter_runs.c.leased_until <= now)
    return select(letter_runs.c.id).where(letter_runs.c.state.in_(MOVES), free).order_by(letter_runs.c.id)


async def list_runs(session: AsyncSession, survey: UUID) -> list[LetterRunView]:
    """Of a survey, the newest first; raises NotFound where there is none."""
    await row_of(session, survey)
    query = select(*VIEWED).where(letter_runs.c.survey_id == survey).order_by(letter_runs.c.id.desc())
    return [_view(row) for row in await session.execute(query)]


async def show_run(session: AsyncSession, survey: UUID, run: UUID) -> LetterRunView:
    """One of them; raises NotFound."""
    await row_of(session, survey)
    query = select(*VIEWED).where(letter_runs.c.survey_id == survey, letter_runs.c.id == run)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(what="letters", id=run)
    return _view(row)


async def read_document(session: AsyncSession, survey: UUID, run: UUID) -> bytes:
    """Its file; raises NotFound, NotPrinted and CannotUnseal."""
    await row_of(session, survey)
    kept, box = await session.get(LetterRun, run), await session.get(BallotBox, BallotBox.id_of(survey))
    if kept is None or kept.survey_id != survey or box is None:
        raise NotFound(what="letters", id=run)
    return kept.read(box)


async def printing(session: AsyncSession, run: UUID, lease: UUID) -> Printing:
    """Raises NotOurs, NothingToPrint where none of the addresses is on the list any more, and NotFound."""
    kept = await session.get(LetterRun, run)
    survey = await session.get(Survey, kept.survey_id) if kept else None
    box = await session.get(BallotBox, BallotBox.id_of(survey.id)) if survey else None
    if kept is None or survey is None or box is None:
        raise NotFound(what="letters", id=run)
    kept.check_held(lease)
    letters, words = kept.opened(box)
    known = await listed(session, survey.house_id)
    codes = [
        LetterToPrint(
            letter.address_id, known[letter.address_id], code_of(box, letter.address_id, letter.issue)
        )
        for letter in letters
        if letter.address_id in known
    ]
    if not codes:
        raise NothingToPrint
    return Printing(survey, words, codes)


async def show_responses(session: AsyncSession, id: UUID) -> Responses:
    """As it is, or was when the survey closed; raises NotFound."""
    await row_of(session, id)
    mailing, survey = await session.get(Mailing, Mailing.id_of(id)), await session.get(Survey, id)
    box = await session.get(BallotBox, BallotBox.id_of(id))
    found = mailing.responses if mailing else ()
    if mailing and survey and box and mailing.sealed:
        answered = set(
            await session.scalars(select(voters.c.id).where(voters.c.survey_id == id, voters.c.answered))
        )
        found = responses(mailing.answers(survey, box, answered))
    return Responses(entrances=[_entrance(entrance) for entrance in found])


VIEWED = tuple(letter_runs.c[name] for name in ("id", "asked_at", "state", "letters", "printed", "why"))


def _view(row: object) -> LetterRunView:
    kept = row._mapping  # type: ignore[attr-defined]
    return LetterRunView(**kept, percent=100 * kept["printed"] // kept["letters"])


def _entrance(response: EntranceResponse) -> EntranceView:
    return EntranceView(**vars(response))
