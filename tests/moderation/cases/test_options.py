"""What the people in a room come up with is looked at while they vote on it."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.work import Cause
from buurtthuis.events.moderation import Action, Category
from buurtthuis.events.sessions import Kind, SeatRole
from buurtthuis.events.surveys import ThemeHidden, ThemeShown
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_moderation import app as moderation
from buurtthuis_moderation.commands.appeals import DecideAppeal, FileAppeal
from buurtthuis_moderation.commands.cases import DecideCase
from buurtthuis_moderation.commands.teams import AssignGuide
from buurtthuis_moderation.domain.cases import case_id
from buurtthuis_moderation.domain.decisions import Verdict
from buurtthuis_sessions import app as sessions
from buurtthuis_sessions.commands.follow_ups import OpenVote
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.seats import TakeRole
from buurtthuis_sessions.commands.sessions import DraftSession, HoldSession, PlanSession
from buurtthuis_sessions.domain.follow_ups.counting import Option, Question
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote

from tests.sessions.builders import a_plan
from tests.sessions.follow_ups.people import AFTER, BEFORE, STARTS
from tests.speaker import Say, speaker

JAN = uuid4()
GUIDE, STAFF = Actor(ActorKind.GUIDE, uuid4()), Actor(ActorKind.STAFF, uuid4())
THEME = uuid4()
COFFEE = Option(uuid4(), "Koffietafel")
CALLING = Option(uuid4(), "Bel Fatma op 06-12345678")
OF_A_THEME = Option(uuid4(), "Veilig over straat", theme_id=THEME)
OPTIONS = (COFFEE, CALLING, OF_A_THEME)
PLAN = a_plan(STARTS, kind=Kind.WALK)
STAYS_HIDDEN = Verdict(Action.HIDE, "Dit nummer is van iemand anders.", Category.PRIVACY)


@pytest.fixture
async def room() -> FakeBackbone:
    """In which a vote was opened by the resident who leads the session."""
    clock = Clock(BEFORE)
    room = FakeBackbone(sessions.service, moderation.service, replace(speaker, name="surveys"), clock=clock)
    house = (await room.run("sessions", OpenHouse("Wingerd", "Waddinxveen", 96))).id
    session = (await room.run("sessions", DraftSession(house, "Meet & Greet"))).id
    await room.run("sessions", PlanSession(session, PLAN, by=STAFF))
    await room.run("sessions", TakeRole(session, JAN, SeatRole.HOST, by=STAFF))
    clock.move_to(AFTER)
    await room.run("sessions", HoldSession(session, (), by=STAFF, walk_ins=4))
    await room.run(
        "sessions",
        OpenVote(session, Question(OPTIONS, at_most=1), by=Actor.of_resident(JAN)),
        cause=Cause(Actor.of_resident(JAN), JAN),
    )
    await room.settled()
    await room.run("moderation", AssignGuide(house, GUIDE.person, STAFF))
    return room


async def titles(room: FakeBackbone) -> list[str | None]:
    [vote] = await room.kept("sessions", FollowUpVote)
    return [one.title for one in vote.options]


async def decide(room: FakeBackbone, verdict: Verdict) -> UUID:
    """About the one that a check holds."""
    await room.run("moderation", DecideCase(case_id(CALLING.id), verdict, STAFF, None))
    await room.settled()
    [decided] = [one.data for one in await room.journal("moderation") if "case-decided" in one.type]
    return UUID(decided["decision_id"])


async def test_one_that_a_check_holds_is_not_read_and_the_others_are(room: FakeBackbone) -> None:
    assert await titles(room) == [COFFEE.title, None, OF_A_THEME.title]


async def test_one_that_is_approved_is_read_again(room: FakeBackbone) -> None:
    await decide(room, Verdict(Action.APPROVE, "Fatma vindt het goed."))
    assert await titles(room) == [one.title for one in OPTIONS]


async def test_one_that_stays_hidden_is_read_nowhere(room: FakeBackbone) -> None:
    await decide(room, STAYS_HIDDEN)
    said = [one.data["title"] for one in await room.journal("sessions") if "option-proposed" in one.type]
    assert (await titles(room), said) == ([COFFEE.title, None, OF_A_THEME.title], [COFFEE.title, None])


async def test_one_whose_appeal_wins_is_read_again(room: FakeBackbone) -> None:
    decision = await decide(room, STAYS_HIDDEN)
    appeal = (
        await room.run("moderation", FileAppeal(decision, Actor.of_resident(JAN), "Zij vroeg het zelf."))
    ).id
    await room.run("moderation", DecideAppeal(appeal, True, "Zij vroeg het zelf.", GUIDE, None))
    await room.settled()
    assert await titles(room) == [one.title for one in OPTIONS]


async def test_what_is_about_a_theme_is_hidden_and_shown_with_it(room: FakeBackbone) -> None:
    house = (await room.kept("sessions", FollowUpVote))[0].house_id
    await room.run("surveys", Say(ThemeHidden(theme_id=THEME, house_id=house)))
    await room.settled()
    hidden = await titles(room)
    await room.run("surveys", Say(ThemeShown(theme_id=THEME, house_id=house, title="Veilig over straat")))
    await room.settled()
    assert (hidden[2], (await titles(room))[2]) == (None, OF_A_THEME.title)
