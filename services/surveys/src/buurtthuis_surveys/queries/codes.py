"""What a code from a letter is for, asked before anything is filled in."""

from datetime import datetime
from uuid import UUID

from buurtthuis.core.languages import Preferred
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.events.surveys import Voting
from buurtthuis.persistence.ballot_boxes import boxes
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_surveys.domain.ballots import CodeOfNoSurvey, CodeWithdrawn, VoterKind, voter_of
from buurtthuis_surveys.domain.surveys import SurveyState
from buurtthuis_surveys.queries.surveys import Words, title_for
from buurtthuis_surveys.storage.surveys import surveys, voters

#: A survey in one of these may still know its codes.
KNOWING = (SurveyState.DRAFT, SurveyState.OPEN, SurveyState.PAUSED, SurveyState.CLOSED)


class SurveyOfCode(BaseModel):
    """The survey that a code is for. A draft is not asked yet, and has no `title` here.

    Whether somebody answered with the code is not told: who made the codes would learn which households did."""

    survey_id: UUID
    house_id: UUID
    state: SurveyState
    title: Words | None
    languages: list[str]
    closes_at: datetime | None


async def survey_of_code(session: AsyncSession, code: str, preferred: Preferred) -> SurveyOfCode:
    """The one that is asked, where a runoff takes the codes of the survey before it; raises CodeOfNoSurvey and CodeWithdrawn."""
    asked = await session.execute(
        select(surveys).where(surveys.c.voting == Voting.CODE, surveys.c.state.in_(KNOWING))
    )
    by_box = {BallotBox.id_of(row.id): row for row in asked}
    salts = {
        id: (*by_box[id].salts, *kept)
        for id, kept in await session.execute(select(boxes.c.id, boxes.c.salts).where(boxes.c.id.in_(by_box)))
        if kept is not None
    }
    rights = {voter_of(kept, VoterKind.CODE, code): by_box[id] for id, kept in salts.items()}
    known = (await session.execute(select(voters).where(voters.c.id.in_(rights)))).all()
    if not known:
        raise CodeOfNoSurvey(field="code")
    good = [rights[voter.id] for voter in known if not voter.withdrawn]
    if not good:
        raise CodeWithdrawn(field="code")
    found = max(good, key=lambda row: (row.state is SurveyState.OPEN, row.id))
    return SurveyOfCode(
        survey_id=found.id,
        house_id=found.house_id,
        state=found.state,
        title=None if found.state is SurveyState.DRAFT else title_for(preferred, found.form),
        languages=list(found.form.languages),
        closes_at=found.closes_at,
    )
