"""What can be asked of a resident's own agenda."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work

from buurtthuis_sessions.domain.agendas import AgendaKey

on = Handlers()


@dataclass(frozen=True)
class RenewAgendaKey:
    resident_id: UUID
    key: str


@on.command
async def renew_agenda_key(command: RenewAgendaKey, work: Work) -> None:
    (await work.get_or_keep(AgendaKey.of(command.resident_id))).renew(command.key)


@dataclass(frozen=True)
class RevokeAgendaKey:
    resident_id: UUID


@on.command
async def revoke_agenda_key(command: RevokeAgendaKey, work: Work) -> None:
    (await work.get_or_keep(AgendaKey.of(command.resident_id))).revoke()
