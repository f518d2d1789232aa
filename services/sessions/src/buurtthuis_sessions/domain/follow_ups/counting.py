"""What is asked, how marks are counted, and what comes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

import orjson
from buurtthuis.events.sessions import (
    FollowUpOutcome,
    Kind,
)

from buurtthuis_sessions.domain.follow_ups.states import MarksDoNotFit
from buurtthuis_sessions.domain.titles import Entitled


@dataclass(frozen=True)
class Option(Entitled):
    """Something to do next: once, or `weekly`. About an admitted theme, or from the room.

    `hidden` is its title while moderators hide it."""

    id: UUID
    title: str | None
    kind: Kind = Kind.OTHER
    weekly: bool = False
    theme_id: UUID | None = None
    hidden: str | None = None

    def is_of(self, content: UUID) -> bool:
        """Whether it is this, or is about this theme."""
        return content in (self.id, self.theme_id)


@dataclass(frozen=True)
class Question:
    """What is asked: everybody marks `at_most` of the options, and the first `places` come about."""

    options: tuple[Option, ...]
    at_most: int
    places: int = 2
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Counts:
    """How many ballots there are, and how many marks for each option and for `stop`."""

    ballots: int = 0
    marks: Mapping[UUID, int] = field(default_factory=dict)
    stop: int = 0

    def __add__(self, other: Self) -> "Counts":
        marks = {option: self.of(option) + other.of(option) for option in {**self.marks, **other.marks}}
        return Counts(self.ballots + other.ballots, marks, self.stop + other.stop)

    def of(self, option: UUID) -> int:
        """The marks for one option."""
        return self.marks.get(option, 0)

    @property
    def total(self) -> int:
        """All marks."""
        return sum(self.marks.values()) + self.stop

    def written(self) -> bytes:
        """As it goes into a box."""
        return orjson.dumps(self, option=orjson.OPT_NON_STR_KEYS)

    @classmethod
    def read(cls, written: bytes) -> Self:
        """As it came out of the box."""
        found = orjson.loads(written)
        marks = {UUID(option): number for option, number in found["marks"].items()}
        return cls(found["ballots"], marks, found["stop"])


NO_MARKS = Counts()


@dataclass(frozen=True)
class Result:
    """What came of it; `tied` options share a place that is not there for all of them."""

    outcome: FollowUpOutcome
    winners: tuple[UUID, ...] = ()
    tied: tuple[UUID, ...] = ()


def result_of(options: Sequence[Option], counts: Counts, places: int) -> Result:
    """The first `places` come about, as far as they have a mark and nobody below them has as many.

    Where `stop` has most marks nothing comes about; where it shares the first place it is a tie."""
    ranking = ranked(options, counts)
    best = counts.of(ranking[0].id)
    if counts.stop > best:
        return Result(FollowUpOutcome.STOP)
    if counts.stop == best:
        return Result(FollowUpOutcome.TIED, tied=_with(best, ranking, counts))
    left_out = counts.of(ranking[places].id) if len(ranking) > places else 0
    winners = tuple(option.id for option in ranking[:places] if counts.of(option.id) > left_out)
    tied = _with(left_out, ranking, counts) if len(winners) < places else ()
    return Result(FollowUpOutcome.DECIDED if winners else FollowUpOutcome.TIED, winners, tied)


def ranked(options: Sequence[Option], counts: Counts) -> list[Option]:
    """In order of marks; those with as many in the order they were asked in."""
    return sorted(options, key=lambda option: -counts.of(option.id))


def _with(marks: int, options: Sequence[Option], counts: Counts) -> tuple[UUID, ...]:
    """Those with so many marks, if that is any at all."""
    return tuple(option.id for option in options if marks and counts.of(option.id) == marks)


def check_fit(counts: Counts, at_most: int) -> None:
    """Nobody marks one option twice, nor more of them than `at_most`."""
    cards = counts.ballots
    for index, marks in enumerate(counts.marks.values()):
        _check_number(marks, cards, cards, f"/marks/{index}/marks")
    _check_number(counts.stop, cards, cards, "stop")
    _check_number(counts.total, cards * at_most, cards, "marks")


def _check_number(marks: int, fit: int, cards: int, field: str) -> None:
    if marks > fit:
        raise MarksDoNotFit(marks=marks, fit=fit, cards=cards, field=field)
