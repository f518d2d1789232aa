"""One thing to tell one person, until they know it or it is no use any more."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid5

from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.events.notifications import DeliveryChannel, DeliveryFailed, FailureReason

from buurtthuis_notifications.domain.planning import Plan
from buurtthuis_notifications.domain.rules import CAN_SAY_SEEN, SEEN_WITHIN, Topic, Urgency, rule_named

DIGEST = "digest"
#: A sender that is gone for so long has let go of its messages; then somebody else sends them.
LEASE = timedelta(minutes=2)
#: So long one message may be on its way, to all its addresses at once: it is never so that somebody else takes it meanwhile.
DEADLINE = timedelta(seconds=10)
#: The rule of what lets somebody in.
CODE = "code"
#: What somebody was told, and that it did not reach them, can be looked up for so long after it was of no use any more.
LOOKED_UP_FOR = timedelta(days=730)
#: Late is what comes so much later than it was to.
LATE = timedelta(minutes=30)
#: Between the tries of one road, each time twice as long as before.
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
#: So often one road is tried, where it does not say that it never leads there: for a day, an hour, or eight minutes.
TRIES = {Urgency.INFO: 30, Urgency.NORMAL: 30, Urgency.URGENT: 8, Urgency.CRITICAL: 5}


class MessageState(StrEnum):
    """Where a message is on its way to somebody."""

    SUPPRESSED = "suppressed"
    DEFERRED = "deferred"
    MERGED = "merged"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    BY_HAND = "by_hand"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


S = MessageState
ENDS = frozenset({S.DELIVERED, S.FAILED, S.EXPIRED, S.CANCELLED})


class MessageCannotMove(CannotMove):
    """A message that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        S.DEFERRED: ENDS | {S.DEFERRED, S.QUEUED, S.SENT, S.BY_HAND},
        S.QUEUED: ENDS | {S.SUPPRESSED, S.DEFERRED, S.QUEUED, S.SENT, S.BY_HAND},
        S.MERGED: ENDS | {S.SENT, S.BY_HAND},
        S.SENT: {S.DELIVERED, S.QUEUED, S.BY_HAND, S.FAILED},
        S.BY_HAND: ENDS | {S.BY_HAND, S.DONE},
        S.DONE: {S.BY_HAND},
    },
    MessageCannotMove,
)
#: Waiting for a sender.
WAITING = frozenset({S.DEFERRED, S.QUEUED})
#: Nothing more happens by itself.
AT_REST = frozenset(S) - WAITING - {S.MERGED}


@dataclass(frozen=True)
class PlannedMessage:
    """One resident's part in an announcement, before it is in the queue."""

    resident_id: UUID
    language: str
    plan: Plan

    def message_id(self, announcement: UUID) -> UUID:
        """However often it is planned, there is one."""
        return uuid5(announcement, str(self.resident_id))


@dataclass(eq=False)
class Message:
    """To a resident, or with `address` to a place that is nobody's yet. `secret` is what only it may say.

    `due_at` is when it may go, `lease_until` until when somebody is at it. `tried` are roads that led nowhere."""

    id: UUID
    rule: str
    topic: Topic
    urgency: Urgency
    state: MessageState
    channel: DeliveryChannel | None
    language: str
    made_at: datetime
    due_at: datetime
    expires_at: datetime
    announcement_id: UUID | None = None
    resident_id: UUID | None = None
    house_id: UUID | None = None
    digest_id: UUID | None = None
    code_id: UUID | None = None
    address: bytes | None = None
    secret: bytes | None = None
    tried: tuple[DeliveryChannel, ...] = field(default=())
    attempts: int = 0
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    seen_at: datetime | None = None
    reason: str | None = None
    version: int = 0

    @classmethod
    def to_address(
        cls,
        rule: str,
        channel: DeliveryChannel,
        address: bytes,
        secret: bytes,
        language: str,
        expires_at: datetime,
        now: datetime,
        code: UUID | None = None,
    ) -> Self:
        """To an address that is nobody's yet, or that of an office; at once. With a code it may be somebody's."""
        known = rule_named(rule)
        return cls(
            new_id(),
            rule,
            known.topic,
            known.urgency,
            S.QUEUED,
            channel,
            language,
            now,
            now,
            expires_at,
            code_id=code,
            address=address,
            secret=secret,
        )

    @classmethod
    def digest(cls, merged: "Sequence[Message]", now: datetime) -> Self:
        """Several in one, for one resident, by the road that the first would take."""
        first, rule = merged[0], rule_named(DIGEST)
        digest = cls(
            new_id(),
            rule.name,
            rule.topic,
            rule.urgency,
            S.QUEUED,
            first.channel,
            first.language,
            now,
            now,
            max(each.expires_at for each in merged),
            resident_id=first.resident_id,
            house_id=first.house_id,
        )
        for each in merged:
            each.digest_id = digest.id
        return digest

    def suppress(self, reason: str) -> None:
        """Never to be sent; only what was just made can be."""
        MOVES.move(self, S.SUPPRESSED)
        self.reason = reason
        self._let_go()

    def cancel(self, reason: str) -> None:
        """It is not true any more."""
        MOVES.move(self, S.CANCELLED)
        self.reason = reason
        self._let_go()

    def expire(self) -> list[DeliveryFailed]:
        """It is of no use any more, and its reader was never told."""
        MOVES.move(self, S.EXPIRED)
        self._let_go()
        return self._not_reached(FailureReason.TOO_LATE)

    def arrive(self, now: datetime) -> None:
        """The road took it. It can be said again, where it could not be written down at once."""
        if self.state is not S.SENT:
            MOVES.move(self, S.SENT)
        self.sent_at, self.reason = now, None
        self._let_go()

    def readdress(self, language: str, address: bytes | None) -> None:
        """In this language; to this address, as whoever has it wrote it, where somebody has."""
        self.language, self.address = language, address or self.address

    def put_back(self) -> None:
        """It was taken, and not tried."""
        self.lease_until = None
        self.attempts -= 1

    def try_later(self, now: datetime, at_least: timedelta = timedelta(), why: str | None = None) -> bool:
        """The road cannot take it now; whether it is worth another try. `why` is for who can do something about it."""
        self.reason = why
        pause = min(FIRST_PAUSE * 2 ** (self.attempts - 1), LONGEST_PAUSE)
        self.due_at, self.lease_until = now + max(pause, at_least), None
        return self.attempts < TRIES[self.urgency] and self.due_at < self.expires_at

    def wait(self, due_at: datetime) -> None:
        """It was not tried, and is to be then."""
        self.put_back()
        self.due_at = due_at

    def go_on_by(self, channel: DeliveryChannel, now: datetime) -> None:
        """Take another road."""
        self._leave_road()
        MOVES.move(self, S.QUEUED)
        self.channel, self.due_at = channel, now

    def hand_over(self, channel: DeliveryChannel) -> None:
        """A person brings it."""
        self._leave_road()
        MOVES.move(self, S.BY_HAND)
        self.channel = channel

    def fail(self, reason: FailureReason, why: str | None = None) -> list[DeliveryFailed]:
        """No road is left; `why` says more than the event can."""
        self._fail(why or reason.value)
        return self._not_reached(reason)

    def fail_by_hand(self, reason: FailureReason) -> None:
        """Nobody did in time; what was to be brought says so itself."""
        self._fail(reason.value)

    def _fail(self, reason: str) -> None:
        self._leave_road()
        MOVES.move(self, S.FAILED)
        self.reason = reason
        self._let_go()

    def _not_reached(self, reason: FailureReason) -> list[DeliveryFailed]:
        if self.resident_id is None:
            return []
        return [
            DeliveryFailed(
                message_id=self.id, resident_id=self.resident_id, house_id=self.house_id, reason=reason
            )
        ]

    def stay(self) -> None:
        """Nobody said that they saw it, and there is no other road: it was sent, and that is all anybody knows."""
        self.urgency = Urgency.NORMAL

    def finish_by_hand(self) -> None:
        """Somebody brought it."""
        MOVES.move(self, S.DONE)

    def reopen(self) -> None:
        """Somebody ticked it by mistake."""
        MOVES.move(self, S.BY_HAND)

    def see(self, now: datetime) -> None:
        """The resident read it, wherever: no road is needed any more. Once is enough, and it is never too late."""
        self.seen_at = self.seen_at or now
        if self.state in {*WAITING, S.SENT, S.BY_HAND}:
            MOVES.move(self, S.DELIVERED)
            self._let_go()

    def end_with(self, digest: "Message") -> None:
        """Several came in one, or did not: what became of that became of each."""
        MOVES.move(self, digest.state)
        self.reason, self.sent_at = digest.reason, digest.sent_at

    @property
    def turn(self) -> tuple[bool, datetime, datetime]:
        """In which order messages are sent, by those that come first: no newsletter keeps what is critical waiting."""
        return self.urgency is not Urgency.CRITICAL, self.due_at, self.made_at

    def is_useless(self, now: datetime) -> bool:
        """Whether its reader could do nothing with it any more."""
        return now >= self.expires_at

    def is_late(self, now: datetime) -> bool:
        """Whether it comes so much later than it was to that it is planned again: by now it may be night."""
        return now - self.due_at > LATE

    @property
    def to_be_seen_by(self) -> datetime | None:
        """When it goes on by another road, where nobody says that they saw it."""
        within = SEEN_WITHIN.get(self.urgency) if self.channel in CAN_SAY_SEEN else None
        return self.sent_at + within if self.sent_at and within and self.state is S.SENT else None

    def _leave_road(self) -> None:
        if self.channel and self.channel not in self.tried:
            self.tried = (*self.tried, self.channel)
        self.attempts, self.lease_until, self.sent_at = 0, None, None

    def _let_go(self) -> None:
        self.lease_until = self.address = self.secret = None
