"""What a reader and a producer both know, whatever came back from which moment: the rule, without a database."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from random import Random

import pytest
from buurtthuis.core.work import new_id
from buurtthuis.eventlog.agreement import (
    BEGINNING,
    MOST_LOST,
    HadAlready,
    HeardAt,
    contradicts,
    follows,
    is_believable,
    newest_agreed,
)
from buurtthuis.eventlog.envelope import Envelope
from buurtthuis.persistence.journal import NO_EVENT
from buurtthuis.testing.samples.domain import NoteWritten
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.shared.rooms import envelope

SAMPLE = envelope(NoteWritten(note_id=new_id(), text="a word"), 1)


def at(position: int, id: str, previous: str | None = None) -> Envelope:
    """An event in its place."""
    return replace(SAMPLE, position=position, id=id, previous=previous)


def test_what_says_that_it_comes_after_what_was_heard_follows_it() -> None:
    assert follows(HeardAt(4, "d"), [at(5, "e", previous="d"), at(6, "f", previous="e")])


@pytest.mark.parametrize(
    "batch",
    [
        [at(6, "f", previous="e")],
        [at(5, "e", previous="another")],
        [at(5, "e", previous=NO_EVENT)],
        [at(5, "e", previous="d"), at(7, "g", previous="f")],
        [at(5, "e", previous="d"), at(6, "f", previous="another")],
    ],
    ids=["a gap", "after another event", "after nothing", "a gap within", "another event within"],
)
def test_what_does_not_come_after_what_was_heard_does_not_follow_it(batch: list[Envelope]) -> None:
    assert not follows(HeardAt(4, "d"), batch)


def test_where_it_is_not_known_or_not_said_what_came_before_the_number_decides() -> None:
    assert follows(HeardAt(4, None), [at(5, "e", previous="d")])
    assert follows(HeardAt(4, "d"), [at(5, "e")])


def test_another_event_in_the_same_place_contradicts_what_was_heard() -> None:
    assert contradicts(HeardAt(4, "d"), [at(3, "c"), at(4, "another")])
    assert not contradicts(HeardAt(4, "d"), [at(3, "another"), at(4, "d")])
    assert not contradicts(HeardAt(4, None), [at(4, "d")])


def test_what_both_know_is_the_newest_that_stands_in_the_same_place() -> None:
    heard = [HeardAt(5, "lost"), HeardAt(4, "d"), HeardAt(4, "another"), HeardAt(3, "c")]
    assert newest_agreed(heard, {3: "c", 4: "d", 5: "new"}) == HeardAt(4, "d")
    assert newest_agreed(heard, {5: "new"}) is None
    assert newest_agreed([*heard, BEGINNING], {5: "new"}) == BEGINNING
    assert newest_agreed([HeardAt(5, None)], {}) is None


def test_what_was_said_before_all_that_is_remembered_was_had() -> None:
    had = HadAlready(frozenset({"heard"}), said_before=SAMPLE.time)
    assert had.holds(at(9, "heard"))
    assert had.holds(replace(SAMPLE, time=SAMPLE.time - timedelta(seconds=1)))
    assert not had.holds(at(9, "said then"))


def test_nobody_heard_a_million_more_than_were_said() -> None:
    assert is_believable(MOST_LOST, 0)
    assert not is_believable(10**15, 61)


@dataclass
class Reader:
    """What is in a reader's database."""

    last: HeardAt = BEGINNING
    heard: tuple[HeardAt, ...] = ()
    astray: frozenset[str] = frozenset()
    effects: Counter[str] = field(default_factory=Counter)

    def apply(self, batch: list[Envelope]) -> None:
        had = HadAlready(self.astray)
        self.effects = self.effects + Counter(one.id for one in batch if not had.holds(one))
        self.heard += tuple(HeardAt.of(one) for one in batch)
        self.last = HeardAt.of(batch[-1])

    def copy(self) -> "Reader":
        return replace(self, effects=Counter(self.effects))


class Restores(RuleBasedStateMachine):
    """A producer that numbers and publishes, a stream, and a reader: each comes back as it was at some moment."""

    def __init__(self) -> None:
        super().__init__()
        self.ids = (f"event {number}" for number in count(1))
        self.journal: dict[int, str] = {}
        self.waiting: tuple[str, ...] = ()
        self.stream: dict[int, Envelope] = {}
        self.reader = Reader()
        self.journals: list[tuple[dict[int, str], tuple[str, ...]]] = [({}, ())]
        self.readers = [Reader()]

    # What happens

    @rule(words=st.integers(1, 4), goes_on=st.sampled_from([3, 3, 2, 1, 0]))
    def say(self, words: int, goes_on: int) -> None:
        """Some words, which get as far as they get before something else happens; at every step all is copied."""
        self.waiting += tuple(next(self.ids) for _ in range(words))
        self.copy()
        for step in (self.number, self.publish, self.hear)[:goes_on]:
            step()
            self.copy()

    def copy(self) -> None:
        self.journals.append((dict(self.journal), self.waiting))
        self.readers.append(self.reader.copy())

    @rule(
        producer=st.integers(1, 8),
        reader=st.none() | st.integers(1, 8),
        kept=st.sampled_from([0, 0, 2, 99]),
        looks=st.booleans(),
    )
    def restore(self, producer: int, reader: int | None, kept: int, looks: bool) -> None:
        """To copies of some moments ago, with so much of the stream as is left; the reader may look before anybody speaks."""
        journal, self.waiting = self.journals[-min(producer, len(self.journals))]
        self.journal = dict(journal)
        if reader is not None:
            self.reader = self.readers[-min(reader, len(self.readers))].copy()
        self.stream = dict(sorted(self.stream.items())[:kept])
        if looks:
            self.compare()

    def compare(self) -> None:
        heard_at = self.reader.last
        if heard_at.event_id and not newest_agreed([heard_at], self.journal):
            self.catch_up()

    def number(self) -> None:
        """Above all that the stream shows, once it shows more than the journal has."""
        if (end := max(self.stream, default=0)) > self.top:
            self._jump_past(end)
        for id in self.waiting:
            self.journal[self.top + 1] = id
        self.waiting = ()

    def publish(self) -> None:
        """Not over another event of ours: a relay that finds one says what is lost, and numbers on above it."""
        end = max(self.stream, default=0)
        if end > self.top or any(self.journal.get(at, one.id) != one.id for at, one in self.stream.items()):
            self._jump_past(end)
        for position, id in sorted(self.journal.items()):
            if position > end:
                self.stream[position] = at(position, id, previous=self._before(position))

    def hear(self) -> None:
        shown = [one for _, one in sorted(self.stream.items()) if one.position > self.reader.last.position]
        if shown and follows(self.reader.last, shown):
            self.reader.apply(shown)
        elif shown or contradicts(self.reader.last, self.stream.values()):
            self.catch_up()

    # What holds

    @invariant()
    def nothing_acts_twice(self) -> None:
        assert max(self.reader.effects.values(), default=1) == 1

    def teardown(self) -> None:
        """In the end all that the producer knows to have said has acted."""
        self.number()
        self.compare()
        self.catch_up()
        assert set(self.journal.values()) <= set(self.reader.effects)
        self.nothing_acts_twice()

    # How

    @property
    def top(self) -> int:
        return max(self.journal, default=0)

    def catch_up(self) -> None:
        """From the feed, after going back to what both know."""
        heard_at, heard = self.reader.last, [*self.reader.heard, BEGINNING]
        if heard_at.event_id and newest_agreed([heard_at], self.journal) is None:
            agreed = newest_agreed([heard_at, *heard], self.journal)
            assert agreed is not None
            self._say_what_was_lost(heard_at.position)
            self.reader.astray |= {
                one.event_id for one in heard if one.position > agreed.position and one.event_id
            }
            self.reader.last = agreed
        rest = [
            at(position, id)
            for position, id in sorted(self.journal.items())
            if position > self.reader.last.position
        ]
        if rest:
            self.reader.apply(rest)

    def _say_what_was_lost(self, heard: int) -> None:
        self.journal[max(self.top, heard) + 1] = next(self.ids)

    def _jump_past(self, end: int) -> None:
        """What the stream does not confirm gets a new number above all."""
        unconfirmed = [
            p for p in sorted(self.journal) if p in self.stream and self.stream[p].id != self.journal[p]
        ]
        first = min(unconfirmed, default=self.top + 1)
        again = [self.journal.pop(position) for position in sorted(self.journal) if position >= first]
        top = max(end, self.top, *unconfirmed, 0)
        for position, id in enumerate([next(self.ids), *again], top + 1):
            self.journal[position] = id

    def _before(self, position: int) -> str:
        before = [other for other in self.journal if other < position]
        return self.journal[max(before)] if before else NO_EVENT


TestRestores = Restores.TestCase
TestRestores.settings = settings(max_examples=200, stateful_step_count=6, deadline=None)


def play_at_random(histories: int) -> None:
    """Evenly, where hypothesis prefers what is simple: what is heard again in another place is rare there."""
    dice = Random(20181112)
    for _ in range(histories):
        played = Restores()
        for _ in range(6):
            if dice.random() < 0.5:
                played.say(dice.randint(1, 4), dice.choice([3, 3, 2, 1, 0]))
            else:
                ago = dice.choice([None, dice.randint(1, 8)])
                played.restore(dice.randint(1, 8), ago, dice.choice([0, 0, 2, 99]), dice.random() < 0.5)
            played.nothing_acts_twice()
        played.teardown()


def test_whatever_comes_back_from_whichever_moment_all_acts_once() -> None:
    play_at_random(400)


def _heard_nothing(had: HadAlready, envelope: Envelope) -> bool:
    return False


def _trusts_the_number(heard_at: HeardAt, batch: Sequence[Envelope]) -> bool:
    return batch[0].position == heard_at.position + 1


@pytest.mark.parametrize(
    ("where", "name", "wrong"),
    [(HadAlready, "holds", _heard_nothing), (sys.modules[__name__], "follows", _trusts_the_number)],
    ids=["does again what it heard", "takes a number for an event"],
)
def test_a_reader_that_is_wrong_is_found_out(
    monkeypatch: pytest.MonkeyPatch, where: object, name: str, wrong: object
) -> None:
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(AssertionError):
        play_at_random(400)
