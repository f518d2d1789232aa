"""Where the words of themes and options went, and how they are hidden, shown again and taken back there."""

from collections.abc import Callable, Iterable
from uuid import UUID

from buurtthuis.core.work import Work
from buurtthuis.events import Event

from buurtthuis_sessions.domain.follow_ups import FollowUpVote
from buurtthuis_sessions.domain.series import Series, SeriesState
from buurtthuis_sessions.domain.sessions import Session
from buurtthuis_sessions.domain.templates import Entry, Template


async def hide_words(content: UUID, house: UUID, work: Work) -> list[Event]:
    """Nobody reads them for now, in whatever is called after it, nor in what was said of that."""
    called = await _called_after(content, house, work)
    renamed: list[Event] = [event for one in called if one.hide_title() for event in one.renamed()]
    renamed += await _hide_what_is_said(content, house, work)
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
    released = await _show_what_is_said(content, work)
    return [*released, *(event for one in called if one.show_title() for event in one.renamed())]


async def change_templates(contents: Iterable[UUID], change: Callable[[Entry], Entry], work: Work) -> None:
    """The entries of our templates whose words came from any of these."""
    wanted = frozenset(contents)
    for template in await work.find(Template):
        for content in wanted & template.contents:
            template.change_titles(content, change)


async def remove_what_is_said(session: UUID, work: Work) -> None:
    """The reason and the report of a session, and where that ended with its series, the same reason of the others."""
    _, alike = await _ended_with(session, work)
    for id in (session, *(one.id for one in alike)):
        await work.blank(Session, "reason", id=id)
    await work.blank(Session, "report", id=session)


async def _hide_what_is_said(content: UUID, house: UUID, work: Work) -> list[Event]:
    series, alike = await _ended_with(content, work)
    hidden: list[Event] = []
    for session in await work.find(Session, id=content, house_id=house):
        hidden += session.withhold()
        await work.redact_about([content])
    ended: list[Session | Series] = [*series, *alike]
    for one in ended:
        hidden += one.keep_reason_away()
    await work.redact_about([one.id for one in ended], "reason")
    return hidden


async def _show_what_is_said(content: UUID, work: Work) -> list[Event]:
    series, alike = await _ended_with(content, work)
    shown: list[Event] = []
    for session in await work.find(Session, id=content):
        shown += session.release()
        for one in series if alike else ():
            one.reason = session.reason
    for session in alike:
        session.withheld = False
    return shown


async def _ended_with(session: UUID, work: Work) -> tuple[list[Series], list[Session]]:
    """The series that this session ended with, and the other sessions that did: what one says of all of them is one thing."""
    for id, reason, because in await work.count(Session, "series_id", "reason", "because", id=session):
        if not (id and reason):
            break
        series = [
            one
            for one in await work.find(Series, id=id, state=SeriesState.STOPPED, because=because)
            if one.reason in (reason, None)
        ]
        alike = await work.find(Session, series_id=id, reason=reason, because=because) if series else []
        return series, [one for one in alike if one.id != session]
    return [], []


async def _called_after(content: UUID, house: UUID, work: Work) -> list[Session | Series]:
    """What a series makes is called after what it is called after."""
    found: list[Session | Series] = []
    for by in ("theme_id", "option_id"):
        found += await work.find(Series, house_id=house, **{by: content})
        found += await work.find(Session, house_id=house, **{by: content})
    return found
