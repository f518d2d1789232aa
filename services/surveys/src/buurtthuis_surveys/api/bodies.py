"""What clients send about surveys and ballots."""

from typing import Annotated
from uuid import UUID

from buurtthuis.core.corporations import LanguageTag
from buurtthuis.core.errors import Invalid
from buurtthuis.core.work import new_id
from buurtthuis.domain.paper_codes import as_typed
from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.http.models import KEYED, ONE_LINE, Body, Moment, Part, Written
from pydantic import UUID4, AfterValidator, Field, HttpUrl, StringConstraints

from buurtthuis_surveys.commands.ballots import WithdrawBatch, WithdrawCode
from buurtthuis_surveys.commands.mailings import AskForLetters, WithdrawLetters
from buurtthuis_surveys.domain.ballots import Cast, VoterKind
from buurtthuis_surveys.domain.forms import Form
from buurtthuis_surveys.domain.mailings import MOST_LETTERS, LetterWords
from buurtthuis_surveys.domain.questions import PLAIN, Given, Option, Question, QuestionKind, below
from buurtthuis_surveys.domain.surveys import Plan

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=500), ONE_LINE]
TextsIn = Annotated[
    dict[LanguageTag, ShortText],
    Field(
        max_length=30, description="Language tag -> words; `nl-x-b1` is plain Dutch, which every text needs."
    ),
]
Pictogram = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
NO_CARD_NUMBER = "A card's number has letters, figures and hyphens alone, such as A-17"
NO_CODE = "A code has letters, figures and hyphens alone, such as K7QP-2MXD"
CardNumber = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, to_upper=True),
    Written(r"^[0-9A-Za-z-]+$", NO_CARD_NUMBER),
    KEYED,
]
Code = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40),
    Written(r"^[0-9A-Za-z -]+$", NO_CODE),
    KEYED,
]
#: Paper, a talk at the door or a call; web where staff hand somebody a tablet.
TypedChannel = Annotated[
    IntakeChannel,
    AfterValidator(lambda channel: _not_from_a_session(channel)),
    Field(description="The road the ballot came in by; not `session`."),
]


def _not_from_a_session(channel: IntakeChannel) -> IntakeChannel:
    if channel is IntakeChannel.SESSION:
        raise ValueError("A ballot does not come in by a session")
    return channel


#: For the examples.
QUESTION, OPTION = "01a204c1-fe22-7520-b7a9-199f15c86465", "01a204c1-fe22-7520-b7a9-19a6c5a0f1d2"


class OptionBody(Part):
    texts: TextsIn = Field(examples=[{PLAIN: "Contact met buren", "en": "Contact with neighbours"}])
    pictogram: Pictogram | None = Field(None, examples=["neighbours"])


class QuestionBody(Part):
    kind: QuestionKind = Field(examples=["multiple_choice"])
    texts: TextsIn = Field(examples=[{PLAIN: "Wat is voor u belangrijk?"}])
    options: tuple[OptionBody, ...] = Field((), max_length=50)
    at_most: int | None = Field(None, ge=1, le=50, description="Multiple choice: how many may be chosen.")
    top: int = Field(0, ge=0, le=50, description="How many options are chosen in the end; 0 for none.")

    def question(self, languages: tuple[str, ...]) -> Question:
        """The question asked; raises Invalid."""
        options = [Option(new_id(), option.texts, option.pictogram) for option in self.options]
        return Question.ask(self.kind, self.texts, options, self.at_most, self.top, languages)


class SurveyBody(Body):
    title: TextsIn = Field(examples=[{PLAIN: "Wat wilt u in Wingerd?"}])
    languages: tuple[LanguageTag, ...] = Field(
        (), max_length=30, description="Languages it should be complete in, besides plain Dutch."
    )
    questions: tuple[QuestionBody, ...] = Field((), max_length=50)
    voting: Voting = Voting.CODE
    tie_rule: TieRule = TieRule.INCLUDE_ALL_TIED
    closes_at: Moment | None = Field(None, examples=["2029-11-30T23:00:00Z"])

    def plan(self) -> Plan:
        """The plan; raises Invalid naming what does not fit."""
        questions = []
        for index, question in enumerate(self.questions):
            with below("questions", index):
                questions.append(question.question(self.languages))
        form = Form(self.title, self.languages, tuple(questions))
        return Plan(form, self.voting, self.tie_rule, self.closes_at)


class DraftSurveyBody(SurveyBody):
    house_id: UUID = Field(examples=["01a204c1-fe22-7520-b7a9-199f15c86465"])


class CopyBody(Body):
    house_id: UUID = Field(
        description="The house to ask it in.", examples=["01a204c1-fe22-7520-b7a9-199f15c86465"]
    )


class PublicationBody(Body):
    runoff_closes_at: Moment | None = Field(
        None, description="When the second survey closes, where the tie rule makes one."
    )


SITE = "Where residents answer. The code is put behind a #, which browsers keep to themselves."


class CodesBody(Body):
    count: int = Field(ge=1, le=5000, examples=[96], description="One for each household.")
    site: HttpUrl = Field(
        examples=["https://buurtthuis.example/enquete"],
        description=SITE,
    )
    replaces: Code | None = Field(
        None, description="Of one household: the code that it had, which opens nothing from now on."
    )

    def replaced(self) -> str | None:
        """The code that goes; raises Invalid where it is not one for one."""
        if self.replaces and self.count != 1:
            raise Invalid("One new code takes the place of one old code.", field="count")
        return as_typed(self.replaces, "replaces") if self.replaces else None


class CodeWithdrawalBody(Body):
    code: Code | None = Field(None, examples=["7K3M-9QXZ-22TB-H0WC"], description="As in the letter.")
    batch: UUID | None = Field(None, description="All of a batch that were not used.")
    addresses: frozenset[UUID] | None = Field(
        None, min_length=1, max_length=MOST_LETTERS, description="What was sent to these addresses."
    )

    def command(self, survey: UUID) -> WithdrawCode | WithdrawBatch | WithdrawLetters:
        """What is to be done; raises Invalid unless there is one of them."""
        match self.code, self.batch, self.addresses:
            case str(code), None, None:
                return WithdrawCode(survey, as_typed(code))
            case None, UUID() as batch, None:
                return WithdrawBatch(survey, batch)
            case None, None, frozenset() as addresses:
                return WithdrawLetters(survey, addresses)
        raise Invalid("Say which code, which batch, or the letters to which addresses.", field="code")


class CorrectionBody(Body):
    title: TextsIn = Field({}, examples=[{"en": "What would you like in Wingerd?"}])
    texts: dict[UUID, TextsIn] = Field(
        {},
        max_length=3000,
        examples=[{QUESTION: {PLAIN: "Wat vindt u belangrijk?"}}],
        description="Words of questions and options by their ids; what is not named stays as it is.",
    )


class LetterWordsBody(Body):
    house: Annotated[str, ONE_LINE] = Field(
        "", max_length=200, examples=["BuurtThuis Wingerd"], description="What residents know the house by."
    )
    contact: Annotated[str, ONE_LINE] = Field(
        "", max_length=200, examples=["Woonpartners, 0182 123456"], description="Whom to ask."
    )
    site: HttpUrl = Field(examples=["https://buurtthuis.example/enquete"], description=SITE)

    def words(self) -> LetterWords:
        """What is said in them."""
        return LetterWords(self.house, self.contact, str(self.site))


class LetterQuery(LetterWordsBody):
    site: HttpUrl = Field(
        HttpUrl("https://voorbeeld.nl/enquete"),
        description="Where residents will answer; an example where it is left out.",
    )


class LettersBody(LetterWordsBody, CodesBody):
    count: int = Field(ge=1, le=200, examples=[96], description="One for each household; a page takes 25 ms.")


class LetterRunBody(LetterWordsBody):
    addresses: frozenset[UUID] | None = Field(
        None,
        min_length=1,
        max_length=MOST_LETTERS,
        description="To these; where none are named, to the first 1,000 that have no letter yet, as the caretaker walks.",
    )
    anew: bool = Field(
        False,
        description="Letters of these addresses were lost: what they have is withdrawn, and they get another code.",
    )

    def command(self, survey: UUID) -> AskForLetters:
        """What is asked; raises Invalid where nobody says whose codes are to be others."""
        if self.anew and self.addresses is None:
            raise Invalid("Say to which addresses a letter is to go anew.", field="addresses")
        return AskForLetters(survey, self.words(), self.addresses, self.anew)


class AnswerBody(Part):
    question_id: UUID = Field(examples=[QUESTION])
    options: tuple[UUID, ...] = Field((), max_length=50, description="In a ranking, the first comes first.")
    text: str | None = Field(None, min_length=1, max_length=2000, examples=["Samen eten op zondag"])


class BallotBody(Body):
    answers: tuple[AnswerBody, ...] = Field(
        max_length=50, examples=[[{"question_id": QUESTION, "options": [OPTION]}]]
    )
    language: LanguageTag = Field(PLAIN, description="The language it was read in.")
    retry: UUID4 = Field(
        examples=["2b1b9a34-6f0e-4f0c-9d6c-6f8f1d0a7c55"],
        description="A random name (UUID version 4) for this ballot. Sent again with it, it counts once and is answered as before.",
    )

    def cast(self, channel: IntakeChannel) -> Cast:
        """The ballot."""
        given = tuple(Given(answer.question_id, answer.options, answer.text) for answer in self.answers)
        return Cast(given, channel, self.language, self.retry)


class CodeBody(Body):
    code: Code = Field(
        examples=["7K3M-9QXZ-22TB-H0WC"],
        description="As in the letter; capitals, spaces and hyphens make no difference.",
    )


class CodeBallotBody(BallotBody, CodeBody):
    """A ballot, and the code that it is cast with."""


class ProofBody(Body):
    code: Code | None = None
    card: CardNumber | None = Field(
        None, examples=["A-17"], description="Of a card without a code; each counts once."
    )

    def proof(self) -> tuple[VoterKind, str]:
        """What entitles to the ballot; raises Invalid unless there is either a code or a card."""
        if (self.code is None) == (self.card is None):
            raise Invalid("Say which code or which card this ballot came with.", field="card")
        return (VoterKind.CODE, as_typed(self.code)) if self.code else (VoterKind.CARD, str(self.card))


class TypedBallotBody(BallotBody, ProofBody):
    channel: TypedChannel = Field(examples=["paper"])
