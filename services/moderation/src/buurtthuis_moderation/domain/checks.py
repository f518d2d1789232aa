"""What is looked at by itself before people do: what it finds is advice, or makes a text wait for a moderator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from buurtthuis.core.texts import GAPS
from buurtthuis.events.moderation import Check

from buurtthuis_moderation.domain.contacts import find_contacts
from buurtthuis_moderation.domain.findings import Finding
from buurtthuis_moderation.domain.insults import find_insults
from buurtthuis_moderation.domain.links import find_links
from buurtthuis_moderation.domain.looks import seen


class Mode(StrEnum):
    """What a house does with what a check finds."""

    OFF = "off"
    ADVICE = "advice"
    HOLD = "hold"


#: What gets somebody into trouble waits; what is a matter of taste is looked at afterwards.
MODES: Mapping[Check, Mode] = {
    Check.WORDS: Mode.ADVICE,
    Check.CONTACTS: Mode.HOLD,
    Check.LINKS: Mode.HOLD,
    Check.FLOODS: Mode.HOLD,
}


@dataclass(frozen=True)
class Checks:
    """How a house wants to be looked after: what each check does, and what it looks for besides the common lists."""

    modes: Mapping[Check, Mode] = field(default_factory=lambda: dict(MODES))
    words: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()

    def judge(self, text: str, *, floods: bool) -> tuple[Finding, ...]:
        """What they find that is not off, in the order of the text."""
        found = {
            finding for finding in self._look(text, floods=floods) if self.mode(finding.check) is not Mode.OFF
        }
        return tuple(sorted(found, key=lambda finding: (finding.start, finding.end, finding.check)))

    def holds(self, findings: tuple[Finding, ...]) -> bool:
        """Whether a text with these waits for a moderator."""
        return any(self.mode(finding.check) is Mode.HOLD for finding in findings)

    def mode(self, check: Check) -> Mode:
        """What it does here."""
        return self.modes.get(check, MODES[check])

    def _look(self, text: str, *, floods: bool) -> Iterator[Finding]:
        for drawn in {text, GAPS.sub(" ", text)}:
            readable, places = seen(drawn)
            for finding in self._find(readable):
                yield Finding(finding.check, places[finding.start], places[finding.end])
        if floods:
            yield Finding(Check.FLOODS, 0, len(text))

    def _find(self, readable: str) -> Iterator[Finding]:
        yield from find_insults(readable, self.words)
        yield from find_contacts(readable)
        yield from find_links(readable, self.links)
