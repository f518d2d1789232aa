"""Somebody who says what another service says, whenever a test wants it said."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.notifications import ResidentErasureRequested
from buurtthuis.runtime.service import Service
from buurtthuis.testing import FakeBackbone

on = Handlers()


@dataclass(frozen=True)
class Say:
    event: Event


@on.command
async def say(command: Say, _work: Work) -> Event:
    return command.event


def speaking(name: str) -> Service:
    """In the place of this service."""
    return Service(name=name, summary="Says what it is told.", rooms=(on,), migrations=Path())


speaker = speaking("notifications")


async def hear(backbone: FakeBackbone, event: Event) -> None:
    """Let it be said, and everything happen that follows."""
    await backbone.run(event.producer(), Say(event))
    await backbone.settled()


async def ask_to_be_forgotten(backbone: FakeBackbone, resident: UUID) -> UUID:
    """The request's id."""
    request = uuid4()
    await hear(backbone, ResidentErasureRequested(request_id=request, resident_id=resident))
    return request
