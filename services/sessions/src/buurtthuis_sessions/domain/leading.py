"""Who may lead others' sessions and series, and speak for others there."""

from collections.abc import Collection
from uuid import UUID

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Refusal, Refused


class NotAHost(Refused):
    """This is for the hosts of the session, and for staff."""

    kind = Refusal.FORBIDDEN


def may_act_for_others(by: Actor) -> bool:
    """Staff, timers and reactions, and caretakers where a route lets them in; everybody else speaks for themselves."""
    return by.is_staff or by.is_system or by.kind is ActorKind.CARETAKER


def may_lead(by: Actor, hosts: Collection[UUID]) -> bool:
    """A resident where they are a host; nobody else who speaks for themselves, whatever their id."""
    return may_act_for_others(by) or by.resident in hosts


def check_leads(by: Actor, hosts: Collection[UUID]) -> None:
    """Raises NotAHost."""
    if not may_lead(by, hosts):
        raise NotAHost
