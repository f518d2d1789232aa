"""What a service of your own is made of; docs/extending.md shows one.

A name is fetched when it is asked for, so that a domain which needs `Event` and `Refused` loads neither a web framework
nor a database. Whatever is not named here may move."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from buurtthuis.core.actor import Actor
    from buurtthuis.core.corporations import Corporation
    from buurtthuis.core.errors import NotFound, Refusal, Refused
    from buurtthuis.core.handlers import Handlers
    from buurtthuis.core.result import Result
    from buurtthuis.core.settings import Settings
    from buurtthuis.core.work import Cause, Receipt, Versions, Work, new_id
    from buurtthuis.events import Audience, Erasable, Event, Withheld
    from buurtthuis.http.models import Body, Line, Moment, Page
    from buurtthuis.http.policies import may_change, may_delete, may_post, may_read
    from buurtthuis.http.problems import MOVING, problems
    from buurtthuis.http.requests import Caller, Reader
    from buurtthuis.identity.principals import Role
    from buurtthuis.persistence.columns import corporation_table, map_aggregate, map_part, word
    from buurtthuis.persistence.looking import Now
    from buurtthuis.persistence.schema import belongs_to_one_corporation
    from buurtthuis.persistence.unit_of_work import SqlWork
    from buurtthuis.runtime.running_service import RunningService
    from buurtthuis.runtime.service import Service
    from buurtthuis.runtime.timers import Timer
    from buurtthuis.runtime.workers import Worker, Workplace

_HOME = {
    "core.actor": ("Actor",),
    "core.corporations": ("Corporation",),
    "core.errors": (
        "NotFound",
        "Refusal",
        "Refused",
    ),
    "core.handlers": ("Handlers",),
    "core.result": ("Result",),
    "core.settings": ("Settings",),
    "core.work": (
        "Cause",
        "Receipt",
        "Versions",
        "Work",
        "new_id",
    ),
    "events": (
        "Audience",
        "Erasable",
        "Event",
        "Withheld",
    ),
    "http.models": (
        "Body",
        "Line",
        "Moment",
        "Page",
    ),
    "http.policies": (
        "may_change",
        "may_delete",
        "may_post",
        "may_read",
    ),
    "http.problems": (
        "MOVING",
        "problems",
    ),
    "http.requests": (
        "Caller",
        "Reader",
    ),
    "identity.principals": ("Role",),
    "persistence.columns": (
        "corporation_table",
        "map_aggregate",
        "map_part",
        "word",
    ),
    "persistence.looking": ("Now",),
    "persistence.schema": ("belongs_to_one_corporation",),
    "persistence.unit_of_work": ("SqlWork",),
    "runtime.running_service": ("RunningService",),
    "runtime.service": ("Service",),
    "runtime.timers": ("Timer",),
    "runtime.workers": (
        "Worker",
        "Workplace",
    ),
}
_HOMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "MOVING",
    "Actor",
    "Audience",
    "Body",
    "Caller",
    "Cause",
    "Corporation",
    "Erasable",
    "Event",
    "Handlers",
    "Line",
    "Moment",
    "NotFound",
    "Now",
    "Page",
    "Reader",
    "Receipt",
    "Refusal",
    "Refused",
    "Result",
    "Role",
    "RunningService",
    "Service",
    "Settings",
    "SqlWork",
    "Timer",
    "Versions",
    "Withheld",
    "Work",
    "Worker",
    "Workplace",
    "belongs_to_one_corporation",
    "corporation_table",
    "map_aggregate",
    "map_part",
    "may_change",
    "may_delete",
    "may_post",
    "may_read",
    "new_id",
    "problems",
    "word",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"buurtthuis has no public name {name}")
    return getattr(import_module(f"buurtthuis.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
