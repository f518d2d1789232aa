"""What can be asked of ballots and of the right to one.

Nobody is told of a ballot: an event per ballot would say when each came, and who was there.
"""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from buurtthuis.ballots import box_to_use
from buurtthuis.errors import NotFound
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_surveys.commands.membership import neighbour
from buurtthuis_surveys.domain.ballots import Cast, SealedBallot, UnknownCode, Voter, VoterKind
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
    box = await box_to_use(survey.new_box(), work)
    voters = {survey.voter(box, VoterKind.CODE, code) for code in command.codes}
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
    survey.check_answered_by(command.kind)
    cast = replace(command.cast, language=survey.form.read_in(command.cast.language))
    now = await work.time()
    if survey.is_open(now):
        if command.kind is VoterKind.RESIDENT:
            survey.check_voter(await neighbour(survey.house_id, UUID(command.proof), work))
        await _put_into_the_box(cast, survey, command, work)
    elif not await work.count(Voter, survey_id=survey.id, receipt=cast.receipt):
        survey.check_open(now)


async def _put_into_the_box(cast: Cast, survey: Survey, command: CastBallot, work: Work) -> None:
    box = await box_to_use(survey.new_box(), work)
    voter = await _voter(survey.voter(box, command.kind, command.proof), command, work)
    if voter.answer(cast):
        work.keep(SealedBallot(uuid4(), survey.id, box.seal(cast.written())))


async def _voter(id: UUID, command: CastBallot, work: Work) -> Voter:
    if command.kind is not VoterKind.CODE:
        return await work.get_or_keep(Voter(id, command.survey_id, command.kind))
    try:
        return await work.get(Voter, id)
    except NotFound:
        raise UnknownCode(field="/code") from None
