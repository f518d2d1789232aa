"""What can be asked of which date suits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events.sessions import DateChosen, DatesAsked

from buurtthuis_sessions.commands.membership import check_belongs
from buurtthuis_sessions.commands.plans import check_house
from buurtthuis_sessions.domain.codes import as_typed
from buurtthuis_sessions.domain.date_polls import (
    DateAnswer,
    DatePoll,
    DatesAskedAlready,
    NoDatesWithCode,
    Suits,
)
from buurtthuis_sessions.domain.sessions.session import Session

on = Handlers()


@dataclass(frozen=True)
class AskForDates:
    session_id: UUID
    dates: tuple[tuple[datetime, datetime], ...]
    by: Actor


@on.command
async def ask_for_dates(command: AskForDates, work: Work) -> DatesAsked:
    await check_house(Session, command.session_id, work)
    session = await work.get(Session, command.session_id)
    session.check_host(command.by)
    if await work.count(DatePoll, "id", session_id=session.id, chosen=None):
        raise DatesAskedAlready
    zone = work.corporation.time_zone
    return work.add(DatePoll.ask(session, command.dates, zone, await work.time()))


@dataclass(frozen=True)
class AnswerDates:
    """By somebody of the house, who has the link."""

    poll_id: UUID
    resident_id: UUID
    suits: Mapping[UUID, Suits]
    by: Actor


@on.command
async def answer_dates(command: AnswerDates, work: Work) -> Result:
    await check_belongs(command.resident_id, command.by, DatePoll, command.poll_id, work)
    poll = await work.get(DatePoll, command.poll_id)
    poll.answer(command.resident_id, command.suits)
    return Result(poll)


@dataclass(frozen=True)
class AnswerDatesByCode:
    """By whoever has the code, a resident or a guest."""

    code: str
    who: UUID
    suits: Mapping[UUID, Suits]


@on.command
async def answer_dates_by_code(command: AnswerDatesByCode, work: Work) -> Result:
    poll = await work.find_one(DatePoll, code=as_typed(command.code))
    if poll is None:
        raise NoDatesWithCode(field="code")
    poll.answer(command.who, command.suits)
    return Result(poll)


@dataclass(frozen=True)
class ChooseDate:
    poll_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def choose_date(command: ChooseDate, work: Work) -> DateChosen:
    """What suits most goes into the draft; whoever leads it fills in the rest."""
    poll = await work.get(DatePoll, command.poll_id, command.version)
    session = await work.get(Session, poll.session_id)
    session.check_host(command.by)
    chosen = poll.close()
    session.suits = poll.suited
    return chosen


async def stop_asking(session: Session, work: Work) -> None:
    """A draft that is planned, or off, needs no date any more."""
    if poll := await work.find_one(DatePoll, session_id=session.id, chosen=None):
        poll.stop()


async def join_answers(guest: UUID, resident: UUID, work: Work) -> int:
    """What a guest said of dates is what a resident says; says of how many polls."""
    polls = sorted({id for (id,) in await work.read(DateAnswer, "poll_id", resident_id=guest)})
    for id in polls:
        (await work.get(DatePoll, id)).join(guest, resident)
    return len(polls)
