"""Where the words of an idea went, and that they are hidden, shown again and taken back there; in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events import Event
from buurtthuis.events.moderation import Category, ContentApproved, ContentHidden, ContentKind, DecidedBy
from buurtthuis.events.sessions import Kind
from buurtthuis.events.surveys import ThemeErased, ThemeHidden, ThemeSelected, ThemeShown
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_notifications.app import service as notifications
from buurtthuis_notifications.domain.known import KnownSession
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands.follow_ups import DecideVote, Mark, OpenVote
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_sessions.commands.seats import RegisterSeat
from buurtthuis_sessions.commands.series import ExtendSeries, StartSeries
from buurtthuis_sessions.commands.sessions import (
    DraftSession,
    HoldSession,
    PlanSession,
    RenameSession,
)
from buurtthuis_sessions.commands.templates import ChangeTemplate, KeepTemplate
from buurtthuis_sessions.domain.follow_ups.counting import Option, Question
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.templates import Template

from tests.actors import STAFF
from tests.sessions.builders import a_plan, a_series_plan
from tests.speaker import hear, speaking

NOW = datetime(2019, 1, 25, 9, 0, tzinfo=UTC)
THURSDAY = datetime.fromisoformat("2019-01-31T19:00")  # what the clock on the wall shows
PLAN = a_plan(THURSDAY, kind=Kind.WALK)
WEEKLY = a_series_plan(THURSDAY)
UNKIND = "Die van nummer 12 hoort hier niet."
THEME, JAN = uuid4(), uuid4()


class Wingerd:
    """A house in which there is a session about an idea."""

    def __init__(self) -> None:
        self.clock = Clock(NOW)
        self.backbone = FakeBackbone(
            service, notifications, speaking("surveys"), speaking("moderation"), clock=self.clock
        )

    async def run(self, command: object) -> UUID:
        done = await self.backbone.run("sessions", command)
        await self.backbone.settled()
        return UUID(str(done.id))

    async def open(self) -> None:
        self.house = await self.run(OpenHouse("Wingerd", "Waddinxveen", 96))
        await self.hear(ThemeSelected(theme_id=THEME, house_id=self.house, title=UNKIND))
        [session] = await self.all(Session)
        self.session = session.id
        await self.run(PlanSession(self.session, PLAN, by=STAFF))

    async def hear(self, event: Event) -> None:
        await hear(self.backbone, event)

    async def hide(self) -> None:
        await self.hear(ThemeHidden(theme_id=THEME, house_id=self.house))

    async def show(self) -> None:
        await self.hear(ThemeShown(theme_id=THEME, house_id=self.house, title=UNKIND))

    async def all(self, kind: type[Any], of: str = "sessions") -> list[Any]:
        return list(await self.backbone.kept(of, kind))

    async def titles(self, kind: type[Any], of: str = "sessions") -> set[str | None]:
        return {one.title for one in await self.all(kind, of)}

    async def said(self, what: str) -> list[str | None]:
        """The titles in what was said."""
        return [
            one.data["title"] for one in await self.backbone.journal("sessions") if f".{what}." in one.type
        ]

    async def keep(self) -> Template:
        """The programme, as a template."""
        await self.run(KeepTemplate(self.house, "Winter"))
        [template] = await self.all(Template)
        assert isinstance(template, Template)
        return template

    async def kept(self) -> list[tuple[str | None, str | None]]:
        """What the template's entries are called, and were before moderators hid it."""
        return [(one.title, one.hidden) for template in await self.all(Template) for one in template.entries]


@pytest.fixture
async def wingerd() -> Wingerd:
    found = Wingerd()
    await found.open()
    return found


async def test_a_hidden_idea_is_no_title_of_a_session_and_in_nothing_that_was_said_of_it(
    wingerd: Wingerd,
) -> None:
    await wingerd.hide()
    assert await wingerd.titles(Session) == {None}
    assert await wingerd.said("session-scheduled") == [None]
    assert await wingerd.said("session-renamed") == [None]


async def test_messages_that_are_still_to_go_do_without_the_words_of_a_hidden_idea(wingerd: Wingerd) -> None:
    assert await wingerd.titles(KnownSession, "notifications") == {UNKIND}
    await wingerd.hide()
    assert await wingerd.titles(KnownSession, "notifications") == {None}


async def test_what_is_shown_again_is_a_title_again_for_everybody(wingerd: Wingerd) -> None:
    await wingerd.hide()
    await wingerd.show()
    assert await wingerd.titles(Session) == {UNKIND}
    assert await wingerd.titles(KnownSession, "notifications") == {UNKIND}
    assert await wingerd.said("session-renamed") == [None, UNKIND]


async def test_whoever_named_it_anew_meanwhile_is_not_overruled(wingerd: Wingerd) -> None:
    await wingerd.hide()
    await wingerd.run(RenameSession(wingerd.session, "Samen wandelen", by=STAFF))
    await wingerd.show()
    assert await wingerd.titles(Session) == {"Samen wandelen"}


async def test_a_draft_is_nobodys_business_so_nothing_is_said_of_its_title(wingerd: Wingerd) -> None:
    await wingerd.run(DraftSession(wingerd.house, UNKIND, THEME))
    await wingerd.hide()
    assert await wingerd.titles(Session) == {None}
    assert await wingerd.said("session-renamed") == [None]


async def test_a_template_that_was_kept_meanwhile_has_no_words_of_a_hidden_idea(wingerd: Wingerd) -> None:
    await wingerd.keep()
    assert await wingerd.kept() == [(UNKIND, None)]
    await wingerd.hide()
    assert await wingerd.kept() == [(None, UNKIND)]
    await wingerd.show()
    assert await wingerd.kept() == [(UNKIND, None)]


async def test_a_template_that_staff_changed_still_knows_where_its_words_came_from(wingerd: Wingerd) -> None:
    template = await wingerd.keep()
    entries = tuple(replace(one, words_of=()) for one in template.entries)  # as they come over HTTP
    await wingerd.run(ChangeTemplate(template.id, "Herfst", entries))
    await wingerd.hide()
    assert await wingerd.kept() == [(None, UNKIND)]


async def test_what_was_erased_is_not_shown_again_in_a_template_nor_elsewhere(wingerd: Wingerd) -> None:
    await wingerd.keep()
    await wingerd.hide()
    await wingerd.hear(ThemeErased(theme_id=THEME, house_id=wingerd.house))
    await wingerd.show()
    assert await wingerd.titles(Session) == {None}
    assert await wingerd.kept() == [(None, None)]


async def decided(wingerd: Wingerd, option: Option) -> None:
    """The room chose it, at the session."""
    await wingerd.run(RegisterSeat(wingerd.session, JAN, by=STAFF))
    wingerd.clock.move(timedelta(days=7))
    await wingerd.run(HoldSession(wingerd.session, (JAN,), by=STAFF))
    vote = await wingerd.run(
        OpenVote(wingerd.session, Question((option, Option(uuid4(), "Thee")), 1, 1), by=STAFF)
    )
    await wingerd.run(Mark(vote, JAN, (option.id,)))
    await wingerd.run(DecideVote(vote, by=STAFF))


async def called_after(option: Option, kind: type[Any], wingerd: Wingerd) -> list[str | None]:
    return [one.title for one in await wingerd.all(kind) if one.option_id == option.id]


@pytest.mark.parametrize("weekly", [False, True])
async def test_an_option_from_the_room_that_is_hidden_names_nothing_that_it_became(
    wingerd: Wingerd, weekly: bool
) -> None:
    option = Option(uuid4(), UNKIND, weekly=weekly)
    kind: type[Any] = Series if weekly else Session
    await decided(wingerd, option)
    about: dict[str, Any] = {"content_id": option.id, "kind": ContentKind.OPTION, "house_id": wingerd.house}
    await wingerd.hear(ContentHidden(**about, reason=Category.DISCRIMINATION))
    assert await called_after(option, kind, wingerd) == [None]
    await wingerd.hear(ContentApproved(**about, decided_by=DecidedBy.MODERATOR))
    assert await called_after(option, kind, wingerd) == [UNKIND]


async def test_a_series_and_all_that_it_makes_lose_the_words_of_a_hidden_idea(wingerd: Wingerd) -> None:
    series = await wingerd.run(StartSeries(wingerd.house, UNKIND, WEEKLY, theme_id=THEME))
    await wingerd.run(ExtendSeries(series, wingerd.house))
    await wingerd.hide()
    assert await wingerd.titles(Series) == await wingerd.titles(Session) == {None}
    assert await wingerd.said("series-renamed") == [None]


async def test_a_title_is_put_right_and_nobody_is_asked_again(wingerd: Wingerd) -> None:
    await wingerd.run(RegisterSeat(wingerd.session, JAN, by=STAFF))
    await wingerd.run(RenameSession(wingerd.session, "Wandelen", by=STAFF))
    [session] = await wingerd.all(Session)
    assert (session.title, session.seats[0].confirmed, await wingerd.said("session-renamed")) == (
        "Wandelen",
        True,
        ["Wandelen"],
    )
    assert await wingerd.titles(KnownSession, "notifications") == {"Wandelen"}
