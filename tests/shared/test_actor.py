"""Who acts, as a value."""

from dataclasses import MISSING, FrozenInstanceError, fields
from datetime import UTC, datetime
from typing import get_type_hints
from uuid import UUID

import pytest
from buurtthuis.core.actor import SYSTEM, Actor, ActorKind, resident_of
from buurtthuis.identity.principals import Principal, Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis_surveys.domain.themes import Proposer

JAN = UUID("0190a8b0-0000-7000-8000-000000000001")
NOON = datetime(2018, 11, 12, 12, tzinfo=UTC)


def of(*roles: Role) -> Principal:
    return Principal("woonpartners", JAN, frozenset(roles), NOON, NOON, frozenset())


@pytest.mark.parametrize(
    ("actor", "written"),
    [
        (Actor.of_resident(JAN), f"resident:{JAN}"),
        (Actor(ActorKind.RESIDENT), "resident"),
        (Actor(ActorKind.STAFF, JAN), "staff"),
        (Actor(ActorKind.CHAIN_PARTNER, JAN), "chain_partner"),
        (Actor(ActorKind.GUIDE, JAN), "guide"),
        (Actor(ActorKind.OPERATOR, JAN), "operator"),
        (Actor(ActorKind.VISITOR), "visitor"),
        (SYSTEM, "system"),
    ],
)
def test_envelopes_name_a_resident_by_pseudonym_and_everybody_else_by_kind_alone(
    actor: Actor, written: str
) -> None:
    assert actor.written() == written
    assert resident_of(written) == actor.resident


@pytest.mark.parametrize("written", ["somebody", "somebody:else", f"staff:{JAN}", "residents:x", ""])
def test_a_kind_that_is_not_known_here_is_no_resident(written: str) -> None:
    assert resident_of(written) is None


@pytest.mark.parametrize("kind", ActorKind)
def test_only_a_resident_acts_as_the_resident_of_that_id(kind: ActorKind) -> None:
    assert Actor(kind, JAN).resident == (JAN if kind is ActorKind.RESIDENT else None)


def test_there_is_a_kind_for_every_role_that_a_token_can_give() -> None:
    assert {Role(kind) for kind in ActorKind if kind is not ActorKind.VISITOR} == set(Role)


def test_somebody_who_is_several_acts_as_what_they_are_let_in_for() -> None:
    guide = of(Role.GUIDE, Role.RESIDENT)
    assert guide.acting_as({Role.STAFF, Role.RESIDENT}) == Actor.of_resident(JAN)
    assert guide.actor == Actor(ActorKind.GUIDE, JAN)


def test_of_several_that_are_let_in_the_highest_acts() -> None:
    assert of(Role.RESIDENT, Role.STAFF).acting_as({Role.RESIDENT, Role.STAFF}).is_staff


def test_what_is_no_role_here_gives_no_power_here() -> None:
    operator = of(Role.OPERATOR, Role.RESIDENT)
    assert operator.acting_as({Role.STAFF, Role.RESIDENT}).is_resident


def test_nobody_acts_as_what_they_are_not() -> None:
    with pytest.raises(ValueError, match="empty"):
        of(Role.RESIDENT).acting_as({Role.STAFF})


def test_who_acts_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SYSTEM.kind = ActorKind.STAFF  # type: ignore[misc]


def test_who_acts_is_somebody_but_for_the_system_and_visitors() -> None:
    assert Actor(ActorKind.STAFF, JAN).person == JAN
    for nobody in (SYSTEM, Actor(ActorKind.VISITOR)):
        with pytest.raises(ValueError, match="is nobody"):
            _ = nobody.person


def test_every_command_that_asks_who_is_told_who_as_a_value() -> None:
    """Nothing stands for staff or the clock: whoever forgets to say who is told so by the type checker."""
    asking = [
        (command, field)
        for service in installed_services().values()
        for command in service.handlers.commands
        for field in fields(command)
        if field.name == "by"
    ]
    assert len({command.__module__ for command, _ in asking}) > 5
    unsaid = [
        command.__qualname__
        for command, field in asking
        if get_type_hints(command)["by"] not in {Actor, Proposer}
        or not (field.default is field.default_factory is MISSING)
    ]
    assert unsaid == []
