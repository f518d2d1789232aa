"""What a house tells everybody: what is on, what was decided, and whether people keep meeting. Nobody is named in it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from buurtthuis.core.corporations import Corporation, Look
from buurtthuis.domain.few import unless_few
from buurtthuis.events.sessions import Because, Kind
from buurtthuis.http.models import Page, WallClock
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_sessions.domain.continuity import Standing
from buurtthuis_sessions.domain.follow_ups.states import VoteState
from buurtthuis_sessions.domain.sessions.states import Phase
from buurtthuis_sessions.queries.agendas import NOBODY
from buurtthuis_sessions.queries.continuity import ContinuityView, show_continuity
from buurtthuis_sessions.queries.houses import PublicHouse, show_public_house
from buurtthuis_sessions.queries.sessions import seen_by
from buurtthuis_sessions.storage.follow_ups import votes
from buurtthuis_sessions.storage.sessions import sessions

#: So many sessions ahead are on a page, and so many decisions, the newest; the agenda has all sessions.
AHEAD = 20
DECISIONS = 20


class CorporationView(BaseModel):
    """Whose house it is."""

    slug: str
    name: str
    languages: list[str]
    time_zone: str
    look: Look

    @classmethod
    def of(cls, corporation: Corporation) -> "CorporationView":
        """As its file says."""
        return cls(**corporation.model_dump(include=set(cls.model_fields)))


class PublicHouses(Page[PublicHouse]):
    """A page of the houses of a corporation."""

    corporation: CorporationView


class SessionAhead(BaseModel):
    """A session that is not over. There are `places_left` for whoever comes now. Times are on the wall's clock in `time_zone`."""

    id: UUID
    title: str | None
    kind: Kind
    state: Phase
    starts_at: WallClock
    ends_at: WallClock
    time_zone: str
    place: str
    capacity: int
    places_left: int
    languages: list[str]
    theme_id: UUID | None
    series_id: UUID | None
    because: Because | None


class Winner(BaseModel):
    """What people want to do next; without a title its words were taken back, for now or for good."""

    option_id: UUID
    title: str | None
    kind: Kind
    weekly: bool


class Decision(BaseModel):
    """What the people at a session decided; `voted` is null where they were few."""

    vote_id: UUID
    session_id: UUID
    session_title: str | None
    session_began: datetime | None
    winners: list[Winner]
    voted: int | None


class KeepMeeting(BaseModel):
    """Whether people keep meeting; `standing` is null where the house is not running, `presences` where fewer than 5 came, ever."""

    standing: Standing | None
    since: date | None
    next_on: date | None
    held: int
    presences: int | None
    from_follow_ups: int
    series_led_by_residents: int


class PublicHousePage(PublicHouse):
    """One house, as everybody may know of it."""

    corporation: CorporationView
    ahead: list[SessionAhead]
    decided: list[Decision]
    continuity: KeepMeeting


async def show_public_page(
    session: AsyncSession, house: UUID, corporation: Corporation, now: datetime
) -> PublicHousePage:
    """Of one house; raises NotFound."""
    shown = await show_public_house(session, house)
    return PublicHousePage(
        **dict(shown),
        corporation=CorporationView.of(corporation),
        ahead=await list_ahead(session, house, now),
        decided=await _decided(session, house),
        continuity=_told(await show_continuity(session, house, now, corporation.time_zone)),
    )


def _told(found: ContinuityView) -> KeepMeeting:
    totals = found.totals.model_dump()
    presences = unless_few(found.totals.presences)
    return KeepMeeting(**{**found.model_dump(exclude={"totals"}), **totals, "presences": presences})


async def list_ahead(session: AsyncSession, house: UUID, now: datetime) -> list[SessionAhead]:
    """The sessions that are not over, in order of time."""
    query = seen_by(NOBODY, now).where(sessions.c.house_id == house, sessions.c.ends > now)
    rows = await session.execute(query.order_by(sessions.c.begins, sessions.c.id).limit(AHEAD))
    return [SessionAhead(**row, places_left=_places_left(row)) for row in rows.mappings()]


def _places_left(row: Mapping[Any, Any]) -> int:
    """What is offered to somebody is not left; nor is anything where nobody is let in any more."""
    free = row["capacity"] - row["taken"] - row["offered"]
    return max(free, 0) if row["state"] == Phase.SCHEDULED and not row["no_new_places"] else 0


async def _decided(session: AsyncSession, house: UUID) -> list[Decision]:
    """The newest first."""
    query = (
        select(votes, sessions.c.title, sessions.c.begins)
        .join_from(votes, sessions, sessions.c.id == votes.c.session_id)
        .where(votes.c.house_id == house, votes.c.state == VoteState.DECIDED)
        .order_by(votes.c.id.desc())
        .limit(DECISIONS)
    )
    return [_decision(row) for row in await session.execute(query)]


def _decision(row: Any) -> Decision:
    return Decision(
        vote_id=row.id,
        session_id=row.session_id,
        session_title=row.title,
        session_began=row.begins,
        winners=list(_winners(row)),
        voted=unless_few((row.phones + row.cards).ballots),
    )


def _winners(row: Any) -> Iterable[Winner]:
    options = {option.id: option for option in row.options}
    for id in row.winners:
        option = options[id]
        yield Winner(option_id=id, title=option.title, kind=option.kind, weekly=option.weekly)
