"""What can be read of follow-up votes: no marks before they are decided, and never whose."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.errors import NotFound
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.persistence.looking import Now
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Integer, Row, Select, cast, exists, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.codes import NoVoteWithCode, as_typed
from buurtthuis_sessions.domain.follow_ups.states import VoteNotOpen, VoteState
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.queries.sessions import Viewer
from buurtthuis_sessions.storage.follow_ups import votes
from buurtthuis_sessions.storage.series import series
from buurtthuis_sessions.storage.sessions import seats, sessions

OVER = frozenset({VoteState.DECIDED, VoteState.TIED, VoteState.STOP})


class OptionToMark(BaseModel):
    """Something to do next."""

    id: UUID
    title: str | None
    kind: Kind
    weekly: bool
    theme_id: UUID | None


class OptionView(OptionToMark):
    """The same, with its `marks` once the vote is over."""

    marks: int | None


class DraftOf(BaseModel):
    """What became of a winner: a session, or a series. Whoever was there finds it, and may lead it as long as nobody does."""

    option_id: UUID
    session_id: UUID | None = None
    series_id: UUID | None = None


class ResultView(BaseModel):
    """What came of it. `tied` options share a place that is not there for all of them."""

    winners: list[UUID]
    drafts: list[DraftOf]
    tied: list[UUID]
    stop: int
    online: int
    cards: int


class VoteView(BaseModel):
    """A vote as a client reads it. While it is open only hosts and staff see how many `voted`, and nobody for what."""

    id: UUID
    session_id: UUID
    house_id: UUID
    state: VoteState
    options: list[OptionView]
    at_most: int
    places: int
    present: int
    closes_at: datetime | None
    voted: int | None
    result: ResultView | None
    version: int


class BallotPaper(BaseModel):
    """What a resident in the room has to mark: `at_most` of these, of which stop is one more."""

    id: UUID
    session_id: UUID
    options: list[OptionToMark]
    at_most: int
    closes_at: datetime | None


async def list_votes(
    session: AsyncSession,
    viewer: Viewer,
    *,
    staff: bool,
    house: UUID | None = None,
    of: UUID | None = None,
    state: VoteState | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[VoteView]:
    """Votes in order of opening; `of` is a session."""
    query = _votes(viewer)
    for column, wanted in (("house_id", house), ("session_id", of), ("state", state)):
        query = query.where(votes.c[column] == wanted) if wanted else query
    query = query.where(votes.c.id > after) if after else query
    rows = (await session.execute(query.order_by(votes.c.id).limit(limit))).all()
    drafts = await _drafts_of(session, rows)
    return [_view(row, drafts, sees_number=staff or row.leads) for row in rows]


async def show_vote(session: AsyncSession, id: UUID, viewer: Viewer, *, staff: bool) -> VoteView:
    """One vote; raises NotFound."""
    row = await _one(session, id, viewer)
    return _view(row, await _drafts_of(session, [row]), sees_number=staff or row.leads)


async def show_code(session: AsyncSession, id: UUID, viewer: Viewer, *, staff: bool) -> str:
    """The code to show in the room; raises NotFound, NotAHost, or VoteNotOpen."""
    row = await _one(session, id, viewer)
    if not (staff or row.leads):
        raise NotAHost
    if row.code is None:
        raise VoteNotOpen(state=row.state)
    code: str = row.code
    return code


async def ballot_paper(session: AsyncSession, id: UUID) -> BallotPaper:
    """What there is to mark. Raises NoVoteWithCode where the vote is gone meanwhile."""
    return await _paper(session, votes.c.id == id)


async def ballot_paper_with(session: AsyncSession, code: str) -> BallotPaper:
    """The same, for whoever has the code of the room. Raises NoVoteWithCode."""
    return await _paper(session, votes.c.code == as_typed(code))


async def _paper(session: AsyncSession, which: ColumnElement[bool]) -> BallotPaper:
    row = (await session.execute(select(votes).where(which))).one_or_none()
    if row is None:
        raise NoVoteWithCode(field="code")
    return BallotPaper.model_validate(row, from_attributes=True)


def past_their_time(now: Now) -> Select[UUID]:
    """Open votes whose closing time has come."""
    overdue = votes.c.state == VoteState.OPEN, votes.c.closes_at <= now
    return select(votes.c.id).where(*overdue).order_by(votes.c.closes_at)


def untold(_: Now) -> Select[UUID]:
    """Open votes that have another number of ballots than was told."""
    counted = (func.jsonb_extract_path_text(counts, "ballots") for counts in (votes.c.phones, votes.c.cards))
    phones, cards = (cast(ballots, Integer) for ballots in counted)
    return select(votes.c.id).where(votes.c.state == VoteState.OPEN, votes.c.told != phones + cards)


async def _one(session: AsyncSession, id: UUID, viewer: Viewer) -> Row[Any]:
    found = await session.execute(_votes(viewer).where(votes.c.id == id))
    row: Row[Any] | None = found.one_or_none()
    if row is None:
        raise NotFound(what="follow-up vote", id=id)
    return row


def _votes(viewer: Viewer) -> Select[Any]:
    """With whether the viewer leads the session that it is about."""
    leads = exists().where(
        seats.c.session_id == votes.c.session_id,
        seats.c.resident_id == viewer.resident,
        seats.c.role == SeatRole.HOST,
        seats.c.state == SeatState.REGISTERED,
    )
    return select(votes, leads.label("leads"))


async def _drafts_of(session: AsyncSession, rows: Iterable[Row[Any]]) -> dict[UUID, DraftOf]:
    """By the option that won."""
    winners = [option for row in rows for option in row.winners]
    if not winners:
        return {}
    once = select(sessions.c.option_id, sessions.c.id.label("session_id"), null().label("series_id")).where(
        sessions.c.option_id.in_(winners), sessions.c.series_id.is_(None)
    )
    weekly = select(series.c.option_id, null(), series.c.id).where(series.c.option_id.in_(winners))
    found = await session.execute(union_all(once, weekly))
    return {row["option_id"]: DraftOf(**row) for row in found.mappings()}


def _view(row: Row[Any], drafts: Mapping[UUID, DraftOf], *, sees_number: bool) -> VoteView:
    over = row.state in OVER
    tally = row.phones + row.cards
    return VoteView(
        options=[
            OptionView(**vars(option), marks=tally.of(option.id) if over else None) for option in row.options
        ],
        voted=tally.ballots if over or (sees_number and row.state is VoteState.OPEN) else None,
        result=_result(row, drafts, tally.stop) if over else None,
        **{name: getattr(row, name) for name in AS_KEPT},
    )


AS_KEPT = ("id", "session_id", "house_id", "state", "at_most", "places", "present", "closes_at", "version")


def _result(row: Row[Any], drafts: Mapping[UUID, DraftOf], stop: int) -> ResultView:
    return ResultView(
        winners=list(row.winners),
        drafts=[drafts[option] for option in row.winners if option in drafts],
        tied=list(row.tied),
        stop=stop,
        online=row.phones.ballots,
        cards=row.cards.ballots,
    )
