"""What sessions does when a resident moves out, or asks to be forgotten; in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import AskedToBeForgotten
from buurtthuis.core.work import Cause
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.events.notifications import ResidentMovedOut
from buurtthuis.events.sessions import Kind, Risk, SeatRole
from buurtthuis.events.surveys import ThemeErased, ThemeSelected
from buurtthuis.testing import Clock, FakeBackbone, FakeWork
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.agendas import RenewAgendaKey
from buurtthuis_sessions.commands.follow_ups import Mark, OpenVote
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.leading import TakeStandingSeat, WelcomeHost
from buurtthuis_sessions.commands.seats import RegisterSeat, TakeRole
from buurtthuis_sessions.commands.series import ExtendSeries, StartSeries
from buurtthuis_sessions.commands.sessions import (
    CorrectAttendance,
    DraftSession,
    HoldSession,
    PlanSession,
    ReportSession,
)
from buurtthuis_sessions.domain.agendas import AgendaKey
from buurtthuis_sessions.domain.follow_ups.counting import Option, Question
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.seats import SeatState
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.attendance import Turnout
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.reactions import draft_a_session, take_the_themes_words_off

from tests.actors import STAFF
from tests.sessions.builders import a_series_plan
from tests.speaker import ask_to_be_forgotten, hear, speaker

NOW = datetime(2019, 1, 25, 9, 0, tzinfo=UTC)
THURSDAY = datetime.fromisoformat("2019-01-31T19:00")  # what the clock on the wall shows
WEEKLY = a_series_plan(THURSDAY, capacity=2)
JAN, PIET, FATIMA = uuid4(), uuid4(), uuid4()
NOTHING = {
    "journal": 0,
    "words": 0,
    "agendas": 0,
    "wrong codes": 0,
    "neighbours": 0,
    "dates": 0,
    "follow-up votes": 0,
    "series": 0,
    "seats": 0,
}


class Wingerd:
    """A house, and another one."""

    def __init__(self) -> None:
        self.clock = Clock(NOW)
        self.backbone = FakeBackbone(service, speaker, clock=self.clock)

    async def run(self, command: object, by: UUID | None = None) -> Any:
        cause = Cause(Actor.of_resident(by), by) if by else None
        return await self.backbone.run("sessions", command, cause=cause)

    async def open(self) -> None:
        self.house, self.other = [
            (await self.run(OpenHouse(title, "Waddinxveen", 96))).id for title in ("Wingerd", "Elders")
        ]

    async def session(self, *residents: UUID, house: UUID | None = None, capacity: int = 2) -> UUID:
        """Scheduled, where these register."""
        session = (await self.run(DraftSession(house or self.house, "Taart van Jansen"))).id
        ends = THURSDAY + timedelta(hours=2)
        plan = Plan(Kind.WALK, THURSDAY, ends, "Europe/Amsterdam", "Wingerd", capacity)
        await self.run(PlanSession(session, plan, by=STAFF))
        for resident in residents:
            await self.run(RegisterSeat(session, resident, by=STAFF))
        return UUID(str(session))

    async def series(self, house: UUID | None = None) -> UUID:
        """That Jan leads and always comes to."""
        series = (await self.run(StartSeries(house or self.house, "Koffietafel", WEEKLY))).id
        await self.run(WelcomeHost(series, JAN, by=STAFF))
        await self.run(TakeStandingSeat(series, FATIMA, by=STAFF))
        return UUID(str(series))

    async def held(self, *attended: UUID) -> UUID:
        session = await self.session(*attended)
        self.clock.move(timedelta(days=7))
        await self.run(HoldSession(session, attended, by=STAFF, walk_ins=1))
        return session

    async def kept(self, kind: type[Any], id: UUID) -> Any:
        return next(one for one in await self.backbone.kept("sessions", kind) if one.id == id)

    async def seats(self, session: UUID) -> dict[UUID, SeatState]:
        return {seat.resident_id: seat.state for seat in (await self.kept(Session, session)).seats}

    async def said(self, what: str) -> list[dict[str, Any]]:
        return [one.data for one in await self.backbone.journal("sessions") if f".{what}." in one.type]

    async def move_out(self, resident: UUID = JAN) -> None:
        await hear(self.backbone, ResidentMovedOut(resident_id=resident, house_id=self.house))

    async def forget(self, resident: UUID = JAN) -> dict[str, int]:
        """What was counted."""
        await ask_to_be_forgotten(self.backbone, resident)
        return dict((await self.said("resident-data-erased"))[-1]["counts"])


@pytest.fixture
async def wingerd() -> Wingerd:
    found = Wingerd()
    await found.open()
    return found


# Moving out


async def test_whoever_moves_out_gives_a_place_back_and_it_is_offered(wingerd: Wingerd) -> None:
    session = await wingerd.session(JAN, PIET, FATIMA)
    await wingerd.move_out()
    assert await wingerd.seats(session) == {
        JAN: SeatState.WITHDRAWN,
        PIET: SeatState.REGISTERED,
        FATIMA: SeatState.OFFERED,
    }
    assert [one["resident_id"] for one in await wingerd.said("seat-withdrawn")] == [str(JAN)]
    assert [one["resident_id"] for one in await wingerd.said("seat-offered")] == [str(FATIMA)]


async def test_places_in_another_house_stay(wingerd: Wingerd) -> None:
    session = await wingerd.session(JAN, house=wingerd.other)
    await wingerd.move_out()
    assert await wingerd.seats(session) == {JAN: SeatState.REGISTERED}


async def test_a_session_that_has_begun_is_left_to_its_host(wingerd: Wingerd) -> None:
    session = await wingerd.session(JAN)
    wingerd.clock.move(timedelta(days=6, hours=10))
    await wingerd.move_out()
    assert await wingerd.seats(session) == {JAN: SeatState.REGISTERED}
    await wingerd.run(HoldSession(session, (JAN,), by=STAFF))


async def test_a_session_that_lost_its_host_asks_for_another(wingerd: Wingerd) -> None:
    session = await wingerd.session()
    await wingerd.run(TakeRole(session, JAN, SeatRole.HOST, by=STAFF))
    await wingerd.move_out()
    assert [one["left"] for one in await wingerd.said("host-withdrew")] == [0]
    assert [one["session_id"] for one in await wingerd.said("task-raised")] == [str(session)]


async def test_a_series_without_its_host_is_at_risk(wingerd: Wingerd) -> None:
    series = await wingerd.series()
    await wingerd.move_out()
    found = await wingerd.kept(Series, series)
    assert (found.hosts, found.state, found.risk) == ((), SeriesState.AT_RISK, Risk.HOST_LEFT)


async def test_a_standing_seat_ends_with_the_places_it_gave(wingerd: Wingerd) -> None:
    series = await wingerd.series()
    await wingerd.run(ExtendSeries(series, wingerd.house))
    before = len(await wingerd.said("seat-registered"))
    await wingerd.move_out(FATIMA)
    assert (await wingerd.kept(Series, series)).standing == ()
    assert len(await wingerd.said("seat-withdrawn")) == before > 0


async def test_a_series_in_another_house_keeps_its_host(wingerd: Wingerd) -> None:
    series = await wingerd.series(house=wingerd.other)
    await wingerd.move_out()
    assert (await wingerd.kept(Series, series)).hosts == (JAN,)


async def test_somebody_who_had_nothing_moves_out_without_a_word(wingerd: Wingerd) -> None:
    before = len(await wingerd.backbone.journal("sessions"))
    await wingerd.move_out()
    assert len(await wingerd.backbone.journal("sessions")) == before


# Being forgotten


async def test_whoever_is_forgotten_leaves_every_house(wingerd: Wingerd) -> None:
    sessions = [await wingerd.session(JAN, house=house) for house in (wingerd.house, wingerd.other)]
    await wingerd.forget()
    states = [list((await wingerd.seats(session)).values()) for session in sessions]
    assert states == [[SeatState.WITHDRAWN], [SeatState.WITHDRAWN]]


async def test_no_place_leads_to_whoever_is_forgotten(wingerd: Wingerd) -> None:
    series = await wingerd.series()
    await wingerd.run(ExtendSeries(series, wingerd.house))
    held = await wingerd.held(JAN, PIET)
    await wingerd.forget()
    seats = [seat for one in await wingerd.backbone.kept("sessions", Session) for seat in one.seats]
    assert JAN not in {seat.resident_id for seat in seats}
    assert PIET in await wingerd.seats(held)


async def test_everybody_who_came_is_still_counted(wingerd: Wingerd) -> None:
    session = await wingerd.held(JAN, PIET)
    await wingerd.forget()
    found = await wingerd.kept(Session, session)
    assert found.turnout == Turnout(attended=2, walk_ins=1)


async def test_attendance_that_is_noted_again_still_adds_up(wingerd: Wingerd) -> None:
    session = await wingerd.held(JAN, PIET)
    await wingerd.forget()
    nobody = next(one for one in await wingerd.seats(session) if one != PIET)
    await wingerd.run(CorrectAttendance(session, (nobody,), by=STAFF, walk_ins=0))
    found = await wingerd.kept(Session, session)
    assert (found.turnout.attended, found.turnout.no_shows) == (1, 1)


async def test_a_vote_that_is_open_counts_as_many_voters_and_knows_one_less(wingerd: Wingerd) -> None:
    session = await wingerd.held(JAN, PIET)
    options = (Option(uuid4(), "Taart", Kind.WALK), Option(uuid4(), "Koffie", Kind.WALK))
    vote = (await wingerd.run(OpenVote(session, Question(options, at_most=1, places=1), by=STAFF))).id
    await wingerd.run(Mark(vote, JAN, (options[0].id,)))
    counts = await wingerd.forget()
    found = await wingerd.kept(FollowUpVote, vote)
    assert (found.phones.ballots, len(found.voters), counts["follow-up votes"]) == (1, 1, 1)
    box = await wingerd.kept(BallotBox, BallotBox.id_of(vote))
    assert box.voter(str(JAN)) not in {voter.known_as for voter in found.voters}


async def test_what_they_wrote_down_to_vote_on_has_no_words_any_more(wingerd: Wingerd) -> None:
    session = await wingerd.held(JAN, PIET)
    options = (Option(uuid4(), "Taart bij Jansen", Kind.WALK), Option(uuid4(), "Koffie", Kind.WALK))
    vote = (await wingerd.run(OpenVote(session, Question(options, at_most=1, places=1), by=STAFF), by=JAN)).id
    await wingerd.forget()
    assert [one.title for one in (await wingerd.kept(FollowUpVote, vote)).options] == [None, None]
    assert [one["title"] for one in await wingerd.said("option-proposed")] == [None, None]


async def test_the_address_of_their_calendar_opens_nothing_any_more(wingerd: Wingerd) -> None:
    await wingerd.run(RenewAgendaKey(JAN, "a key"))
    counts = await wingerd.forget()
    assert (await wingerd.backbone.kept("sessions", AgendaKey), counts["agendas"]) == ([], 1)


async def test_a_report_goes_if_they_wrote_it(wingerd: Wingerd) -> None:
    mine = await wingerd.held(JAN)
    await wingerd.run(ReportSession(mine, "Jansen vertelde.", by=STAFF), by=JAN)
    counts = await wingerd.forget()
    assert (await wingerd.kept(Session, mine)).report is None
    assert [one["report"] for one in await wingerd.said("session-reported")] == [None]
    assert (counts["words"], counts["journal"]) == (1, 1)


async def test_a_report_stays_if_somebody_else_wrote_it(wingerd: Wingerd) -> None:
    session = await wingerd.held(JAN)
    await wingerd.run(ReportSession(session, "Het was gezellig.", by=STAFF), by=PIET)
    await wingerd.forget()
    assert (await wingerd.kept(Session, session)).report == "Het was gezellig."


async def test_a_title_goes_from_everything_that_repeats_it(wingerd: Wingerd) -> None:
    await wingerd.run(StartSeries(wingerd.house, "Bij Jansen", WEEKLY), by=JAN)
    [series] = await wingerd.backbone.kept("sessions", Series)
    await wingerd.run(ExtendSeries(series.id, wingerd.house))
    await wingerd.forget()
    titles = {one.title for one in await wingerd.backbone.kept("sessions", Session)}
    assert (titles, (await wingerd.kept(Series, series.id)).title) == ({None}, None)
    assert {one["title"] for one in await wingerd.said("session-scheduled")} == {None}


async def test_everything_is_counted_by_kind(wingerd: Wingerd) -> None:
    await wingerd.run(RenewAgendaKey(JAN, "a key"))
    session = await wingerd.held(JAN, PIET)
    await wingerd.run(ReportSession(session, "Jansen vertelde.", by=STAFF), by=JAN)
    assert await wingerd.forget() == {**NOTHING, "journal": 1, "words": 1, "agendas": 1, "seats": 1}


async def test_about_somebody_nobody_knows_the_answer_is_nothing(wingerd: Wingerd) -> None:
    assert await wingerd.forget(uuid4()) == NOTHING


async def test_a_second_request_is_answered_and_finds_nothing(wingerd: Wingerd) -> None:
    await wingerd.session(JAN)
    await wingerd.series()
    await wingerd.forget()
    assert await wingerd.forget() == NOTHING
    assert len(await wingerd.said("resident-data-erased")) == 2


async def test_whoever_was_forgotten_registers_no_more_with_the_token_that_is_left(wingerd: Wingerd) -> None:
    session = await wingerd.session()
    await wingerd.forget()
    with pytest.raises(AskedToBeForgotten):
        await wingerd.run(RegisterSeat(session, JAN, by=STAFF), by=JAN)


# A theme's words


async def test_what_came_out_of_a_theme_loses_its_words_with_it() -> None:
    theme, house = uuid4(), uuid4()
    work = FakeWork()
    drafted = await draft_a_session(ThemeSelected(theme_id=theme, house_id=house, title="Jansen"), work)
    assert drafted
    await take_the_themes_words_off(ThemeErased(theme_id=theme, house_id=house), work)
    assert (await work.get(Session, drafted.session_id)).title is None


async def test_an_option_about_a_theme_loses_its_words_with_it(wingerd: Wingerd) -> None:
    theme, session = uuid4(), await wingerd.held(JAN)
    options = (Option(uuid4(), "Jansen", theme_id=theme), Option(uuid4(), "Koffie"))
    vote = (await wingerd.run(OpenVote(session, Question(options, at_most=1, places=1), by=STAFF))).id
    work = FakeWork(await wingerd.kept(FollowUpVote, vote))
    await take_the_themes_words_off(ThemeErased(theme_id=theme, house_id=wingerd.house), work)
    assert [one.title for one in (await work.get(FollowUpVote, vote)).options] == [None, "Koffie"]


async def test_what_came_out_of_another_theme_keeps_its_words() -> None:
    house, work = uuid4(), FakeWork()
    drafted = await draft_a_session(ThemeSelected(theme_id=uuid4(), house_id=house, title="Taart"), work)
    assert drafted
    await take_the_themes_words_off(ThemeErased(theme_id=uuid4(), house_id=house), work)
    assert (await work.get(Session, drafted.session_id)).title == "Taart"
