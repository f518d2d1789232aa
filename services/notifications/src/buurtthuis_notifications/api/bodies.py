"""What clients send about residents."""

from collections.abc import Iterable
from typing import Annotated

from buurtthuis.core.corporations import Corporation, LanguageTag
from buurtthuis.core.errors import Invalid
from buurtthuis.http.models import NAME, ONE_LINE, Body
from pydantic import Field, StringConstraints

from buurtthuis_notifications.domain.residents import PLAIN_DUTCH, Agreed, Purpose, ReadingLevel, reads
from buurtthuis_notifications.texts.consents import consent

#: Which of our consents, and never in which words: `GET /public/{corporation}/consents` has those.
AgreedTo = Annotated[tuple[Purpose, ...], Field(max_length=10, examples=[["messages"]])]

#: By which one of two people at one address is told from the other.
Called = Annotated[
    str, StringConstraints(min_length=1, max_length=40), ONE_LINE, NAME, Field(examples=["Fatma"])
]


class ReadingBody(Body):
    language: LanguageTag = Field(
        PLAIN_DUTCH,
        examples=["ar"],
        description="One of the corporation's languages; plain Dutch comes with each.",
    )
    level: ReadingLevel = Field(ReadingLevel.EASY, description="`easy` is written in short sentences.")

    def check(self, corporation: Corporation) -> None:
        """Raises Invalid for a language that the corporation does not write in."""
        if self.language not in {*corporation.languages, PLAIN_DUTCH}:
            known = ", ".join(corporation.languages)
            raise Invalid(f"Choose one of the languages of {corporation.name}: {known}.", field="language")

    def consents(self, agreed: Iterable[Purpose], corporation: Corporation) -> tuple[Agreed, ...]:
        """In the words that whoever reads like this is shown."""
        language = reads(self.language, self.level)
        return tuple(consent(purpose, language, corporation) for purpose in dict.fromkeys(agreed))
