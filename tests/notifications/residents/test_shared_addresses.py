"""Two people with one telephone are two residents, and one person with one telephone is one."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.events.sessions import Joining
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_notifications.app import service
from buurtthuis_notifications.commands.codes import AskForCode, UseCode
from buurtthuis_notifications.commands.joining import MakeJoiningCodes
from buurtthuis_notifications.commands.messages import NoteAddresses, NoteCodeArrived
from buurtthuis_notifications.commands.residents import ReachedBySeveral, RegisterResident
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.codes import NotThisCode
from buurtthuis_notifications.domain.corrections import LooksRegistered
from buurtthuis_notifications.domain.joining import NeedsCodeOnPaper, NotThisJoiningCode, trace
from buurtthuis_notifications.domain.residents import ReadingLevel, Resident, WhoAreYou
from buurtthuis_notifications.domain.sign_ins import SignIn
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.commands.houses import LetPeopleJoin, OpenHouse

from tests.notifications.residents.test_commands import DOOR, EMAIL, US, YES, asking

CODE = "7K3M9QXZ22TBH0WV"
PHONE = SealedAddress(AddressKind.TELEPHONE, b"sealed number", (b"digest of a telephone",))
NEXT_DOOR = SealedAddress(AddressKind.NEIGHBOUR, b"sealed number", (b"digest of a neighbour",))


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service, sessions, clock=Clock())


async def a_house(backbone: FakeBackbone, people: int | None = None) -> UUID:
    """With a code on paper for so many people, where it takes one."""
    house = (await backbone.run("sessions", OpenHouse("BuurtThuis Wingerd", "Waddinxveen", 96))).id
    if people:
        await backbone.run("sessions", LetPeopleJoin(house, Joining.CODE))
    await backbone.settled()
    if people:
        await backbone.run(US, MakeJoiningCodes(uuid4(), house, (CODE,), people))
    return house


def with_code(house: UUID, *, another: bool = False) -> AskForCode:
    asked = asking(house)
    wish = replace(asked.wish, joining_code=trace(CODE, house), another=another)
    return replace(asked, wish=wish)


async def let_in(backbone: FakeBackbone, asked: AskForCode, who: UUID | None = None) -> UUID | None:
    """Who is signed in with that code."""
    sign_in = uuid4()
    await backbone.run(US, asked)
    with suppress(NotThisCode):
        await backbone.run(US, UseCode(asked.id, (b"link",), sign_in, b"refresh", who=who))
    found = {one.id: one.resident_id for one in await backbone.kept(US, SignIn)}
    return found.get(sign_in)


async def registered(backbone: FakeBackbone, house: UUID, called: bytes) -> None:
    """A couple, and one telephone."""
    command = RegisterResident(
        house, "nl", ReadingLevel.EASY, (DOOR, EMAIL), YES, shared=True, called=called, another=True
    )
    await backbone.run(US, command)


async def asked_who(backbone: FakeBackbone, asked: AskForCode) -> dict[bytes | None, UUID]:
    await backbone.run(US, asked)
    with pytest.raises(WhoAreYou) as refused:
        await backbone.run(US, UseCode(asked.id, (b"link",), uuid4(), b"refresh"))
    return {one["called"]: one["who"] for one in refused.value.more["people"]}


async def test_a_second_person_with_a_code_on_paper_is_another_resident(backbone: FakeBackbone) -> None:
    house = await a_house(backbone, people=2)
    first = await let_in(backbone, with_code(house))
    second = await let_in(backbone, with_code(house, another=True))
    assert first
    assert second not in (None, first)
    [kept] = [one for one in await backbone.kept(US, Resident) if one.id == second]
    assert kept.houses == (house,)
    assert [one.digest for one in kept.addresses] == [EMAIL.digests[0]]


async def test_nothing_happens_to_who_has_the_address_already(backbone: FakeBackbone) -> None:
    house = await a_house(backbone, people=2)
    first = await let_in(backbone, with_code(house))
    before = next(one for one in await backbone.kept(US, Resident) if one.id == first)
    kept = (before.language, before.houses, len(before.consents), len(before.addresses))
    await let_in(backbone, with_code(house, another=True))
    after = next(one for one in await backbone.kept(US, Resident) if one.id == first)
    assert (after.language, after.houses, len(after.consents), len(after.addresses)) == kept


async def test_a_code_on_paper_makes_no_more_people_of_one_telephone_than_it_is_for(
    backbone: FakeBackbone,
) -> None:
    house = await a_house(backbone, people=2)
    await let_in(backbone, with_code(house))
    await let_in(backbone, with_code(house, another=True))
    with pytest.raises(NotThisJoiningCode):
        await let_in(backbone, with_code(house, another=True))
    assert len(await backbone.kept(US, Resident)) == 2


async def test_one_telephone_is_one_person_where_anybody_may_join(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    first = await let_in(backbone, asking(house))
    wish = replace(asking(house).wish, another=True)
    with pytest.raises(NeedsCodeOnPaper) as refused:
        await backbone.run(US, asking(house, wish=wish))
    assert place_of(refused.value) == "/another"
    assert await let_in(backbone, asking(house)) == first
    assert len(await backbone.kept(US, Resident)) == 1


async def test_a_house_that_stops_asking_for_paper_meanwhile_makes_no_second_person(
    backbone: FakeBackbone,
) -> None:
    house = await a_house(backbone, people=2)
    await let_in(backbone, with_code(house))
    asked = with_code(house, another=True)
    await backbone.run(US, asked)
    await backbone.run("sessions", LetPeopleJoin(house, Joining.OPEN))
    await backbone.settled()
    with pytest.raises(NeedsCodeOnPaper):
        await backbone.run(US, UseCode(asked.id, (b"link",), uuid4(), b"refresh"))


async def test_whoever_has_the_code_says_which_of_two_they_are(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    for called in (b"Fatma", b"Yusuf"):
        await registered(backbone, house, called)
    asked = asking(None)
    people = await asked_who(backbone, asked)
    residents = {one.called: one.id for one in await backbone.kept(US, Resident)}
    assert people.keys() == residents.keys() == {b"Fatma", b"Yusuf"}
    for one, who in people.items():
        assert await let_in(backbone, asking(None), who) == residents[one]


async def test_no_pseudonym_is_shown_to_who_shares_an_address(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    for called in (b"Fatma", b"Yusuf"):
        await registered(backbone, house, called)
    people = await asked_who(backbone, asking(None))
    assert not {*people.values()} & {one.id for one in await backbone.kept(US, Resident)}


async def test_a_code_stays_good_while_its_reader_says_who_they_are(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    for called in (b"Fatma", b"Yusuf"):
        await registered(backbone, house, called)
    asked, sign_in = asking(None), uuid4()
    people = await asked_who(backbone, asked)
    await backbone.run(US, UseCode(asked.id, (b"digits",), sign_in, b"refresh", who=people[b"Fatma"]))
    assert sign_in in {one.id for one in await backbone.kept(US, SignIn)}


async def test_nobody_is_somebody_who_is_not_at_the_address(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    for called in (b"Fatma", b"Yusuf"):
        await registered(backbone, house, called)
    with pytest.raises(WhoAreYou):
        await let_in(backbone, asking(None), uuid4())


async def test_what_arrives_at_one_telephone_arrives_at_both(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    for called in (b"Fatma", b"Yusuf"):
        await registered(backbone, house, called)
    for one in await backbone.kept(US, Resident):
        address = one.address_like(EMAIL)
        assert address
        await backbone.run(US, NoteAddresses(one.id, {address.id: "5.1.1"}))
    await backbone.run(US, NoteCodeArrived(EMAIL))
    found = [one.address_like(EMAIL) for one in await backbone.kept(US, Resident)]
    assert [one.failed_at for one in found if one] == [None, None]


async def by_staff(backbone: FakeBackbone, house: UUID, *addresses: SealedAddress, **more: Any) -> UUID:
    """Whom staff get who register somebody from a card."""
    command = RegisterResident(house, "nl", ReadingLevel.EASY, addresses, YES, **more)
    return (await backbone.run(US, command)).id


@pytest.mark.parametrize("address", [EMAIL, PHONE])
async def test_who_is_known_by_an_address_is_registered_again_as_themselves(
    backbone: FakeBackbone, address: SealedAddress
) -> None:
    first, other = await a_house(backbone), await a_house(backbone)
    resident = await by_staff(backbone, first, address)
    for house in (first, other, other):
        assert await by_staff(backbone, house, address, DOOR, known=True) == resident
    [kept] = await backbone.kept(US, Resident)
    assert (set(kept.houses), len(kept.addresses), len(kept.consents)) == ({first, other}, 1, 1)


async def test_who_is_known_by_nothing_of_their_own_is_new(backbone: FakeBackbone) -> None:
    """Doors and a neighbour's telephone are anybody's."""
    house = await a_house(backbone)
    first = await by_staff(backbone, house, DOOR, NEXT_DOOR)
    assert await by_staff(backbone, house, DOOR, NEXT_DOOR, known=True, another=True) != first
    with pytest.raises(LooksRegistered):
        await by_staff(backbone, house, DOOR, known=True)


async def test_of_several_who_are_reached_at_an_address_none_is_chosen(backbone: FakeBackbone) -> None:
    house = await a_house(backbone)
    await registered(backbone, house, b"Jan")
    await registered(backbone, house, b"Anna")
    with pytest.raises(ReachedBySeveral) as refused:
        await by_staff(backbone, house, EMAIL, known=True)
    assert place_of(refused.value) == "/known"
