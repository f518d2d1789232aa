"""What residents write, wherever they wrote it, as moderators see it: one kind of thing, so that there is one queue."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.errors import Refused
from buurtthuis.events import Event
from buurtthuis.events.moderation import (
    Category,
    ContentApproved,
    ContentHidden,
    ContentKind,
    ContentRejected,
    ContentRestored,
    DecidedBy,
    PostErased,
    PostHidden,
    PostPublished,
    PostRemoved,
    PostRestored,
    PostSubmitted,
    PostWithdrawn,
)
from buurtthuis.work import new_id


class ContentState(StrEnum):
    """Who can read something."""

    PENDING = "pending"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"


PENDING, PUBLISHED, HIDDEN, REMOVED, WITHDRAWN = ContentState

#: What was removed comes back by an appeal alone; what was withdrawn, never.
MOVES: dict[ContentState, frozenset[ContentState]] = {
    PENDING: frozenset({PUBLISHED, HIDDEN, REMOVED, WITHDRAWN}),
    PUBLISHED: frozenset({HIDDEN, REMOVED, WITHDRAWN}),
    HIDDEN: frozenset({PUBLISHED, REMOVED, WITHDRAWN}),
    REMOVED: frozenset({PUBLISHED}),
}
#: These are kept here; of the others we have a copy, to judge them by.
OURS = frozenset({ContentKind.POST, ContentKind.REPLY})


class ContentCannotMove(Refused):
    """What is {state} cannot become {to}."""


@dataclass(frozen=True)
class About:
    """What a post belongs to: it answers another, or is about a theme or a session, or about nothing."""

    reply_to: UUID | None = None
    theme_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(eq=False)
class Content:
    """Something that was written. Without `author_id` a house's staff or partners wrote it, or nobody knows who did."""

    id: UUID
    house_id: UUID
    kind: ContentKind
    author_id: UUID | None
    text: str | None
    language: str
    written_at: datetime
    state: ContentState = PENDING
    published_at: datetime | None = None
    reply_to: UUID | None = None
    theme_id: UUID | None = None
    session_id: UUID | None = None
    pinned: bool = False
    version: int = 0

    @classmethod
    def submit(
        cls, house: UUID, author: UUID | None, text: str, language: str, about: About, now: datetime
    ) -> tuple[Self, PostSubmitted]:
        """A post or a reply that waits."""
        post = cls._post(house, author, text, language, about, now)
        return post, PostSubmitted(post_id=post.id, house_id=house, kind=post.kind)

    @classmethod
    def post(
        cls, house: UUID, author: UUID | None, text: str, language: str, about: About, now: datetime
    ) -> tuple[Self, PostPublished]:
        """A post or a reply that can be read at once."""
        post = cls._post(house, author, text, language, about, now)
        return post, post._published(now)

    @property
    def is_ours(self) -> bool:
        """Whether it is on the page; else another service keeps it."""
        return self.kind in OURS

    # What moderators do with it

    def approve(self, by: DecidedBy, decision: UUID | None, now: datetime) -> Event:
        """It can be read, for the first time or again."""
        before = self.state
        self._move(PUBLISHED)
        if not self.is_ours:
            return ContentApproved(
                content_id=self.id,
                house_id=self.house_id,
                kind=self.kind,
                decided_by=by,
                decision_id=decision,
            )
        return self._published(now) if self.published_at is None else self._restored(before)

    def hide(self, reason: Category, *, provisional: bool = False) -> Event:
        """Nobody else can read it for now."""
        self._move(HIDDEN)
        if self.is_ours:
            return PostHidden(
                post_id=self.id, house_id=self.house_id, reason=reason, provisional=provisional
            )
        return ContentHidden(
            content_id=self.id,
            house_id=self.house_id,
            kind=self.kind,
            reason=reason,
            provisional=provisional,
        )

    def restore(self) -> Event:
        """It can be read again."""
        before = self.state
        self._move(PUBLISHED)
        return self._restored(before)

    def remove(self, rule: Category, reason: str, by: DecidedBy, decision: UUID) -> Event:
        """It goes for good; what was waiting never comes."""
        self._move(REMOVED)
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

    def withdraw(self) -> PostWithdrawn:
        """They take it back."""
        self._move(WITHDRAWN)
        self.pinned = False
        return PostWithdrawn(post_id=self.id, house_id=self.house_id)

    def erase(self) -> PostErased:
        """They asked to be forgotten."""
        self.author_id = self.text = None
        self.pinned = False
        return PostErased(post_id=self.id, house_id=self.house_id)

    @classmethod
    def _post(
        cls, house: UUID, author: UUID | None, text: str, language: str, about: About, now: datetime
    ) -> Self:
        kind = ContentKind.REPLY if about.reply_to else ContentKind.POST
        return cls(
            new_id(),
            house,
            kind,
            author,
            text,
            language,
            now,
            reply_to=about.reply_to,
            theme_id=about.theme_id,
            session_id=about.session_id,
        )

    def _published(self, now: datetime) -> PostPublished:
        self.state, self.published_at = PUBLISHED, now
        return PostPublished(
            post_id=self.id,
            house_id=self.house_id,
            kind=self.kind,
            text=self.text,
            language=self.language,
            reply_to=self.reply_to,
            theme_id=self.theme_id,
            session_id=self.session_id,
        )

    def _restored(self, before: ContentState) -> Event:
        if self.is_ours:
            return PostRestored(post_id=self.id, house_id=self.house_id, text=self.text)
        if before is REMOVED:
            return ContentApproved(
                content_id=self.id, house_id=self.house_id, kind=self.kind, decided_by=DecidedBy.MODERATOR
            )
        return ContentRestored(content_id=self.id, house_id=self.house_id, kind=self.kind)

    def _move(self, to: ContentState) -> None:
        if to not in MOVES.get(self.state, frozenset()):
            raise ContentCannotMove(state=self.state, to=to)
        self.state = to
