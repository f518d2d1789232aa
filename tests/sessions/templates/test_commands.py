"""What can be asked of templates, in memory."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.errors import NotFound, Outdated
from buurtthuis.events.sessions import Kind
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_sessions.app import service
from buurtthuis_sessions.commands import templates as commands
from buurtthuis_sessions.commands.templates import KeepTemplate
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.templates import NothingToKeep, Template

from tests.sessions.builders import a_house_in, a_plan, a_session_in

STARTS = datetime.fromisoformat("2019-01-10T19:30")  # what the clock on the wall shows
MOVES: tuple[Any, ...] = (
    lambda template, version: commands.ChangeTemplate(template, "Anders", (), version),
    lambda template, version: commands.ShareTemplate(template, checked=True, version=version),
    lambda template, version: commands.UnshareTemplate(template, version),
)


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service, clock=Clock())


async def a_template(backbone: FakeBackbone) -> Template:
    house = await a_house_in(backbone)
    for days, title in ((0, "Ontmoeten"), (14, "Koffietafel")):
        plan = a_plan(STARTS + timedelta(days=days), kind=Kind.OTHER, capacity=9)
        await a_session_in(backbone, plan, house=house, title=title)
    await backbone.run("sessions", KeepTemplate(house, "Winter"))
    return (await backbone.kept("sessions", Template))[0]


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_looks_at_the_version_that_was_read(backbone: FakeBackbone, command: Any) -> None:
    template = await a_template(backbone)
    with pytest.raises(Outdated):
        await backbone.run("sessions", command(template.id, 7))


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_of_a_template_that_is_not_there_is_refused(
    backbone: FakeBackbone, command: Any
) -> None:
    with pytest.raises(NotFound):
        await backbone.run("sessions", command(uuid4(), None))


def test_every_command_that_moves_a_template_is_tried_here() -> None:
    assert {type(make(uuid4(), None)) for make in MOVES} | {KeepTemplate} == {*commands.on.commands}


async def test_a_house_started_from_a_template_has_a_draft_for_each_entry(backbone: FakeBackbone) -> None:
    template = await a_template(backbone)
    house = await a_house_in(backbone, entries=template.entries)
    drafts = [one for one in await backbone.kept("sessions", Session) if one.house_id == house]
    assert [(one.title, one.plan.capacity, one.state) for one in drafts] == [
        ("Ontmoeten", 9, SessionState.DRAFT),
        ("Koffietafel", 9, SessionState.DRAFT),
    ]


async def test_the_house_is_told_of_before_its_drafts(backbone: FakeBackbone) -> None:
    template = await a_template(backbone)
    await a_house_in(backbone, entries=template.entries)
    types = [one.type.split(".")[-2] for one in await backbone.journal("sessions")]
    assert types[-3:] == ["house-opened", "session-drafted", "session-drafted"]


async def test_a_house_where_nothing_took_place_gives_no_template(backbone: FakeBackbone) -> None:
    house = await a_house_in(backbone)
    with pytest.raises(NothingToKeep):
        await backbone.run("sessions", KeepTemplate(house, "Winter"))
