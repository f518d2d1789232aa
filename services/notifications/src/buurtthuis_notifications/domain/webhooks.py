"""Webhooks: other systems are told what happens, each in the order in which it was said.

What was said stays in the producers' journals. A webhook only remembers how far it has come in each, so
nothing is copied, nothing is lost while the other side is away, and what is taken back is not sent any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.events import Audience, Event
from buurtthuis.events.notifications import WebhookSwitchedOff

#: After a rotation both secrets sign for so long, so that the other side can change over in its own time.
BOTH_SECRETS = timedelta(days=1)
#: After so long without a success nothing is sent any more.
GIVE_UP = timedelta(days=3)
#: A sender that is silent for so long has let go of the webhook.
LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
#: What was tried can be looked up for so long.
KEPT_FOR = timedelta(days=30)
#: Nobody outside is told what only our own services may know.
WIDEST = Audience.STAFF


class WebhookState(StrEnum):
    """Whether anything is sent."""

    ON = "on"
    PAUSED = "paused"
    OFF = "off"


class WebhookCannotMove(CannotMove):
    """A webhook that is {state} cannot become {to}."""


MOVES = StateMachine(
    {
        WebhookState.ON: {WebhookState.PAUSED, WebhookState.OFF},
        WebhookState.PAUSED: {WebhookState.ON},
        WebhookState.OFF: {WebhookState.ON},
    },
    WebhookCannotMove,
)


class TooManyWebhooks(Refused):
    """There are {at_most} webhooks already. Delete one that nobody uses."""


#: Of one corporation; each is a reader of every journal.
AT_MOST = 20


class Told(NamedTuple):
    """An event in its place in a producer's journal. Which one may be unknown (None), where that was not kept yet."""

    position: int
    event_id: str | None


@dataclass(eq=False)
class Webhook:
    """Another system that is told of events of these `types`, at `url`.

    `cursors` says how far it has come with each producer, and `trails` past which events, newest first: where a
    producer's database came back from an older copy, other events have their positions. Nothing from before `made_at`
    is sent. Whoever sends holds the `lease`."""

    id: UUID
    url: str
    types: tuple[str, ...]
    secret: bytes
    cursors: dict[str, int]
    made_at: datetime
    due_at: datetime
    state: WebhookState = WebhookState.ON
    old_secret: bytes | None = None
    old_until: datetime | None = None
    ping: UUID | None = None
    failures: int = 0
    failing_since: datetime | None = None
    lease: UUID | None = None
    lease_until: datetime | None = None
    trails: dict[str, tuple[Told, ...]] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def register(
        cls, url: str, types: tuple[str, ...], secret: bytes, heard: Mapping[str, Told], now: datetime
    ) -> Self:
        """It is told what is said from now on; `heard` is how far everybody has come."""
        webhook = cls(new_id(), url, types, secret, {}, now, now)
        for producer, told in heard.items():
            webhook.pass_by(producer, told)
        return webhook

    def pause(self) -> None:
        """Send nothing for now; what is said meanwhile comes later."""
        self._move(WebhookState.PAUSED)

    def resume(self, now: datetime) -> None:
        """Go on where it stopped."""
        self._move(WebhookState.ON)
        self.failures, self.failing_since, self.due_at = 0, None, now

    def rotate(self, secret: bytes, now: datetime) -> None:
        """Sign with another secret; with the one before too, for a day."""
        self.old_secret, self.old_until = self.secret, now + BOTH_SECRETS
        self.secret = secret

    def secrets(self, now: datetime) -> tuple[bytes, ...]:
        """Those that sign, the newest first."""
        old = self.old_secret if self.old_until and now < self.old_until else None
        return (self.secret, old) if old else (self.secret,)

    def ask_for_ping(self) -> None:
        """Send something without a meaning, as soon as it can be. Raises WebhookCannotMove where nothing is sent."""
        if self.state is not WebhookState.ON:
            raise WebhookCannotMove(state=self.state, to="tried")
        self.ping = new_id()

    def lend(self, lease: UUID, now: datetime) -> bool:
        """Let one sender have it, unless another has or it is to be left alone; says whether."""
        held = self.lease_until is not None and now < self.lease_until
        if self.state is not WebhookState.ON or held or (now < self.due_at and not self.ping):
            return False
        self.lease, self.lease_until = lease, now + LEASE
        return True

    def give_back(self, lease: UUID) -> None:
        """The sender is done with it."""
        if self.lease == lease:
            self.lease = self.lease_until = None

    def holds(self, lease: UUID) -> bool:
        """Whether this sender may go on."""
        return self.lease == lease and self.state is WebhookState.ON

    def last_told(self, producer: str) -> Told:
        """The last that was sent, or was not wanted."""
        trail = self.trails.get(producer, ())
        return trail[0] if trail else Told(self.cursors.get(producer, 0), None)

    def pass_by(self, producer: str, told: Told) -> None:
        """Up to there everything is sent, or was not wanted; never back."""
        if told.position > self.cursors.get(producer, 0):
            self._stand_at(producer, told.position, (told, *self.trails.get(producer, ())))

    def go_back(self, producer: str, position: int) -> None:
        """Above that its producer's journal is another one: what stands there now is sent as well."""
        self._stand_at(producer, position, self.trails.get(producer, ()))

    def _stand_at(self, producer: str, position: int, trail: Sequence[Told]) -> None:
        passed = [told for told in trail if told.event_id and told.position <= position]
        self.cursors = {**self.cursors, producer: position}
        self.trails = {**self.trails, producer: thinned(passed)}

    def took(self, now: datetime) -> None:
        """The other side has it."""
        self.failures, self.failing_since, self.due_at = 0, None, now
        self.lease_until = now + LEASE

    def did_not_take(self, now: datetime, *, for_good: bool = False) -> list[WebhookSwitchedOff]:
        """The other side has not. After days, or where it says so, it gets nothing any more."""
        self.failures += 1
        self.failing_since = self.failing_since or now
        self.due_at = now + pause_after(self.failures)
        if not for_good and now < self.failing_since + GIVE_UP:
            return []
        self._move(WebhookState.OFF)
        return [WebhookSwitchedOff(webhook_id=self.id)]

    def _move(self, to: WebhookState) -> None:
        MOVES.move(self, to)
        self.ping = self.lease = self.lease_until = None


@dataclass(eq=False)
class WebhookAttempt:
    """One try to tell another system of one event. `status` is HTTP's; there is none where nobody answered."""

    id: UUID
    webhook_id: UUID
    event_id: UUID
    type: str
    at: datetime
    took: bool
    status: int | None = None
    why: str | None = None


def thinned(trail: Sequence[Told]) -> tuple[Told, ...]:
    """Of what lies one position back, two or three, four to seven … the oldest: whoever goes back finds one soon."""
    return tuple({(trail[0].position - told.position).bit_length(): told for told in trail}.values())


def pause_after(failures: int) -> timedelta:
    """Twice as long after each failure, an hour at most."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(failures - 1, 10)
    return min(doubled, LONGEST_PAUSE)


def offered(producers: frozenset[str]) -> tuple[str, ...]:
    """The types that can be asked for: what these services say, and others may know."""
    return tuple(
        sorted(
            type
            for type, event in Event.known.items()
            if event.producer() in producers and event.audience.rank <= WIDEST.rank
        )
    )
