"""Forms: a title and questions, in several languages, and whether a ballot fits them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from buurtthuis.core.errors import Invalid, Refusal, Refused, Steps

from buurtthuis_surveys.domain.questions import PLAIN, Given, Question, Texts, below


class UnknownQuestion(Refused):
    """This is not a question of this survey."""

    kind = Refusal.INVALID


class AnsweredTwice(Refused):
    """The same question is answered twice."""

    kind = Refusal.INVALID


class NoSuchText(Refused):
    """There is no question or option with this id in this survey."""

    kind = Refusal.INVALID


@dataclass(frozen=True)
class Change:
    """Words that read differently: the title's, or those of the question or option with this id."""

    id: UUID | None
    language: str
    was: str | None
    now: str


@dataclass(frozen=True)
class Correction:
    """What was put right in the words of a survey at one moment."""

    at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Form:
    """What residents read: a title and questions, in these languages."""

    title: Texts
    languages: tuple[str, ...]
    questions: tuple[Question, ...]

    def texts(self) -> Iterator[tuple[Steps, Texts]]:
        """Every text with its place."""
        yield ("title",), self.title
        for index, question in enumerate(self.questions):
            for place, texts in question.texts_in_it():
                yield ("questions", index, *place), texts

    def missing(self) -> Iterator[tuple[Steps, str]]:
        """Every text that is not there in one of the languages: its place, and the language."""
        for place, texts in self.texts():
            yield from ((place, tag) for tag in (PLAIN, *self.languages) if tag not in texts)

    def read_in(self, language: str) -> str:
        """The language that whoever asked for this one was shown; nobody stands out by asking for another."""
        return language if language in self.languages else PLAIN

    def corrected(self, title: Texts, texts: Mapping[UUID, Texts]) -> "Form":
        """The same questions and options in other words; raises NoSuchText."""
        known = {id for id, _ in self._words()}
        for id in texts:
            if id not in known:
                raise NoSuchText(field=("texts", str(id)))
        return replace(
            self,
            title={**self.title, **title},
            questions=tuple(question.reworded(texts) for question in self.questions),
        )

    def changes_to(self, after: "Form") -> Iterator[Change]:
        """What reads differently there."""
        for (id, was), (_, now) in zip(self._words(), after._words(), strict=True):
            for language, words in now.items():
                if words != was.get(language):
                    yield Change(id, language, was.get(language), words)

    def _words(self) -> Iterator[tuple[UUID | None, Texts]]:
        yield None, self.title
        for question in self.questions:
            yield question.id, question.texts
            yield from ((option.id, option.texts) for option in question.options)

    def check(self, given: Sequence[Given]) -> None:
        """Raises a Refused that names the answer which cannot be."""
        known = {question.id: question for question in self.questions}
        if not given:
            raise Invalid("Answer one question at least.", field="answers")
        for index, answer in enumerate(given):
            if answer.question_id not in known:
                raise UnknownQuestion(field=("answers", index, "question_id"))
            if any(answer.question_id == earlier.question_id for earlier in given[:index]):
                raise AnsweredTwice(field=("answers", index, "question_id"))
            with below("answers", index):
                known[answer.question_id].check(answer)
