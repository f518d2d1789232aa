"""What can be asked of the loop of an idea."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Work
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.events.surveys import Origin

from buurtthuis_surveys.domain.closing import ClosingQuestion
from buurtthuis_surveys.domain.themes import Theme

on = Handlers()


@dataclass(frozen=True)
class AskWhetherSolved:
    theme_id: UUID


@on.command
async def ask_whether_solved(command: AskWhetherSolved, work: Work) -> Result:
    """Everybody who brought it in and lives there, but for who said already that it is solved."""
    theme, now = await work.get(Theme, command.theme_id), await work.time()
    if theme.ask_at is None or now < theme.ask_at:
        return Result(theme)
    theme.ask_at = None
    if not theme.may_be_solved:
        return Result(theme)
    closes_at = now + timedelta(days=work.corporation.loop.ask_for)
    return Result(
        theme,
        [
            work.add(ClosingQuestion.ask(theme, resident, now, closes_at))
            for resident in await _to_be_asked(theme, work)
        ],
    )


def ask_later(theme: Theme, work: Work) -> None:
    """Something came of it now."""
    theme.ask_whether_solved(work.now + timedelta(days=work.corporation.loop.ask_after))


async def _to_be_asked(theme: Theme, work: Work) -> Sequence[UUID]:
    content = {
        id for (id,) in await work.read(ClosingQuestion, "resident_id", theme_id=theme.id, solved=True)
    }
    proposers = dict.fromkeys(await _proposers(theme.id, work))
    return [
        resident
        for resident in proposers
        if resident not in content
        and await work.count(Neighbour, id=Neighbour.id_of(theme.house_id, resident))
    ]


async def _proposers(theme: UUID, work: Work) -> Sequence[UUID]:
    """The residents who brought it in, or something that became part of it."""
    proposers: list[UUID] = []
    chain = [*await work.read(Theme, "id", "proposed_by", "origin", id=theme)]
    for id, proposer, origin in chain:
        if proposer and origin is Origin.RESIDENT:
            proposers.append(proposer)
        chain += await work.read(Theme, "id", "proposed_by", "origin", merged_into=id)
    return proposers
