"""Words that were taken back: an event without them."""

from dataclasses import replace

from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.events import Event


def without_words(envelope: Envelope, *words: str) -> Envelope:
    """An event as it is when these words, or without any all of them, were taken back."""
    erasable = Event.known[envelope.type].erasable()
    taken = dict.fromkeys(erasable & set(words) if words else erasable)
    return replace(envelope, data={**envelope.data, **taken})
