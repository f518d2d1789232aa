"""What can be asked of themes."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Invalid
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Versions, Work
from buurtthuis.domain.neighbours import neighbour
from buurtthuis.events.surveys import (
    IntakeChannel,
    Origin,
    ThemeAdmitted,
    ThemeAnswered,
    ThemeCorrected,
    ThemeMerged,
    ThemeParked,
    ThemeProposed,
    ThemeRejected,
    ThemeSelected,
    ThemeSource,
    ThemeSupported,
    ThemeSupportTakenBack,
    ThemeWithdrawn,
)

from buurtthuis_surveys.commands.closing import ask_later
from buurtthuis_surveys.domain.themes import Proposer, Theme, staff_origin

on = Handlers()


@dataclass(frozen=True)
class ProposeTheme:
    """How it was captured and what it came out of, staff say; all others come with their own ideas."""

    house_id: UUID
    title: str
    by: Proposer
    captured_via: IntakeChannel = IntakeChannel.WEB
    source: ThemeSource = ThemeSource.NONE
    source_id: UUID | None = None


@on.command
async def propose_theme(command: ProposeTheme, work: Work) -> ThemeProposed:
    """Residents propose for their own house; what staff type in for somebody has nobody's id."""
    by = command.by.actor
    if by.is_staff:
        return work.add(_typed_in(command, by, work))
    if by.is_resident:
        await neighbour(command.house_id, by.person, work)
    return work.add(
        Theme.propose(
            command.house_id,
            command.title,
            Origin.RESIDENT if by.is_resident else Origin.CHAIN_PARTNER,
            now=work.now,
            proposed_by=by.person,
            organisation=command.by.organisation,
        )
    )


def _typed_in(command: ProposeTheme, staff: Actor, work: Work) -> tuple[Theme, ThemeProposed]:
    if (command.source is ThemeSource.NONE) != (command.source_id is None):
        raise Invalid("A source and its id go together.", field="source_id")
    return Theme.propose(
        command.house_id,
        command.title,
        staff_origin(command.captured_via, command.source),
        command.captured_via,
        now=work.now,
        entered_by=staff.person,
        source=command.source,
        source_id=command.source_id,
    )


@dataclass(frozen=True)
class CorrectTheme:
    theme_id: UUID
    title: str
    captured_via: IntakeChannel
    version: Versions | None = None


@on.command
async def correct_theme(command: CorrectTheme, work: Work) -> ThemeCorrected:
    theme = await work.get(Theme, command.theme_id, command.version)
    return await correct(theme, command.title, command.captured_via, work)


@dataclass(frozen=True)
class RewordTheme:
    theme_id: UUID
    title: str
    by: Proposer
    version: Versions | None = None


@on.command
async def reword_theme(command: RewordTheme, work: Work) -> ThemeCorrected:
    """What it said before is taken back out of what was told."""
    reworded = (await work.get(Theme, command.theme_id, command.version)).reword(command.title, command.by)
    await work.redact_about([reworded.theme_id], "title")
    return reworded


async def correct(theme: Theme, title: str, captured_via: IntakeChannel, work: Work) -> ThemeCorrected:
    """What it said by mistake, perhaps of somebody, is taken back out of what was told."""
    zone = ZoneInfo(work.corporation.time_zone)
    corrected = theme.correct(title, captured_via, work.now, zone)
    await work.redact_about([theme.id], "title")
    return corrected


@dataclass(frozen=True)
class AdmitTheme:
    theme_id: UUID
    version: Versions | None = None


@on.command
async def admit_theme(command: AdmitTheme, work: Work) -> ThemeAdmitted:
    return (await work.get(Theme, command.theme_id, command.version)).admit()


@dataclass(frozen=True)
class RejectTheme:
    theme_id: UUID
    reason: str
    version: Versions | None = None


@on.command
async def reject_theme(command: RejectTheme, work: Work) -> ThemeRejected:
    return (await work.get(Theme, command.theme_id, command.version)).reject(command.reason)


@dataclass(frozen=True)
class WithdrawTheme:
    theme_id: UUID
    by: Proposer
    version: Versions | None = None


@on.command
async def withdraw_theme(command: WithdrawTheme, work: Work) -> ThemeWithdrawn:
    return (await work.get(Theme, command.theme_id, command.version)).withdraw(command.by)


@dataclass(frozen=True)
class MergeTheme:
    theme_id: UUID
    into: UUID
    version: Versions | None = None


@on.command
async def merge_theme(command: MergeTheme, work: Work) -> ThemeMerged:
    # Always the older one locked first: two merges that cross would wait for each other for ever.
    for id in sorted((command.theme_id, command.into)):
        await work.find_one(Theme, id=id)
    theme = await work.get(Theme, command.theme_id, command.version)
    return theme.merge(into=await work.get(Theme, command.into))


@dataclass(frozen=True)
class SupportTheme:
    theme_id: UUID
    resident_id: UUID


@on.command
async def support_theme(command: SupportTheme, work: Work) -> ThemeSupported:
    theme = await work.get(Theme, command.theme_id)
    await neighbour(theme.house_id, command.resident_id, work)
    return theme.support(command.resident_id)


@dataclass(frozen=True)
class TakeBackSupport:
    theme_id: UUID
    resident_id: UUID


@on.command
async def take_back_support(command: TakeBackSupport, work: Work) -> ThemeSupportTakenBack:
    return (await work.get(Theme, command.theme_id)).take_back_support(command.resident_id)


@dataclass(frozen=True)
class SelectTheme:
    theme_id: UUID
    version: Versions | None = None


@on.command
async def select_theme(command: SelectTheme, work: Work) -> ThemeSelected:
    return (await work.get(Theme, command.theme_id, command.version)).select()


@dataclass(frozen=True)
class ParkTheme:
    theme_id: UUID
    version: Versions | None = None


@on.command
async def park_theme(command: ParkTheme, work: Work) -> ThemeParked:
    return (await work.get(Theme, command.theme_id, command.version)).park()


@dataclass(frozen=True)
class AnswerTheme:
    theme_id: UUID
    reply: str
    version: Versions | None = None


@on.command
async def answer_theme(command: AnswerTheme, work: Work) -> ThemeAnswered:
    theme = await work.get(Theme, command.theme_id, command.version)
    ask_later(theme, work)
    return theme.answer(command.reply)
