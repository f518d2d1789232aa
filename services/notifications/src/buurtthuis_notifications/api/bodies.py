"""What clients send about residents."""

from typing import Annotated

from buurtthuis.corporations import Corporation, LanguageTag
from buurtthuis.errors import Invalid
from buurtthuis.web import (
    Body,
    Part,
)
from pydantic import Field

from buurtthuis_notifications.domain.residents import PLAIN_DUTCH, Agreed, Purpose, ReadingLevel


class AgreedBody(Part):
    purpose: Purpose = Field(examples=["messages"])
    wording: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        examples=["Ik wil bericht krijgen over wat er gebeurt in BuurtThuis Wingerd."],
        description="The words that were agreed to, as they were shown.",
    )

    def agreed(self) -> Agreed:
        """As the domain has it."""
        return Agreed(self.purpose, self.wording)


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
            raise Invalid(f"Choose one of the languages of {corporation.name}: {known}.", field="/language")
