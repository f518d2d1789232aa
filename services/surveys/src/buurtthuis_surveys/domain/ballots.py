"""Ballots: who may answer, and an answer that is told apart from whoever gave it.

While a survey is open, ballots lie sealed in its box (`buurtthuis.domain.ballots`). When it closes, all are opened at once,
and each falls apart into a ballot that counts, an answer per question and a mark per option, none of which knows of
the others or of the voter. The voter list knows that somebody answered, and by `receipt` whether they send the same
again. Of what staff typed in a slip says where it lies, so that they can put it right on the same day.
"""

import hmac
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self
from uuid import UUID, uuid4

import orjson
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.work import new_id
from buurtthuis.domain.ballots import BallotBox, voter_id
from buurtthuis.events.surveys import IntakeChannel

from buurtthuis_surveys.domain.questions import Given


class VoterKind(StrEnum):
    """What entitles somebody to a ballot."""

    CODE = "code"
    RESIDENT = "resident"
    STAND = "stand"
    CARD = "card"


class AlreadyAnswered(Refused):
    """There is an answer already; everybody answers once."""


class NotTypedInToday(Refused):
    """No ballot with this code or card was typed in today; one can be put right on the day that it was typed in, until the survey closes."""


class UnknownCode(Refused):
    """This code does not belong to this survey."""

    kind = Refusal.INVALID


class CodeOfNoSurvey(Refused):
    """No survey knows this code, or not any more: it has closed, or the letter came from another corporation."""

    kind = Refusal.INVALID


class CodeWithdrawn(Refused):
    """This code was withdrawn: it was lost, or a newer letter has another. Ask whoever sent the letter."""

    kind = Refusal.INVALID


class CodeUsed(Refused):
    """This code was answered with, so it stays, and the household has had its say."""


class AlreadyWithdrawn(Refused):
    """This code was withdrawn before, so its household may have another. Withdraw that one first, and make one that replaces none."""


@dataclass(frozen=True)
class Paper:
    """A ballot that was filled in."""

    given: tuple[Given, ...]
    channel: IntakeChannel
    language: str

    def written(self) -> bytes:
        """As it goes into the box."""
        return orjson.dumps((self.given, self.channel, self.language))

    @classmethod
    def read(cls, written: bytes) -> Self:
        """As it came out of the box."""
        given, channel, language = orjson.loads(written)
        return cls(tuple(map(_given, given)), IntakeChannel(channel), language)


@dataclass(frozen=True)
class Cast(Paper):
    """A ballot as it comes in. `retry` is a random name for it that the client chose, to send it again safely."""

    retry: UUID

    @property
    def receipt(self) -> bytes:
        """Recognises this very ballot, and tells nothing of it to whoever does not know `retry`."""
        return hmac.digest(self.retry.bytes, self.written(), sha256)


@dataclass(eq=False)
class Voter:
    """One right to one ballot. Its id follows from what proves the right, and leads back to nobody.

    A code that was `withdrawn` opens nothing, and nobody is counted as invited by it."""

    id: UUID
    survey_id: UUID
    entitled_by: VoterKind
    answered: bool = False
    receipt: bytes | None = None
    withdrawn: bool = False
    version: int = 0

    def answer(self, cast: Cast) -> bool:
        """Use the right; False where this very ballot was counted before.

        Raises AlreadyAnswered for another, and CodeWithdrawn."""
        if self.answered and hmac.compare_digest(self.receipt or b"", cast.receipt):
            return False
        if self.answered:
            raise AlreadyAnswered
        if self.withdrawn:
            raise CodeWithdrawn(field="code")
        self.answered, self.receipt = True, cast.receipt
        return True

    def answer_otherwise(self, cast: Cast) -> bool:
        """The ballot was typed in wrongly; False where this very one was put in its place before."""
        again = hmac.compare_digest(self.receipt or b"", cast.receipt)
        self.receipt = cast.receipt
        return not again

    def withdraw(self, field: str) -> None:
        """Nobody uses this right; raises CodeUsed where somebody did, naming the field."""
        if self.answered:
            raise CodeUsed(field=field)
        self.withdrawn = True

    def give_way(self, field: str) -> None:
        """To a new code of the same household, once; raises AlreadyWithdrawn and CodeUsed, naming the field."""
        if self.withdrawn:
            raise AlreadyWithdrawn(field=field)
        self.withdraw(field)

    def hand_over(self, newer: "Voter") -> None:
        """A newer letter of the same household has what this one had: a say, or that it had its say."""
        newer.answered, newer.receipt = self.answered, self.receipt
        self.withdrawn = True

    def take_back(self) -> None:
        """The ballot was somebody else's: there is none of this voter yet."""
        self.answered, self.receipt = False, None


@dataclass(eq=False)
class SealedBallot:
    """One that is in the box of a survey that is open."""

    id: UUID
    survey_id: UUID
    sealed: bytes


@dataclass(eq=False)
class Slip:
    """Where a ballot lies that staff typed in on this day. Its id follows from the voter's and the box's key.

    `sealed` is the ballot's id."""

    id: UUID
    survey_id: UUID
    day: date
    sealed: bytes
    version: int = 0

    @classmethod
    def of(cls, ballot: SealedBallot, voter: Voter, day: date, box: BallotBox) -> Self:
        """For this ballot of this voter."""
        return cls(box.slip(voter.id), ballot.survey_id, day, _written(ballot.id, box))

    def ballot(self, box: BallotBox) -> UUID:
        """The id of the ballot."""
        return UUID(orjson.loads(box.unseal(self.sealed)))

    def point_to(self, ballot: SealedBallot, box: BallotBox) -> None:
        """Another one lies there now."""
        self.sealed = _written(ballot.id, box)


@dataclass(eq=False)
class CodeBatch:
    """Codes that were made together. `sealed` are the ids of their voters, which nobody reads who has not the box's key."""

    id: UUID
    survey_id: UUID
    made_at: datetime
    codes: int
    sealed: bytes
    withdrawn: bool = False
    version: int = 0

    @classmethod
    def of(cls, survey: UUID, voters: Collection[UUID], now: datetime, box: BallotBox) -> Self:
        """Just made."""
        return cls(new_id(), survey, now, len(voters), box.seal(orjson.dumps(sorted(voters))))

    def voters(self, box: BallotBox) -> frozenset[UUID]:
        """Who have these codes."""
        return frozenset(map(UUID, orjson.loads(box.unseal(self.sealed))))


@dataclass(eq=False)
class Ballot:
    """One that counts."""

    id: UUID
    survey_id: UUID
    channel: IntakeChannel
    language: str


@dataclass(eq=False)
class Answer:
    """One question that somebody answered, with their words where it asked for an idea."""

    id: UUID
    survey_id: UUID
    question_id: UUID
    channel: IntakeChannel
    text: str | None


@dataclass(eq=False)
class Mark:
    """One option that somebody marked; `rank` 1 is the first of a ranking."""

    id: UUID
    survey_id: UUID
    question_id: UUID
    option_id: UUID
    rank: int
    channel: IntakeChannel


def voter_of(salts: Iterable[bytes], kind: VoterKind, proof: str) -> UUID:
    """The id in the voter list of whoever has this proof: a code, a resident's id, a card's number.

    Each salt is a survey's own; a runoff adds one, so that the codes of the first survey are good for it."""
    return voter_id(salts, f"{kind}:{proof}")


def opened(box: BallotBox, sealed: Iterable[bytes]) -> list[Paper]:
    """All that was in the box, in random order."""
    papers = [Paper.read(box.unseal(slip)) for slip in sealed]
    secrets.SystemRandom().shuffle(papers)
    return papers


def mixed(survey: UUID, papers: Iterable[Paper]) -> list[Ballot | Answer | Mark]:
    """The pieces of all ballots together, in random order: nothing of one leads to another."""
    pieces = [piece for paper in papers for piece in apart(survey, paper)]
    secrets.SystemRandom().shuffle(pieces)
    return pieces


def apart(survey: UUID, paper: Paper) -> Iterator[Ballot | Answer | Mark]:
    """The pieces of a ballot, with random ids."""
    yield Ballot(uuid4(), survey, paper.channel, paper.language)
    for given in paper.given:
        yield Answer(uuid4(), survey, given.question_id, paper.channel, given.text)
        for rank, option in enumerate(given.options, start=1):
            yield Mark(uuid4(), survey, given.question_id, option, rank, paper.channel)


def _written(ballot: UUID, box: BallotBox) -> bytes:
    return box.seal(orjson.dumps(ballot))


def _given(written: dict[str, Any]) -> Given:
    return Given(
        UUID(written["question_id"]), tuple(UUID(option) for option in written["options"]), written["text"]
    )
