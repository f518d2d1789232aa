"""What can be asked of follow-up votes.

Nobody is told of a ballot: an event per ballot would say when each came, and who was there.
Whoever needs a vote and its session locks the vote first; only opening one locks a session.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.domain.ballots import BallotBox, box_of, box_to_use
from buurtthuis.domain.deadlines import deadline
from buurtthuis.events import Event
from buurtthuis.events.sessions import Because, FollowUpVoteCancelled, TaskKind

from buurtthuis_sessions.commands.codes import opened
from buurtthuis_sessions.commands.plans import check_house
from buurtthuis_sessions.commands.series import stop
from buurtthuis_sessions.domain.codes import NoVoteWithCode, as_typed
from buurtthuis_sessions.domain.follow_ups.counting import Counts, Option, Question
from buurtthuis_sessions.domain.follow_ups.states import AttendanceSettled, VotedOnAlready, VoteState
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.plans import Outline
from buurtthuis_sessions.domain.reasons import Why
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import TO_CONFIRM, Session, SessionSource
from buurtthuis_sessions.domain.sessions.states import NOTED
from buurtthuis_sessions.domain.tasks import Task

on = Handlers()

ENOUGH = Why(because=Because.NO_MORE_WANTED)


@dataclass(frozen=True)
class OpenVote:
    session_id: UUID
    question: Question
    by: Actor


@on.command
async def open_vote(command: OpenVote, work: Work) -> Result:
    await check_house(Session, command.session_id, work)
    session = await work.get(Session, command.session_id)
    session.check_host(command.by)
    if await is_voted_on(session.id, work):
        raise VotedOnAlready
    vote, opened = FollowUpVote.open(session, command.question, await work.time())
    work.keep(vote)
    return Result(vote, [opened, *vote.proposed()])


@dataclass(frozen=True)
class TryCode:
    """Find the vote that is open with this code, for a resident."""

    code: str
    resident_id: UUID


@on.command
async def try_code(command: TryCode, work: Work) -> Result:
    """Answers with the vote. Raises TooManyTries, or NoVoteWithCode, which is counted."""
    vote = await work.find_one(FollowUpVote, code=as_typed(command.code))
    return Result(await opened(vote, command.resident_id, NoVoteWithCode(field="code"), work))


@dataclass(frozen=True)
class Mark:
    """One ballot by phone, of a resident who has the code."""

    vote_id: UUID
    resident_id: UUID
    options: tuple[UUID, ...]
    stop: bool = False


@on.command
async def mark(command: Mark, work: Work) -> Result:
    vote = await work.get(FollowUpVote, command.vote_id)
    session = await work.share(Session, vote.session_id)
    box = await box_to_use(BallotBox.new(vote.id), work)
    vote.mark(command.resident_id, session, command.options, command.stop, await work.time(), box)
    return Result(vote)


@dataclass(frozen=True)
class TellBallots:
    """More people voted; whoever comes second finds that told. No ballot tells of itself: it would say who came when."""

    vote_id: UUID


@on.command
async def tell_ballots(command: TellBallots, work: Work) -> Result:
    vote = await work.get(FollowUpVote, command.vote_id)
    told = vote.tell(await work.time())
    return Result(vote, [told] if told else [])


@dataclass(frozen=True)
class CountCards:
    vote_id: UUID
    counts: Counts
    by: Actor
    version: Versions | None = None


@on.command
async def count_cards(command: CountCards, work: Work) -> Result:
    vote = await work.get(FollowUpVote, command.vote_id, command.version)
    (await work.share(Session, vote.session_id)).check_host(command.by)
    vote.count_cards(command.counts, await work.time())
    return Result(vote)


@dataclass(frozen=True)
class DecideVote:
    vote_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def decide_vote(command: DecideVote, work: Work) -> Result:
    vote = await work.get(FollowUpVote, command.vote_id, command.version)
    (await work.share(Session, vote.session_id)).check_host(command.by)
    return Result(vote, await _decide(vote, work))


@dataclass(frozen=True)
class DecideVoteInTime:
    """Its closing time has come; whoever comes second finds it decided."""

    vote_id: UUID


@on.command
async def decide_vote_in_time(command: DecideVoteInTime, work: Work) -> Result:
    vote = await work.get(FollowUpVote, command.vote_id)
    return Result(vote, await _decide(vote, work) if vote.is_due(await work.time()) else [])


@dataclass(frozen=True)
class CancelVote:
    vote_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def cancel_vote(command: CancelVote, work: Work) -> FollowUpVoteCancelled:
    vote = await work.get(FollowUpVote, command.vote_id, command.version)
    (await work.share(Session, vote.session_id)).check_host(command.by)
    return vote.cancel(await box_of(vote.id, work))


async def is_voted_on(session: UUID, work: Work) -> bool:
    """Whether there is, or was, a vote about a session that counts."""
    votes = await work.count(FollowUpVote, "state", session_id=session)
    return any(state is not VoteState.CANCELLED for (state,) in votes)


async def check_may_be_corrected(session: Session, work: Work) -> None:
    """Raises AttendanceSettled: as long as those who were there are voting, who they are stays."""
    if session.state in NOTED and await work.count(
        FollowUpVote, "id", session_id=session.id, state=VoteState.OPEN
    ):
        raise AttendanceSettled


async def _decide(vote: FollowUpVote, work: Work) -> list[Event]:
    now = await work.time()
    happened: list[Event] = [vote.decide(await box_of(vote.id, work))]
    happened += [_draft_next(option, vote, work, now) for option in vote.won]
    if vote.state is VoteState.STOP:
        happened += await _stop_series(vote, work, now)
    if vote.needs_discussion:
        task = Task.raised(TaskKind.DISCUSS_FURTHER, vote.house_id, now, session=vote.session_id)
        happened.append(work.add(task))
    return happened


def _draft_next(option: Option, vote: FollowUpVote, work: Work, now: datetime) -> Event:
    """What the room decided waits for a host, so long and no longer."""
    confirm_by = deadline(now, TO_CONFIRM, work.corporation.time_zone)
    if option.weekly:
        series, proposed = Series.propose(
            vote.house_id, option.title, option.theme_id, vote.session_id, confirm_by, option.id
        )
        series.hidden = option.hidden
        return work.add((series, proposed))
    source = SessionSource(theme=option.theme_id, follow_up_of=vote.session_id, option=option.id)
    outline = Outline(kind=option.kind)
    draft, drafted = Session.draft(vote.house_id, option.title, source, confirm_by, outline)
    draft.hidden = option.hidden
    return work.add((draft, drafted))


async def _stop_series(vote: FollowUpVote, work: Work, now: datetime) -> list[Event]:
    """The people in the room want no more of the series that this session is one of."""
    session = await work.share(Session, vote.session_id)
    if session.series_id is None:
        return []
    series = await work.get(Series, session.series_id)
    return await stop(series, ENOUGH, work, now) if series.is_live else []
