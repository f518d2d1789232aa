"""What can be asked of surveys."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.domain.ballots import BallotBox, box_of, box_to_use
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events.surveys import (
    SurveyCancelled,
    SurveyClosed,
    SurveyClosing,
    SurveyCorrected,
    SurveyDrafted,
    SurveyEdited,
    SurveyOpened,
    SurveyPaused,
    SurveyResumed,
    Voting,
)

from buurtthuis_surveys.commands.mailings import settle_mailing
from buurtthuis_surveys.domain.ballots import (
    Answer,
    Ballot,
    CodeBatch,
    Mark,
    SealedBallot,
    Slip,
    Voter,
    VoterKind,
    mixed,
    opened,
)
from buurtthuis_surveys.domain.questions import Texts
from buurtthuis_surveys.domain.results import Counts
from buurtthuis_surveys.domain.surveys import Plan, Survey

on = Handlers()


@dataclass(frozen=True)
class DraftSurvey:
    house_id: UUID
    plan: Plan


@on.command
async def draft_survey(command: DraftSurvey, work: Work) -> SurveyDrafted:
    return work.add(Survey.draft(command.house_id, command.plan))


@dataclass(frozen=True)
class CopySurvey:
    survey_id: UUID
    house_id: UUID


@on.command
async def copy_survey(command: CopySurvey, work: Work) -> SurveyDrafted:
    return work.add((await work.get(Survey, command.survey_id)).copy(command.house_id))


@dataclass(frozen=True)
class EditSurvey:
    survey_id: UUID
    plan: Plan
    version: Versions | None = None


@on.command
async def edit_survey(command: EditSurvey, work: Work) -> SurveyEdited:
    return (await work.get(Survey, command.survey_id, command.version)).edit(command.plan)


@dataclass(frozen=True)
class OpenSurvey:
    survey_id: UUID
    version: Versions | None = None


@on.command
async def open_survey(command: OpenSurvey, work: Work) -> SurveyOpened:
    survey = await work.get(Survey, command.survey_id, command.version)
    return survey.open(await work.time())


@dataclass(frozen=True)
class CorrectSurvey:
    """Other words for its title, and for questions and options by their ids."""

    survey_id: UUID
    title: Texts
    texts: Mapping[UUID, Texts]
    version: Versions | None = None


@on.command
async def correct_survey(command: CorrectSurvey, work: Work) -> SurveyCorrected:
    survey = await work.get(Survey, command.survey_id, command.version)
    return survey.correct(command.title, command.texts, await work.time())


@dataclass(frozen=True)
class CancelSurvey:
    survey_id: UUID
    version: Versions | None = None


@on.command
async def cancel_survey(command: CancelSurvey, work: Work) -> SurveyCancelled:
    return await cancel(await work.get(Survey, command.survey_id, command.version), work)


@dataclass(frozen=True)
class PauseSurvey:
    survey_id: UUID
    version: Versions | None = None


@on.command
async def pause_survey(command: PauseSurvey, work: Work) -> SurveyPaused:
    return (await work.get(Survey, command.survey_id, command.version)).pause()


@dataclass(frozen=True)
class ResumeSurvey:
    survey_id: UUID
    version: Versions | None = None


@on.command
async def resume_survey(command: ResumeSurvey, work: Work) -> SurveyResumed:
    return (await work.get(Survey, command.survey_id, command.version)).resume()


@dataclass(frozen=True)
class CloseSurvey:
    survey_id: UUID
    version: Versions | None = None


@on.command
async def close_survey(command: CloseSurvey, work: Work) -> SurveyClosed:
    return await close(await work.get(Survey, command.survey_id, command.version), work)


@dataclass(frozen=True)
class CloseSurveyInTime:
    """Its closing time has come; whoever comes second finds it closed."""

    survey_id: UUID


@on.command
async def close_survey_in_time(command: CloseSurveyInTime, work: Work) -> SurveyClosed | None:
    survey = await work.get(Survey, command.survey_id)
    return await close(survey, work) if survey.is_due(await work.time()) else None


@dataclass(frozen=True)
class RemindOfSurvey:
    """It closes within a day; whoever comes second finds that it was said."""

    survey_id: UUID


@on.command
async def remind_of_survey(command: RemindOfSurvey, work: Work) -> SurveyClosing | None:
    survey = await work.get(Survey, command.survey_id)
    if not survey.is_closing(await work.time()):
        return None
    return survey.remind(await _answered(survey, work))


@dataclass(frozen=True)
class PublishResults:
    survey_id: UUID
    runoff_closes_at: datetime | None = None
    version: Versions | None = None


@on.command
async def publish_results(command: PublishResults, work: Work) -> Result:
    """Where the tie rule is a runoff and there is a tie, the runoff opens at once, for the same codes."""
    survey = await work.get(Survey, command.survey_id, command.version)
    tied = survey.runoff(command.runoff_closes_at)
    if tied is None:
        return Result(survey, [survey.publish()])
    runoff, drafted = tied
    published = survey.publish(runoff.id)
    work.keep(runoff)
    await _carry_voters_over(survey, runoff, work)
    return Result(survey, [published, drafted, runoff.open(await work.time())])


async def close(survey: Survey, work: Work) -> SurveyClosed:
    """Open the box, count up, and leave neither order in what was counted nor who had answered."""
    box = await box_of(survey.id, work)
    pieces = mixed(survey.id, opened(box, await _take_out(survey, work))) if box else []
    closed = survey.close(await _counts(survey.id, pieces, work))
    if box:
        await settle_mailing(survey, box, work)
        box.empty(keep_salts=survey.awaits_runoff)
    if survey.voting is Voting.RESIDENT:
        await work.redact_about([survey.id])
    work.keep(*pieces)
    return closed


async def cancel(survey: Survey, work: Work) -> SurveyCancelled:
    """It will not be asked, and codes of it are good for nothing."""
    if box := await box_of(survey.id, work):
        await settle_mailing(survey, box, work)
        box.empty()
    return survey.cancel()


async def _carry_voters_over(survey: Survey, runoff: Survey, work: Work) -> None:
    """Whoever has a code of the one has a code of the other."""
    box = await box_of(survey.id, work)
    emptied_into = BallotBox.new(runoff.id, before=box.salts or () if box else ())
    work.keep(emptied_into)
    codes = await work.find(Voter, survey_id=survey.id, entitled_by=VoterKind.CODE, withdrawn=False)
    for voter in codes:
        work.keep(Voter(emptied_into.carry_over(voter.id), runoff.id, VoterKind.CODE))
    if box:
        box.empty()


async def _take_out(survey: Survey, work: Work) -> list[bytes]:
    """What is in the box, and is in it no more."""
    sealed = await work.count(SealedBallot, "sealed", survey_id=survey.id)
    await work.forget(SealedBallot, survey_id=survey.id)
    for kind in (Slip, CodeBatch):
        await work.forget(kind, survey_id=survey.id)
    return [slip for (slip,) in sealed]


async def _answered(survey: Survey, work: Work) -> list[UUID]:
    """The residents of the house who did, in random order; nobody where it is not answered as a resident."""
    if survey.voting is not Voting.RESIDENT:
        return []
    box = await box_to_use(survey.new_box(), work)
    voters = await work.count(Voter, "id", survey_id=survey.id, answered=True)
    residents = [
        resident for (resident,) in await work.read(Neighbour, "resident_id", house_id=survey.house_id)
    ]
    answered = [
        resident
        for resident in residents
        if (survey.voter(box, VoterKind.RESIDENT, str(resident)),) in voters
    ]
    secrets.SystemRandom().shuffle(answered)
    return answered


async def _counts(survey: UUID, pieces: Sequence[object], work: Work) -> Counts:
    """Of these pieces; of a survey from before there were boxes also of those that are there."""

    async def count(kind: type[object], *by: str) -> Counter[tuple[object, ...]]:
        fresh = Counter(
            tuple(getattr(piece, name) for name in by) for piece in pieces if isinstance(piece, kind)
        )
        return fresh + await work.count(kind, *by, survey_id=survey)

    return Counts(
        ballots=await count(Ballot, "channel", "language"),
        answers=await count(Answer, "question_id", "channel"),
        marks=await count(Mark, "question_id", "option_id", "rank", "channel"),
        codes=(
            await work.count(Voter, survey_id=survey, entitled_by=VoterKind.CODE, withdrawn=False)
        ).total(),
    )
