"""Where the words of themes and options went, and how they are hidden, shown again and taken back there."""

from collections.abc import Callable, Iterable
from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.work import Work

from buurtthuis_sessions.domain.follow_ups import FollowUpVote
from buurtthuis_sessions.domain.series import Series
from buurtthuis_sessions.domain.sessions import Session
from buurtthuis_sessions.domain.templates import Entry, Template


async def hide_words(content: UUID, house: UUID, work: Work) -> list[Event]:
    """Nobody reads them for now, in whatever is called after it, nor in what was said of that."""
    called = await _called_after(content, house, work)
    renamed: list[Event] = [event for one in called if one.hide_title() for event in one.renamed()]
    for session in await work.find(Session, id=content, house_id=house):
        renamed += session.withhold()
        await work.redact_about([content])
    for vote in await work.find(FollowUpVote, house_id=house):
        vote.hide_title(content)
    await change_templates([content], Entry.hide, work)
    await work.redact_about({content, *(one.id for one in called)}, "title")
    return renamed


async def show_words(content: UUID, house: UUID, work: Work) -> list[Event]:
    """Everybody reads them again, but where somebody found others meanwhile."""
    called = await _called_after(content, house, work)
    for vote in await work.find(FollowUpVote, house_id=house):
        vote.show_title(content)
    await change_templates([content], Entry.show, work)
    released = [event for one in await work.find(Session, id=content) for event in one.release()]
    return [*released, *(event for one in called if one.show_title() for event in one.renamed())]


async def change_templates(contents: Iterable[UUID], change: Callable[[Entry], Entry], work: Work) -> None:
    """The entries of our templates whose words came from any of these."""
    wanted = frozenset(contents)
    for template in await work.find(Template):
        for content in wanted & template.contents:
            template.change_titles(content, change)


async def _called_after(content: UUID, house: UUID, work: Work) -> list[Session | Series]:
    """What a series makes is called after what it is called after."""
    found: list[Session | Series] = []
    for by in ("theme_id", "option_id"):
        found += await work.find(Series, house_id=house, **{by: content})
        found += await work.find(Session, house_id=house, **{by: content})
    return found
