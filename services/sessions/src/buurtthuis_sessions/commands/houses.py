"""What can be asked of houses."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.domain.ballots import box_of
from buurtthuis.domain.privacy import count_left_of_house, take_away_house
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    FollowUpVoteCancelled,
    HouseAnonymised,
    HouseChanged,
    HouseEndAnnounced,
    HouseEndTakenBack,
    HouseEvaluating,
    HouseOpened,
    HousePaused,
    HousePrepared,
    HouseProposed,
    HouseResumed,
    Joining,
    Outcome,
    SessionCancelled,
)

from buurtthuis_sessions.commands.occurrences import cancel
from buurtthuis_sessions.commands.series import stop
from buurtthuis_sessions.commands.tasks import finish_tasks
from buurtthuis_sessions.domain.follow_ups.states import VoteState
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.houses import About, House
from buurtthuis_sessions.domain.personal import PERSONAL
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.templates import Entry

on = Handlers()


@dataclass(frozen=True)
class OpenHouse(About):
    """With `entries`, a template's programme, there is a draft or a series on trial for each of them at once."""

    retention_days: int = 90
    entries: tuple[Entry, ...] = ()
    joining: Joining = Joining.OPEN


@on.command
async def open_house(command: OpenHouse, work: Work) -> Result:
    house, opened = House.open(command, command.retention_days, command.joining)
    return Result(
        house, [work.add((house, opened)), *(work.add(entry.propose(house.id)) for entry in command.entries)]
    )


@dataclass(frozen=True)
class ProposeHouse(About):
    retention_days: int = 90


@on.command
async def propose_house(command: ProposeHouse, work: Work) -> HouseProposed:
    return work.add(House.propose(command, command.retention_days))


@dataclass(frozen=True)
class PrepareHouse:
    house_id: UUID
    version: Versions | None = None


@on.command
async def prepare_house(command: PrepareHouse, work: Work) -> HousePrepared:
    return (await work.get(House, command.house_id, command.version)).prepare()


@dataclass(frozen=True)
class BeginHouse:
    """A house that was prepared opens."""

    house_id: UUID
    version: Versions | None = None


@on.command
async def begin_house(command: BeginHouse, work: Work) -> HouseOpened:
    return (await work.get(House, command.house_id, command.version)).begin()


@dataclass(frozen=True)
class ChangeHouse:
    house_id: UUID
    about: About
    version: Versions | None = None


@on.command
async def change_house(command: ChangeHouse, work: Work) -> HouseChanged:
    return (await work.get(House, command.house_id, command.version)).change(command.about)


@dataclass(frozen=True)
class LetPeopleJoin:
    house_id: UUID
    joining: Joining
    version: Versions | None = None


@on.command
async def let_people_join(command: LetPeopleJoin, work: Work) -> HouseChanged:
    house = await work.get(House, command.house_id, command.version)
    return house.let_people_join(command.joining)


@dataclass(frozen=True)
class PauseHouse:
    house_id: UUID
    reason: str
    version: Versions | None = None


@on.command
async def pause_house(command: PauseHouse, work: Work) -> HousePaused:
    return (await work.get(House, command.house_id, command.version)).pause(command.reason)


@dataclass(frozen=True)
class ResumeHouse:
    house_id: UUID
    version: Versions | None = None


@on.command
async def resume_house(command: ResumeHouse, work: Work) -> HouseResumed:
    resumed, now = (await work.get(House, command.house_id, command.version)).resume(), await work.time()
    for series in await work.find(Series, house_id=command.house_id):
        series.start_over(now)
    return resumed


@dataclass(frozen=True)
class EvaluateHouse:
    house_id: UUID
    version: Versions | None = None


@on.command
async def evaluate_house(command: EvaluateHouse, work: Work) -> HouseEvaluating:
    return (await work.get(House, command.house_id, command.version)).evaluate()


@dataclass(frozen=True)
class AnnounceHouseEnd:
    house_id: UUID
    outcome: Outcome
    reason: str
    version: Versions | None = None


@on.command
async def announce_house_end(command: AnnounceHouseEnd, work: Work) -> HouseEndAnnounced:
    """Staff alone hear of it; nothing is done, so nothing is to be undone."""
    house, now = await work.get(House, command.house_id, command.version), await work.time()
    return house.announce_end(command.outcome, command.reason, now, work.corporation.time_zone)


@dataclass(frozen=True)
class TakeBackHouseEnd:
    house_id: UUID
    version: Versions | None = None


@on.command
async def take_back_house_end(command: TakeBackHouseEnd, work: Work) -> HouseEndTakenBack:
    return (await work.get(House, command.house_id, command.version)).take_back_end()


@dataclass(frozen=True)
class CarryOutHouseEnd:
    """What was announced takes effect; whoever comes second finds it done, or taken back."""

    house_id: UUID


@on.command
async def carry_out_house_end(command: CarryOutHouseEnd, work: Work) -> Result:
    house, now = await work.get(House, command.house_id), await work.time()
    end = house.due_end(now)
    return Result(house, await _end(house, end.outcome, end.reason, now, work) if end else [])


@dataclass(frozen=True)
class EndHouse:
    """At once: there is no way back."""

    house_id: UUID
    outcome: Outcome
    reason: str
    version: Versions | None = None


@on.command
async def end_house(command: EndHouse, work: Work) -> Result:
    house, now = await work.get(House, command.house_id, command.version), await work.time()
    return Result(house, await _end(house, command.outcome, command.reason, now, work))


async def _end(house: House, outcome: Outcome, reason: str, now: datetime, work: Work) -> list[Event]:
    """In one go: whatever is ahead in the house ends with it. What is under way is left to its host."""
    return [
        house.end(outcome, reason, now, work.corporation.time_zone),
        *await _cancel_votes(house, work),
        *await _stop_series(house, now, work),
        *await _cancel_what_is_ahead(house, now, work),
        *await finish_tasks(work, now, house_id=house.id),
    ]


@dataclass(frozen=True)
class AnonymiseHouse:
    """The promised day has come; whoever comes second finds it done."""

    house_id: UUID


@on.command
async def anonymise_house(command: AnonymiseHouse, work: Work) -> HouseAnonymised | None:
    """What is left is counted afterwards, and not taken from what was removed."""
    house, now = await work.get(House, command.house_id), await work.time()
    if not house.is_to_be_anonymised(now, work.corporation.time_zone):
        return None
    removed = await take_away_house(PERSONAL, house.id, work)
    await _end_noting(house.id, work)
    return house.anonymise(removed, await count_left_of_house(PERSONAL, house.id, work))


async def _cancel_votes(house: House, work: Work) -> list[FollowUpVoteCancelled]:
    """First of all: a vote that is decided locks series and sessions after it."""
    votes = await work.find(FollowUpVote, house_id=house.id, state=VoteState.OPEN)
    return [vote.cancel(await box_of(vote.id, work)) for vote in votes]


async def _stop_series(house: House, now: datetime, work: Work) -> list[Event]:
    """With them go the sessions that they made."""
    going = [series for series in await work.find(Series, house_id=house.id) if series.is_live]
    return [event for series in going for event in await stop(series, house.farewell, work, now)]


async def _cancel_what_is_ahead(house: House, now: datetime, work: Work) -> list[SessionCancelled]:
    """The booking of its room goes with each."""
    drafts = await work.find(Session, house_id=house.id, state=SessionState.DRAFT)
    scheduled = await work.find(Session, house_id=house.id, state=SessionState.SCHEDULED)
    ahead = [*drafts, *(session for session in scheduled if not session.has_begun(now))]
    return [await cancel(session, house.farewell, work) for session in ahead]


async def _end_noting(house: UUID, work: Work) -> None:
    for session in await work.find(Session, house_id=house):
        session.end_noting()
