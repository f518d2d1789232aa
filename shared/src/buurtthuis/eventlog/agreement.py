"""What a reader and a producer both know: the rule alone, without their databases.

A position is not an identity: where either's database came back from an older copy, the same number stands for another
event. So a reader remembers which events it heard where, goes back to the newest one that the producer's journal has in
the same place, and reads on from there without what it has had already.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from buurtthuis.eventlog.envelope import Envelope

#: How far above its own journal a producer believes that somebody heard it: no copy lies so far back.
MOST_LOST = 1_000_000

#: Of what was heard, how much is asked about at once.
ASKED_TOGETHER = 500


class HeardAt(NamedTuple):
    """An event in its place. Which one may be unknown (None), where it was heard before that was kept."""

    position: int
    event_id: str | None

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """Where this one stands."""
        return cls(envelope.position, envelope.id)


#: Before the first event: all journals have that in common.
BEGINNING = HeardAt(0, None)


@dataclass(frozen=True)
class HadAlready:
    """What a reader that went back does not do again, wherever it stands now."""

    ids: Collection[str] = frozenset()
    #: Where what both know is older than what is remembered: all that was said before this was heard.
    said_before: datetime | None = None

    def holds(self, envelope: Envelope) -> bool:
        """Whether this event had its effects."""
        return envelope.id in self.ids or (self.said_before is not None and envelope.time < self.said_before)


#: Of a reader that never went back, as nearly all are.
HAD_NOTHING = HadAlready()


def follows(heard_at: HeardAt, batch: Sequence[Envelope]) -> bool:
    """Whether these come right after it and each other, by their positions and by what each says it comes after."""
    position, event_id = heard_at
    for envelope in batch:
        if envelope.position != position + 1 or event_id not in (None, envelope.previous or event_id):
            return False
        position, event_id = envelope.position, envelope.id
    return True


def contradicts(heard_at: HeardAt, batch: Iterable[Envelope]) -> bool:
    """Whether another event is shown where that one stood."""
    return heard_at.event_id is not None and any(
        envelope.position == heard_at.position and envelope.id != heard_at.event_id for envelope in batch
    )


def newest_agreed(
    heard: Iterable[HeardAt], journal: Mapping[int, str], begins_after: int = 0
) -> HeardAt | None:
    """The newest of these that the journal has in the same place; None where it has none of them there.

    Up to `begins_after` entries went for their age: where nothing stands there any more nothing contradicts."""

    def is_there(heard_at: HeardAt) -> bool:
        position, event_id = heard_at
        return journal[position] == event_id if position in journal else position <= begins_after

    return max(filter(is_there, heard), key=lambda heard_at: heard_at.position, default=None)


def is_believable(heard: int, numbered: int) -> bool:
    """Whether a copy of a journal that had come to `heard` can have come to `numbered` only."""
    return heard <= numbered + MOST_LOST
