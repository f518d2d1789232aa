"""For which houses somebody has a role, as a value: said by a token, and held against what is of a house."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import ActorKind
from buurtthuis.core.errors import Forbidden, ForNoHouse
from buurtthuis.core.houses import ALL_HOUSES, NO_HOUSES, Houses
from buurtthuis.core.rights import GivenRight
from buurtthuis.identity.principals import Principal, Role
from buurtthuis.identity.rights import entitled

HERE, THERE = uuid4(), uuid4()
NOON = datetime(2018, 11, 12, 12, tzinfo=UTC)


def some(*ids: UUID) -> Houses:
    return Houses(frozenset(ids))


def of(*roles: Role, **limits: Houses) -> Principal:
    said = {Role(role): houses for role, houses in limits.items()}
    return Principal("woonpartners", uuid4(), frozenset(roles), NOON, NOON, frozenset(), limits=said)


# Houses


def test_all_houses_have_each_house_and_what_is_of_none() -> None:
    assert HERE in ALL_HOUSES
    assert None in ALL_HOUSES
    assert ALL_HOUSES.have(object())


def test_some_houses_have_those_and_nothing_that_is_of_none() -> None:
    assert HERE in some(HERE)
    assert THERE not in some(HERE)
    assert None not in some(HERE)
    assert HERE not in NO_HOUSES


@pytest.mark.parametrize(
    ("these", "those", "together"),
    [
        (some(HERE), some(THERE), some(HERE, THERE)),
        (some(HERE), ALL_HOUSES, ALL_HOUSES),
        (ALL_HOUSES, NO_HOUSES, ALL_HOUSES),
        (NO_HOUSES, some(HERE), some(HERE)),
    ],
)
def test_rights_add_up(these: Houses, those: Houses, together: Houses) -> None:
    assert these | those == those | these == together
    assert together >= these
    assert together >= those


@dataclass
class Thing:
    house_id: UUID | None


@dataclass
class Person:
    house_ids: Iterable[UUID]


@pytest.mark.parametrize(
    ("thing", "theirs"),
    [
        (Thing(HERE), True),
        (Thing(THERE), False),
        (Thing(None), False),
        (Person((THERE, HERE)), True),
        (Person((THERE,)), False),
        (object(), True),
    ],
)
def test_what_is_of_a_house_says_so_itself(thing: Any, theirs: bool) -> None:
    assert some(HERE).have(thing) is theirs


# As what somebody is let in


def test_without_a_limit_a_role_is_for_all_houses() -> None:
    assert of(Role.STAFF).let_in_as([Role.STAFF]).houses == ALL_HOUSES


def test_somebody_is_let_in_for_the_houses_of_the_highest_role_that_fits() -> None:
    both = of(Role.STAFF, Role.GUIDE, staff=some(HERE), guide=some(THERE))
    assert both.let_in_as([Role.STAFF, Role.GUIDE]).houses == some(HERE)
    assert both.let_in_as([Role.GUIDE, Role.RESIDENT]).houses == some(THERE)


def test_nobody_is_in_one_house_what_they_are_in_another() -> None:
    both = of(Role.STAFF, Role.GUIDE, Role.RESIDENT, staff=some(HERE), guide=some(HERE, THERE))
    assert both.let_in_as([Role.STAFF]).roles == {Role.STAFF, Role.GUIDE, Role.RESIDENT}
    assert both.let_in_as([Role.GUIDE]).roles == {Role.GUIDE, Role.RESIDENT}


def test_a_role_for_no_house_is_none_and_the_next_one_counts() -> None:
    ended = of(Role.CHAIN_PARTNER, Role.RESIDENT, chain_partner=NO_HOUSES)
    let_in = ended.let_in_as([Role.CHAIN_PARTNER, Role.RESIDENT])
    assert let_in.houses == ALL_HOUSES
    assert let_in.roles == {Role.RESIDENT}


def test_whose_role_is_for_no_house_is_told_that_and_not_that_they_have_none() -> None:
    with pytest.raises(ForNoHouse, match="You are chain partner, but for no house now"):
        of(Role.CHAIN_PARTNER, chain_partner=NO_HOUSES).let_in_as([Role.CHAIN_PARTNER])
    with pytest.raises(Forbidden):
        of(Role.CHAIN_PARTNER).let_in_as([Role.STAFF])


# What staff gave


def given(role: ActorKind, house: UUID | None, until: datetime | None = None) -> GivenRight:
    return GivenRight(uuid4(), uuid4(), role, house, until)


LATER = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("token", "rights", "houses"),
    [
        (of(Role.GUIDE), [given(ActorKind.GUIDE, HERE)], some(HERE)),
        (of(Role.GUIDE), [given(ActorKind.GUIDE, HERE), given(ActorKind.GUIDE, THERE)], some(HERE, THERE)),
        (of(Role.GUIDE), [given(ActorKind.GUIDE, HERE), given(ActorKind.GUIDE, None)], ALL_HOUSES),
        (of(Role.GUIDE, guide=some(THERE)), [given(ActorKind.GUIDE, HERE)], some(HERE, THERE)),
        (of(Role.RESIDENT), [given(ActorKind.GUIDE, HERE)], some(HERE)),
        (of(Role.GUIDE), [given(ActorKind.STAFF, HERE)], ALL_HOUSES),
        (of(Role.GUIDE), [given(ActorKind.GUIDE, HERE, LATER)], some(HERE)),
        (of(Role.GUIDE), [given(ActorKind.GUIDE, HERE, NOON)], NO_HOUSES),
        (of(Role.GUIDE), [], ALL_HOUSES),
    ],
)
def test_what_staff_gave_decides_besides_what_a_token_lists_and_leaves_no_more_when_it_ends(
    token: Principal, rights: list[GivenRight], houses: Houses
) -> None:
    entitled_now = entitled(token, rights, NOON)
    assert Role.GUIDE in entitled_now.roles
    assert entitled_now.houses_of(Role.GUIDE) == houses
    assert entitled_now.rights == tuple(right for right in rights if right.until != NOON)
