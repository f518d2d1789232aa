"""What can be asked of ballots and of the right to one.

Nobody is told of a ballot: an event per ballot would say when each came, and who was there.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.domain.ballots import BallotBox, box_to_use
from buurtthuis.domain.neighbours import neighbour

from buurtthuis_surveys.domain.ballots import (
    Cast,
    CodeBatch,
    NotTypedInToday,
    SealedBallot,
    Slip,
    UnknownCode,
    Voter,
    VoterKind,
)
from buurtthuis_surveys.domain.surveys import Survey
from buurtthuis_surveys.domain.wall_clocks import day

on = Handlers()


@dataclass(frozen=True)
class MakeCodes:
    """Codes that were just made, each the right to one ballot. Only their traces are kept.

    A new code for a household `replaces` the one that it had."""

    survey_id: UUID
    codes: tuple[str, ...]
    replaces: str | None = None


@on.command
async def make_codes(command: MakeCodes, work: Work) -> Result:
    survey, box = await _that_takes_codes(command.survey_id, work)
    if command.replaces:
        (await _voter_with(command.replaces, survey, box, work, "replaces")).give_way("replaces")
    voters = {survey.voter(box, VoterKind.CODE, code) for code in command.codes}
    work.keep(*(Voter(id, survey.id, VoterKind.CODE) for id in voters))
    work.keep(CodeBatch.of(survey.id, voters, work.now, box))
    return Result(survey)


@dataclass(frozen=True)
class WithdrawCode:
    """A letter that was lost or came back, or a code that was made to try something."""

    survey_id: UUID
    code: str


@on.command
async def withdraw_code(command: WithdrawCode, work: Work) -> Result:
    survey, box = await _that_takes_codes(command.survey_id, work)
    (await _voter_with(command.code, survey, box, work, "code")).withdraw("code")
    return Result(survey)


@dataclass(frozen=True)
class WithdrawBatch:
    """Codes that were made together: all that nobody used."""

    survey_id: UUID
    batch_id: UUID


@on.command
async def withdraw_batch(command: WithdrawBatch, work: Work) -> Result:
    survey, box = await _that_takes_codes(command.survey_id, work)
    if batch := await work.find_one(CodeBatch, id=command.batch_id, survey_id=survey.id):
        batch.withdrawn, made = True, batch.voters(box)
        unused = await work.find(
            Voter, survey_id=survey.id, entitled_by=VoterKind.CODE, answered=False, withdrawn=False
        )
        for voter in unused:
            voter.withdrawn = voter.id in made
        return Result(survey)
    raise NotFound(what="batch of codes", id=command.batch_id)


async def _that_takes_codes(id: UUID, work: Work) -> tuple[Survey, BallotBox]:
    """Raises NotFound and NoCodes."""
    survey = await work.share(Survey, id)
    survey.check_takes_codes()
    return survey, await box_to_use(survey.new_box(), work)


@dataclass(frozen=True)
class CastBallot:
    """An answer of whoever has this proof: a code, a resident's id, a card's number, or nothing at a stand.

    What staff `typed` in can be put right on the same day."""

    survey_id: UUID
    kind: VoterKind
    proof: str
    cast: Cast
    typed: bool = False


@on.command
async def cast_ballot(command: CastBallot, work: Work) -> Result:
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
    return Result(survey)


@dataclass(frozen=True)
class CorrectBallot:
    """What staff typed in with this code or card today, as it should have been."""

    survey_id: UUID
    kind: VoterKind
    proof: str
    cast: Cast


@on.command
async def correct_ballot(command: CorrectBallot, work: Work) -> Result:
    """Nobody reads what was typed in before, and nothing of it is left in the box."""
    survey = await work.share(Survey, command.survey_id)
    survey.form.check(command.cast.given)
    cast = replace(command.cast, language=survey.form.read_in(command.cast.language))
    box = await box_to_use(survey.new_box(), work)
    voter, slip = await _typed_in_today(survey, box, command, work)
    if voter.answer_otherwise(cast):
        await work.forget(SealedBallot, id=slip.ballot(box))
        ballot = SealedBallot(uuid4(), survey.id, box.seal(cast.written()))
        work.keep(ballot)
        slip.point_to(ballot, box)
    return Result(survey)


@dataclass(frozen=True)
class TakeBallotBack:
    """What staff typed in with this code or card today came with another."""

    survey_id: UUID
    kind: VoterKind
    proof: str


@on.command
async def take_ballot_back(command: TakeBallotBack, work: Work) -> Result:
    """As if it had not been typed in: whoever has the code or card can answer."""
    survey = await work.share(Survey, command.survey_id)
    box = await box_to_use(survey.new_box(), work)
    voter, slip = await _typed_in_today(survey, box, command, work)
    ballot = slip.ballot(box)
    voter.take_back()
    await work.forget(SealedBallot, id=ballot)
    await work.forget(Slip, id=slip.id)
    return Result(survey)


async def _typed_in_today(
    survey: Survey, box: BallotBox, command: CorrectBallot | TakeBallotBack, work: Work
) -> tuple[Voter, Slip]:
    """Raises NotTypedInToday, also where somebody answered otherwise: nobody learns that from it."""
    survey.check_correctable(await work.time())
    today = await _today(work)
    voter = await work.find_one(Voter, id=survey.voter(box, command.kind, command.proof))
    slip = await work.find_one(Slip, id=box.slip(voter.id), day=today) if voter else None
    if voter and slip:
        return voter, slip
    raise NotTypedInToday(field="code" if command.kind is VoterKind.CODE else "card")


async def _today(work: Work) -> date:
    """On the wall of the corporation."""
    return day(await work.time(), ZoneInfo(work.corporation.time_zone))


async def _put_into_the_box(cast: Cast, survey: Survey, command: CastBallot, work: Work) -> None:
    box = await box_to_use(survey.new_box(), work)
    voter = await _voter(survey.voter(box, command.kind, command.proof), command, work)
    if voter.answer(cast):
        ballot = SealedBallot(uuid4(), survey.id, box.seal(cast.written()))
        work.keep(ballot)
        if command.typed:
            work.keep(Slip.of(ballot, voter, await _today(work), box))


async def _voter(id: UUID, command: CastBallot, work: Work) -> Voter:
    if command.kind is not VoterKind.CODE:
        return await work.get_or_keep(Voter(id, command.survey_id, command.kind))
    return await _voter_known(id, work, "code")


async def _voter_with(code: str, survey: Survey, box: BallotBox, work: Work, field: str) -> Voter:
    """Raises UnknownCode, naming the field."""
    return await _voter_known(survey.voter(box, VoterKind.CODE, code), work, field)


async def _voter_known(id: UUID, work: Work, field: str) -> Voter:
    try:
        return await work.get(Voter, id)
    except NotFound:
        raise UnknownCode(field=field) from None
