"""What can be asked of ballots and of the right to one.

Nobody is told of a ballot: an event per ballot would say when each came, and who was there.
"""

import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from buurtthuis.errors import NotFound
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_surveys.domain.ballots import Cast, UnknownCode, Voter, VoterKind, apart
from buurtthuis_surveys.domain.surveys import Survey

on = Handlers()


@dataclass(frozen=True)
class MakeCodes:
    """Codes that were just made, each the right to one ballot. Only their traces are kept."""

    survey_id: UUID
    codes: tuple[str, ...]


@on.command
async def make_codes(command: MakeCodes, work: Work) -> None:
    survey = await work.share(Survey, command.survey_id)
    survey.check_takes_codes()
    voters = {survey.voter(VoterKind.CODE, code) for code in command.codes}
    work.keep(*(Voter(id, survey.id, VoterKind.CODE) for id in voters))


@dataclass(frozen=True)
class CastBallot:
    """An answer of whoever has this proof: a code, a resident's id, a card's number, or nothing at a stand."""

    survey_id: UUID
    kind: VoterKind
    proof: str
    cast: Cast


@on.command
async def cast_ballot(command: CastBallot, work: Work) -> None:
    """A ballot that was counted before is answered as it was then, also when the survey has closed since."""
    survey = await work.share(Survey, command.survey_id)
    if survey.is_hidden and command.kind in (VoterKind.CODE, VoterKind.RESIDENT):
        raise NotFound(what="survey", id=survey.id)
    survey.form.check(command.cast.given)
    cast = replace(command.cast, language=survey.form.read_in(command.cast.language))
    voter = await _voter(survey, command, work)
    if voter.answer(cast):
        survey.check_open(await work.time())
        pieces = list(apart(survey.id, cast))
        secrets.SystemRandom().shuffle(pieces)
        work.keep(*pieces)


async def _voter(survey: Survey, command: CastBallot, work: Work) -> Voter:
    id = survey.voter(command.kind, command.proof)
    if command.kind is not VoterKind.CODE:
        return await work.get_or_keep(Voter(id, survey.id, command.kind))
    try:
        return await work.get(Voter, id)
    except NotFound:
        raise UnknownCode(field="/code") from None
