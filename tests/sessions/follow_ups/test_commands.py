"""What can be asked of follow-up votes and tasks, in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound, Outdated
from buurtthuis.events.sessions import Because, Kind, SeatRole, TaskKind
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands import follow_ups as commands
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.seats import RegisterSeat, TakeRole
from buurtthuis_sessions.commands.series import StartSeries
from buurtthuis_sessions.commands.sessions import (
    CorrectAttendance,
    HoldSession,
    NotHoldSession,
)
from buurtthuis_sessions.commands.tasks import FinishTask
from buurtthuis_sessions.domain.codes import TRIES, TRIES_WITHIN, NoVoteWithCode, TooManyTries, WrongCodes
from buurtthuis_sessions.domain.follow_ups.counting import Counts, Option, Question
from buurtthuis_sessions.domain.follow_ups.states import AttendanceSettled, VotedOn, VotedOnAlready, VoteState
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.leading import NotAHost
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.tasks import Task

from tests.actors import STAFF, as_resident
from tests.people import event_types
from tests.sessions.builders import a_plan, a_series_plan, a_session_in
from tests.sessions.follow_ups.people import AFTER, ASKED, BEFORE, COFFEE, DECORATION, STARTS

HOST, GUEST, STRANGER = uuid4(), uuid4(), uuid4()
PLAN = a_plan(STARTS, kind=Kind.WALK)


@pytest.fixture
def clock() -> Clock:
    return Clock(BEFORE)


@pytest.fixture
def backbone(clock: Clock) -> FakeBackbone:
    return FakeBackbone(service, clock=clock)


async def a_held_session(backbone: FakeBackbone, clock: Clock) -> UUID:
    """That a guest came to and a host leads."""
    session = await a_session_in(backbone, PLAN, title="Meet & Greet")
    for command in (
        RegisterSeat(session, GUEST, by=STAFF),
        TakeRole(session, HOST, SeatRole.HOST, by=STAFF),
    ):
        await backbone.run("sessions", command)
    clock.move_to(AFTER)
    await backbone.run("sessions", HoldSession(session, (GUEST,), by=STAFF, walk_ins=4))
    return session


async def a_vote(backbone: FakeBackbone, clock: Clock, question: Question = ASKED) -> UUID:
    session = await a_held_session(backbone, clock)
    return (await backbone.run("sessions", commands.OpenVote(session, question, by=as_resident(HOST)))).id


async def counted(
    backbone: FakeBackbone, vote: UUID, coffee: int, decoration: int = 0, stop: int = 0
) -> None:
    """Five cards."""
    counts = Counts(5, {COFFEE.id: coffee, DECORATION.id: decoration}, stop)
    await backbone.run("sessions", commands.CountCards(vote, counts, by=STAFF))


async def the_vote(backbone: FakeBackbone) -> FollowUpVote:
    [vote] = await backbone.kept("sessions", FollowUpVote)
    return vote


async def drafts(backbone: FakeBackbone) -> list[Session]:
    return [one for one in await backbone.kept("sessions", Session) if one.state is SessionState.DRAFT]


async def said(backbone: FakeBackbone) -> list[str]:
    return event_types([{"type": one.type} for one in await backbone.journal("sessions")])


LED: tuple[Any, ...] = (
    lambda vote, by, version: commands.CountCards(vote, Counts(), by=as_resident(by), version=version),
    lambda vote, by, version: commands.DecideVote(vote, by=as_resident(by), version=version),
    lambda vote, by, version: commands.CancelVote(vote, by=as_resident(by), version=version),
)


@pytest.mark.parametrize("command", LED)
async def test_only_hosts_and_staff_lead_a_vote(backbone: FakeBackbone, clock: Clock, command: Any) -> None:
    vote = await a_vote(backbone, clock)
    with pytest.raises(NotAHost):
        await backbone.run("sessions", command(vote, GUEST, None))
    await backbone.run("sessions", command(vote, HOST, None))


@pytest.mark.parametrize("command", LED)
async def test_every_move_looks_at_the_version_that_was_read(
    backbone: FakeBackbone, clock: Clock, command: Any
) -> None:
    vote = await a_vote(backbone, clock)
    with pytest.raises(Outdated):
        await backbone.run("sessions", command(vote, None, 7))


async def test_only_hosts_and_staff_open_a_vote(backbone: FakeBackbone, clock: Clock) -> None:
    session = await a_held_session(backbone, clock)
    with pytest.raises(NotAHost):
        await backbone.run("sessions", commands.OpenVote(session, ASKED, by=as_resident(GUEST)))


async def test_a_session_is_voted_on_once(backbone: FakeBackbone, clock: Clock) -> None:
    vote = await a_vote(backbone, clock)
    again = commands.OpenVote((await the_vote(backbone)).session_id, ASKED, by=STAFF)
    with pytest.raises(VotedOnAlready):
        await backbone.run("sessions", again)
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))
    with pytest.raises(VotedOnAlready):
        await backbone.run("sessions", again)


async def test_a_vote_that_was_taken_back_does_not_count(backbone: FakeBackbone, clock: Clock) -> None:
    vote = await a_vote(backbone, clock)
    session = (await the_vote(backbone)).session_id
    await backbone.run("sessions", commands.CancelVote(vote, by=STAFF))
    assert (await backbone.run("sessions", commands.OpenVote(session, ASKED, by=STAFF))).id != vote


async def test_who_was_there_stays_as_long_as_they_vote(backbone: FakeBackbone, clock: Clock) -> None:
    await a_vote(backbone, clock)
    with pytest.raises(AttendanceSettled):
        await backbone.run(
            "sessions", CorrectAttendance((await the_vote(backbone)).session_id, (), by=STAFF, walk_ins=9)
        )


async def test_attendance_is_put_right_after_the_vote_and_what_was_decided_stays(
    backbone: FakeBackbone, clock: Clock
) -> None:
    vote = await a_vote(backbone, clock)
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))
    before = await the_vote(backbone)
    await backbone.run("sessions", CorrectAttendance(before.session_id, (GUEST,), by=STAFF, walk_ins=9))
    after = await the_vote(backbone)
    kept = {one.id: one for one in await backbone.kept("sessions", Session)}
    assert kept[before.session_id].turnout.walk_ins == 9
    assert (after.state, after.winners, after.phones) == (before.state, before.winners, before.phones)


async def test_a_session_at_which_people_voted_was_held(backbone: FakeBackbone, clock: Clock) -> None:
    vote = await a_vote(backbone, clock)
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))
    with pytest.raises(VotedOn):
        await backbone.run(
            "sessions", NotHoldSession((await the_vote(backbone)).session_id, "Vergissing", by=STAFF)
        )


async def test_who_came_can_be_corrected_once_a_vote_is_taken_back(
    backbone: FakeBackbone, clock: Clock
) -> None:
    vote = await a_vote(backbone, clock)
    await backbone.run("sessions", commands.CancelVote(vote, by=STAFF))
    session = (await the_vote(backbone)).session_id
    await backbone.run("sessions", CorrectAttendance(session, (GUEST,), by=STAFF, walk_ins=9))
    assert [one.turnout.walk_ins for one in await backbone.kept("sessions", Session)] == [9]


async def test_nobody_is_told_of_a_ballot_or_of_cards(backbone: FakeBackbone, clock: Clock) -> None:
    vote = await a_vote(backbone, clock)
    before = await said(backbone)
    await backbone.run("sessions", commands.Mark(vote, GUEST, (COFFEE.id,)))
    await backbone.run("sessions", commands.CountCards(vote, Counts(1), by=STAFF))
    await try_a_wrong_code(backbone, STRANGER)
    assert await said(backbone) == before


# What is decided


async def test_winners_become_drafts_and_series_that_wait_seven_days_for_a_host(
    backbone: FakeBackbone, clock: Clock
) -> None:
    vote = await a_vote(backbone, clock)
    await counted(backbone, vote, coffee=5, decoration=4)
    await backbone.run("sessions", commands.DecideVote(vote, by=as_resident(HOST)))
    held = (await the_vote(backbone)).session_id
    until = datetime(2019, 2, 1, 7, tzinfo=UTC)  # the room decided after nine; the week begins in the morning
    [draft], [series] = await drafts(backbone), await backbone.kept("sessions", Series)
    assert (draft.title, draft.plan.kind, draft.follow_up_of, draft.confirm_by) == (
        "Versiermiddag",
        Kind.WORKSHOP,
        held,
        until,
    )
    assert (series.title, series.state, series.follow_up_of, series.confirm_by) == (
        "Koffietafel",
        SeriesState.TRIAL,
        held,
        until,
    )
    assert (await said(backbone))[-3:] == ["follow-up-decided", "series-proposed", "session-drafted"]


async def test_a_winner_about_a_theme_keeps_it(backbone: FakeBackbone, clock: Clock) -> None:
    theme = uuid4()
    option = Option(uuid4(), "Tuin", theme_id=theme)
    vote = await a_vote(backbone, clock, Question((option,), 1))
    await backbone.run("sessions", commands.CountCards(vote, Counts(1, {option.id: 1}), by=STAFF))
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))
    assert [one.theme_id for one in await drafts(backbone)] == [theme]


async def test_what_is_tied_becomes_no_session_but_a_task(backbone: FakeBackbone, clock: Clock) -> None:
    question = Question(ASKED.options, 2, places=1)
    vote = await a_vote(backbone, clock, question)
    await counted(backbone, vote, coffee=4, decoration=4)
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))
    assert await drafts(backbone) == []
    found = await the_vote(backbone)
    assert found.state is VoteState.TIED
    assert [(one.kind, one.session_id) for one in await backbone.kept("sessions", Task)] == [
        (TaskKind.DISCUSS_FURTHER, found.session_id)
    ]


async def test_stop_makes_no_drafts_and_no_task(backbone: FakeBackbone, clock: Clock) -> None:
    vote = await a_vote(backbone, clock)
    await counted(backbone, vote, coffee=2, stop=5)
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))
    assert (await the_vote(backbone)).state is VoteState.STOP
    assert (await drafts(backbone), await backbone.kept("sessions", Task)) == ([], [])


async def test_stop_ends_the_series_that_the_session_is_one_of(backbone: FakeBackbone, clock: Clock) -> None:
    house = (await backbone.run("sessions", OpenHouse("Wingerd", "Waddinxveen", 96))).id
    weekly = a_series_plan(STARTS, kind=Kind.WALK)
    series = (await backbone.run("sessions", StartSeries(house, "Koffietafel", weekly))).id
    clock.move_to(AFTER)
    first, *later = await backbone.kept("sessions", Session)
    await backbone.run("sessions", HoldSession(first.id, (), by=STAFF, walk_ins=5))
    vote = (await backbone.run("sessions", commands.OpenVote(first.id, ASKED, by=STAFF))).id
    await counted(backbone, vote, coffee=2, stop=5)
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))
    assert [(one.id, one.state) for one in await backbone.kept("sessions", Series)] == [
        (series, SeriesState.STOPPED)
    ]
    left = {
        (one.state, one.reason, one.because)
        for one in await backbone.kept("sessions", Session)
        if one.id != first.id
    }
    assert later
    assert left == {(SessionState.CANCELLED, None, Because.NO_MORE_WANTED)}


async def test_a_vote_is_decided_by_itself_when_its_time_has_come_and_only_then(
    backbone: FakeBackbone, clock: Clock
) -> None:
    closes_at = AFTER + timedelta(minutes=10)
    vote = await a_vote(backbone, clock, Question(ASKED.options, 2, closes_at=closes_at))
    await counted(backbone, vote, coffee=5)
    for minutes in (9, 10, 10):
        clock.move_to(AFTER + timedelta(minutes=minutes))
        await backbone.run("sessions", commands.DecideVoteInTime(vote))
    assert (await said(backbone)).count("follow-up-decided") == 1
    assert len(await backbone.kept("sessions", Series)) == 1


async def test_a_vote_without_a_closing_time_waits_for_its_host(backbone: FakeBackbone, clock: Clock) -> None:
    vote = await a_vote(backbone, clock)
    clock.move(timedelta(days=30))
    await backbone.run("sessions", commands.DecideVoteInTime(vote))
    assert (await the_vote(backbone)).state is VoteState.OPEN


# Codes


async def try_a_wrong_code(backbone: FakeBackbone, resident: UUID) -> None:
    with pytest.raises(NoVoteWithCode):
        await backbone.run("sessions", commands.TryCode("0000-0000", resident))


async def test_a_wrong_code_is_refused_and_counted_all_the_same(backbone: FakeBackbone, clock: Clock) -> None:
    await a_vote(backbone, clock)
    for times in (1, 2):
        await try_a_wrong_code(backbone, GUEST)
        assert [(tried.id, tried.wrong) for tried in await backbone.kept("sessions", WrongCodes)] == [
            (GUEST, times)
        ]


async def test_a_right_code_leads_to_its_vote_and_leaves_no_trace_of_who_typed_it(
    backbone: FakeBackbone, clock: Clock
) -> None:
    vote = await a_vote(backbone, clock)
    code = (await the_vote(backbone)).code or ""
    typed = commands.TryCode(code.lower().replace("-", " "), GUEST)
    assert (await backbone.run("sessions", typed)).id == vote
    assert await backbone.kept("sessions", WrongCodes) == []


async def test_a_right_code_after_a_wrong_one_leads_to_its_vote(backbone: FakeBackbone, clock: Clock) -> None:
    vote = await a_vote(backbone, clock)
    code = (await the_vote(backbone)).code or ""
    await try_a_wrong_code(backbone, GUEST)
    assert (await backbone.run("sessions", commands.TryCode(code, GUEST))).id == vote


async def test_after_many_wrong_codes_the_right_one_is_refused_too_for_a_while(
    backbone: FakeBackbone, clock: Clock
) -> None:
    vote = await a_vote(backbone, clock)
    code = (await the_vote(backbone)).code or ""
    for _ in range(TRIES):
        await try_a_wrong_code(backbone, GUEST)
    with pytest.raises(TooManyTries):
        await backbone.run("sessions", commands.TryCode(code, GUEST))
    assert (await backbone.run("sessions", commands.TryCode(code, STRANGER))).id == vote
    clock.move(TRIES_WITHIN)
    assert (await backbone.run("sessions", commands.TryCode(code, GUEST))).id == vote


# Tasks


async def a_task(backbone: FakeBackbone, clock: Clock) -> UUID:
    vote = await a_vote(backbone, clock)
    await backbone.run("sessions", commands.DecideVote(vote, by=STAFF))  # nothing marked: a tie
    [task] = await backbone.kept("sessions", Task)
    return task.id


@pytest.mark.parametrize("by", [as_resident(HOST), STAFF])
async def test_a_task_is_done_once_by_a_host_of_its_session_or_by_staff(
    backbone: FakeBackbone, clock: Clock, by: Actor
) -> None:
    task = await a_task(backbone, clock)
    for _ in range(2):
        await backbone.run("sessions", FinishTask(task, by=by))
    assert (await said(backbone)).count("task-done") == 1


async def test_a_task_is_not_done_by_passers_by(backbone: FakeBackbone, clock: Clock) -> None:
    task = await a_task(backbone, clock)
    with pytest.raises(NotAHost):
        await backbone.run("sessions", FinishTask(task, by=as_resident(GUEST)))


async def test_a_task_that_is_not_there_cannot_be_done(backbone: FakeBackbone) -> None:
    with pytest.raises(NotFound):
        await backbone.run("sessions", FinishTask(uuid4(), by=STAFF))
