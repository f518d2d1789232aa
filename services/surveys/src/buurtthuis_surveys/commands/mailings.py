"""What can be asked of letters to addresses, and of the codes in them.

No row that knows of an address is read with a lock, nor written, where voters are: a copy of the database's files tells which rows
one transaction touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.domain.ballots import BallotBox, box_to_use

from buurtthuis_surveys.domain.addresses import Address
from buurtthuis_surveys.domain.ballots import Slip, Voter, VoterKind
from buurtthuis_surveys.domain.mailings import (
    CodesOfTheFirstRound,
    LetterRun,
    LetterWords,
    Mailing,
    Sent,
    ToPrint,
    chosen,
    mailed_voter,
    responses,
    withdrawn,
)
from buurtthuis_surveys.domain.surveys import Survey

on = Handlers()


@dataclass(frozen=True)
class AskForLetters:
    """To the `addresses`, or to all that have none yet; `anew` with codes in place of those that they have."""

    survey_id: UUID
    words: LetterWords
    addresses: frozenset[UUID] | None = None
    anew: bool = False


@on.command
async def ask_for_letters(command: AskForLetters, work: Work) -> Result:
    survey, box = await _that_is_mailed(command.survey_id, work)
    sent = await _sent(survey.id, box, work)
    rows = await work.read(Address, "on_the_way", "id", "entrance", house_id=survey.house_id)
    walk = {id: entrance for _, id, entrance in sorted(rows)}
    letters = chosen(walk, sent, command.addresses, anew=command.anew)
    run = LetterRun.ask(survey.id, letters, command.words, box, work.now)
    work.keep(run)
    return Result(run)


@dataclass(frozen=True)
class TakeLetterRun:
    """Somebody prints it; what comes of it is in its row, for whoever has this lease."""

    run_id: UUID
    lease: UUID


@on.command
async def take_letter_run(command: TakeLetterRun, work: Work) -> Result:
    run = await work.get(LetterRun, command.run_id)
    run.take(command.lease, await work.time())
    return Result(run)


@dataclass(frozen=True)
class NotePrinted:
    """So many of its letters are ready."""

    run_id: UUID
    lease: UUID
    printed: int


@on.command
async def note_printed(command: NotePrinted, work: Work) -> Result:
    run = await _held(command, work)
    run.go_on(command.printed, await work.time())
    return Result(run)


@dataclass(frozen=True)
class FinishLetters:
    """All to these `addresses` are printed: from now on their codes count, and those whose place they take do not."""

    run_id: UUID
    lease: UUID
    document: bytes
    addresses: frozenset[UUID]


@on.command
async def finish_letters(command: FinishLetters, work: Work) -> Result:
    """Last of all, so that no code counts that could not be printed, nor is one withdrawn for it."""
    [survey_id] = await work.read_one(LetterRun, command.run_id, "survey_id")
    survey, box = await _that_is_mailed(survey_id, work)
    run = await _held(command, work)
    asked, _ = run.opened(box)
    letters = [letter for letter in asked if letter.address_id in command.addresses]
    await _send(survey, box, letters, work)
    run.finish(command.document, len(letters), box)
    return Result(run)


@dataclass(frozen=True)
class FailLetters:
    run_id: UUID
    lease: UUID
    why: str


@on.command
async def fail_letters(command: FailLetters, work: Work) -> Result:
    run = await _held(command, work)
    run.fail(command.why)
    return Result(run)


async def _held(command: NotePrinted | FinishLetters | FailLetters, work: Work) -> LetterRun:
    """Raises NotOurs, and NotFound where the survey closed."""
    run = await work.get(LetterRun, command.run_id)
    run.check_held(command.lease)
    return run


@dataclass(frozen=True)
class CancelLetters:
    survey_id: UUID
    run_id: UUID


@on.command
async def cancel_letters(command: CancelLetters, work: Work) -> Result:
    survey, run = await work.share(Survey, command.survey_id), await work.get(LetterRun, command.run_id)
    if run.survey_id != survey.id:
        raise NotFound(what="letters", id=command.run_id)
    run.cancel()
    return Result(run)


@dataclass(frozen=True)
class WithdrawLetters:
    """They were lost, or came back by post: what these addresses have opens nothing."""

    survey_id: UUID
    addresses: frozenset[UUID]


@on.command
async def withdraw_letters(command: WithdrawLetters, work: Work) -> Result:
    """Whether a household had answered nobody is told: what it answered stays."""
    survey, box = await _that_is_mailed(command.survey_id, work)
    mailing = await work.get_or_keep(Mailing.of(survey.id))
    sent = mailing.sent(box)
    mailing.note(withdrawn(sent, command.addresses), box)
    for voter in await _voters({address: sent[address] for address in command.addresses}, survey, box, work):
        voter.withdrawn = True
    return Result(survey)


async def settle_mailing(survey: Survey, box: BallotBox, work: Work) -> None:
    """Before the key of the box goes: how many of each entrance answered; then nobody knows who had which code."""
    await work.forget(LetterRun, survey_id=survey.id)
    if mailing := await work.find_one(Mailing, id=Mailing.id_of(survey.id)):
        answered = {id for (id,) in await work.read(Voter, "id", survey_id=survey.id, answered=True)}
        mailing.settle(responses(mailing.answers(survey, box, answered)))


async def _that_is_mailed(id: UUID, work: Work) -> tuple[Survey, BallotBox]:
    """Raises NotFound, NoCodes and CodesOfTheFirstRound."""
    survey = await work.share(Survey, id)
    survey.check_takes_codes()
    if survey.runoff_of:
        raise CodesOfTheFirstRound
    return survey, await box_to_use(survey.new_box(), work)


async def _sent(survey: UUID, box: BallotBox, work: Work) -> dict[UUID, Sent]:
    mailing = await work.find_one(Mailing, id=Mailing.id_of(survey))
    return mailing.sent(box) if mailing else {}


async def _send(survey: Survey, box: BallotBox, letters: Sequence[ToPrint], work: Work) -> None:
    """Each gets a voter; one in place of another takes over whether it was answered with, so that nobody learns that from it."""
    mailing = await work.get_or_keep(Mailing.of(survey.id))
    sent = mailing.sent(box)
    fresh = [letter for letter in letters if letter.issue > _newest(sent, letter.address_id)]
    before = {letter.address_id: sent[letter.address_id] for letter in fresh if letter.address_id in sent}
    voters = {voter.id: voter for voter in await _voters(before, survey, box, work)}
    added = [
        await _voter_of(letter, before.get(letter.address_id), voters, survey, box, work) for letter in fresh
    ]
    work.keep(*sorted(added, key=lambda voter: voter.id))
    for letter in fresh:
        known = before.get(letter.address_id)
        sent[letter.address_id] = Sent(letter.issue, known.entrance if known else letter.entrance)
    mailing.note(sent, box)


async def _voter_of(
    letter: ToPrint,
    before: Sent | None,
    voters: dict[UUID, Voter],
    survey: Survey,
    box: BallotBox,
    work: Work,
) -> Voter:
    voter = Voter(mailed_voter(survey, box, letter.address_id, letter.issue), survey.id, VoterKind.CODE)
    if before and (old := voters.get(mailed_voter(survey, box, letter.address_id, before.issue))):
        old.hand_over(voter)
        for slip in await work.find(Slip, id=box.slip(old.id)):
            work.keep(replace(slip, id=box.slip(voter.id)))
            await work.forget(Slip, id=slip.id)
    return voter


async def _voters(sent: dict[UUID, Sent], survey: Survey, box: BallotBox, work: Work) -> list[Voter]:
    """Who have these letters, in an order that tells nothing."""
    wanted = {mailed_voter(survey, box, address, letter.issue) for address, letter in sent.items()}
    return [await work.get(Voter, id) for id in sorted(wanted)]


def _newest(sent: dict[UUID, Sent], address: UUID) -> int:
    return sent[address].issue if address in sent else 0
