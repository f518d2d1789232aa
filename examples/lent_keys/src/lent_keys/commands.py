"""What can be done, each command with its handler. What a handler returns has happened: it is kept and told, or neither."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from buurtthuis import Handlers, Versions, Work

from lent_keys.domain import Key
from lent_keys.events import KeyBroughtBack, KeyLent, KeyMissing

on = Handlers()


@dataclass(frozen=True)
class LendKey:
    room: str
    due_at: datetime


@on.command
async def lend_key(command: LendKey, work: Work) -> KeyLent:
    return work.add(Key.lend(command.room, command.due_at))


@dataclass(frozen=True)
class MissKey:
    key_id: UUID


@on.command
async def miss_key(command: MissKey, work: Work) -> KeyMissing | None:
    key = await work.get(Key, command.key_id)
    return key.miss(await work.time())


@dataclass(frozen=True)
class BringKeyBack:
    key_id: UUID
    version: Versions | None = None


@on.command
async def bring_key_back(command: BringKeyBack, work: Work) -> KeyBroughtBack:
    key = await work.get(Key, command.key_id, command.version)
    return key.bring_back()
