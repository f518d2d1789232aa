"""What every journal can say about itself."""

from buurtthuis.events import Audience, Event


class JournalRestored(Event, name="journal.journal-restored.v1", subject="service", audience=Audience.SYSTEM):
    """The producer's database came back from an older copy: positions after `restored_from`, up to and
    with `restored_to`, are lost for good. Readers neither wait for them nor read their numbers again."""

    service: str
    restored_from: int
    restored_to: int
