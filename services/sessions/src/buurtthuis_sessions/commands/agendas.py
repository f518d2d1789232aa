"""What can be asked of a resident's own agenda."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work

from buurtthuis_sessions.domain.agendas import AgendaKey

on = Handlers()


@dataclass(frozen=True)
class RenewAgendaKey:
    resident_id: UUID
    key: str


@on.command
async def renew_agenda_key(command: RenewAgendaKey, work: Work) -> Result:
    key = await work.get_or_keep(AgendaKey.of(command.resident_id))
    key.renew(command.key)
    return Result(key)


@dataclass(frozen=True)
class RevokeAgendaKey:
    resident_id: UUID


@on.command
async def revoke_agenda_key(command: RevokeAgendaKey, work: Work) -> Result:
    key = await work.get_or_keep(AgendaKey.of(command.resident_id))
    key.revoke()
    return Result(key)
