"""What can be asked about cases: what brings them about, who handles them, and what is decided."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import SYSTEM, Actor
from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events import Event
from buurtthuis.events.moderation import (
    Action,
    CaseGivenBack,
    CaseTaken,
    Category,
    EscalationReason,
    RecusalReason,
    TextKept,
)

from buurtthuis_moderation.commands.escalation import (
    Matter,
    escalate_all_that_waits_without,
    escalate_where_nobody_is_left,
)
from buurtthuis_moderation.commands.mutes import check_acts
from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.cases import (
    WORDS,
    Case,
    ConflictOfInterest,
    OwnContent,
    Report,
    ReportState,
    TooManyReports,
    Why,
    hides_at_once,
)
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_moderation.domain.decisions import AFTERWARDS, TAKES_AWAY, Decision, Verdict
from buurtthuis_moderation.domain.mutes import Mute
from buurtthuis_moderation.domain.pages import Page

on = Handlers()

#: So many reports of one person on one page can wait at a time.
MOST_REPORTS = 20


# How a case comes about


async def raise_case(content: Content, why: Why, work: Work) -> list[Event]:
    """Somebody has to look at it. The page is held already."""
    page = await work.share(Page, content.house_id)
    case = await work.get_or_keep(Case.about(content, work.now))
    opened = case.raise_for(why, work.now)
    return [*opened, *await escalate_where_nobody_is_left(Matter(page, content, case), work)]


async def close_case(content: Content, work: Work) -> list[Event]:
    """There is nothing left to decide about it; but whoever threatened somebody does not close that case so."""
    cases = await work.find(Case, content_id=content.id)
    return [event for case in cases if not case.about_safety for event in case.close()]


@dataclass(frozen=True)
class ReportContent:
    content_id: UUID
    by: Actor
    category: Category
    words: str | None = None
    urgent: bool = False


@on.command
async def report_content(command: ReportContent, work: Work) -> Result:
    """Where a neighbour may not be safe, nobody else reads it until it is decided; unless that was decided before.

    Who is none, or said so too often, hides nothing by that, and is told nothing else: people look as soon all the same."""
    page = await work.share(Page, await _house_of(command.content_id, work))
    content = await work.get(Content, command.content_id)
    if not content.is_read:
        raise NotFound(what="content", id=command.content_id)
    if content.is_by(command.by):
        raise OwnContent
    await _check_not_too_many(page, command.by, work)
    case = await work.get_or_keep(Case.about(content, work.now))
    urgent = command.urgent and command.category is Category.UNSAFE
    hides = urgent and not case.cleared and await _hides_at_once(page, command.by, work)
    reported = case.report(command.by, command.category, command.words, work.now, urgent=urgent, hid=hides)
    alarmed = case.become_urgent() if urgent else []
    opened = case.raise_for(Why.REPORTED, work.now)
    hidden = await _hide_at_once(content, work) if hides else []
    escalated = await escalate_where_nobody_is_left(Matter(page, content, case), work)
    return Result(content, [reported, *opened, *alarmed, *hidden, *escalated])


async def _hides_at_once(page: Page, by: Actor, work: Work) -> bool:
    """Whoever looks after the page may anyway. A neighbour is locked, so that what they report at once is counted one
    after the other."""
    if page.is_looked_after_by(by):
        return True
    neighbours = await work.find(Neighbour, house_id=page.id, resident_id=by.person)
    theirs = await work.count(
        Report, "at", "state", "hid", house_id=page.id, reporter_id=by.person, urgent=True
    )
    return bool(neighbours) and hides_at_once(theirs.elements(), work.now)


async def _hide_at_once(content: Content, work: Work) -> list[Event]:
    await work.redact_about([content.id])
    return await note(content.house_id, [content.hide(Category.UNSAFE, provisional=True)], SYSTEM, work)


async def _check_not_too_many(page: Page, by: Actor, work: Work) -> None:
    waiting = await work.count(Report, "state", house_id=page.id, reporter_id=by.person)
    if waiting[(ReportState.OPEN,)] >= MOST_REPORTS:
        raise TooManyReports


# Who handles it


@dataclass(frozen=True)
class TakeCase:
    case_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def take_case(command: TakeCase, work: Work) -> Result:
    """From whoever had it, too."""
    matter = await matter_for(command.by, command.case_id, command.version, work)
    await check_fit(matter, command.by, work)
    taken: CaseTaken = matter.case.take(command.by)
    return Result(matter.case, await note(matter.page.id, [taken], command.by, work))


@dataclass(frozen=True)
class GiveCaseBack:
    case_id: UUID
    by: Actor


@on.command
async def give_case_back(command: GiveCaseBack, work: Work) -> Result:
    matter = await matter_for(command.by, command.case_id, None, work)
    given: CaseGivenBack = matter.case.give_back(command.by)
    return Result(matter.case, await note(matter.page.id, [given], command.by, work))


@dataclass(frozen=True)
class LeaveCase:
    case_id: UUID
    by: Actor


@on.command
async def leave_case(command: LeaveCase, work: Work) -> Result:
    """They would rather not handle it; nobody asks why."""
    matter = await matter_for(command.by, command.case_id, None, work)
    await check_fit(matter, command.by, work)
    matter.case.check_open()
    recused = matter.case.recuse(command.by, RecusalReason.OWN_WISH, work.now)
    escalated = await escalate_where_nobody_is_left(matter, work)
    return Result(matter.case, await note(matter.page.id, [*recused, *escalated], command.by, work))


@dataclass(frozen=True)
class EscalateCase:
    case_id: UUID
    by: Actor


@on.command
async def escalate_case(command: EscalateCase, work: Work) -> Result:
    """Ask the guide to look too."""
    matter = await matter_for(command.by, command.case_id, None, work)
    await check_fit(matter, command.by, work)
    matter.case.check_open()
    return Result(
        matter.case,
        await note(matter.page.id, matter.case.escalate(EscalationReason.ASKED), command.by, work),
    )


@dataclass(frozen=True)
class KeepText:
    case_id: UUID
    ground: str
    by: Actor


@on.command
async def keep_text(command: KeepText, work: Work) -> Result:
    matter = await matter_for(command.by, command.case_id, None, work)
    await check_fit(matter, command.by, work)
    kept: TextKept = matter.case.keep_text(command.ground)
    return Result(matter.case, await note(matter.page.id, [kept], command.by, work))


# What is decided


@dataclass(frozen=True)
class DecideCase:
    case_id: UUID
    verdict: Verdict
    by: Actor
    version: Versions | None = None


@on.command
async def decide_case(command: DecideCase, work: Work) -> Result:
    """What somebody wants removed for good is hidden until a second person wants that too."""
    verdict, by = command.verdict, command.by
    verdict.check_whole()
    matter = await matter_for(command.by, command.case_id, command.version, work)
    await check_fit(matter, by, work)
    matter.case.check_decidable(by, again=verdict.action in AFTERWARDS)
    verdict.check_possible(matter.content)
    if verdict.takes_away:
        await work.redact_about([matter.content.id])
    if verdict.action is Action.REMOVE and matter.case.removal_by in (None, by.person):
        return Result(
            matter.case, await note(matter.page.id, await _propose_removal(matter, command, work), by, work)
        )
    return Result(matter.case, await note(matter.page.id, await _decide(matter, command, work), by, work))


async def _propose_removal(matter: Matter, command: DecideCase, work: Work) -> list[Event]:
    assert command.verdict.rule
    proposed = matter.case.propose_removal(command.by, command.verdict.rule, work.now)
    hidden = [matter.content.hide(command.verdict.rule)] if matter.content.is_read else []
    return [*proposed, *hidden, *await escalate_where_nobody_is_left(matter, work)]


async def _decide(matter: Matter, command: DecideCase, work: Work) -> list[Event]:
    content, case, verdict = matter.content, matter.case, command.verdict
    decision = Decision.make(verdict, content, case, command.by, work.now, work.corporation.time_zone)
    became = await _becomes(content, decision, work)
    muted = [work.add(_mute(decision))] if decision.muted_until else []
    case.decide(against=verdict.against)
    work.keep(decision)
    return [decision.told(), *became, *muted, *await _without_whoever_is_muted(matter, decision, work)]


async def _becomes(content: Content, decision: Decision, work: Work) -> list[Event]:
    if content.leaving:
        return _gone(content)
    if decision.action is Action.WARN and await _is_kept_away(content, work):
        return []
    return decision.carry_out(content, work.now)


async def _is_kept_away(content: Content, work: Work) -> bool:
    """Whether what was decided last still stands, and nobody else reads it by that."""
    standing = await work.count(Decision, "at", "action", content_id=content.id, undone=False)
    return bool(standing) and max(standing)[1] in TAKES_AWAY


async def _without_whoever_is_muted(matter: Matter, decision: Decision, work: Work) -> list[Event]:
    if decision.muted_until is None or decision.author_id not in matter.page.moderators:
        return []
    return await escalate_all_that_waits_without(decision.author_id, matter.page, work)


def _gone(content: Content) -> list[Event]:
    erased = content.erase()
    return [erased] if erased else []


def _mute(decision: Decision) -> tuple[Mute, Event]:
    assert decision.author_id
    assert decision.muted_until
    mute, muted = Mute.resident(decision.house_id, decision.author_id, decision.muted_until)
    decision.mute_id = mute.id
    return mute, muted


# Who may


async def matter_of(case: UUID, version: Versions | None, work: Work) -> Matter:
    """Raises NotFound, or Outdated where somebody was faster."""
    house, content = await work.read_one(Case, case, "house_id", "content_id")
    page, about = await work.share(Page, house), await work.get(Content, content)
    return Matter(page, about, await work.get(Case, case, version))


async def matter_for(by: Actor, case: UUID, version: Versions | None, work: Work) -> Matter:
    """The same for somebody who wants to handle it: who does not look after the page does not learn that it is there."""
    (house,) = await work.read_one(Case, case, "house_id")
    if not (await work.share(Page, house)).is_looked_after_by(by):
        raise NotFound(what="case", id=case)
    return await matter_of(case, version, work)


async def check_fit(matter: Matter, by: Actor, work: Work) -> None:
    """Raises NotAModerator, Muted, or ConflictOfInterest; that somebody was kept off it is kept."""
    await check_acts(matter.page, by, work)
    reason = matter.case.conflict(matter.content, by)
    if reason:
        recused = matter.case.recuse(by, reason, work.now)
        escalated = await escalate_where_nobody_is_left(matter, work)
        raise await refusal(matter.page, reason, [*recused, *escalated], by, work)


async def refusal(
    page: Page, reason: RecusalReason, happened: list[Event], by: Actor, work: Work
) -> ConflictOfInterest:
    """What somebody is told who is kept off a case, and what happened by that."""
    return ConflictOfInterest(why=WORDS[reason]).keeping(*await note(page.id, happened, by, work))


async def _house_of(content: UUID, work: Work) -> UUID:
    house: UUID
    (house,) = await work.read_one(Content, content, "house_id")
    return house
