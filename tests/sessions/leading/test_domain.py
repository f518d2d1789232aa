"""Who may lead, and speak for others."""

import pkgutil
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from importlib import import_module
from uuid import uuid4

import pytest
from buurtthuis.core.actor import SYSTEM, Actor, ActorKind
from buurtthuis_sessions import commands
from buurtthuis_sessions.domain.leading import NotAHost, check_leads, may_act_for_others

HOST = uuid4()
#: Caretakers where a route lets them in, which is at the door.
FOR_OTHERS = {ActorKind.STAFF, ActorKind.CARETAKER, ActorKind.SYSTEM}


@pytest.mark.parametrize("kind", ActorKind)
def test_only_staff_caretakers_timers_and_reactions_act_for_others(kind: ActorKind) -> None:
    assert may_act_for_others(Actor(kind, HOST)) is (kind in FOR_OTHERS)


@pytest.mark.parametrize("kind", sorted(set(ActorKind) - FOR_OTHERS - {ActorKind.RESIDENT}))
def test_whoever_acts_as_no_resident_leads_nothing_with_the_id_of_a_host(kind: ActorKind) -> None:
    with pytest.raises(NotAHost):
        check_leads(Actor(kind, HOST), [HOST])


def test_a_host_leads_what_they_are_a_host_of() -> None:
    check_leads(Actor.of_resident(HOST), [HOST])
    with pytest.raises(NotAHost):
        check_leads(Actor.of_resident(HOST), [uuid4()])


@pytest.mark.parametrize("by", [Actor(ActorKind.STAFF, uuid4()), SYSTEM])
def test_where_nobody_leads_staff_and_the_system_do(by: Actor) -> None:
    check_leads(by, [])


def test_a_resident_who_is_not_named_leads_nothing() -> None:
    with pytest.raises(NotAHost):
        check_leads(Actor(ActorKind.RESIDENT), [HOST])


def test_a_command_that_asks_who_cannot_be_given_without_saying() -> None:
    asking = [(kind, field) for kind, field in _fields_of_commands() if field.name == "by"]
    assert len(asking) >= 24
    assert [kind for kind, field in asking if field.type is not Actor or field.default is not MISSING] == []


def _fields_of_commands() -> Iterator[tuple[str, Field[object]]]:
    for room in pkgutil.iter_modules(commands.__path__, commands.__name__ + "."):
        for kind in vars(import_module(room.name)).values():
            if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == room.name:
                yield from ((kind.__name__, field) for field in fields(kind))
