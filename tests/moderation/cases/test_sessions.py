"""What is said of a session can be reported: its title, why it was cancelled, its report."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import NotFound
from buurtthuis.core.work import Cause
from buurtthuis.events.moderation import Action, Category
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_moderation import app as moderation
from buurtthuis_moderation.commands.cases import DecideCase, ReportContent
from buurtthuis_moderation.commands.teams import AssignGuide
from buurtthuis_moderation.domain.cases import case_id
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_moderation.domain.decisions import Verdict
from buurtthuis_sessions import app as sessions
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.seats import TakeRole
from buurtthuis_sessions.commands.series import StartSeries, StopSeries
from buurtthuis_sessions.commands.sessions import (
    CancelSession,
    DraftSession,
    HoldSession,
    PlanSession,
    ReportSession,
    RewriteReport,
)
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session

from tests.sessions.builders import a_plan, a_series_plan
from tests.sessions.follow_ups.people import AFTER, BEFORE, STARTS

JAN, MARIE = uuid4(), Actor.of_resident(uuid4())
GUIDE, STAFF = Actor(ActorKind.GUIDE, uuid4()), Actor(ActorKind.STAFF, uuid4())
PLAN = a_plan(STARTS, kind=Kind.WALK)
WEEKLY = a_series_plan(STARTS, kind=Kind.WALK)
REPORT = "Mevrouw Jansen huilde de hele avond."
HIDE = Verdict(Action.HIDE, "Dit gaat over iemand.", Category.PRIVACY)
APPROVE, REMOVE = (
    Verdict(Action.RESTORE, "Zij vindt het goed."),
    Verdict(Action.REMOVE, "x", Category.PRIVACY),
)


@pytest.fixture
def clock() -> Clock:
    return Clock(BEFORE)


@pytest.fixture
async def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(sessions.service, moderation.service, clock=clock)


@pytest.fixture
async def planned(backbone: FakeBackbone) -> UUID:
    """A session that Jan leads."""
    house = (await backbone.run("sessions", OpenHouse("Wingerd", "Waddinxveen", 96))).id
    session = (await backbone.run("sessions", DraftSession(house, "Wandelen"))).id
    await backbone.run("sessions", PlanSession(session, PLAN, by=STAFF))
    await backbone.run("sessions", TakeRole(session, JAN, SeatRole.HOST, by=STAFF))
    await backbone.settled()
    await backbone.run("moderation", AssignGuide(house, GUIDE.person, STAFF))
    return session


@pytest.fixture
async def reported(backbone: FakeBackbone, planned: UUID, clock: Clock) -> UUID:
    """It was held, and Jan wrote about it."""
    clock.move_to(AFTER)
    await as_jan(backbone, HoldSession(planned, (), by=STAFF, walk_ins=4))
    await as_jan(backbone, ReportSession(planned, REPORT, by=Actor.of_resident(JAN)))
    return planned


async def as_jan(backbone: FakeBackbone, command: Any) -> None:
    await backbone.run("sessions", command, cause=Cause(Actor.of_resident(JAN), JAN))
    await backbone.settled()


async def complain(backbone: FakeBackbone, session: UUID) -> None:
    await backbone.run("moderation", ReportContent(session, MARIE, Category.PRIVACY, "Dat ben ik."))


async def decide(backbone: FakeBackbone, session: UUID, verdict: Verdict, by: Actor = STAFF) -> None:
    await backbone.run("moderation", DecideCase(case_id(session), verdict, by, None))
    await backbone.settled()


async def the_session(backbone: FakeBackbone) -> Session:
    [session] = await backbone.kept("sessions", Session)
    return session


async def the_copy(backbone: FakeBackbone) -> Content:
    [content] = await backbone.kept("moderation", Content)
    return content


async def words_in_journals(backbone: FakeBackbone) -> str:
    return str([one.data for name in ("sessions", "moderation") for one in await backbone.journal(name)])


async def test_a_report_that_names_somebody_is_hidden_with_the_words_that_were_said_of_it(
    backbone: FakeBackbone, reported: UUID
) -> None:
    assert (await the_copy(backbone)).text == f"\n{REPORT}"
    await complain(backbone, reported)
    await decide(backbone, reported, HIDE)
    session = await the_session(backbone)
    assert (session.withheld, session.title) == (True, None)
    assert REPORT not in await words_in_journals(backbone)


async def test_what_is_hidden_wrongly_is_read_again(backbone: FakeBackbone, reported: UUID) -> None:
    await complain(backbone, reported)
    await decide(backbone, reported, HIDE)
    await decide(backbone, reported, APPROVE)
    session = await the_session(backbone)
    assert (session.withheld, session.title, session.report) == (False, "Wandelen", REPORT)


async def test_of_what_is_removed_no_word_of_its_host_is_left_in_sessions(
    backbone: FakeBackbone, reported: UUID
) -> None:
    await complain(backbone, reported)
    await decide(backbone, reported, REMOVE)
    await decide(backbone, reported, REMOVE, by=GUIDE)
    session = await the_session(backbone)
    assert (session.report, session.reason, session.title) == (None, None, None)
    assert REPORT not in await words_in_journals(backbone)


async def test_its_host_writes_it_anew_and_that_is_read_and_can_be_reported(
    backbone: FakeBackbone, reported: UUID
) -> None:
    await complain(backbone, reported)
    await decide(backbone, reported, HIDE)
    await as_jan(backbone, RewriteReport(reported, "Het was gezellig.", by=Actor.of_resident(JAN)))
    assert not (await the_session(backbone)).withheld
    assert (await the_copy(backbone)).is_read
    await complain(backbone, reported)


async def test_why_a_session_was_cancelled_can_be_reported(backbone: FakeBackbone, planned: UUID) -> None:
    await as_jan(backbone, CancelSession(planned, "Jansen is dronken.", by=Actor.of_resident(JAN)))
    await complain(backbone, planned)
    await decide(backbone, planned, HIDE)
    assert (await the_session(backbone)).withheld
    assert "dronken" not in await words_in_journals(backbone)


async def a_series_that_jan_ended(backbone: FakeBackbone) -> UUID:
    """One of its sessions; all of them were cancelled for what he said."""
    house = (await backbone.run("sessions", OpenHouse("Wingerd", "Waddinxveen", 96))).id
    series = (await backbone.run("sessions", StartSeries(house, "Wandelen", WEEKLY))).id
    await backbone.settled()
    await backbone.run("moderation", AssignGuide(house, GUIDE.person, STAFF))
    await as_jan(backbone, StopSeries(series, "Jansen is dronken.", by=STAFF))
    return (await backbone.kept("sessions", Session))[1].id


async def why_it_ended(backbone: FakeBackbone) -> set[str | None]:
    """As people read it, of the series and of each session."""
    [series] = await backbone.kept("sessions", Series)
    made = await backbone.kept("sessions", Session)
    assert len(made) > 1
    return {series.reason, *(None if one.withheld else one.reason for one in made)}


async def test_why_a_series_ended_is_hidden_of_all_that_ended_with_it(backbone: FakeBackbone) -> None:
    session = await a_series_that_jan_ended(backbone)
    await complain(backbone, session)
    await decide(backbone, session, HIDE)
    assert await why_it_ended(backbone) == {None}
    assert "dronken" not in await words_in_journals(backbone)
    await decide(backbone, session, APPROVE)
    assert await why_it_ended(backbone) == {"Jansen is dronken."}


async def test_why_a_series_ended_is_removed_of_all_that_ended_with_it(backbone: FakeBackbone) -> None:
    session = await a_series_that_jan_ended(backbone)
    await complain(backbone, session)
    await decide(backbone, session, REMOVE)
    await decide(backbone, session, REMOVE, by=GUIDE)
    assert {one.reason for one in await backbone.kept("sessions", Session)} == {None}
    assert await why_it_ended(backbone) == {None}


async def test_a_title_can_be_reported(backbone: FakeBackbone, planned: UUID) -> None:
    """Staff gave it, so that the guide decides."""
    await complain(backbone, planned)
    await decide(backbone, planned, HIDE, by=GUIDE)
    assert (await the_session(backbone)).title is None


async def test_a_draft_is_nobodys_to_report(backbone: FakeBackbone) -> None:
    house = (await backbone.run("sessions", OpenHouse("Wingerd", "Waddinxveen", 96))).id
    session = (await backbone.run("sessions", DraftSession(house, "Wandelen"))).id
    await backbone.settled()
    with pytest.raises(NotFound):
        await complain(backbone, session)


def test_whoever_says_something_else_of_a_session_keeps_no_word_of_another() -> None:
    content = Content(uuid4(), uuid4(), None, None, None, "nl", BEFORE)  # type: ignore[arg-type]
    assert content.say(JAN, "Wandelen", BEFORE, title=True)
    assert content.say(JAN, "Het regende.", BEFORE, title=False)
    assert content.text == "Wandelen\nHet regende."
    assert not content.say(JAN, "Het regende.", BEFORE, title=False)
    content.say(None, "Wandelen met de hond", BEFORE, title=True)
    assert content.text == "Wandelen met de hond\n"
