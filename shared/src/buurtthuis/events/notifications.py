"""What notifications says. It alone knows who a resident is; everybody else hears a pseudonym."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from buurtthuis.events import Audience, Count, Erasable, Event


class DeliveryChannel(StrEnum):
    """A road to somebody."""

    __qualname__ = "Channel"  # what documents of an API call it

    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    CALL = "call"
    VISIT = "visit"


#: Its name in what was written before there was another that is called so.
Channel = DeliveryChannel


class FailureReason(StrEnum):
    """Why a message did not arrive by a channel."""

    REFUSED = "refused"
    GONE = "gone"
    TOO_LATE = "too_late"
    NOT_SEEN = "not_seen"
    NOBODY_HOME = "nobody_home"


class ResidentJoined(
    Event, name="notifications.resident-joined.v1", subject="resident_id", audience=Audience.STAFF
):
    """A resident is in a house from now on, and can be reached. `language` is what they read best."""

    resident_id: UUID
    house_id: UUID
    language: str


class ResidentMovedOut(
    Event,
    name="notifications.resident-moved-out.v1",
    subject="resident_id",
    audience=Audience.STAFF,
    irreversible=True,
):
    """A resident is not in this house any more: their places in it come free."""

    resident_id: UUID
    house_id: UUID


class GivenRole(StrEnum):
    """A role that staff give, for a house or for all."""

    STAFF = "staff"
    CHAIN_PARTNER = "chain_partner"
    GUIDE = "guide"
    CARETAKER = "caretaker"


class RightGiven(
    Event,
    name="notifications.right-given.v1",
    subject="right_id",
    audience=Audience.STAFF,
    irreversible=True,
):
    """Somebody, by pseudonym, has a role in a house, or in all where it names none; until then, where it has an end.

    From the first that they are given of a role on, it is for no other house than those that they are given, or that their token
    lists. Every service hears it by itself."""

    right_id: UUID
    subject_id: UUID
    role: GivenRole
    house_id: UUID | None = None
    until: datetime | None = None


class RightTakenAway(
    Event,
    name="notifications.right-taken-away.v1",
    subject="right_id",
    audience=Audience.STAFF,
    irreversible=True,
):
    """They have it no more, from that moment on; live feeds end."""

    right_id: UUID
    subject_id: UUID
    role: GivenRole
    house_id: UUID | None = None
    until: datetime


class TokensRevoked(
    Event,
    name="notifications.tokens-revoked.v1",
    subject="revoked_id",
    audience=Audience.SYSTEM,
    irreversible=True,
):
    """Nobody is let in any more by an access token of this subject, from this sign-in (`sid`) or with this id (`jti`).

    With `before` by those alone that were issued before that moment. Every service hears it by itself, and ends live
    feeds too."""

    revoked_id: UUID
    before: datetime | None = None


class ResidentErasureRequested(
    Event,
    name="notifications.resident-erasure-requested.v1",
    subject="request_id",
    audience=Audience.SYSTEM,
    irreversible=True,
):
    """Whatever any service knows about a resident has to go; each says so with its own ResidentDataErased."""

    request_id: UUID
    resident_id: UUID


class ResidentDataErased(
    Event,
    name="notifications.resident-data-erased.v1",
    subject="request_id",
    audience=Audience.SYSTEM,
    irreversible=True,
):
    """What notifications knew about a resident is gone: how many rows of each kind."""

    request_id: UUID
    resident_id: UUID
    counts: dict[str, Count]


class ResidentErasureOverdue(
    Event, name="notifications.resident-erasure-overdue.v1", subject="request_id", audience=Audience.STAFF
):
    """Some services have not said in time that what they knew about a resident is gone."""

    request_id: UUID
    missing: int
    requested_at: datetime


class ResidentErasureCompleted(
    Event, name="notifications.resident-erasure-completed.v1", subject="request_id", audience=Audience.STAFF
):
    """Every service that could know of the resident has said that nothing is left; `erased` rows in all."""

    request_id: UUID
    services: Count
    erased: Count


class AnnouncementDelivered(
    Event, name="notifications.announcement-delivered.v1", subject="announcement_id", audience=Audience.STAFF
):
    """Everybody who was to be told of the event `cause` has been told, or cannot be.

    `by_channel` is how many were reached by each; `by_hand` are on a list for the caretaker, and may be reached
    later; `suppressed` did not want it; `failed` could not be reached at all, `no_road` of them because the road that
    they have is not set up here."""

    announcement_id: UUID
    house_id: UUID | None
    cause: UUID
    by_channel: dict[DeliveryChannel, Count]
    by_hand: Count
    suppressed: Count
    failed: Count
    no_road: Count = 0


class DeliveryFailed(
    Event, name="notifications.delivery-failed.v1", subject="message_id", audience=Audience.STAFF
):
    """A message did not reach a resident by any channel, and nobody was asked to bring it."""

    message_id: UUID
    resident_id: UUID
    house_id: UUID | None
    reason: FailureReason


class HandDeliveryRequested(
    Event, name="notifications.hand-delivery-requested.v2", subject="delivery_id", audience=Audience.STAFF
):
    """Somebody is to bring a letter, call or knock on a door.

    For whom is not said: whoever brings it sees a name and an address, and with a pseudonym beside them all that somebody did."""

    delivery_id: UUID
    house_id: UUID | None
    channel: DeliveryChannel


class HandDeliveryDone(
    Event, name="notifications.hand-delivery-done.v2", subject="delivery_id", audience=Audience.STAFF
):
    """Somebody did, and the resident knows."""

    delivery_id: UUID
    house_id: UUID | None
    channel: DeliveryChannel


class HandDeliveryFailed(
    Event, name="notifications.hand-delivery-failed.v1", subject="delivery_id", audience=Audience.STAFF
):
    """Nobody brought it in time, or nobody was home: its resident was not reached at all.

    Staff read at `GET /notifications/v1/hand-deliveries?state=cancelled` whom that is about."""

    delivery_id: UUID
    house_id: UUID | None
    channel: DeliveryChannel
    reason: FailureReason


class HandDeliveryRequestedV1(
    Event, name="notifications.hand-delivery-requested.v1", subject="delivery_id", audience=Audience.STAFF
):
    """As it was said before, with whom it was for. Nobody says it any more."""

    delivery_id: UUID
    message_id: UUID
    resident_id: UUID
    house_id: UUID | None
    channel: DeliveryChannel


class HandDeliveryDoneV1(
    Event, name="notifications.hand-delivery-done.v1", subject="delivery_id", audience=Audience.STAFF
):
    """As it was said before, with whom it was for. Nobody says it any more."""

    delivery_id: UUID
    message_id: UUID
    resident_id: UUID
    house_id: UUID | None
    channel: DeliveryChannel


class ClosingQuestionAnswered(
    Event, name="notifications.closing-question-answered.v1", subject="question_id", audience=Audience.STAFF
):
    """Whoever was asked whether their idea is solved says so, or what is not solved yet (`objection`)."""

    question_id: UUID
    theme_id: UUID
    house_id: UUID
    solved: bool
    objection: Erasable[str]


class WebhookSwitchedOff(
    Event, name="notifications.webhook-switched-off.v1", subject="webhook_id", audience=Audience.STAFF
):
    """Another system did not take its events for days, and gets none until staff switch it on again."""

    webhook_id: UUID
