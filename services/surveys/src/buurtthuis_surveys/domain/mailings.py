"""The mailing of a survey: which addresses have a code, without a word in the database of which code is whose.

A code follows from the key of the survey's ballot box, the address and how many letters it had. So nobody keeps it, it can be
printed again, and once the key is burnt no letter leads to a voter any more. What the database keeps is sealed with that key too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self
from uuid import UUID, uuid5

import orjson
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.domain.few import FEWEST

from buurtthuis_surveys.domain.ballots import VoterKind
from buurtthuis_surveys.domain.surveys import Survey

#: Letters of one run.
MOST_LETTERS = 1000
#: A run is tried so often, where printing it kills whoever does.
TRIES = 3
#: Whoever prints says so often at least that they still do.
LEASE = timedelta(minutes=1)


class NothingToPrint(Refused):
    """Every address on the list has its letter. Say which of them get one again, or one with a new code."""


class NoSuchAddress(Refused):
    """No address on the list of this house has {count} of these ids."""

    kind = Refusal.INVALID


class NoLetterYet(Refused):
    """No letter of this survey went to {count} of these addresses yet, so there is no code to withdraw."""

    kind = Refusal.INVALID


class CodesOfTheFirstRound(Refused):
    """This survey decides between those who tied: the codes of the letters before are good for it, and nobody gets another."""


class NotPrinted(Refused):
    """These letters are {state}, so there is nothing to read of them."""


class NotOurs(Refused):
    """Somebody cancelled these letters, or somebody else prints them now."""


class RunState(StrEnum):
    """How far a run of letters is."""

    QUEUED = "queued"
    PRINTING = "printing"
    PRINTED = "printed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RunCannotMove(CannotMove):
    """Letters that are {state} cannot be {to}."""


MOVES = StateMachine(
    {
        RunState.QUEUED: {RunState.PRINTING, RunState.CANCELLED, RunState.FAILED},
        RunState.PRINTING: {RunState.PRINTING, RunState.PRINTED, RunState.CANCELLED, RunState.FAILED},
    },
    RunCannotMove,
)


class ToPrint(NamedTuple):
    """A letter to an address: the first of its `issue` 1, the one in place of a lost one 2."""

    address_id: UUID
    issue: int
    entrance: str


@dataclass(frozen=True)
class Sent:
    """The newest letter that an address has; the entrance is the one that it had when the first was printed."""

    issue: int
    entrance: str
    withdrawn: bool = False


@dataclass(frozen=True)
class EntranceResponse:
    """How many households behind an entrance answered, so many `at_least`."""

    entrance: str
    letters: int
    at_least: int


@dataclass(frozen=True)
class LetterWords:
    """What staff say in letters: what residents know the house by, whom to ask, and where to answer."""

    house: str
    contact: str
    site: str


@dataclass(eq=False)
class Mailing:
    """Which addresses have a code of a survey, sealed; and, once it closed, how many of each entrance answered."""

    id: UUID
    survey_id: UUID
    sealed: bytes | None = None
    responses: tuple[EntranceResponse, ...] = ()
    version: int = 0

    @staticmethod
    def id_of(survey: UUID) -> UUID:
        """Of this survey's."""
        return uuid5(survey, "mailing")

    @classmethod
    def of(cls, survey: UUID) -> Self:
        """Nobody has a letter yet."""
        return cls(cls.id_of(survey), survey)

    def sent(self, box: BallotBox) -> dict[UUID, Sent]:
        """The newest letters, by address."""
        kept = orjson.loads(box.unseal(self.sealed)) if self.sealed else {}
        return {UUID(address): Sent(*letter) for address, letter in kept.items()}

    def note(self, sent: Mapping[UUID, Sent], box: BallotBox) -> None:
        """These are the newest letters. In the order of ids, so that it does not tell which was last."""
        kept = {
            str(address): (letter.issue, letter.entrance, letter.withdrawn)
            for address, letter in sorted(sent.items())
        }
        self.sealed = box.seal(orjson.dumps(kept))

    def answers(self, survey: Survey, box: BallotBox, answered: Collection[UUID]) -> list[tuple[str, bool]]:
        """Of each letter its entrance, and whether its household is one of those who answered."""
        return [
            (letter.entrance, mailed_voter(survey, box, address, letter.issue) in answered)
            for address, letter in self.sent(box).items()
        ]

    def settle(self, responses: Sequence[EntranceResponse]) -> None:
        """The survey closed: who had a code nobody knows any more."""
        self.sealed, self.responses = None, tuple(responses)


@dataclass(eq=False)
class LetterRun:
    """Letters that are printed together: to whom is sealed, and so is the file. Gone a day after they were asked for."""

    id: UUID
    survey_id: UUID
    asked_at: datetime
    letters: int
    sealed: bytes
    printed: int = 0
    state: RunState = RunState.QUEUED
    document: bytes | None = None
    why: str | None = None
    lease: UUID | None = None
    leased_until: datetime | None = None
    tries: int = 0
    version: int = 0

    @classmethod
    def ask(
        cls, survey: UUID, letters: Sequence[ToPrint], words: LetterWords, box: BallotBox, now: datetime
    ) -> Self:
        """To be printed in this order."""
        kept = [(str(letter.address_id), letter.issue, letter.entrance) for letter in letters]
        sealed = box.seal(orjson.dumps({"letters": kept, "words": words}))
        return cls(new_id(), survey, now, len(letters), sealed)

    def opened(self, box: BallotBox) -> tuple[list[ToPrint], LetterWords]:
        """To which addresses, and what is said."""
        kept = orjson.loads(box.unseal(self.sealed))
        return [ToPrint(UUID(id), *more) for id, *more in kept["letters"]], LetterWords(**kept["words"])

    def take(self, lease: UUID, now: datetime) -> None:
        """Somebody begins, or begins anew where whoever did is gone; nothing where nobody need."""
        if self.state not in MOVES or (self.leased_until and self.leased_until > now):
            return None
        if self.tries >= TRIES:
            return self.fail("They could not be printed, several times: tell whoever runs this software.")
        MOVES.move(self, RunState.PRINTING)
        self.printed, self.tries = 0, self.tries + 1
        self.lease, self.leased_until = lease, now + LEASE
        return None

    def check_held(self, lease: UUID) -> None:
        """Raises NotOurs unless whoever has this lease still prints them."""
        if self.state is not RunState.PRINTING or self.lease != lease:
            raise NotOurs

    def go_on(self, printed: int, now: datetime) -> None:
        """So many are ready."""
        self.printed, self.leased_until = printed, now + LEASE

    def finish(self, document: bytes, letters: int, box: BallotBox) -> None:
        """All are, but those to addresses that are not on the list any more."""
        MOVES.move(self, RunState.PRINTED)
        self.letters = self.printed = letters
        self.document, self.leased_until = box.seal(document), None

    def cancel(self) -> None:
        """Nobody wants them any more."""
        MOVES.move(self, RunState.CANCELLED)

    def fail(self, why: str) -> None:
        """They are not printed."""
        MOVES.move(self, RunState.FAILED)
        self.why = why

    def read(self, box: BallotBox) -> bytes:
        """The file. Raises NotPrinted."""
        if self.document is None:
            raise NotPrinted(state=self.state)
        return box.unseal(self.document).rstrip(b" ")


def code_of(box: BallotBox, address: UUID, issue: int) -> str:
    """What is printed in this letter to this address."""
    return box.code(f"{address} {issue}")


def mailed_voter(survey: Survey, box: BallotBox, address: UUID, issue: int) -> UUID:
    """The id in the voter list of whoever has this letter, as long as the box knows."""
    return survey.voter(box, VoterKind.CODE, code_of(box, address, issue))


def chosen(
    walk: Mapping[UUID, str],
    sent: Mapping[UUID, Sent],
    wanted: Collection[UUID] | None,
    *,
    anew: bool,
) -> list[ToPrint]:
    """The letters to print of those on the list, which has an entrance for each, as the caretaker walks.

    All that have none yet, or the `wanted` ones: once more as they were, or `anew`, with another code. Raises NoSuchAddress and
    NothingToPrint."""
    if wanted is not None and (unknown := set(wanted) - walk.keys()):
        raise NoSuchAddress(count=len(unknown), field="addresses")
    found = [address for address in walk if (address not in sent if wanted is None else address in wanted)]
    if not found:
        raise NothingToPrint
    return [
        ToPrint(address, _issue(sent.get(address), anew=anew), walk[address])
        for address in found[:MOST_LETTERS]
    ]


def _issue(before: Sent | None, *, anew: bool) -> int:
    """A code that was withdrawn is not printed again."""
    return 1 if before is None else before.issue + (anew or before.withdrawn)


def withdrawn(sent: Mapping[UUID, Sent], addresses: Collection[UUID]) -> dict[UUID, Sent]:
    """The same, but that what these addresses have opens nothing. Raises NoLetterYet."""
    if unknown := set(addresses) - sent.keys():
        raise NoLetterYet(count=len(unknown), field="addresses")
    return {**sent, **{address: replace(sent[address], withdrawn=True) for address in addresses}}


def responses(letters: Iterable[tuple[str, bool]]) -> tuple[EntranceResponse, ...]:
    """How many answered by entrance, of letters by entrance and whether they were answered.

    Told in steps of as many as would be shown apart in results, and never that all did: so neither one figure, nor the difference to
    the next, nor what is left of the whole says of a household that it did or did not. Where the whole leaves no choice, nothing is told."""
    letters = list(letters)
    of = Counter(entrance for entrance, _ in letters)
    answered = Counter(entrance for entrance, did in letters if did)
    steps = {
        entrance: min(answered[entrance], count - 1) // FEWEST * FEWEST for entrance, count in of.items()
    }
    least = sum(steps.values())
    most = sum(_at_most(step, of[entrance]) for entrance, step in steps.items())
    if len(of) > 1 and answered.total() in (least, most):
        return ()
    return tuple(EntranceResponse(entrance, of[entrance], steps[entrance]) for entrance in sorted(of))


def _at_most(step: int, of: int) -> int:
    """As many as may have answered where this step is told; at the last one all may."""
    return step + FEWEST - 1 if step + FEWEST < of else of
