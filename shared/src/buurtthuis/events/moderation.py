"""What moderation says: what becomes of what residents write, and who watches over it.

What is written on the page of a house is moderation's own (`Post…`); of what other services keep, a theme or an
option to vote on, it says what should become of it (`Content…`), and those services do it.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis.events import Audience, Count, Erasable, Event, Withheld
from buurtthuis.events.surveys import Origin


class ContentKind(StrEnum):
    """What somebody wrote. An option is what the people in a room came up with, or, with the id of a session, what is said of
    that: its title, why it was cancelled, its report."""

    POST = "post"
    REPLY = "reply"
    THEME = "theme"
    OPTION = "option"


class Category(StrEnum):
    """What is wrong with it."""

    UNSAFE = "unsafe"
    DISCRIMINATION = "discrimination"
    PRIVACY = "privacy"
    COMMERCIAL = "commercial"
    OFF_TOPIC = "off_topic"
    SPAM = "spam"
    OTHER = "other"


class Action(StrEnum):
    """What can be decided about something that somebody wrote, or about who wrote it."""

    APPROVE = "approve"
    REJECT = "reject"
    HIDE = "hide"
    RESTORE = "restore"
    REMOVE = "remove"
    WARN = "warn"
    MUTE = "mute"


class DecidedBy(StrEnum):
    """Who or what decides."""

    MODERATOR = "moderator"
    GUIDE = "guide"
    STAFF = "staff"
    AUTOMATIC = "automatic"


class Check(StrEnum):
    """What every text is looked through for by itself."""

    WORDS = "words"
    CONTACTS = "contacts"
    LINKS = "links"
    FLOODS = "floods"


class RecusalReason(StrEnum):
    """Why somebody does not handle a case."""

    OWN_CONTENT = "own_content"
    OWN_REPORT = "own_report"
    OWN_DECISION = "own_decision"
    OWN_WISH = "own_wish"


class EscalationReason(StrEnum):
    """Why a case goes to the guide."""

    NO_MODERATOR = "no_moderator"
    ASKED = "asked"


# The page


class PostSubmitted(Event, name="moderation.post-submitted.v1", subject="post_id", audience=Audience.STAFF):
    """Something was written for the page, or changed, and waits until a moderator has looked at it.

    That it waits was decided by itself: by the house's rule for who is new, or by what these checks found."""

    post_id: UUID
    house_id: UUID
    kind: ContentKind
    checks: tuple[Check, ...] = ()


class PostPublished(
    Event, name="moderation.post-published.v1", subject="post_id", audience=Audience.RESIDENTS
):
    """Something can be read on the page. A reply says what it answers; both may be about a theme or a session."""

    post_id: UUID
    house_id: UUID
    kind: ContentKind
    text: Erasable[str]
    language: str
    origin: Origin
    reply_to: UUID | None = None
    theme_id: UUID | None = None
    session_id: UUID | None = None


class PostEdited(Event, name="moderation.post-edited.v1", subject="post_id", audience=Audience.RESIDENTS):
    """It reads differently now."""

    post_id: UUID
    house_id: UUID
    text: Erasable[str]


class PostPinned(Event, name="moderation.post-pinned.v1", subject="post_id", audience=Audience.RESIDENTS):
    """It stays on top of the page."""

    post_id: UUID
    house_id: UUID


class PostUnpinned(Event, name="moderation.post-unpinned.v1", subject="post_id", audience=Audience.RESIDENTS):
    """It goes back to its place."""

    post_id: UUID
    house_id: UUID


class PostWithdrawn(
    Event, name="moderation.post-withdrawn.v1", subject="post_id", audience=Audience.RESIDENTS
):
    """Whoever wrote it took it back."""

    post_id: UUID
    house_id: UUID


class PostHidden(Event, name="moderation.post-hidden.v1", subject="post_id", audience=Audience.RESIDENTS):
    """Nobody but its author and the moderators can read it for now. `provisional` waits for a decision."""

    post_id: UUID
    house_id: UUID
    reason: Category
    provisional: bool = False


class PostRestored(Event, name="moderation.post-restored.v1", subject="post_id", audience=Audience.RESIDENTS):
    """It can be read again."""

    post_id: UUID
    house_id: UUID
    text: Erasable[str]


class PostRemoved(Event, name="moderation.post-removed.v1", subject="post_id", audience=Audience.RESIDENTS):
    """It is off the page for good, or never came on it, by a rule of the house."""

    post_id: UUID
    house_id: UUID
    rule: Category


class PostErased(Event, name="moderation.post-erased.v1", subject="post_id", audience=Audience.RESIDENTS):
    """Its words were taken back, since whoever wrote them asked to be forgotten."""

    post_id: UUID
    house_id: UUID


class PageChanged(Event, name="moderation.page-changed.v1", subject="house_id", audience=Audience.STAFF):
    """The page of a house is looked after in another way from now on."""

    house_id: UUID


# What other services keep


class ContentApproved(
    Event, name="moderation.content-approved.v1", subject="content_id", audience=Audience.STAFF
):
    """It may be seen. Without a decision, nothing was wrong with it by the rules of the house."""

    content_id: UUID
    house_id: UUID
    kind: ContentKind
    decided_by: DecidedBy
    decision_id: UUID | None = None


class ContentRejected(
    Event,
    name="moderation.content-rejected.v1",
    subject="content_id",
    audience=Audience.STAFF,
    irreversible=True,
):
    """It may not be seen: take its words off. The author is told the reason."""

    content_id: UUID
    house_id: UUID
    kind: ContentKind
    rule: Category
    reason: Erasable[str]
    decided_by: DecidedBy
    decision_id: UUID


class ContentHidden(
    Event,
    name="moderation.content-hidden.v1",
    subject="content_id",
    audience=Audience.STAFF,
    irreversible=True,
):
    """It may not be seen, until ContentApproved says otherwise. `provisional` waits for a decision."""

    content_id: UUID
    house_id: UUID
    kind: ContentKind
    reason: Category
    provisional: bool = False


# Cases


class ContentReported(
    Event, name="moderation.content-reported.v1", subject="content_id", audience=Audience.STAFF
):
    """Somebody says that something is wrong with it. Nobody is told who."""

    content_id: UUID
    house_id: UUID
    kind: ContentKind
    category: Category


class CaseOpened(Event, name="moderation.case-opened.v1", subject="case_id", audience=Audience.STAFF):
    """Somebody has to look at something that was written; where it is `urgent`, CaseBecameUrgent comes with it."""

    case_id: UUID
    house_id: UUID
    content_id: UUID
    kind: ContentKind
    urgent: bool


class CaseBecameUrgent(
    Event, name="moderation.case-became-urgent.v1", subject="case_id", audience=Audience.STAFF
):
    """Somebody says that people are not safe: look at it at once. Until then nobody else can read it."""

    case_id: UUID
    house_id: UUID
    content_id: UUID
    kind: ContentKind


class CaseTaken(Event, name="moderation.case-taken.v1", subject="case_id", audience=Audience.STAFF):
    """Somebody looks at it."""

    case_id: UUID
    house_id: UUID


class CaseGivenBack(Event, name="moderation.case-given-back.v1", subject="case_id", audience=Audience.STAFF):
    """Whoever looked at it leaves it to others: by choice, or because they look after the page no longer."""

    case_id: UUID
    house_id: UUID
    by_choice: bool = True


class CaseEscalated(Event, name="moderation.case-escalated.v1", subject="case_id", audience=Audience.STAFF):
    """The guide has to look at it."""

    case_id: UUID
    house_id: UUID
    reason: EscalationReason


class ModeratorRecused(
    Event, name="moderation.moderator-recused.v1", subject="case_id", audience=Audience.STAFF
):
    """Somebody does not handle a case, as it is about themselves, or as they would rather not."""

    case_id: UUID
    house_id: UUID
    reason: RecusalReason


class RemovalProposed(
    Event, name="moderation.removal-proposed.v1", subject="case_id", audience=Audience.STAFF
):
    """Somebody wants to remove it for good, which takes two people. Until somebody else decides it is hidden."""

    case_id: UUID
    house_id: UUID
    rule: Category


class TextKept(Event, name="moderation.text-kept.v1", subject="case_id", audience=Audience.STAFF):
    """It is about safety: its text stays until the case is decided, also where its author asks to be forgotten."""

    case_id: UUID
    house_id: UUID


class CaseDecided(Event, name="moderation.case-decided.v1", subject="case_id", audience=Audience.STAFF):
    """What was decided, and why, for `author_id` to be told, who may appeal until `appeal_until`.

    Without `author_id` nobody is: nobody knows who wrote it, or whoever keeps it tells them. Somebody who is muted
    cannot write until `muted_until`."""

    case_id: UUID
    house_id: UUID
    decision_id: UUID
    content_id: UUID
    kind: ContentKind
    author_id: UUID | None
    action: Action
    rule: Category | None
    reason: Erasable[str]
    decided_by: DecidedBy
    appeal_until: datetime | None = None
    muted_until: datetime | None = None


class CaseClosed(Event, name="moderation.case-closed.v1", subject="case_id", audience=Audience.STAFF):
    """There is nothing left to decide: whoever keeps the content, or wrote it, decided."""

    case_id: UUID
    house_id: UUID


class AppealFiled(Event, name="moderation.appeal-filed.v1", subject="appeal_id", audience=Audience.STAFF):
    """Whoever was decided about asks somebody else to look at it again."""

    appeal_id: UUID
    house_id: UUID
    case_id: UUID
    decision_id: UUID


class AppealDecided(Event, name="moderation.appeal-decided.v1", subject="appeal_id", audience=Audience.STAFF):
    """An appeal that is `upheld` undoes the decision, and all that followed from it."""

    appeal_id: UUID
    house_id: UUID
    case_id: UUID
    decision_id: UUID
    author_id: UUID | None
    upheld: bool
    reason: Erasable[str]
    decided_by: DecidedBy


class ResidentMuted(Event, name="moderation.resident-muted.v1", subject="mute_id", audience=Audience.STAFF):
    """A resident cannot write on the page of a house until then, nor moderate it."""

    mute_id: UUID
    house_id: UUID
    resident_id: UUID
    until: datetime


class ResidentUnmuted(
    Event, name="moderation.resident-unmuted.v1", subject="mute_id", audience=Audience.STAFF
):
    """They can again, before that time."""

    mute_id: UUID
    house_id: UUID
    resident_id: UUID


# Who watches over it


class ModeratorAppointed(
    Event, name="moderation.moderator-appointed.v1", subject="house_id", audience=Audience.RESIDENTS
):
    """A resident keeps the page of a house safe from now on. Residents are not told which."""

    house_id: UUID
    resident_id: Withheld


class ModeratorResigned(
    Event, name="moderation.moderator-resigned.v1", subject="house_id", audience=Audience.RESIDENTS
):
    """They do so no longer."""

    house_id: UUID
    resident_id: Withheld


class ModeratorsWanted(
    Event, name="moderation.moderators-wanted.v1", subject="house_id", audience=Audience.STAFF
):
    """A house has fewer moderators than it wants."""

    house_id: UUID
    moderators: Count
    wanted: Count


class GuideAssigned(
    Event, name="moderation.guide-assigned.v1", subject="house_id", audience=Audience.RESIDENTS
):
    """Somebody of the neighbourhood platform stands by the moderators of a house."""

    house_id: UUID
    guide_id: Withheld


# The end


class PageArchived(
    Event, name="moderation.page-archived.v1", subject="house_id", audience=Audience.RESIDENTS
):
    """Nobody writes on the page any more. It can be read until it is gone, on `anonymise_on`."""

    house_id: UUID
    anonymise_on: date


class PageAnonymised(
    Event, name="moderation.page-anonymised.v1", subject="house_id", audience=Audience.STAFF
):
    """The page is gone: how much of what went, and how much is left, which is nothing."""

    house_id: UUID
    removed: dict[str, Count]
    left: dict[str, Count]


class ResidentDataErased(
    Event,
    name="moderation.resident-data-erased.v1",
    subject="request_id",
    audience=Audience.SYSTEM,
    irreversible=True,
):
    """What moderation knew about a resident is gone: how many of each kind."""

    request_id: UUID
    resident_id: UUID
    counts: dict[str, Count]
