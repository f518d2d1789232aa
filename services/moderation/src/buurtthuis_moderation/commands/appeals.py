"""What can be asked about appeals, and what becomes of a decision when nobody can appeal any more."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events import Event

from buurtthuis_moderation.commands.cases import matter_of, refusal
from buurtthuis_moderation.commands.escalation import Matter, escalate_appeal_where_nobody_is_left
from buurtthuis_moderation.commands.mutes import check_acts
from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.appeals import Appeal, AppealedAlready, AppealState, appeal_id, conflict
from buurtthuis_moderation.domain.contents import ContentState
from buurtthuis_moderation.domain.decisions import TAKES_AWAY, Decision
from buurtthuis_moderation.domain.mutes import Mute

on = Handlers()


@dataclass(frozen=True)
class FileAppeal:
    decision_id: UUID
    by: Actor
    words: str


@on.command
async def file_appeal(command: FileAppeal, work: Work) -> Result:
    """Once; whoever else may not decide it either, the guide may."""
    matter, decision = await _decided(command.decision_id, work)
    if await work.count(Appeal, "id", id=appeal_id(decision.id)):
        raise AppealedAlready
    appeal, filed = Appeal.file(decision, command.by, command.words, await work.time())
    work.keep(appeal)
    return Result(appeal, [filed, *await escalate_appeal_where_nobody_is_left(matter, decision, work)])


@dataclass(frozen=True)
class DecideAppeal:
    appeal_id: UUID
    upheld: bool
    reason: str
    by: Actor
    version: Versions | None = None


@on.command
async def decide_appeal(command: DecideAppeal, work: Work) -> Result:
    """By somebody else. An upheld one undoes the decision, and all that followed from it."""
    matter, decision = await _decided(await _decision_of(command.appeal_id, work), work)
    await _check_fit(matter, decision, command.by, work)
    appeal = await work.get(Appeal, command.appeal_id, command.version)
    decided = appeal.decide(command.by, command.reason, work.now, upheld=command.upheld)
    undone = await _undo(matter, decision, work) if command.upheld else []
    return Result(appeal, await note(matter.page.id, [decided, *undone], command.by, work))


async def _undo(matter: Matter, decision: Decision, work: Work) -> list[Event]:
    """What else was decided about the content stays: what came later, what kept it away before, and what is proposed."""
    standing = await work.count(Decision, "at", "action", "id", content_id=decision.content_id, undone=False)
    others = sorted((at, action) for at, action, id in standing if id != decision.id)
    lifted = [
        mute.lift(work.now)
        for mute in await work.find(Mute, id=decision.mute_id)
        if decision.mute_id and mute.lasts(work.now)
    ]
    stays = others and (others[-1][0] > decision.at or others[-1][1] in TAKES_AWAY)
    if stays or matter.case.removal_by:
        return [*decision.undo_beside(matter.content), *lifted]
    matter.case.clear()
    return [*decision.undo(matter.content, work.now), *lifted]


@dataclass(frozen=True)
class ForgetWhatWasDecidedAbout:
    """The time to appeal is over: the content as it was is needed no longer."""

    decision_id: UUID


@on.command
async def forget_what_was_decided_about(command: ForgetWhatWasDecidedAbout, work: Work) -> None:
    """An appeal that waits still needs it. What this removed loses its words on the page too."""
    matter, decision = await _decided(command.decision_id, work)
    pending = await work.count(Appeal, "id", decision_id=decision.id, state=AppealState.PENDING)
    if pending or decision.appeal_until is None or await work.time() < decision.appeal_until:
        return
    decision.text = None
    if matter.content.state is ContentState.REMOVED and decision.removes and not decision.undone:
        matter.content.forget_words()


async def _decided(decision: UUID, work: Work) -> tuple[Matter, Decision]:
    (case,) = await work.read_one(Decision, decision, "case_id")
    return await matter_of(case, None, work), await work.get(Decision, decision)


async def _decision_of(appeal: UUID, work: Work) -> UUID:
    decision: UUID
    (decision,) = await work.read_one(Appeal, appeal, "decision_id")
    return decision


async def _check_fit(matter: Matter, decision: Decision, by: Actor, work: Work) -> None:
    await check_acts(matter.page, by, work)
    reason = conflict(decision, matter.case, matter.content, by)
    if reason:
        recused = matter.case.recuse(by, reason, work.now)
        raise await refusal(matter.page, reason, [*recused], by, work)
