"""Who writes on the page of a house that they left; in memory."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events.notifications import ResidentJoined, ResidentMovedOut
from buurtthuis.events.sessions import HouseOpened
from buurtthuis.testing import FakeBackbone
from buurtthuis_moderation.app import service
from buurtthuis_moderation.commands.posts import EditPost, WithdrawPost, WritePost
from buurtthuis_moderation.domain.departures import Departure, HasMovedOut

from tests.speaker import Say, ask_to_be_forgotten, hear, speaker

HOUSE, JAN, ACROSS_THE_STREET = (uuid4() for _ in range(3))
OPENED = HouseOpened(house_id=HOUSE, title="x", town="x", dwellings=1, label=None, ends_on=None)


@pytest.fixture
async def backbone() -> FakeBackbone:
    """A page on which nobody is new, of a house that Jan lives in."""
    backbone = FakeBackbone(service, speaker, replace(speaker, name="sessions"))
    await backbone.run("sessions", Say(OPENED))
    await backbone.settled()
    await move_in(backbone)
    return backbone


async def move_in(backbone: FakeBackbone) -> None:
    await hear(backbone, ResidentJoined(resident_id=JAN, house_id=HOUSE, language="nl"))


async def move_out(backbone: FakeBackbone) -> None:
    await hear(backbone, ResidentMovedOut(resident_id=JAN, house_id=HOUSE))


async def a_post(backbone: FakeBackbone, by: UUID = JAN) -> UUID:
    write = WritePost(HOUSE, Actor.of_resident(by), "Wie gaat er mee wandelen?", "nl")
    return (await backbone.run("moderation", write)).id


async def test_whoever_moved_out_writes_on_that_page_no_more(backbone: FakeBackbone) -> None:
    post = await a_post(backbone)
    await move_out(backbone)
    with pytest.raises(HasMovedOut):
        await a_post(backbone)
    with pytest.raises(HasMovedOut):
        await backbone.run("moderation", EditPost(post, Actor.of_resident(JAN), "Iets anders."))
    await backbone.run("moderation", WithdrawPost(post, Actor.of_resident(JAN)))


async def test_a_neighbour_from_across_the_street_does(backbone: FakeBackbone) -> None:
    await a_post(backbone, ACROSS_THE_STREET)


async def test_whoever_comes_back_does_again(backbone: FakeBackbone) -> None:
    await move_out(backbone)
    await move_in(backbone)
    await a_post(backbone)


def test_who_left_is_not_taken_for_who_came_where_both_are_heard_at_once() -> None:
    assert Departure.of(HOUSE, JAN).id != Neighbour.of(HOUSE, JAN).id


async def test_that_somebody_left_is_forgotten_with_them(backbone: FakeBackbone) -> None:
    await move_out(backbone)
    await ask_to_be_forgotten(backbone, JAN)
    assert await backbone.kept("moderation", Departure) == []
