"""Rooms for what comes back, in memory."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.sessions import Kind, TaskKind
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.leading import FarewellHost, TakeStandingSeat, WelcomeHost
from buurtthuis_sessions.commands.rooms import AddRoom, UnknownRoom
from buurtthuis_sessions.commands.series import LeaveOutDay, PlanSeries, StartSeries, StopSeries, TakeBackDay
from buurtthuis_sessions.commands.sessions import DraftSession, PlanSession
from buurtthuis_sessions.domain.plans import Plan
from buurtthuis_sessions.domain.rooms import Description, Room
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.tasks import Task

from tests.actors import STAFF
from tests.sessions.builders import a_house_in

ZONE = "Europe/Amsterdam"
FIRST = datetime.fromisoformat("2018-12-05T10:00")  # what the clock on the wall shows


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service, clock=Clock())


def weekly(room: UUID, starts: datetime = FIRST) -> SeriesPlan:
    return SeriesPlan(Kind.COFFEE_TABLE, starts, 120, ZONE, "FREQ=WEEKLY", "Wingerd", 12, room_id=room)


async def a_room(backbone: FakeBackbone) -> UUID:
    return (await backbone.run("sessions", AddRoom(Description("Wingerd", "Wingerd 1", 40)))).id


async def a_series(backbone: FakeBackbone, plan: SeriesPlan) -> UUID:
    return (await backbone.run("sessions", StartSeries(await a_house_in(backbone), "Koffietafel", plan))).id


async def booked(backbone: FakeBackbone) -> list[datetime]:
    return sorted(one.begins for room in await backbone.kept("sessions", Room) for one in room.bookings)


async def planned(backbone: FakeBackbone) -> list[datetime]:
    """When the sessions are that take place in a room."""
    found = await backbone.kept("sessions", Session)
    return sorted(
        one.begins for one in found if one.begins and one.room_id and one.state is SessionState.SCHEDULED
    )


async def taken_on_the_second_day(backbone: FakeBackbone, room: UUID) -> UUID:
    """By a session of its own."""
    session = (await backbone.run("sessions", DraftSession(await a_house_in(backbone), "Taalcafé"))).id
    day = FIRST.replace(day=12)
    plan = Plan(Kind.OTHER, day, day.replace(hour=11), ZONE, "", 9, room_id=room)
    await backbone.run("sessions", PlanSession(session, plan, by=STAFF))
    return session


async def test_every_session_of_a_series_books_its_room(backbone: FakeBackbone) -> None:
    await a_series(backbone, weekly(await a_room(backbone)))
    assert len(await planned(backbone)) >= 5
    assert await booked(backbone) == await planned(backbone)


async def test_a_series_in_a_room_nobody_knows_does_not_start(backbone: FakeBackbone) -> None:
    with pytest.raises(UnknownRoom):
        await a_series(backbone, weekly(uuid4()))


async def test_a_session_that_finds_no_room_stays_a_draft_and_somebody_is_asked(
    backbone: FakeBackbone,
) -> None:
    room = await a_room(backbone)
    await taken_on_the_second_day(backbone, room)
    series = await a_series(backbone, weekly(room))
    [draft] = [one for one in await backbone.kept("sessions", Session) if one.state is SessionState.DRAFT]
    assert draft.occurrence == FIRST.replace(day=12)
    assert [(one.kind, one.session_id, one.series_id) for one in await backbone.kept("sessions", Task)] == [
        (TaskKind.FIND_A_ROOM, draft.id, series)
    ]
    elsewhere = replace(weekly(room).at(FIRST.replace(day=12)), room_id=None, place="Buiten")
    await backbone.run("sessions", PlanSession(draft.id, elsewhere, by=STAFF))
    assert [one.done_at is None for one in await backbone.kept("sessions", Task)] == [False]


async def test_whoever_leads_a_series_leads_a_session_of_it_that_found_no_room(
    backbone: FakeBackbone,
) -> None:
    room, host = await a_room(backbone), uuid4()
    series, day = await a_series(backbone, weekly(room)), FIRST.replace(day=12).date()
    await backbone.run("sessions", WelcomeHost(series, host, by=STAFF))
    await backbone.run("sessions", LeaveOutDay(series, day, "Het is vakantie.", by=STAFF))
    await taken_on_the_second_day(backbone, room)
    await backbone.run(
        "sessions", TakeStandingSeat(series, uuid4(), by=STAFF)
    )  # in a draft there are no seats yet
    await backbone.run("sessions", TakeBackDay(series, day, by=STAFF))
    [draft] = [one for one in await backbone.kept("sessions", Session) if one.state is SessionState.DRAFT]
    assert draft.hosts == [host]


async def test_a_series_that_moves_makes_anew_what_found_no_room(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    await taken_on_the_second_day(backbone, room)
    series = await a_series(backbone, weekly(room))
    await backbone.run("sessions", PlanSeries(series, weekly(room, FIRST.replace(hour=12)), by=STAFF))
    assert len(await booked(backbone)) == 1 + len([one for one in await planned(backbone) if one.hour == 11])
    assert [one for one in await backbone.kept("sessions", Session) if one.state is SessionState.DRAFT] == []
    assert [one for one in await backbone.kept("sessions", Task) if one.done_at is None] == []


async def test_a_session_of_a_series_can_go_where_another_of_it_was(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    series = await a_series(backbone, weekly(room))
    fortnightly = replace(weekly(room, FIRST.replace(day=12)), rule="FREQ=WEEKLY;INTERVAL=2")
    await backbone.run("sessions", PlanSeries(series, fortnightly, by=STAFF))
    days = [(one.month, one.day) for one in await booked(backbone)]
    assert days == [(12, 5), (12, 12), (12, 26)]
    assert await booked(backbone) == await planned(backbone)


async def test_a_day_that_is_left_out_is_free_for_others(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    series = await a_series(backbone, weekly(room))
    await backbone.run(
        "sessions", LeaveOutDay(series, FIRST.replace(day=12).date(), "Het is vakantie.", by=STAFF)
    )
    await taken_on_the_second_day(backbone, room)


async def test_a_day_that_is_left_out_needs_no_room_and_comes_back_as_one_session(
    backbone: FakeBackbone,
) -> None:
    room, day = await a_room(backbone), FIRST.replace(day=12)
    await taken_on_the_second_day(backbone, room)
    series = await a_series(backbone, weekly(room))
    await backbone.run("sessions", LeaveOutDay(series, day.date(), "Het is vakantie.", by=STAFF))
    assert [one for one in await backbone.kept("sessions", Task) if one.done_at is None] == []
    await backbone.run("sessions", TakeBackDay(series, day.date(), by=STAFF))
    assert [one.occurrence for one in await backbone.kept("sessions", Session)].count(day) == 1


async def test_a_session_without_a_room_before_the_change_stays_as_it_is(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    await taken_on_the_second_day(backbone, room)
    series = await a_series(backbone, weekly(room))
    await backbone.run("sessions", PlanSeries(series, weekly(room, FIRST.replace(day=19)), by=STAFF))
    drafts = [one for one in await backbone.kept("sessions", Session) if one.state is SessionState.DRAFT]
    assert [one.occurrence for one in drafts] == [FIRST.replace(day=12)]


async def test_a_series_that_ends_leaves_its_room_and_looks_for_none(backbone: FakeBackbone) -> None:
    room = await a_room(backbone)
    other = await taken_on_the_second_day(backbone, room)
    series = await a_series(backbone, weekly(room))
    await backbone.run("sessions", StopSeries(series, "Genoeg koffie.", by=STAFF))
    [kept] = await backbone.kept("sessions", Room)
    assert [one.session_id for one in kept.bookings] == [other]
    assert {one.state for one in await backbone.kept("sessions", Session) if one.series_id == series} == {
        SessionState.CANCELLED
    }
    assert [one for one in await backbone.kept("sessions", Task) if one.done_at is None] == []
    assert [one.is_live for one in await backbone.kept("sessions", Series)] == [False]


async def test_who_leads_a_series_leads_what_still_looks_for_a_room_and_who_leads_it_no_more_does_not(
    backbone: FakeBackbone,
) -> None:
    room, jan = await a_room(backbone), uuid4()
    await taken_on_the_second_day(backbone, room)
    series = await a_series(backbone, weekly(room))
    for command, leads in ((WelcomeHost(series, jan, by=STAFF), [jan]), (FarewellHost(series, jan), [])):
        await backbone.run("sessions", command)
        [draft] = [one for one in await backbone.kept("sessions", Session) if one.state is SessionState.DRAFT]
        assert draft.hosts == leads
