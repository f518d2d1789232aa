"""What can be asked of themes."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.events.surveys import (
    Channel,
    Origin,
    ThemeAdmitted,
    ThemeAnswered,
    ThemeParked,
    ThemeProposed,
    ThemeRejected,
    ThemeSelected,
    ThemeWithdrawn,
)
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_surveys.domain.themes import Theme

on = Handlers()


@dataclass(frozen=True)
class ProposeTheme:
    house_id: UUID
    title: str
    origin: Origin
    captured_via: Channel = Channel.WEB
    proposed_by: UUID | None = None
    entered_by: UUID | None = None


@on.command
async def propose_theme(command: ProposeTheme, work: Work) -> ThemeProposed:
    return work.add(
        Theme.propose(
            command.house_id,
            command.title,
            command.origin,
            command.captured_via,
            proposed_by=command.proposed_by,
            entered_by=command.entered_by,
        )
    )


@dataclass(frozen=True)
class AdmitTheme:
    theme_id: UUID
    version: int | None = None


@on.command
async def admit_theme(command: AdmitTheme, work: Work) -> ThemeAdmitted:
    return (await work.get(Theme, command.theme_id, command.version)).admit()


@dataclass(frozen=True)
class RejectTheme:
    theme_id: UUID
    reason: str
    version: int | None = None


@on.command
async def reject_theme(command: RejectTheme, work: Work) -> ThemeRejected:
    return (await work.get(Theme, command.theme_id, command.version)).reject(command.reason)


@dataclass(frozen=True)
class WithdrawTheme:
    theme_id: UUID
    by: UUID
    version: int | None = None


@on.command
async def withdraw_theme(command: WithdrawTheme, work: Work) -> ThemeWithdrawn:
    return (await work.get(Theme, command.theme_id, command.version)).withdraw(command.by)


@dataclass(frozen=True)
class SelectTheme:
    theme_id: UUID
    version: int | None = None


@on.command
async def select_theme(command: SelectTheme, work: Work) -> ThemeSelected:
    return (await work.get(Theme, command.theme_id, command.version)).select()


@dataclass(frozen=True)
class ParkTheme:
    theme_id: UUID
    version: int | None = None


@on.command
async def park_theme(command: ParkTheme, work: Work) -> ThemeParked:
    return (await work.get(Theme, command.theme_id, command.version)).park()


@dataclass(frozen=True)
class AnswerTheme:
    theme_id: UUID
    reply: str
    version: int | None = None


@on.command
async def answer_theme(command: AnswerTheme, work: Work) -> ThemeAnswered:
    return (await work.get(Theme, command.theme_id, command.version)).answer(command.reply)
