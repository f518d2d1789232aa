"""Ballots: who may answer, and an answer that is told apart from whoever gave it.

A ballot is never kept as a whole. It falls apart into a ballot that counts, an answer per question
and a mark per option, none of which knows of the others or of the voter. The voter list knows that
somebody answered, and by `receipt` whether they send the same again.
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID, uuid4

import orjson
from buurtthuis.errors import Refused
from buurtthuis.events.surveys import Channel

from buurtthuis_surveys.domain.questions import Given


class VoterKind(StrEnum):
    """What entitles somebody to a ballot."""

    CODE = "code"
    RESIDENT = "resident"
    STAND = "stand"
    CARD = "card"


class AlreadyAnswered(Refused):
    """There is an answer already; everybody answers once."""


class UnknownCode(Refused):
    """This code does not belong to this survey."""

    status = 422


@dataclass(frozen=True)
class Cast:
    """A ballot as it comes in. `retry` is a random name for it that the client chose, to send it again safely."""

    given: tuple[Given, ...]
    channel: Channel
    language: str
    retry: UUID

    @property
    def receipt(self) -> bytes:
        """Recognises this very ballot, and tells nothing of it to whoever does not know `retry`."""
        return hmac.digest(self.retry.bytes, orjson.dumps((self.given, self.channel, self.language)), sha256)


@dataclass(eq=False)
class Voter:
    """One right to one ballot. Its id follows from what proves the right, and leads back to nobody."""

    id: UUID
    survey_id: UUID
    entitled_by: VoterKind
    answered: bool = False
    receipt: bytes | None = None
    version: int = 0

    def answer(self, cast: Cast) -> bool:
        """Use the right; False where this very ballot was counted before. Raises AlreadyAnswered for another."""
        if self.answered and hmac.compare_digest(self.receipt or b"", cast.receipt):
            return False
        if self.answered:
            raise AlreadyAnswered
        self.answered, self.receipt = True, cast.receipt
        return True


@dataclass(eq=False)
class Ballot:
    """One that counts."""

    id: UUID
    survey_id: UUID
    channel: Channel
    language: str


@dataclass(eq=False)
class Answer:
    """One question that somebody answered, with their words where it asked for an idea."""

    id: UUID
    survey_id: UUID
    question_id: UUID
    channel: Channel
    text: str | None


@dataclass(eq=False)
class Mark:
    """One option that somebody marked; `rank` 1 is the first of a ranking."""

    id: UUID
    survey_id: UUID
    question_id: UUID
    option_id: UUID
    rank: int
    channel: Channel


def voter_id(salts: Sequence[bytes], kind: VoterKind, proof: str) -> UUID:
    """The id of whoever has this proof: a code, a resident's id, a card's number.

    Each salt is a survey's own; a runoff adds one, so that the codes of the first survey are good for it."""
    digest = f"{kind}:{proof}".encode()
    for salt in salts:
        digest = _short(salt, digest)
    return UUID(bytes=digest)


def carried_over(id: UUID, salt: bytes) -> UUID:
    """The same voter in the survey that added this salt."""
    return UUID(bytes=_short(salt, id.bytes))


def apart(survey: UUID, cast: Cast) -> Iterator[Ballot | Answer | Mark]:
    """The pieces of a ballot, with random ids: nothing of one leads to another."""
    yield Ballot(uuid4(), survey, cast.channel, cast.language)
    for one in cast.given:
        yield Answer(uuid4(), survey, one.question_id, cast.channel, one.text)
        for rank, option in enumerate(one.options, start=1):
            yield Mark(uuid4(), survey, one.question_id, option, rank, cast.channel)


def _short(salt: bytes, message: bytes) -> bytes:
    return hmac.digest(salt, message, sha256)[:16]
