"""How people come to be in a house, in memory."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.errors import NotFound, Refused
from buurtthuis.domain.allowances import TooOften
from buurtthuis.events.sessions import Joining
from buurtthuis.http.problem_json import place_of
from buurtthuis.testing import Clock, FakeBackbone
from buurtthuis_notifications.app import service
from buurtthuis_notifications.commands.codes import Askers, AskForCode, UseCode
from buurtthuis_notifications.commands.joining import MakeJoiningCodes, WithdrawBatch, WithdrawJoiningCode
from buurtthuis_notifications.commands.residents import AddToHouse, JoinHouse
from buurtthuis_notifications.domain.addresses import AddressKind, SealedAddress
from buurtthuis_notifications.domain.allowances import FOR_NEWCOMERS
from buurtthuis_notifications.domain.codes import CodeRequest
from buurtthuis_notifications.domain.joining import JoiningCode, NotThisJoiningCode, OnlyStaffAdd, trace
from buurtthuis_notifications.domain.residents import ReadingLevel, Resident
from buurtthuis_sessions.app import service as sessions
from buurtthuis_sessions.commands.houses import (
    BeginHouse,
    ChangeHouse,
    LetPeopleJoin,
    OpenHouse,
    PrepareHouse,
    ProposeHouse,
)
from buurtthuis_sessions.domain.houses import About

US = "notifications"
CODE = "7K3M-9QXZ-22TB-H0WV"
ABOUT = About("BuurtThuis Wingerd", "Waddinxveen", 96)


@pytest.fixture
def backbone() -> FakeBackbone:
    return FakeBackbone(service, sessions, clock=Clock())


async def a_house(backbone: FakeBackbone, joining: Joining = Joining.CODE) -> UUID:
    command = OpenHouse(ABOUT.title, ABOUT.town, ABOUT.dwellings, joining=joining)
    house = await backbone.run("sessions", command)
    await backbone.settled()
    return house.id


async def with_a_code(backbone: FakeBackbone, people: int = 1) -> UUID:
    """A house that takes codes, with one."""
    house = await a_house(backbone)
    await backbone.run(US, MakeJoiningCodes(uuid4(), house, (CODE,), people))
    return house


def asking(house: UUID, code: str | None = CODE, **more: Any) -> AskForCode:
    """By somebody new each time."""
    address = SealedAddress(AddressKind.EMAIL, b"sealed", (uuid4().bytes + b"digest",))
    wish = CodeRequest(house, "nl", ReadingLevel.EASY, joining_code=trace(code, house) if code else None)
    askers = Askers(uuid4(), None, None, UUID(int=1))
    return replace(AskForCode(uuid4(), address, askers, b"link", b"digits", b"letter", wish), **more)


async def comes(backbone: FakeBackbone, asked: AskForCode) -> None:
    await backbone.run(US, asked)
    await backbone.run(US, UseCode(asked.id, (b"link",), uuid4(), b"refresh"))


async def people(backbone: FakeBackbone) -> int:
    return len(await backbone.kept(US, Resident))


async def test_whoever_has_an_address_joins_a_house_that_is_open(backbone: FakeBackbone) -> None:
    await comes(backbone, asking(await a_house(backbone, Joining.OPEN), code=None))
    assert await people(backbone) == 1


async def test_a_code_on_paper_lets_one_in_and_no_other(backbone: FakeBackbone) -> None:
    house = await with_a_code(backbone)
    await comes(backbone, asking(house))
    with pytest.raises(NotThisJoiningCode):
        await comes(backbone, asking(house))
    assert await people(backbone) == 1


async def test_a_household_of_several_uses_one_code_as_often_as_it_was_made_for(
    backbone: FakeBackbone,
) -> None:
    house = await with_a_code(backbone, people=2)
    for _ in range(2):
        await comes(backbone, asking(house))
    with pytest.raises(NotThisJoiningCode):
        await comes(backbone, asking(house))


async def test_who_only_asks_uses_nobodys_code_up(backbone: FakeBackbone) -> None:
    house = await with_a_code(backbone)
    for _ in range(3):
        await backbone.run(US, asking(house))
    await comes(backbone, asking(house))
    assert await people(backbone) == 1


async def test_of_two_who_ask_with_one_code_the_first_who_comes_is_in(backbone: FakeBackbone) -> None:
    house = await with_a_code(backbone)
    first, second = asking(house), asking(house)
    for asked in (first, second):
        await backbone.run(US, asked)
    await backbone.run(US, UseCode(second.id, (b"link",), uuid4(), b"refresh"))
    with pytest.raises(NotThisJoiningCode):
        await backbone.run(US, UseCode(first.id, (b"link",), uuid4(), b"refresh"))


@pytest.mark.parametrize("code", [None, "0000-0000-0000-0000"])
async def test_without_a_code_of_the_house_nobody_is_sent_anything(
    backbone: FakeBackbone, code: str | None
) -> None:
    with pytest.raises(NotThisJoiningCode) as refused:
        await backbone.run(US, asking(await with_a_code(backbone), code))
    assert place_of(refused.value) == "/joining_code"


async def test_a_code_of_another_house_is_none(backbone: FakeBackbone) -> None:
    await with_a_code(backbone)
    with pytest.raises(NotThisJoiningCode):
        await backbone.run(US, asking(await a_house(backbone)))


async def test_nobody_joins_where_only_staff_add_people(backbone: FakeBackbone) -> None:
    house = await a_house(backbone, Joining.STAFF)
    with pytest.raises(OnlyStaffAdd):
        await backbone.run(US, asking(house))


async def test_how_people_join_can_change_and_counts_for_who_asked_before(backbone: FakeBackbone) -> None:
    house = await a_house(backbone, Joining.OPEN)
    asked = asking(house, code=None)
    await backbone.run(US, asked)
    await backbone.run("sessions", LetPeopleJoin(house, Joining.STAFF))
    await backbone.settled()
    with pytest.raises(OnlyStaffAdd):
        await backbone.run(US, UseCode(asked.id, (b"link",), uuid4(), b"refresh"))


async def test_a_house_that_is_called_otherwise_is_not_open_all_at_once(backbone: FakeBackbone) -> None:
    house = await a_house(backbone, Joining.STAFF)
    await backbone.run("sessions", ChangeHouse(house, replace(ABOUT, title="Praatmaatje")))
    await backbone.settled()
    with pytest.raises(OnlyStaffAdd):
        await backbone.run(US, asking(house))


async def test_nobody_joins_a_house_that_is_only_prepared(backbone: FakeBackbone) -> None:
    house = (await backbone.run("sessions", ProposeHouse(ABOUT.title, ABOUT.town, ABOUT.dwellings))).id
    await backbone.run("sessions", PrepareHouse(house))
    await backbone.run("sessions", LetPeopleJoin(house, Joining.CODE))
    await backbone.settled()
    with pytest.raises(NotFound):
        await backbone.run(US, asking(house))
    await backbone.run("sessions", BeginHouse(house))
    await backbone.settled()
    with pytest.raises(NotThisJoiningCode):
        await backbone.run(US, asking(house))


async def resident(backbone: FakeBackbone) -> UUID:
    await comes(backbone, asking(await a_house(backbone, Joining.OPEN), code=None))
    return (await backbone.kept(US, Resident))[0].id


async def test_who_is_signed_in_needs_a_code_for_another_house_too_and_uses_it_once(
    backbone: FakeBackbone,
) -> None:
    me, house = await resident(backbone), await with_a_code(backbone)
    with pytest.raises(NotThisJoiningCode):
        await backbone.run(US, JoinHouse(me, house))
    for _ in range(2):
        await backbone.run(US, JoinHouse(me, house, trace(CODE, house)))
    assert [one.used for one in await backbone.kept(US, JoiningCode)] == [1]
    assert house in (await backbone.kept(US, Resident))[0].houses


@pytest.mark.parametrize("joining", Joining)
async def test_staff_add_somebody_however_people_join(backbone: FakeBackbone, joining: Joining) -> None:
    me, house = await resident(backbone), await a_house(backbone, joining)
    await backbone.run(US, AddToHouse(me, house))
    assert house in (await backbone.kept(US, Resident))[0].houses


@pytest.mark.parametrize("one", [True, False])
async def test_a_code_that_was_withdrawn_lets_nobody_in(backbone: FakeBackbone, *, one: bool) -> None:
    house, batch = await a_house(backbone), uuid4()
    await backbone.run(US, MakeJoiningCodes(batch, house, (CODE,), 1))
    await backbone.run(US, WithdrawJoiningCode(house, trace(CODE, house)) if one else WithdrawBatch(batch))
    with pytest.raises(NotThisJoiningCode):
        await backbone.run(US, asking(house))


@pytest.mark.parametrize(
    ("command", "refusal"),
    [(WithdrawJoiningCode(uuid4(), uuid4()), NotFound), (WithdrawBatch(uuid4()), NotFound)],
)
async def test_what_is_not_there_cannot_be_withdrawn(
    backbone: FakeBackbone, command: object, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        await backbone.run(US, command)


async def test_codes_are_made_for_a_house_that_is_there(backbone: FakeBackbone) -> None:
    with pytest.raises(NotFound):
        await backbone.run(US, MakeJoiningCodes(uuid4(), uuid4(), (CODE,), 1))


async def test_whoever_has_a_code_on_paper_does_not_wait_for_strangers_who_are_new(
    backbone: FakeBackbone,
) -> None:
    house, other = await with_a_code(backbone), await a_house(backbone, Joining.OPEN)
    for _ in range(FOR_NEWCOMERS.most):
        await backbone.run(US, asking(other, code=None))
    with pytest.raises(TooOften):
        await backbone.run(US, asking(other, code=None))
    await comes(backbone, asking(house))
