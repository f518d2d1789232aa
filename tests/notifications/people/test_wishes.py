"""How people want to be told, in memory."""

from dataclasses import replace
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.clock import utc_now
from buurtthuis.core.errors import NotFound, Outdated
from buurtthuis.core.work import Cause
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Clock, FakeBackbone, Playground
from buurtthuis_notifications.api.wishes import WishesBody
from buurtthuis_notifications.app import service
from buurtthuis_notifications.commands.messages import Unsubscribe
from buurtthuis_notifications.commands.residents import MoveOut, RegisterResident
from buurtthuis_notifications.commands.wishes import FollowTheme, SayWishes, UnfollowTheme
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.known import Follower
from buurtthuis_notifications.domain.residents import Agreed, Purpose, ReadingLevel, Resident
from buurtthuis_notifications.domain.rules import Topic
from buurtthuis_notifications.domain.wishes import AccountIsNeeded, Rhythm, Wish, Wishes
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.commands.houses import OpenHouse
from buurtthuis_surveys.app import service as surveys
from buurtthuis_surveys.commands.themes import ProposeTheme
from buurtthuis_surveys.domain.themes import Proposer
from pydantic import ValidationError

from tests.people import HOUSE, made
from tests.shared.test_policies import RESIDENT

US = "notifications"
WISH = Wish({Topic.SURVEYS: (DeliveryChannel.SMS,)}, {}, time(9), 4, time(22), time(7), 3)
DOOR = SealedAddress(AddressKind.DOOR, b"sealed door", (b"digest of a door",))
YES = (Agreed(Purpose.MESSAGES, "Ik wil bericht krijgen."),)


def test_what_was_never_said_is_wanted() -> None:
    usual = Wishes.usual(uuid4())
    assert all(usual.wants(topic, channel) for topic in Topic for channel in DeliveryChannel)


def test_only_that_road_is_off_for_only_that_kind() -> None:
    wishes = Wishes.usual(uuid4())
    wishes.become(WISH)
    off = {
        (topic, channel) for topic in Topic for channel in DeliveryChannel if not wishes.wants(topic, channel)
    }
    assert off == {(Topic.SURVEYS, DeliveryChannel.SMS)}


@pytest.mark.parametrize(
    "wish",
    [
        replace(WISH, off={Topic.ACCOUNT: (DeliveryChannel.EMAIL,)}),
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
    await backbone.run(US, RegisterResident(house, "nl", ReadingLevel.EASY, (DOOR,), YES))
    [resident] = await backbone.kept(US, Resident)
    return resident.id


async def a_theme(backbone: FakeBackbone, house: UUID) -> UUID:
    card = ProposeTheme(house, "Ontmoeten", Proposer(Actor(ActorKind.STAFF, uuid4())), IntakeChannel.PAPER)
    theme = await backbone.run("surveys", card, cause=Cause(Actor(ActorKind.RESIDENT), uuid4()))
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
    await backbone.run(US, MoveOut(resident, house, utc_now()))
    with pytest.raises(NotFound):
        await backbone.run(US, FollowTheme(resident, theme))


@pytest.mark.starts("surveys", "sessions", "notifications")
async def test_staff_note_what_somebody_without_a_phone_wants_and_nothing_is_overwritten_unseen(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    theme = await made(staff, "/surveys/v1/themes", {"house_id": house, "title": "Ontmoeten"})
    await place.settled()
    resident = await made(staff, "/notifications/v1/residents", {"house_id": house, **RESIDENT})
    theirs, mine = f"/notifications/v1/residents/{resident}/wishes", "/notifications/v1/me/wishes"
    me = place.client(Role.RESIDENT, subject=UUID(resident))
    read = (await me.get(mine)).headers["ETag"]
    wish = {"digests": {"house": "weekly"}, "digest_day": 4, "quiet_from": "22:30"}
    said = await staff.put(theirs, json=wish, headers={"If-Match": read})
    assert said.status_code == 204, said.text
    assert (await staff.put(theirs, json=wish)).status_code == 428
    assert (await me.put(mine, json=wish, headers={"If-Match": read})).status_code == 412
    found = (await me.get(mine)).json()
    assert (found["digests"], found["quiet_from"], found["at_most"]) == ({"house": "weekly"}, "22:30:00", 6)
    following = f"/notifications/v1/me/themes/{theme}/following"
    assert (await me.post(following)).status_code == 204
    assert [one["id"] for one in (await me.get("/notifications/v1/me/themes")).json()["items"]] == [theme]
    assert (await me.delete(following)).status_code == 204
    assert (await me.get("/notifications/v1/me/themes")).json()["items"] == []


async def test_who_unsubscribes_with_a_link_is_known_by_it_when_they_come_to_choose(
    backbone: FakeBackbone,
) -> None:
    resident = await a_resident(backbone, await a_house(backbone))
    await backbone.run(US, Unsubscribe(resident, Topic.SURVEYS, DeliveryChannel.EMAIL))
    [wishes] = await backbone.kept(US, Wishes)
    assert (wishes.off, wishes.version) == ({Topic.SURVEYS: (DeliveryChannel.EMAIL,)}, 1)


async def test_who_is_forgotten_unsubscribes_from_nothing(backbone: FakeBackbone) -> None:
    await backbone.run(US, Unsubscribe(uuid4(), Topic.SURVEYS, DeliveryChannel.EMAIL))
    assert await backbone.kept(US, Wishes) == []
