"""What surveys can be asked to do, in memory."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound, Outdated
from buurtthuis.events.notifications import ResidentJoined
from buurtthuis.events.surveys import IntakeChannel, Origin
from buurtthuis.testing import Clock, FakeBackbone, FakeWork
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands import themes as commands
from buurtthuis_surveys.commands.themes import (
    AdmitTheme,
    MergeTheme,
    ProposeTheme,
    SupportTheme,
    TakeBackSupport,
    WithdrawTheme,
)
from buurtthuis_surveys.domain.themes import CannotMergeInto, NotYourTheme, Proposer, Theme, ThemeState

from tests.speaker import hear, speaker

HOUSE, RESIDENT = uuid4(), uuid4()
PROPOSAL = ProposeTheme(HOUSE, "Ontmoeten", Proposer(Actor.of_resident(RESIDENT)))
#: Each command that moves a theme, given the id and the version it was read at.
MOVES: tuple[Any, ...] = (
    lambda theme, version: commands.AdmitTheme(theme, version),
    lambda theme, version: commands.RejectTheme(theme, "Te duur.", version),
    lambda theme, version: commands.WithdrawTheme(theme, Proposer(Actor.of_resident(RESIDENT)), version),
    lambda theme, version: commands.CorrectTheme(theme, "Koffie", IntakeChannel.PAPER, version),
    lambda theme, version: commands.RewordTheme(
        theme, "Koffie", Proposer(Actor.of_resident(RESIDENT)), version
    ),
    lambda theme, version: commands.MergeTheme(theme, theme, version),
    lambda theme, version: commands.SelectTheme(theme, version),
    lambda theme, version: commands.ParkTheme(theme, version),
    lambda theme, version: commands.AnswerTheme(theme, "Dank u.", version),
)


@pytest.fixture
async def backbone() -> FakeBackbone:
    found = FakeBackbone(service, speaker)
    await hear(found, ResidentJoined(resident_id=RESIDENT, house_id=HOUSE, language="nl"))
    return found


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
        await backbone.run("surveys", WithdrawTheme(receipt.id, Proposer(Actor.of_resident(uuid4()))))
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
    without_version = {ProposeTheme, SupportTheme, TakeBackSupport}
    assert tried | without_version == set(commands.on.commands)


async def proposed(backbone: FakeBackbone, *supporters: UUID) -> UUID:
    """The id of an admitted theme."""
    theme = (await backbone.run("surveys", PROPOSAL)).id
    await backbone.run("surveys", AdmitTheme(theme))
    for one in supporters:
        await hear(backbone, ResidentJoined(resident_id=one, house_id=HOUSE, language="nl"))
        await backbone.run("surveys", SupportTheme(theme, one))
    return theme


async def test_a_merge_is_kept_on_both_sides(backbone: FakeBackbone) -> None:
    both, one = uuid4(), uuid4()
    theme, into = await proposed(backbone, both, one), await proposed(backbone, both)
    await backbone.run("surveys", MergeTheme(theme, into))
    merged, grown = await backbone.kept("surveys", Theme)
    assert (merged.merged_into, merged.supports) == (into, [])
    assert {support.resident_id for support in grown.supports} == {both, one}


async def test_support_that_is_taken_back_is_gone(backbone: FakeBackbone) -> None:
    theme = await proposed(backbone, RESIDENT)
    await backbone.run("surveys", TakeBackSupport(theme, RESIDENT))
    assert (await backbone.kept("surveys", Theme))[0].supports == []


async def test_of_two_merges_that_cross_the_second_is_refused(backbone: FakeBackbone) -> None:
    one, other = await proposed(backbone), await proposed(backbone)
    await backbone.run("surveys", MergeTheme(one, other))
    with pytest.raises(CannotMergeInto):
        await backbone.run("surveys", MergeTheme(other, one))


@pytest.mark.parametrize(("theme", "into"), [(1, 2), (2, 1)])
async def test_where_neither_theme_of_a_merge_is_there_the_first_is_named_whichever_is_older(
    backbone: FakeBackbone, theme: int, into: int
) -> None:
    with pytest.raises(NotFound, match=str(UUID(int=theme))):
        await backbone.run("surveys", MergeTheme(UUID(int=theme), UUID(int=into)))


class Locking(FakeWork):
    """Remembers what was locked first."""

    async def find_one(self, kind: type[Any], /, **equal: Any) -> Any:
        """In the order of the calls."""
        self.locked = [*getattr(self, "locked", ()), equal["id"]]
        return await super().find_one(kind, **equal)


@pytest.mark.parametrize("swapped", [False, True])
async def test_merges_lock_the_older_theme_first_so_that_two_that_cross_do_not_wait_for_ever(
    swapped: bool,
) -> None:
    themes = [Theme.propose(HOUSE, "Ontmoeten", Origin.RESIDENT, now=Clock().now)[0] for _ in range(2)]
    theme, into = reversed(themes) if swapped else themes
    work = Locking(*themes)
    await commands.merge_theme(MergeTheme(theme.id, into.id), work)
    assert work.locked == [theme.id for theme in themes]
