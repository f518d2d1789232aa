"""What surveys can be asked to do, in memory."""

from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.errors import NotFound, Outdated
from buurtthuis.events.surveys import Channel, Origin
from buurtthuis.testing import FakeBackbone
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands import themes as commands
from buurtthuis_surveys.commands.themes import AdmitTheme, ProposeTheme, WithdrawTheme
from buurtthuis_surveys.domain.themes import NotYourTheme, Theme, ThemeState

HOUSE, RESIDENT = uuid4(), uuid4()
PROPOSAL = ProposeTheme(HOUSE, "Ontmoeten", Origin.RESIDENT, Channel.WEB, proposed_by=RESIDENT)
#: Each command that moves a theme, given the id and the version it was read at.
MOVES: tuple[Any, ...] = (
    lambda theme, version: commands.AdmitTheme(theme, version),
    lambda theme, version: commands.RejectTheme(theme, "Te duur.", version),
    lambda theme, version: commands.WithdrawTheme(theme, RESIDENT, version),
    lambda theme, version: commands.SelectTheme(theme, version),
    lambda theme, version: commands.ParkTheme(theme, version),
    lambda theme, version: commands.AnswerTheme(theme, "Dank u.", version),
)


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service)


async def test_a_proposal_is_kept_as_it_came(backbone: FakeBackbone) -> None:
    await backbone.run("surveys", PROPOSAL)
    [theme] = await backbone.kept("surveys", Theme)
    assert (theme.house_id, theme.title, theme.origin, theme.proposed_by) == (
        HOUSE,
        "Ontmoeten",
        Origin.RESIDENT,
        RESIDENT,
    )


async def test_an_admission_is_kept(backbone: FakeBackbone) -> None:
    receipt = await backbone.run("surveys", PROPOSAL)
    await backbone.run("surveys", AdmitTheme(receipt.id))
    [theme] = await backbone.kept("surveys", Theme)
    assert theme.state is ThemeState.ADMITTED


async def test_a_refused_command_leaves_the_theme_as_it_was(backbone: FakeBackbone) -> None:
    receipt = await backbone.run("surveys", PROPOSAL)
    with pytest.raises(NotYourTheme):
        await backbone.run("surveys", WithdrawTheme(receipt.id, uuid4()))
    [theme] = await backbone.kept("surveys", Theme)
    assert (theme.state, theme.version) == (ThemeState.PROPOSED, 1)


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_looks_at_the_version_that_was_read(backbone: FakeBackbone, command: Any) -> None:
    receipt = await backbone.run("surveys", PROPOSAL)
    with pytest.raises(Outdated):
        await backbone.run("surveys", command(receipt.id, 7))


@pytest.mark.parametrize("command", MOVES)
async def test_every_move_of_a_theme_that_is_not_there_is_refused(
    backbone: FakeBackbone, command: Any
) -> None:
    with pytest.raises(NotFound):
        await backbone.run("surveys", command(uuid4(), None))


def test_every_command_that_moves_a_theme_is_tried_here() -> None:
    tried = {type(make(uuid4(), None)) for make in MOVES}
    assert tried | {ProposeTheme} == set(commands.on.commands)
