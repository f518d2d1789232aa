"""What residents write, wherever they wrote it, as moderators see it: one kind of thing, so that there is one queue."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.events import Event
from buurtthuis.events.moderation import (
    Category,
    ContentApproved,
    ContentHidden,
    ContentKind,
    ContentRejected,
    DecidedBy,
    PostEdited,
    PostErased,
    PostHidden,
    PostPinned,
    PostPublished,
    PostRemoved,
    PostRestored,
    PostSubmitted,
    PostUnpinned,
    PostWithdrawn,
)
from buurtthuis.events.surveys import Origin

from buurtthuis_moderation.domain.findings import Finding


class ContentState(StrEnum):
    """Who can read something."""

    PENDING = "pending"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"


PENDING, PUBLISHED, HIDDEN, REMOVED, WITHDRAWN = ContentState


class ContentCannotMove(CannotMove):
    """What is {state} cannot become {to}."""


#: What was removed comes back by an appeal alone; what was withdrawn, never.
MOVES = StateMachine(
    {
        PENDING: {PUBLISHED, HIDDEN, REMOVED, WITHDRAWN},
        PUBLISHED: {HIDDEN, REMOVED, WITHDRAWN},
        HIDDEN: {PUBLISHED, REMOVED, WITHDRAWN},
        REMOVED: {PUBLISHED, HIDDEN},
    },
    ContentCannotMove,
)
#: What another service keeps, that one decides; what is said of it anew, is read.
KEPT_ELSEWHERE = StateMachine(
    {
        PENDING: {PUBLISHED, HIDDEN, REMOVED, WITHDRAWN},
        PUBLISHED: {PUBLISHED, WITHDRAWN},
        HIDDEN: {PUBLISHED, WITHDRAWN},
        REMOVED: {PUBLISHED, WITHDRAWN},
        WITHDRAWN: {PUBLISHED, WITHDRAWN},
    },
    ContentCannotMove,
)
#: These are kept here; of the others we have a copy, to judge them by.
OURS = frozenset({ContentKind.POST, ContentKind.REPLY})
EDITABLE = frozenset({PENDING, PUBLISHED})
EDITABLE_FOR = timedelta(hours=1)


class CannotEdit(Refused):
    """What is {state} cannot be changed."""


class TooLateToEdit(Refused):
    """What you write can be changed for an hour; take it back, and write it anew."""


class EditWaits(Refused):
    """This cannot be put into something that people read already. Write it anew; a moderator looks at it first."""

    kind = Refusal.INVALID


class CannotAnswer(Refused):
    """Only a post that is on this page can be answered, and no answer."""

    kind = Refusal.INVALID


class NotYourPost(Refused):
    """Only whoever wrote this can do that."""

    kind = Refusal.FORBIDDEN


class CannotPin(Refused):
    """Only a post that everybody in the house can read, and that is no reply, can stay on top."""


class NotPinned(Refused):
    """This post does not stay on top."""


#: The language of what nobody said the language of (BCP 47, ISO 639-2).
UNDETERMINED = "und"


#: For whom somebody writes.
SPEAKS_FOR = {
    ActorKind.STAFF: Origin.CORPORATION,
    ActorKind.CHAIN_PARTNER: Origin.CHAIN_PARTNER,
    ActorKind.RESIDENT: Origin.RESIDENT,
}


@dataclass(frozen=True)
class Draft:
    """What somebody wants to put on the page of a house: a post about a theme, a session or nothing, or a reply."""

    house_id: UUID
    by: Actor
    text: str
    language: str
    reply_to: UUID | None = None
    theme_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def author_id(self) -> UUID | None:
        """Who wrote it, where that is not the corporation: staff write with one voice."""
        return None if self.by.is_staff else self.by.person

    @property
    def origin(self) -> Origin:
        """For whom they speak."""
        return SPEAKS_FOR[self.by.kind]


@dataclass(frozen=True)
class Copied:
    """What another service keeps, and says it was written."""

    id: UUID
    house_id: UUID
    kind: ContentKind
    author_id: UUID | None
    text: str | None
    origin: Origin


@dataclass(eq=False)
class Revision:
    """How something read, until it was changed."""

    content_id: UUID
    house_id: UUID
    number: int
    text: str
    until: datetime


@dataclass(eq=False)
class Content:
    """Something that was written. Without `author_id` staff wrote it, or nobody knows any more who did.

    Its words go when its case is decided where it is `leaving`: whoever wrote it asked to be forgotten."""

    id: UUID
    house_id: UUID
    kind: ContentKind
    author_id: UUID | None
    text: str | None
    language: str
    written_at: datetime
    origin: Origin = Origin.RESIDENT
    state: ContentState = PENDING
    published_at: datetime | None = None
    edited_at: datetime | None = None
    reply_to: UUID | None = None
    theme_id: UUID | None = None
    session_id: UUID | None = None
    pinned: bool = False
    findings: tuple[Finding, ...] = ()
    leaving: bool = False
    version: int = 0
    revisions: list[Revision] = field(default_factory=list)

    @classmethod
    def copy(cls, of: "Copied", findings: tuple[Finding, ...], now: datetime, *, waits: bool) -> Self:
        """Of what another service keeps."""
        copy = cls(of.id, of.house_id, of.kind, of.author_id, of.text, UNDETERMINED, now, of.origin)
        copy.findings = findings
        if not waits:
            KEPT_ELSEWHERE.move(copy, PUBLISHED)
            copy.published_at = now
        return copy

    def say(self, author: UUID | None, words: str, now: datetime, *, title: bool) -> bool:
        """Somebody says something else of a session, its title or what became of it; says whether it is new.

        What somebody else said of it before is not kept: whoever asks to be forgotten leaves no word behind."""
        named, _, told = (self.text or "").partition("\n") if author == self.author_id else ("", "", "")
        text = f"{words}\n{told}" if title else f"{named}\n{words}"
        if (self.author_id, self.text) == (author, text):
            return False
        self.author_id, self.text = author, text
        self.origin = Origin.RESIDENT if author else Origin.CORPORATION
        KEPT_ELSEWHERE.move(self, PUBLISHED)
        self.published_at = now
        return True

    @classmethod
    def submit(cls, draft: Draft, findings: tuple[Finding, ...], now: datetime) -> tuple[Self, PostSubmitted]:
        """A post or a reply that waits."""
        post = cls._of(draft, findings, now)
        return post, post._submitted()

    @classmethod
    def post(cls, draft: Draft, findings: tuple[Finding, ...], now: datetime) -> tuple[Self, PostPublished]:
        """A post or a reply that can be read at once."""
        post = cls._of(draft, findings, now)
        MOVES.move(post, PUBLISHED)
        return post, post._publish(now)

    @property
    def is_ours(self) -> bool:
        """Whether it is on the page; else another service keeps it."""
        return self.kind in OURS

    # What moderators do with it

    def approve(self, by: DecidedBy, decision: UUID | None, now: datetime) -> Event:
        """It can be read, for the first time or again."""
        MOVES.move(self, PUBLISHED)
        if not self.is_ours:
            return ContentApproved(
                content_id=self.id,
                house_id=self.house_id,
                kind=self.kind,
                decided_by=by,
                decision_id=decision,
            )
        return self._publish_again(now)

    def hide(self, reason: Category, *, provisional: bool = False) -> Event:
        """Nobody else can read it for now."""
        MOVES.move(self, HIDDEN)
        if self.is_ours:
            return PostHidden(post_id=self.id, house_id=self.house_id, reason=reason, provisional=provisional)
        return ContentHidden(
            content_id=self.id,
            house_id=self.house_id,
            kind=self.kind,
            reason=reason,
            provisional=provisional,
        )

    def remove(self, rule: Category, reason: str, by: DecidedBy, decision: UUID) -> Event:
        """It goes for good; what was waiting never comes."""
        MOVES.move(self, REMOVED)
        self.pinned = False
        if self.is_ours:
            return PostRemoved(post_id=self.id, house_id=self.house_id, rule=rule)
        return ContentRejected(
            content_id=self.id,
            house_id=self.house_id,
            kind=self.kind,
            rule=rule,
            reason=reason,
            decided_by=by,
            decision_id=decision,
        )

    # What its author does with it

    def edit(
        self, by: Actor, text: str, findings: tuple[Finding, ...], now: datetime
    ) -> PostEdited | PostSubmitted:
        """It reads differently from now on; how it read before is kept for whoever judges it.

        What nobody can read yet is submitted anew, so that its words are not told to anybody."""
        self._check_written(by)
        if self.state not in EDITABLE:
            raise CannotEdit(state=self.state)
        if now >= self.written_at + EDITABLE_FOR:
            raise TooLateToEdit
        assert self.text is not None
        self.revisions.append(Revision(self.id, self.house_id, len(self.revisions) + 1, self.text, now))
        self.text, self.findings, self.edited_at = text, findings, now
        if self.state is PENDING:
            return self._submitted()
        return PostEdited(post_id=self.id, house_id=self.house_id, text=text)

    @property
    def is_read(self) -> bool:
        """Whether everybody in the house can read it."""
        return self.state is PUBLISHED

    def check_answerable(self, house: UUID) -> None:
        """Raises CannotAnswer."""
        if not (self.is_read and self.kind is ContentKind.POST and self.house_id == house):
            raise CannotAnswer(field="reply_to")

    def settle_elsewhere(self, to: ContentState, now: datetime) -> bool:
        """Whoever keeps it decided about it; says whether that is new here."""
        if self.state is not PENDING and to is not WITHDRAWN:
            return False
        KEPT_ELSEWHERE.move(self, to)
        if to is PUBLISHED:
            self.published_at = now
        return True

    def withdraw(self, by: Actor) -> PostWithdrawn:
        """They take it back."""
        self._check_written(by)
        MOVES.move(self, WITHDRAWN)
        self.pinned = False
        return PostWithdrawn(post_id=self.id, house_id=self.house_id)

    def erase(self) -> PostErased | None:
        """They asked to be forgotten. Of what is kept elsewhere, whoever keeps it says so."""
        self.forget_words()
        self.author_id, self.pinned, self.leaving = None, False, False
        return PostErased(post_id=self.id, house_id=self.house_id) if self.is_ours else None

    def leave(self) -> list[Event]:
        """They asked to be forgotten, and its words are needed until its case is decided; nobody else reads them."""
        self.author_id, self.leaving, self.pinned = None, True, False
        return [self.hide(Category.UNSAFE)] if self.is_read else []

    def forget_words(self) -> None:
        """How it read, now and before."""
        self.text, self.findings = None, ()
        self.revisions.clear()

    # Where it stands

    def pin(self) -> PostPinned:
        """It stays on top."""
        if not self.is_read or self.kind is not ContentKind.POST:
            raise CannotPin
        self.pinned = True
        return PostPinned(post_id=self.id, house_id=self.house_id)

    def unpin(self) -> PostUnpinned:
        """It goes back to its place."""
        if not self.pinned:
            raise NotPinned
        self.pinned = False
        return PostUnpinned(post_id=self.id, house_id=self.house_id)

    @classmethod
    def _of(cls, draft: Draft, findings: tuple[Finding, ...], now: datetime) -> Self:
        return cls(
            new_id(),
            draft.house_id,
            ContentKind.REPLY if draft.reply_to else ContentKind.POST,
            draft.author_id,
            draft.text,
            draft.language,
            now,
            origin=draft.origin,
            reply_to=draft.reply_to,
            theme_id=draft.theme_id,
            session_id=draft.session_id,
            findings=findings,
        )

    def _submitted(self) -> PostSubmitted:
        checks = tuple(dict.fromkeys(finding.check for finding in self.findings))
        return PostSubmitted(post_id=self.id, house_id=self.house_id, kind=self.kind, checks=checks)

    def _publish(self, now: datetime) -> PostPublished:
        self.published_at = now
        return PostPublished(
            post_id=self.id,
            house_id=self.house_id,
            kind=self.kind,
            text=self.text,
            language=self.language,
            origin=self.origin,
            reply_to=self.reply_to,
            theme_id=self.theme_id,
            session_id=self.session_id,
        )

    def _publish_again(self, now: datetime) -> Event:
        if self.published_at is None:
            return self._publish(now)
        return PostRestored(post_id=self.id, house_id=self.house_id, text=self.text)

    def is_by(self, author: Actor) -> bool:
        """Whether they wrote it; of staff, whether any of them did."""
        if author.is_staff:
            return self.origin is Origin.CORPORATION
        return self.author_id == author.person

    def _check_written(self, by: Actor) -> None:
        if not self.is_by(by):
            raise NotYourPost
