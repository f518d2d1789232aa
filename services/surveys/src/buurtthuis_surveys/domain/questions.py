"""Questions: what a survey asks, in which languages, and what may be answered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from buurtthuis.core.errors import Invalid, Refusal, Refused, Steps
from buurtthuis.core.work import new_id

#: Dutch in plain words (CEFR B1), as a BCP 47 tag: every text has it, and every other language falls back to it.
PLAIN = "nl-x-b1"
SCALE = 5

#: Language tag -> words.
Texts = dict[str, str]

YES: Texts = {PLAIN: "Ja", "nl": "Ja", "en": "Yes", "ar": "نعم", "tr": "Evet", "pl": "Tak", "uk": "Так"}
NO: Texts = {PLAIN: "Nee", "nl": "Nee", "en": "No", "ar": "لا", "tr": "Hayır", "pl": "Nie", "uk": "Ні"}


class QuestionKind(StrEnum):
    """How a question is answered."""

    OPEN_IDEA = "open_idea"
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    RANKING = "ranking"
    SCALE = "scale"
    YES_NO = "yes_no"


#: Kinds whose options are chosen from, so that there is a top of them.
CHOOSING = frozenset({QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE, QuestionKind.RANKING})


class WrongAnswer(Refused):
    """This question is answered with {wanted}."""

    kind = Refusal.INVALID


class UnknownOption(Refused):
    """This is not one of the options of this question."""

    kind = Refusal.INVALID


class TooManyMarks(Refused):
    """Choose {at_most} at most; there are {marks}."""

    kind = Refusal.INVALID


class MarkedTwice(Refused):
    """The same option is marked twice."""

    kind = Refusal.INVALID


@contextmanager
def below(*steps: str | int) -> Iterator[None]:
    """A refusal in here names a field that these steps lead to first."""
    try:
        yield
    except Refused as error:
        error.field = (*steps, *error.field)
        raise


@dataclass(frozen=True)
class Option:
    """One thing to choose; the pictogram is a name that the front-end has a picture for."""

    id: UUID
    texts: Texts
    pictogram: str | None = None


@dataclass(frozen=True)
class Given:
    """What somebody answers to one question: marks in order of preference, or words."""

    question_id: UUID
    options: tuple[UUID, ...] = ()
    text: str | None = None


@dataclass(frozen=True)
class Question:
    """One question. `top` is how many of its options are chosen in the end; `at_most` how many somebody may mark."""

    id: UUID
    kind: QuestionKind
    texts: Texts
    options: tuple[Option, ...] = ()
    at_most: int = 1
    top: int = 0

    @classmethod
    def ask(
        cls,
        kind: QuestionKind,
        texts: Texts,
        options: Sequence[Option] = (),
        at_most: int | None = None,
        top: int = 0,
        languages: Iterable[str] = (),
    ) -> "Question":
        """A new question; a scale and a yes/no bring their own options where none are given.

        Raises Invalid where its options do not fit its kind."""
        options = tuple(options) or _own_options(kind, languages)
        _check_options(kind, options)
        _check_marks(kind, options, at_most)
        if top and (kind not in CHOOSING or top > len(options)):
            raise Invalid(
                "There is a top of options to choose from, and no longer than they are.", field="top"
            )
        return cls(new_id(), kind, texts, options, _allowed(kind, options, at_most), top)

    def check(self, given: Given) -> None:
        """Raises a Refused that says what is the matter with this answer, naming `/options` or `/text`."""
        if self.kind is QuestionKind.OPEN_IDEA:
            if given.options or not given.text:
                raise WrongAnswer(wanted="words", field="text" if not given.text else "options")
            return
        if given.text or not given.options:
            raise WrongAnswer(wanted="its options", field="options" if not given.options else "text")
        if len(given.options) > self.at_most:
            raise TooManyMarks(at_most=self.at_most, marks=len(given.options), field="options")
        self._check_each(given.options)

    def read_in(self, language: str) -> str:
        """The language to read it in: this one where all of it is there in it, else plain Dutch. Never a mixture."""
        return language if all(language in texts for _, texts in self.texts_in_it()) else PLAIN

    def reworded(self, texts: Mapping[UUID, Texts]) -> "Question":
        """The same question, with these words for it and its options."""
        options = tuple(
            replace(option, texts={**option.texts, **texts.get(option.id, {})}) for option in self.options
        )
        return replace(self, texts={**self.texts, **texts.get(self.id, {})}, options=options)

    def texts_in_it(self) -> Iterator[tuple[Steps, Texts]]:
        """Every text with its place."""
        yield (), self.texts
        for index, option in enumerate(self.options):
            yield ("options", index), option.texts

    def _check_each(self, marks: tuple[UUID, ...]) -> None:
        known = {option.id for option in self.options}
        for index, mark in enumerate(marks):
            if mark not in known:
                raise UnknownOption(field=("options", index))
            if mark in marks[:index]:
                raise MarkedTwice(field=("options", index))


def _own_options(kind: QuestionKind, languages: Iterable[str]) -> tuple[Option, ...]:
    match kind:
        case QuestionKind.SCALE:
            tags = {PLAIN, *languages}
            return tuple(Option(new_id(), dict.fromkeys(sorted(tags), f"{n}")) for n in range(1, SCALE + 1))
        case QuestionKind.YES_NO:
            return Option(new_id(), YES, "yes"), Option(new_id(), NO, "no")
        case _:
            return ()


def _check_options(kind: QuestionKind, options: Sequence[Option]) -> None:
    fits, wanted = {
        QuestionKind.OPEN_IDEA: (not options, "no options"),
        QuestionKind.SCALE: (len(options) == SCALE, f"{SCALE} options, or none to have 1 to {SCALE}"),
        QuestionKind.YES_NO: (len(options) == 2, "2 options, or none to have yes and no"),
    }.get(kind, (len(options) >= 2, "2 options at least"))
    if not fits:
        raise Invalid(f"A question of this kind has {wanted}.", field="options")


def _check_marks(kind: QuestionKind, options: Sequence[Option], at_most: int | None) -> None:
    if kind is QuestionKind.MULTIPLE_CHOICE:
        if at_most is None or not 1 <= at_most <= len(options):
            raise Invalid("Say how many may be chosen, no more than there are options.", field="at_most")
    elif at_most is not None:
        raise Invalid("Only multiple choice has a number that may be chosen.", field="at_most")


def _allowed(kind: QuestionKind, options: Sequence[Option], at_most: int | None) -> int:
    return at_most or (len(options) if kind is QuestionKind.RANKING else 1)
