"""Where the words of themes and options went, and how they are hidden, shown again and taken back there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.work import Work
from buurtthuis.events import Event

from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.series.states import SeriesState
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.templates import Entry, Template

#: Of a session that is none.
NOTHING = [(None, None, None)]


async def hide_words(content: UUID, house: UUID, work: Work) -> list[Event]:
    """Nobody reads them for now, in whatever is called after it, nor in what was said of that."""
    called = await _called_after(content, house, work)
    renamed: list[Event] = [event for titled in called if titled.hide_title() for event in titled.renamed()]
    renamed += await _hide_what_is_said(content, house, work)
    for vote in await work.find(FollowUpVote, house_id=house):
        vote.hide_title(content)
    await change_templates([content], Entry.hide, work)
    await work.redact_about({content, *(titled.id for titled in called)}, "title")
    return renamed


async def show_words(content: UUID, house: UUID, work: Work) -> list[Event]:
    """Everybody reads them again, but where somebody found others meanwhile."""
    called = await _called_after(content, house, work)
    for vote in await work.find(FollowUpVote, house_id=house):
        vote.show_title(content)
    await change_templates([content], Entry.show, work)
    released = await _show_what_is_said(content, work)
    return [*released, *(event for titled in called if titled.show_title() for event in titled.renamed())]


async def change_templates(contents: Iterable[UUID], change: Callable[[Entry], Entry], work: Work) -> None:
    """The entries of our templates whose words came from any of these."""
    wanted = frozenset(contents)
    for template in await work.find(Template):
        for content in wanted & template.contents:
            template.change_titles(content, change)


async def remove_what_is_said(session: UUID, work: Work) -> None:
    """The reason and the report of a session, and where that ended with its series, the same reason of the others."""
    ended = await _ended_with(session, work)
    for id in (session, *(other.id for other in ended.sessions)):
        await work.blank(Session, "reason", id=id)
    await work.blank(Session, "report", id=session)


async def _hide_what_is_said(content: UUID, house: UUID, work: Work) -> list[Event]:
    ended = (await _ended_with(content, work)).everything
    hidden: list[Event] = []
    if session := await work.find_one(Session, id=content, house_id=house):
        hidden += session.withhold()
        await work.redact_about([content])
    for other in ended:
        hidden += other.keep_reason_away()
    await work.redact_about([other.id for other in ended], "reason")
    return hidden


async def _show_what_is_said(content: UUID, work: Work) -> list[Event]:
    ended = await _ended_with(content, work)
    shown: list[Event] = []
    if session := await work.find_one(Session, id=content):
        shown += session.release()
        for series in ended.series if ended.sessions else ():
            series.reason = session.reason
    for other in ended.sessions:
        other.withheld = False
    return shown


@dataclass(frozen=True)
class _Ended:
    """What ended in one go with a session, for the same reason: its series, and the other sessions of that."""

    series: Sequence[Series] = ()
    sessions: Sequence[Session] = ()

    @property
    def everything(self) -> list[Series | Session]:
        return [*self.series, *self.sessions]


async def _ended_with(session: UUID, work: Work) -> _Ended:
    """What is said of one of these is said of them all. The series says it no more while it is hidden."""
    [(id, reason, because)] = (
        await work.count(Session, "series_id", "reason", "because", id=session) or NOTHING
    )
    if id is None or reason is None:
        return _Ended()
    stopped = await work.find(Series, id=id, state=SeriesState.STOPPED, because=because)
    series = [found for found in stopped if found.reason in (reason, None)]
    if not series:
        return _Ended()
    alike = await work.find(Session, series_id=id, reason=reason, because=because)
    return _Ended(series, [other for other in alike if other.id != session])


async def _called_after(content: UUID, house: UUID, work: Work) -> list[Session | Series]:
    """What a series makes is called after what it is called after."""
    found: list[Session | Series] = []
    for by in ("theme_id", "option_id"):
        found += await work.find(Series, house_id=house, **{by: content})
        found += await work.find(Session, house_id=house, **{by: content})
    return found
