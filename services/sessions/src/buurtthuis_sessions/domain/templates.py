"""The programme of a house without its people, to start another one from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Invalid, Refusal, Refused
from buurtthuis.core.work import new_id
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    Kind,
    SeatRole,
    SessionDrafted,
    TemplateChanged,
    TemplateKept,
    TemplateShared,
    TemplateUnshared,
)

from buurtthuis_sessions.domain.plans import Outline
from buurtthuis_sessions.domain.recurrence import normalised, without_end
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.titles import Entitled

#: What took place, or is going to.
PART_OF_THE_PROGRAMME = frozenset({SessionState.SCHEDULED, SessionState.HELD, SessionState.CLOSED})


class NoTemplate(Refused):
    """There is no template with this id, of ours or shared."""

    kind = Refusal.NOT_FOUND


class NothingToKeep(Refused):
    """There is no session in this house, planned or held, that a template could keep."""


class TemplateIsShared(Refused):
    """Others may be reading this template; take it back before you change it."""


class NotChecked(Refused):
    """Read every title first: a template that names somebody cannot be shared."""


class SharedAlready(Refused):
    """This template is shared already."""


class NotShared(Refused):
    """This template is not shared."""


@dataclass(frozen=True)
class Entry(Entitled):
    """One session of a programme: `day` 0 is the day of the first, `weekday` 1 is Monday.

    `starts` is what the clock on the wall shows. With a `rule` (RFC 5545) it comes back. It has no title where its words
    were taken back; `words_of` is where they came from: the session, and the theme or option that it was called after."""

    title: str | None
    kind: Kind
    day: int
    weekday: int
    starts: time
    minutes: int
    capacity: int
    languages: tuple[str, ...] = ()
    roles: Mapping[SeatRole, int] = field(default_factory=lambda: {SeatRole.HOST: 2})
    newcomer_seats: int = 0
    rule: str | None = None
    words_of: tuple[UUID, ...] = ()
    hidden: str | None = None

    def propose(self, house: UUID) -> tuple[Session | Series, Event]:
        """To be given a time and a place by a host; what came back is a series on trial."""
        return Series.propose(house, self.title) if self.rule else self._draft(house)

    def _draft(self, house: UUID) -> tuple[Session, SessionDrafted]:
        outline = Outline(self.kind, self.capacity, self.languages, self.roles, self.newcomer_seats)
        return Session.draft(house, self.title, outline=outline)


@dataclass(eq=False)
class Template:
    """A programme. What is shared can be read, and started from, by every corporation."""

    id: UUID
    title: str
    entries: tuple[Entry, ...]
    shared: bool = False
    version: int = 0

    @classmethod
    def keep(
        cls, title: str, sessions: Iterable[Session], rules: Mapping[UUID, str]
    ) -> tuple[Self, TemplateKept]:
        """Of what these sessions were, and of the `rules` by which their series come back. Raises NothingToKeep."""
        entries = tuple(_entries(sessions, rules))
        if not entries:
            raise NothingToKeep
        template = cls(new_id(), title, entries)
        return template, TemplateKept(template_id=template.id, entries=len(entries))

    def change(self, title: str, entries: tuple[Entry, ...]) -> TemplateChanged:
        """Say it otherwise, as long as nobody else can read it. Raises TemplateIsShared, and Invalid for a rule."""
        if self.shared:
            raise TemplateIsShared
        words = {entry.title: entry.words_of for entry in self.entries}
        changed = (_of_any_year(index, entry) for index, entry in enumerate(entries))
        self.title = title
        self.entries = tuple(replace(entry, words_of=words.get(entry.title, ())) for entry in changed)
        return TemplateChanged(template_id=self.id, entries=len(entries))

    @property
    def contents(self) -> frozenset[UUID]:
        """What its words came from."""
        return frozenset(content for entry in self.entries for content in entry.words_of)

    def change_titles(self, content: UUID, change: Callable[[Entry], Entry]) -> None:
        """Hide, show or forget what came from a theme, an option or a session."""
        self.entries = tuple(change(entry) if content in entry.words_of else entry for entry in self.entries)

    def share(self, *, checked: bool) -> TemplateShared:
        """Let every corporation start from it; somebody has read that no title names anybody. Raises NotChecked."""
        if self.shared:
            raise SharedAlready
        if not checked:
            raise NotChecked(field="checked")
        self.shared = True
        return TemplateShared(template_id=self.id)

    def unshare(self) -> TemplateUnshared:
        """Keep it for ourselves again."""
        if not self.shared:
            raise NotShared
        self.shared = False
        return TemplateUnshared(template_id=self.id)


def _of_any_year(index: int, entry: Entry) -> Entry:
    """With a rule that can be followed, and that ends on no day of the calendar. Raises Invalid."""
    if entry.rule is None:
        return entry
    try:
        return replace(entry, rule=without_end(normalised(entry.rule)))
    except Invalid as refused:
        raise Invalid(str(refused), field=("entries", index, "rule")) from None


def _entries(sessions: Iterable[Session], rules: Mapping[UUID, str]) -> Iterator[Entry]:
    """In order of time; of a series only the first, with the rule by which it comes back."""
    programme = [session for session in sessions if session.state in PART_OF_THE_PROGRAMME and session.title]
    programme.sort(key=lambda session: (session.begins, session.id))
    seen: set[UUID] = set()
    for session in programme:
        if session.series_id not in seen:
            yield _entry(session, programme[0], rules)
        if session.series_id:
            seen.add(session.series_id)


def _entry(session: Session, first: Session, rules: Mapping[UUID, str]) -> Entry:
    assert session.title
    assert session.begins
    assert session.ends
    plan = session.planned
    rule = rules.get(session.series_id) if session.series_id else None
    return Entry(
        title=session.title,
        kind=plan.kind,
        day=(plan.local_start.date() - first.planned.local_start.date()).days,
        weekday=plan.local_start.isoweekday(),
        starts=plan.local_start.time(),
        minutes=round((session.ends - session.begins).total_seconds() / 60),
        capacity=plan.capacity,
        languages=plan.languages,
        roles=dict(plan.roles),
        newcomer_seats=plan.newcomer_seats,
        rule=without_end(rule) if rule else None,
        words_of=tuple(filter(None, (session.id, session.theme_id, session.option_id))),
    )
