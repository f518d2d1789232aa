"""How people want to be told, in memory."""

from dataclasses import replace
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

import pytest
from buurtthuis.errors import NotFound, Outdated
from buurtthuis.events.notifications import Channel
from buurtthuis.events.surveys import Origin
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis.work import Cause
from buurtthuis_notifications.api.wishes import WishesBody
from buurtthuis_notifications.app import service
from buurtthuis_notifications.commands.residents import MoveOut, RegisterResident
from buurtthuis_notifications.commands.wishes import FollowTheme, SayWishes, UnfollowTheme
from buurtthuis_notifications.domain.addresses import AddressKind, Sealed
from buurtthuis_notifications.domain.known import Follower
from buurtthuis_notifications.domain.residents import Agreed, Purpose, ReadingLevel, Resident
from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.domain.wishes import AccountIsNeeded, Rhythm, Wish, Wishes
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_surveys.app import service as surveys
from buurtthuis_surveys.commands.themes import ProposeTheme
from pydantic import ValidationError

US = "notifications"
WISH = Wish({Topic.SURVEYS: (Channel.SMS,)}, {}, time(9), 4, time(22), time(7), 3)
DOOR = Sealed(AddressKind.DOOR, b"sealed door", (b"digest of a door",))
YES = (Agreed(Purpose.MESSAGES, "Ik wil bericht krijgen."),)


def test_what_was_never_said_is_wanted() -> None:
    usual = Wishes.usual(uuid4())
    assert all(usual.wants(topic, channel) for topic in Topic for channel in Channel)


def test_only_that_road_is_off_for_only_that_kind() -> None:
    wishes = Wishes.usual(uuid4())
    wishes.become(WISH)
    off = {(topic, channel) for topic in Topic for channel in Channel if not wishes.wants(topic, channel)}
    assert off == {(Topic.SURVEYS, Channel.SMS)}


@pytest.mark.parametrize(
    "wish",
    [
        replace(WISH, off={Topic.ACCOUNT: (Channel.EMAIL,)}),
        replace(WISH, digests={Topic.ACCOUNT: Rhythm.WEEKLY}),
    ],
)
def test_messages_about_the_account_come_always_and_at_once(wish: Wish) -> None:
    with pytest.raises(AccountIsNeeded):
        Wishes.usual(uuid4()).become(wish)


def test_what_is_left_out_is_as_usual() -> None:
    wish, usual = WishesBody.model_validate({}).wish(), Wishes.usual(uuid4())
    assert vars(wish) == {name: getattr(usual, name) for name in vars(wish)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quiet_from", "21:00Z"),
        ("quiet_until", "25:00"),
        ("digest_day", 7),
        ("at_most", 0),
        ("off", {"weather": ["sms"]}),
        ("digests", {"surveys": "hourly"}),
    ],
)
def test_what_cannot_be_wished_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        WishesBody.model_validate({field: value})
    assert refused.value.errors()[0]["loc"][0] == field


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service, sessions, surveys, clock=Clock(datetime(2018, 12, 1, 12, tzinfo=UTC)))


async def a_house(backbone: FakeBackbone) -> UUID:
    house = await backbone.run("sessions", OpenHouse("BuurtThuis Wingerd", "Waddinxveen", 96))
    await backbone.settled()
    return house.id


async def a_resident(backbone: FakeBackbone, house: UUID) -> UUID:
    await backbone.run(US, RegisterResident(house, "nl", ReadingLevel.EASY, DOOR, YES))
    [resident] = await backbone.kept(US, Resident)
    return resident.id


async def a_theme(backbone: FakeBackbone, house: UUID) -> UUID:
    theme = await backbone.run(
        "surveys", ProposeTheme(house, "Ontmoeten", Origin.RESIDENT), cause=Cause("resident", uuid4())
    )
    await backbone.settled()
    return theme.id


async def test_who_read_older_wishes_does_not_overwrite_newer_ones(backbone: FakeBackbone) -> None:
    resident = await a_resident(backbone, await a_house(backbone))
    await backbone.run(US, SayWishes(resident, WISH, 0))
    with pytest.raises(Outdated):
        await backbone.run(US, SayWishes(resident, WISH, 0))


async def test_nobody_has_wishes_who_is_not_known(backbone: FakeBackbone) -> None:
    with pytest.raises(NotFound):
        await backbone.run(US, SayWishes(uuid4(), WISH))


async def test_an_idea_is_followed_once(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    resident, theme = await a_resident(backbone, house), await a_theme(backbone, house)
    for _ in range(2):
        await backbone.run(US, FollowTheme(resident, theme))
    assert [(one.theme_id, one.resident_id) for one in await backbone.kept(US, Follower)] == [
        (theme, resident)
    ]


async def test_who_had_enough_of_it_follows_it_no_more(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    resident, theme = await a_resident(backbone, house), await a_theme(backbone, house)
    await backbone.run(US, FollowTheme(resident, theme))
    await backbone.run(US, UnfollowTheme(resident, theme))
    assert await backbone.kept(US, Follower) == []


async def test_an_idea_of_another_house_is_as_good_as_unknown(backbone: FakeBackbone) -> None:
    resident = await a_resident(backbone, await a_house(backbone))
    theme = await a_theme(backbone, await a_house(backbone))
    with pytest.raises(NotFound, match=f"no theme with id {theme}"):
        await backbone.run(US, FollowTheme(resident, theme))


async def test_who_moved_out_follows_nothing_new_there(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    resident, theme = await a_resident(backbone, house), await a_theme(backbone, house)
    await backbone.run(US, MoveOut(resident, house))
    with pytest.raises(NotFound):
        await backbone.run(US, FollowTheme(resident, theme))
