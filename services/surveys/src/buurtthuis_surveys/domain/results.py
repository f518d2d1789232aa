"""Results: what the marks say, and which options are at the top under the tie rule."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from buurtthuis.domain.few import FEWEST
from buurtthuis.events.surveys import IntakeChannel, TieRule

from buurtthuis_surveys.domain.questions import Question, QuestionKind

Tally = Mapping[tuple[Any, ...], int]


@dataclass(frozen=True)
class OptionResult:
    """How an option came out: `score` is its marks, in a ranking its points (first of n options: n points)."""

    option_id: UUID
    marks: int
    score: int
    place: int
    by_channel: dict[IntakeChannel, int] | None


@dataclass(frozen=True)
class QuestionResult:
    """How a question came out. `tied` share the last place of the top and are not in it (yet)."""

    question_id: UUID
    answers: int
    options: tuple[OptionResult, ...] = ()
    top: tuple[UUID, ...] = ()
    tied: tuple[UUID, ...] = ()
    average: float | None = None

    @property
    def is_of_few(self) -> bool:
        """Whether so few answered that their marks are for staff alone."""
        return not large_enough((self.answers,))


@dataclass(frozen=True)
class Results:
    """How a survey came out. Splits that would show fewer than 5 people are left out altogether."""

    ballots: int
    codes: int
    by_channel: dict[IntakeChannel, int] | None
    by_language: dict[str, int] | None
    questions: tuple[QuestionResult, ...]


@dataclass(frozen=True)
class Counts:
    """What was counted, by groups: ballots (channel, language), answers (question, channel),
    marks (question, option, rank, channel)."""

    ballots: Tally
    answers: Tally
    marks: Tally
    codes: int = 0


def results(questions: Iterable[Question], counts: Counts, rule: TieRule, seed: str) -> Results:
    """Count up."""
    by_channel = split(_summed(counts.ballots, 0))
    return Results(
        ballots=sum(counts.ballots.values()),
        codes=counts.codes,
        by_channel=by_channel,
        by_language=split(_summed(counts.ballots, 1)),
        questions=tuple(
            _result(question, counts, rule, seed, apart=by_channel is not None) for question in questions
        ),
    )


def large_enough(sizes: Iterable[int]) -> bool:
    """Whether none of these parts is so small that it could be somebody; a part of nobody is none.

    The one rule for every figure that is shown by parts, and it is all or nothing: one hidden part could be had
    by subtraction."""
    return all(size >= FEWEST for size in sizes if size)


def split(parts: Counter[Any]) -> dict[Any, int] | None:
    """The parts by size, or None where they are not all `large_enough`."""
    return dict(parts.most_common()) if large_enough(parts.values()) else None


def commitment(seed: str) -> str:
    """What is told of a seed beforehand, so that it cannot be another afterwards."""
    return sha256(seed.encode()).hexdigest()


def drawn(options: Iterable[UUID], seed: str) -> list[UUID]:
    """Lots: in the order of SHA-256 of `seed|option id`, in hexadecimal. Anyone who has the seed can check it."""
    return sorted(options, key=lambda option: sha256(f"{seed}|{option}".encode()).hexdigest())


def _result(question: Question, counts: Counts, rule: TieRule, seed: str, *, apart: bool) -> QuestionResult:
    """Split where the whole survey is: else the question would tell the size of the part that is hidden there."""
    answered = Counter({channel: n for (id, channel), n in counts.answers.items() if id == question.id})
    marks = {key[1:]: n for key, n in counts.marks.items() if key[0] == question.id}
    channels = _by_channel(marks)
    cells = [size for by_channel in channels.values() for size in by_channel.values()]
    options = _ranked(
        question, marks, channels if apart and large_enough((*answered.values(), *cells)) else None
    )
    top, tied = _top(options, question.top, rule, seed)
    return QuestionResult(
        question.id, answered.total(), options, top, tied, _average(question, marks, answered.total())
    )


def _ranked(
    question: Question, marks: Tally, channels: Mapping[UUID, Counter[IntakeChannel]] | None
) -> tuple[OptionResult, ...]:
    """The options, best first; those that are equal share a place and stand in the survey's order."""
    scores: Counter[UUID] = Counter()
    for (option, rank, _), number in marks.items():
        scores[option] += number * _points(question, rank)
    total = _summed(marks, 0)
    return tuple(
        OptionResult(
            option_id=option.id,
            marks=total[option.id],
            score=scores[option.id],
            place=1 + sum(scores[other.id] > scores[option.id] for other in question.options),
            by_channel=None if channels is None else dict(channels.get(option.id, {})),
        )
        for option in sorted(question.options, key=lambda option: -scores[option.id])
    )


def _top(
    options: Sequence[OptionResult], size: int, rule: TieRule, seed: str
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """The top, and those who tie for its last place where that is still to be decided."""
    wanted = [option for option in options if option.score]
    if not size or len(wanted) <= size or wanted[size].score < wanted[size - 1].score:
        return tuple(option.option_id for option in wanted[:size]), ()
    border = wanted[size - 1].score
    sure = tuple(option.option_id for option in wanted if option.score > border)
    tied = tuple(option.option_id for option in wanted if option.score == border)
    match rule:
        case TieRule.INCLUDE_ALL_TIED:
            return (*sure, *tied), ()
        case TieRule.DRAW_LOTS:
            return (*sure, *drawn(tied, seed)[: size - len(sure)]), ()
        case TieRule.RUNOFF:
            return sure, tied


def _points(question: Question, rank: int) -> int:
    return len(question.options) + 1 - rank if question.kind is QuestionKind.RANKING else 1


def _average(question: Question, marks: Tally, answers: int) -> float | None:
    if question.kind is not QuestionKind.SCALE or not answers:
        return None
    values = {option.id: value for value, option in enumerate(question.options, start=1)}
    return round(sum(values[option] * number for (option, *_), number in marks.items()) / answers, 2)


def _by_channel(marks: Tally) -> dict[UUID, Counter[IntakeChannel]]:
    found: dict[UUID, Counter[IntakeChannel]] = {}
    for (option, _, channel), number in marks.items():
        found.setdefault(option, Counter())[channel] += number
    return found


def _summed(tally: Tally, part: int) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for key, number in tally.items():
        found[key[part]] += number
    return found
