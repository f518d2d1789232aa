"""Forms: a title and questions, in several languages, and whether a ballot fits them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from buurtthuis.errors import Invalid, Refused

from buurtthuis_surveys.domain.questions import PLAIN, Given, Question, Texts, below


class UnknownQuestion(Refused):
    """This is not a question of this survey."""

    status = 422


class AnsweredTwice(Refused):
    """The same question is answered twice."""

    status = 422


@dataclass(frozen=True)
class Form:
    """What residents read: a title and questions, in these languages."""

    title: Texts
    languages: tuple[str, ...]
    questions: tuple[Question, ...]

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """Every text with its place."""
        yield "/title", self.title
        for index, question in enumerate(self.questions):
            for place, texts in question.texts_in_it():
                yield f"/questions/{index}{place}", texts

    def missing(self) -> Iterator[tuple[str, str]]:
        """Every text that is not there in one of the languages: its place, and the language."""
        for place, texts in self.texts():
            yield from ((place, tag) for tag in (PLAIN, *self.languages) if tag not in texts)

    def read_in(self, language: str) -> str:
        """The language that whoever asked for this one was shown; nobody stands out by asking for another."""
        return language if language in self.languages else PLAIN

    def check(self, given: Sequence[Given]) -> None:
        """Raises a Refused that names the answer which cannot be."""
        known = {question.id: question for question in self.questions}
        if not given:
            raise Invalid("Answer one question at least.", field="/answers")
        for index, one in enumerate(given):
            place = f"/answers/{index}"
            if one.question_id not in known:
                raise UnknownQuestion(field=f"{place}/question_id")
            if any(one.question_id == earlier.question_id for earlier in given[:index]):
                raise AnsweredTwice(field=f"{place}/question_id")
            with below(place):
                known[one.question_id].check(one)
