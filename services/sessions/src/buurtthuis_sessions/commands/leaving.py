"""What becomes of a resident who leaves a house, or asks to be forgotten."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from buurtthuis.core.work import Work, Wrote
from buurtthuis.domain.ballots import BallotBox, voter_id
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.domain.privacy import JOURNAL
from buurtthuis.events import Event

from buurtthuis_sessions.commands.leading import (
    FarewellHost,
    GiveUpStandingSeat,
    farewell_host,
    give_up_standing_seat,
)
from buurtthuis_sessions.commands.seats import WithdrawSeat, withdraw_seat
from buurtthuis_sessions.commands.titles import change_templates
from buurtthuis_sessions.domain.agendas import AgendaKey
from buurtthuis_sessions.domain.codes import WrongCodes
from buurtthuis_sessions.domain.date_polls import DateAnswer
from buurtthuis_sessions.domain.follow_ups.states import VoteState
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.personal import (
    AGENDAS,
    DATES,
    NEIGHBOURS,
    SEATS,
    SERIES,
    TITLED,
    VOTED_ON,
    VOTES,
    WORDS,
    WRITTEN,
    WRONG_CODES,
)
from buurtthuis_sessions.domain.seating import live
from buurtthuis_sessions.domain.seats import Seat
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.templates import Entry


async def erase(resident: UUID, work: Work) -> tuple[list[Event], dict[str, int]]:
    """They leave every house; what is counted stays and is nobody's. Says how many of each kind went."""
    wrote = await work.erase(resident)
    words, repeated = await _take_words_back(wrote, work)
    counts = {
        JOURNAL: len(wrote) + repeated,
        WORDS: words,
        AGENDAS.name: await work.forget(AgendaKey, id=resident),
        WRONG_CODES.name: await work.forget(WrongCodes, id=resident),
        NEIGHBOURS.name: await work.forget(Neighbour, resident_id=resident),
        DATES.name: await work.forget(DateAnswer, resident_id=resident),
        VOTES.name: await _detach_from_votes(resident, work),
        SERIES.name: len(await _series_of(resident, work)),
    }
    happened = await leave(resident, work)
    ids = await _ids(Seat, "session_id", resident, work)
    counts[SEATS.name] = sum([(await work.get(Session, id)).detach(resident) for id in ids])
    return happened, counts


async def leave(resident: UUID, work: Work, **where: UUID) -> list[Event]:
    """As if they gave back whatever they had that is still ahead; nor do they lead what has begun any more."""
    events: list[Event] = []
    for series, leads, stands in await _series_of(resident, work, **where):
        if leads:
            events += (await farewell_host(FarewellHost(series, resident), work)).events
        if stands:
            events += (await give_up_standing_seat(GiveUpStandingSeat(series, resident), work)).events
    now = await work.time()
    for id in await _ids(Seat, "session_id", resident, work, **where):
        session = await work.get(Session, id)
        if session.is_ahead(now) and live(session.seats, resident):
            events += (await withdraw_seat(WithdrawSeat(id, resident), work)).events
        else:
            events += session.lead_no_more(resident, now)
    return events


async def take_titles_off(sessions: Iterable[UUID], series: Iterable[UUID], work: Work) -> tuple[int, int]:
    """Of these, of what the series made, and of templates that were kept meanwhile: how many had one, and how many
    entries of the journal did."""
    taken, about = 0, {*sessions, *series}
    for id in series:
        taken += await work.blank(Series, "title", "hidden", id=id)
        about |= {made for (made,) in await work.read(Session, "id", series_id=id)}
    for id in sorted(about):
        taken += await work.blank(Session, "title", "hidden", id=id)
    await change_templates(about, Entry.forget, work)
    return taken, await work.redact_about(about, "title")


async def _take_words_back(wrote: Sequence[Wrote], work: Work) -> tuple[int, int]:
    """Where the journal says that they wrote them."""
    taken = 0
    for event, about in wrote:
        if event in WRITTEN:
            kind, word = WRITTEN[event]
            taken += await work.blank(kind, word, id=about)
    taken += await _take_options_off({about for event, about in wrote if event in VOTED_ON}, work)
    titled = {about: TITLED[event] for event, about in wrote if event in TITLED}
    series = [id for id, kind in titled.items() if kind is Series]
    titles, repeated = await take_titles_off(titled.keys() - series, series, work)
    return taken + titles, repeated


async def _take_options_off(options: set[UUID], work: Work) -> int:
    """Of the votes that these are in."""
    known = await work.read(FollowUpVote, "id", "options") if options else []
    found = sorted((vote, option.id) for vote, asked in known for option in asked if option.id in options)
    for vote, option in found:
        (await work.get(FollowUpVote, vote)).take_title_off(option)
    return len(found)


async def _series_of(resident: UUID, work: Work, **where: UUID) -> list[tuple[UUID, bool, bool]]:
    """Those that they lead, or have a seat in every time: which, and whether either."""
    known = await work.read(Series, "id", "hosts", "standing", **where)
    found = [(id, resident in hosts, resident in standing) for id, hosts, standing in known]
    return sorted(theirs for theirs in found if any(theirs[1:]))


async def _ids(kind: type[Any], of: str, resident: UUID, work: Work, **where: UUID) -> list[UUID]:
    """In one order for all, so that nobody waits in a circle."""
    return sorted({id for (id,) in await work.read(kind, of, resident_id=resident, **where)})


async def _detach_from_votes(resident: UUID, work: Work) -> int:
    """From those that are open: of the others nobody knows who voted."""
    salts = dict(await work.read(BallotBox, "id", "salts"))
    votes = sorted(id for (id,) in await work.read(FollowUpVote, "id", state=VoteState.OPEN))
    known = {id: salts[BallotBox.id_of(id)] for id in votes if BallotBox.id_of(id) in salts}
    return sum(
        [(await work.get(FollowUpVote, id)).detach(voter_id(known[id], str(resident))) for id in known]
    )
