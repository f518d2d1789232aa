"""A programme without its people."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import Invalid
from buurtthuis.events.sessions import Kind, SeatRole, SeriesProposed, SessionDrafted
from buurtthuis.http.problem_json import place_of
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.session import Session, SessionSource
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.templates import (
    Entry,
    NotChecked,
    NothingToKeep,
    NotShared,
    SharedAlready,
    Template,
    TemplateIsShared,
)

from tests.sessions.builders import a_plan, a_session

HOUSE, SERIES = uuid4(), uuid4()
NOW = datetime(2018, 12, 1, tzinfo=UTC)
THURSDAY = datetime.fromisoformat("2019-01-10T19:30")  # what the clock on the wall shows


def a_meeting(title: str = "Koffietafel", day: int = 0, series: UUID | None = None) -> Session:
    """Of an hour and a half, so many days after the first."""
    return a_session(
        title,
        HOUSE,
        SessionSource(theme=uuid4(), series=series),
        starts=THURSDAY + timedelta(days=day),
        hours=1.5,
        languages=("nl-x-b1", "ar"),
        roles={SeatRole.INTERPRETER: 1},
        newcomer_seats=2,
    )


def kept(*sessions: Session, rules: dict[UUID, str] | None = None) -> tuple[Entry, ...]:
    template, _ = Template.keep("Winter", sessions, rules or {})
    return template.entries


def a_template() -> Template:
    template, _ = Template.keep("Winter", [a_meeting()], {})
    return template


def test_an_entry_is_what_took_place_without_who_and_where() -> None:
    session = a_meeting(day=14)
    session.take_role(uuid4(), SeatRole.INTERPRETER, NOW)
    assert session.theme_id
    assert kept(a_meeting(), session)[1] == Entry(
        title="Koffietafel",
        kind=Kind.COFFEE_TABLE,
        day=14,
        weekday=4,
        starts=time(19, 30),
        minutes=90,
        capacity=12,
        languages=("nl-x-b1", "ar"),
        roles={SeatRole.INTERPRETER: 1},
        newcomer_seats=2,
        words_of=(session.id, session.theme_id),
    )


def test_days_are_counted_from_the_first_session_whichever_was_drafted_first() -> None:
    assert [entry.day for entry in kept(a_meeting(day=7), a_meeting(day=0), a_meeting(day=3))] == [0, 3, 7]


def test_a_session_over_the_change_to_summer_time_lasts_as_long_as_it_lasts() -> None:
    session, _ = Session.draft(HOUSE, "Nachtwandeling")
    starts = datetime.fromisoformat("2019-03-31T01:00")
    plan = a_plan(starts, hours=3)
    session.schedule(plan, NOW)
    assert kept(session)[0].minutes == 120


@pytest.mark.parametrize("state", [SessionState.DRAFT, SessionState.CANCELLED, SessionState.NOT_HELD])
def test_what_never_took_place_is_no_part_of_the_programme(state: SessionState) -> None:
    session = a_meeting("Bingo")
    session.state = state
    assert [entry.title for entry in kept(session, a_meeting())] == ["Koffietafel"]


def test_of_a_series_there_is_one_entry_with_its_rule() -> None:
    sessions = [a_meeting(day=day, series=SERIES) for day in (0, 7, 14)]
    [entry] = kept(*sessions, rules={SERIES: "FREQ=WEEKLY"})
    assert (entry.day, entry.rule) == (0, "FREQ=WEEKLY")


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;UNTIL=20190630", "FREQ=WEEKLY;UNTIL=20190630T173000Z"])
def test_the_day_on_which_a_series_ended_is_no_part_of_the_programme(rule: str) -> None:
    [entry] = kept(a_meeting(series=SERIES), rules={SERIES: rule})
    template = a_template()
    template.change("Winter", (replace(entry, rule=rule.lower()),))
    assert (entry.rule, template.entries[0].rule) == ("FREQ=WEEKLY", "FREQ=WEEKLY")


def test_a_rule_that_nobody_can_follow_is_not_kept_and_named() -> None:
    [entry] = kept(a_meeting())
    with pytest.raises(Invalid) as refused:
        a_template().change("Winter", (entry, replace(entry, rule="FREQ=YEARLY")))
    assert place_of(refused.value) == "/entries/1/rule"


def test_sessions_of_no_series_are_each_an_entry() -> None:
    assert len(kept(a_meeting(day=0), a_meeting(day=7))) == 2


def test_a_house_without_a_programme_has_nothing_to_keep() -> None:
    with pytest.raises(NothingToKeep):
        kept()


def test_a_house_whose_words_are_gone_has_nothing_to_keep() -> None:
    session = a_meeting()
    session.title = None
    with pytest.raises(NothingToKeep):
        kept(session)


def test_a_draft_from_an_entry_is_as_the_session_was() -> None:
    [entry] = kept(a_meeting())
    session, drafted = entry.propose(HOUSE)
    assert isinstance(session, Session)
    assert isinstance(drafted, SessionDrafted)
    assert (session.title, session.plan.kind, session.plan.capacity, session.plan.roles, session.state) == (
        "Koffietafel",
        Kind.COFFEE_TABLE,
        12,
        {SeatRole.INTERPRETER: 1},
        SessionState.DRAFT,
    )
    assert (drafted.house_id, drafted.theme_id) == (HOUSE, None)


def test_what_came_back_is_proposed_as_a_series() -> None:
    [entry] = kept(a_meeting(series=SERIES), rules={SERIES: "FREQ=WEEKLY"})
    series, proposed = entry.propose(HOUSE)
    assert isinstance(series, Series)
    assert isinstance(proposed, SeriesProposed)
    assert (series.title, series.state, proposed.house_id) == ("Koffietafel", SeriesState.TRIAL, HOUSE)


def test_nobody_shares_what_nobody_read() -> None:
    template = a_template()
    with pytest.raises(NotChecked):
        template.share(checked=False)
    assert not template.shared


def test_what_is_shared_does_not_change_under_those_who_read_it() -> None:
    template = a_template()
    template.share(checked=True)
    with pytest.raises(TemplateIsShared):
        template.change("Anders", template.entries)


def test_what_is_taken_back_can_be_changed() -> None:
    template = a_template()
    template.share(checked=True)
    template.unshare()
    template.change("Anders", ())
    assert (template.title, template.entries) == ("Anders", ())


def test_a_template_is_shared_once_at_a_time() -> None:
    template = a_template()
    template.share(checked=True)
    with pytest.raises(SharedAlready):
        template.share(checked=True)


def test_only_what_is_shared_is_taken_back() -> None:
    with pytest.raises(NotShared):
        a_template().unshare()
