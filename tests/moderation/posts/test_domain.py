"""The rules of what somebody writes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.events.moderation import (
    Category,
    Check,
    ContentApproved,
    ContentHidden,
    ContentKind,
    ContentRejected,
    DecidedBy,
    PostHidden,
    PostPublished,
    PostRemoved,
    PostRestored,
    PostSubmitted,
)
from buurtthuis_moderation.domain.contents import (
    EDITABLE,
    EDITABLE_FOR,
    MOVES,
    CannotEdit,
    CannotPin,
    Content,
    ContentCannotMove,
    ContentState,
    Draft,
    NotPinned,
    NotYourPost,
    TooLateToEdit,
)
from buurtthuis_moderation.domain.findings import Finding

NOW = datetime(2018, 12, 14, 12, tzinfo=UTC)
AUTHOR, HOUSE, DECISION = uuid4(), uuid4(), uuid4()
STAFF = Actor(ActorKind.STAFF, uuid4())
DRAFT = Draft(HOUSE, Actor.of_resident(AUTHOR), "Wie gaat er mee wandelen?", "nl")
PENDING, PUBLISHED, HIDDEN, REMOVED, WITHDRAWN = ContentState

#: A way into every state but the first.
WAYS: dict[ContentState, Callable[[Content], Any]] = {
    PUBLISHED: lambda one: one.approve(DecidedBy.MODERATOR, None, NOW),
    HIDDEN: lambda one: one.hide(Category.UNSAFE),
    REMOVED: lambda one: one.remove(Category.SPAM, "Dit is reclame.", DecidedBy.MODERATOR, DECISION),
    WITHDRAWN: lambda one: one.withdraw(Actor.of_resident(AUTHOR)),
}
ALLOWED = [(state, to) for state in ContentState for to in sorted(MOVES.get(state, ()))]
REFUSED = [(state, to) for state in ContentState for to in WAYS if (state, to) not in ALLOWED]


def a_post(state: ContentState = PENDING, kind: ContentKind = ContentKind.POST) -> Content:
    post, _ = Content.submit(DRAFT, (), NOW)
    post.state, post.kind = state, kind
    return post


@pytest.mark.parametrize(("state", "to"), ALLOWED)
def test_it_goes_where_it_may(state: ContentState, to: ContentState) -> None:
    post = a_post(state)
    WAYS[to](post)
    assert post.state is to


@pytest.mark.parametrize(("state", "to"), REFUSED)
def test_it_goes_nowhere_else(state: ContentState, to: ContentState) -> None:
    post = a_post(state)
    with pytest.raises(ContentCannotMove):
        WAYS[to](post)
    assert post.state is state


# What is said of it.


def test_what_was_hidden_before_anybody_read_it_is_published_when_it_is_restored() -> None:
    post = a_post()
    post.hide(Category.UNSAFE, provisional=True)
    assert isinstance(post.approve(DecidedBy.MODERATOR, None, NOW), PostPublished)


def test_what_was_read_before_is_restored_and_stays_where_it_stood() -> None:
    post, _ = Content.post(DRAFT, (), NOW)
    post.hide(Category.UNSAFE)
    assert isinstance(post.approve(DecidedBy.MODERATOR, None, NOW + timedelta(days=1)), PostRestored)
    assert post.published_at == NOW


def test_what_waits_says_what_was_found_in_it_once() -> None:
    found = (Finding(Check.WORDS, 0, 3), Finding(Check.WORDS, 5, 8), Finding(Check.LINKS, 9, 15))
    _, submitted = Content.submit(DRAFT, found, NOW)
    assert submitted.checks == (Check.WORDS, Check.LINKS)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (ContentKind.POST, (PostHidden, PostRestored, PostRemoved)),
        (ContentKind.REPLY, (PostHidden, PostRestored, PostRemoved)),
        (ContentKind.THEME, (ContentHidden, ContentApproved, ContentRejected)),
        (ContentKind.OPTION, (ContentHidden, ContentApproved, ContentRejected)),
    ],
)
def test_of_what_others_keep_it_says_what_should_become_of_it(
    kind: ContentKind, said: tuple[type, ...]
) -> None:
    one = a_post(PUBLISHED, kind)
    one.published_at = NOW
    events = WAYS[HIDDEN](one), WAYS[PUBLISHED](one), WAYS[REMOVED](one)
    assert tuple(map(type, events)) == said


# Changing.


@pytest.mark.parametrize("state", sorted(EDITABLE))
def test_what_it_said_before_is_kept(state: ContentState) -> None:
    post = a_post(state)
    post.edit(Actor.of_resident(AUTHOR), "Morgen", (), NOW)
    post.edit(Actor.of_resident(AUTHOR), "Overmorgen", (), NOW)
    assert [one.text for one in post.revisions] == [DRAFT.text, "Morgen"]


def test_what_waits_is_submitted_anew_and_its_words_are_told_to_nobody() -> None:
    assert isinstance(a_post().edit(Actor.of_resident(AUTHOR), "Morgen", (), NOW), PostSubmitted)


@pytest.mark.parametrize("state", sorted(set(ContentState) - EDITABLE))
def test_what_nobody_reads_any_more_stays_as_it_is(state: ContentState) -> None:
    with pytest.raises(CannotEdit):
        a_post(state).edit(Actor.of_resident(AUTHOR), "Morgen", (), NOW)


def test_it_can_be_changed_for_a_while() -> None:
    post = a_post(PUBLISHED)
    post.edit(Actor.of_resident(AUTHOR), "Morgen", (), NOW + EDITABLE_FOR - timedelta(seconds=1))
    with pytest.raises(TooLateToEdit):
        post.edit(Actor.of_resident(AUTHOR), "Overmorgen", (), NOW + EDITABLE_FOR)


@pytest.mark.parametrize("by", [Actor.of_resident(uuid4()), STAFF])
def test_nobody_else_changes_it(by: Actor) -> None:
    with pytest.raises(NotYourPost):
        a_post().edit(by, "Morgen", (), NOW)


def test_what_lost_its_author_is_nobodys() -> None:
    post = a_post(PUBLISHED)
    post.erase()
    with pytest.raises(NotYourPost):
        post.edit(STAFF, "Morgen", (), NOW)


# On top.


@pytest.mark.parametrize(
    ("state", "kind"),
    [(state, ContentKind.POST) for state in ContentState if state is not PUBLISHED]
    + [(PUBLISHED, ContentKind.REPLY)],
)
def test_only_a_post_that_everybody_reads_stands_on_top(state: ContentState, kind: ContentKind) -> None:
    with pytest.raises(CannotPin):
        a_post(state, kind).pin()


def test_what_does_not_stand_on_top_cannot_be_taken_down() -> None:
    with pytest.raises(NotPinned):
        a_post(PUBLISHED).unpin()


# Forgetting.


def test_an_author_who_is_forgotten_leaves_no_word() -> None:
    post = a_post(PUBLISHED)
    post.edit(Actor.of_resident(AUTHOR), "Bel Jansen", (Finding(Check.WORDS, 0, 3),), NOW)
    post.erase()
    assert (post.author_id, post.text, post.findings, post.revisions) == (None, None, (), [])
