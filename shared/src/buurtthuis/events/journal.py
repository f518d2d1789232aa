"""What every journal can say about itself."""

from buurtthuis.events import Audience, Event


class JournalRestored(Event, name="journal.journal-restored.v1", subject="service", audience=Audience.SYSTEM):
    """The producer's database came back from an older copy: what stood after `restored_from`, up to and with
    `restored_to`, is lost for good. Those positions do not exist any more; where some were given out before it was
    noticed, they are other events."""

    service: str
    restored_from: int
    restored_to: int
