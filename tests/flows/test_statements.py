"""What one idea costs the databases of all services: counted, not timed."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.eventlog import comparing, relay, stream_care
from buurtthuis.identity.principals import Role
from buurtthuis.persistence import replicas
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground, eventually, playground
from sqlalchemy import Connection, event

from tests.people import a_theme

NEVER = timedelta(hours=1)


class Costs(Counter[tuple[str, str]]):
    """How often each service executed each statement, and ended a transaction."""

    ENDED = ("COMMIT", "ROLLBACK")

    @property
    def transactions(self) -> int:
        """Each begins and ends with a statement of its own."""
        return sum(times for (_, what), times in self.items() if what in self.ENDED)

    @property
    def statements(self) -> int:
        """With those that begin and end transactions."""
        return self.total() + self.transactions

    def __str__(self) -> str:
        listed = (f"{service:14}{times:3} × {what}" for (service, what), times in sorted(self.items()))
        return "\n".join((f"{self.statements} statements in {self.transactions} transactions", *listed))


@contextmanager
def counting(services: list[RunningService]) -> Iterator[Costs]:
    """What these services ask of their databases meanwhile."""
    costs = Costs()
    heard: list[tuple[object, str, Callable[..., None]]] = []

    def listen(target: object, name: str, hear: Callable[..., None]) -> None:
        event.listen(target, name, hear)
        heard.append((target, name, hear))

    for service in services:

        def execute(*said: object, name: str = service.name) -> None:
            costs[name, " ".join(str(said[2]).split())[:110]] += 1

        def end(how: str, connection: Connection, name: str = service.name) -> None:
            if (
                connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT"
            ):  # else nothing is sent
                costs[name, how] += 1

        engine = service.database.engine.sync_engine
        listen(engine, "before_cursor_execute", execute)
        listen(engine, "commit", partial(end, "COMMIT"))
        listen(engine, "rollback", partial(end, "ROLLBACK"))
    try:
        yield costs
    finally:
        for target, name, hear in heard:
            event.remove(target, name, hear)


async def quiet(place: Playground, costs: Costs) -> None:
    """Everything is heard, nobody looks for more, and whoever begins to listen has: then rights are read anew, once."""

    async def nothing_new() -> bool:
        before = costs.total()
        await place.settled()
        running = place.process.running
        looking = any(service.lookout._hurry.is_set() for service in running)
        listening = all(service.revocations._listening for service in running)
        return listening and not looking and costs.total() == before

    for _ in range(3):  # a worker takes its breath first
        await eventually(nothing_new, "all is quiet")


@pytest.fixture
async def undisturbed(
    settings: Settings, needed: dict[str, Service], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Playground]:
    """Nobody looks for work by the clock: what is counted was asked for."""
    monkeypatch.setattr(relay, "POLL_SECONDS", NEVER.total_seconds())
    monkeypatch.setattr(stream_care, "INSPECT_SECONDS", NEVER.total_seconds())
    monkeypatch.setattr(replicas, "BEAT_SECONDS", NEVER.total_seconds())
    monkeypatch.setattr(comparing, "TURN_SECONDS", NEVER.total_seconds())
    services = [
        replace(
            service,
            timers=[replace(timer, every=NEVER) for timer in service.timers],
            workers=[replace(worker, every=NEVER) for worker in service.workers],
        )
        for service in needed.values()
    ]
    async with playground(services, settings) as running:
        yield running


async def test_a_theme_that_staff_type_in_costs_few_statements_in_all_services_together(
    undisturbed: Playground,
) -> None:
    staff, house = undisturbed.client(Role.STAFF), str(uuid4())
    with counting(undisturbed.process.running) as costs:
        await a_theme(staff, house_id=house)
        await quiet(undisturbed, costs)
        costs.clear()
        await a_theme(staff, house_id=house)
        await quiet(undisturbed, costs)
    assert costs.statements <= 21, f"{costs}"
