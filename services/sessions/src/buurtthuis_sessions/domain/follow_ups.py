"""Follow-up votes: the people in the room decide what comes next, by phone and on cards, in one tally.

What is marked is kept as counts only, and who voted apart from it, only while the vote is open: the counts sealed, and
who voted by ids that lead back to nobody (`buurtthuis.domain.ballots`). Nothing tells who marked what.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid4

import orjson
from buurtthuis.core.errors import Invalid, Refusal, Refused
from buurtthuis.core.states import CannotMove, StateMachine
from buurtthuis.core.work import new_id
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.events.sessions import (
    FollowUpDecided,
    FollowUpOutcome,
    FollowUpVoteCancelled,
    FollowUpVoteOpened,
    Kind,
    Marked,
    OptionProposed,
)

from buurtthuis_sessions.domain.codes import new_code
from buurtthuis_sessions.domain.sessions import Session, SessionState
from buurtthuis_sessions.domain.titles import Entitled


class VoteState(StrEnum):
    """Where a vote is."""

    OPEN = "open"
    DECIDED = "decided"
    TIED = "tied"
    STOP = "stop"
    CANCELLED = "cancelled"


class VoteCannotMove(CannotMove):
    """A vote that is {state} cannot become {to}."""


MOVES = StateMachine(
    {VoteState.OPEN: {VoteState.DECIDED, VoteState.TIED, VoteState.STOP, VoteState.CANCELLED}}, VoteCannotMove
)
#: It is noted of these who came.
HELD = frozenset({SessionState.HELD, SessionState.CLOSED})


class VoteNotOpen(Refused):
    """This vote takes no marks and has no code any more: it is {state}."""


class NotHeld(Refused):
    """People vote on what comes next once it is noted who came; this session is {state}."""


class VotedOnAlready(Refused):
    """There is a vote about this session already; one that was opened by mistake can be cancelled."""


class AttendanceSettled(Refused):
    """The people who were there are voting on what comes next; who came can be noted otherwise once that is decided."""


class VotedOn(Refused):
    """People who were there voted on what comes next, so it was held."""


class AlreadyVoted(Refused):
    """You have voted already; everybody votes once."""


class WasNotThere(Refused):
    """This vote is for the people who were there, and you were noted as not having come. Ask the host."""

    kind = Refusal.FORBIDDEN


class VoteIsForGuests(Refused):
    """Whoever leads, interprets or looks after children at a session leaves the vote to the others."""

    kind = Refusal.FORBIDDEN


class NoWalkInLeft(Refused):
    """As many people as came without registering have voted by phone already. Ask the host for a card."""


class EverybodyVoted(Refused):
    """There are as many ballots as people who were there: {present}."""


class TooManyCards(Refused):
    """There cannot be {cards} cards: {present} people were there, and {phones} of them voted by phone."""


class MoreMarksThanAllowed(Refused):
    """Everybody has {at_most} marks at most; stop is one of them."""


class MarksDoNotFit(Refused):
    """On {cards} cards there can be {fit} marks here, not {marks}."""


class OptionNotInVote(Refused):
    """This option is not in the vote."""

    kind = Refusal.INVALID


@dataclass(frozen=True)
class Option(Entitled):
    """Something to do next: once, or `weekly`. About an admitted theme, or from the room.

    `hidden` is its title while moderators hide it."""

    id: UUID
    title: str | None
    kind: Kind = Kind.OTHER
    weekly: bool = False
    theme_id: UUID | None = None
    hidden: str | None = None

    def is_of(self, content: UUID) -> bool:
        """Whether it is this, or is about this theme."""
        return content in (self.id, self.theme_id)


@dataclass(frozen=True)
class Question:
    """What is asked: everybody marks `at_most` of the options, and the first `places` come about."""

    options: tuple[Option, ...]
    at_most: int
    places: int = 2
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Counts:
    """How many ballots there are, and how many marks for each option and for `stop`."""

    ballots: int = 0
    marks: Mapping[UUID, int] = field(default_factory=dict)
    stop: int = 0

    def __add__(self, other: Self) -> "Counts":
        marks = {option: self.of(option) + other.of(option) for option in {**self.marks, **other.marks}}
        return Counts(self.ballots + other.ballots, marks, self.stop + other.stop)

    def of(self, option: UUID) -> int:
        """The marks for one option."""
        return self.marks.get(option, 0)

    @property
    def total(self) -> int:
        """All marks."""
        return sum(self.marks.values()) + self.stop

    def written(self) -> bytes:
        """As it goes into a box."""
        return orjson.dumps(self, option=orjson.OPT_NON_STR_KEYS)

    @classmethod
    def read(cls, written: bytes) -> Self:
        """As it came out of the box."""
        found = orjson.loads(written)
        marks = {UUID(option): number for option, number in found["marks"].items()}
        return cls(found["ballots"], marks, found["stop"])


@dataclass(eq=False)
class Voter:
    """Somebody who voted by phone, `known_as` what the vote's box makes of them; forgotten as soon as the vote is over."""

    id: UUID
    vote_id: UUID
    known_as: UUID
    walked_in: bool


@dataclass(frozen=True)
class Result:
    """What came of it; `tied` options share a place that is not there for all of them."""

    outcome: FollowUpOutcome
    winners: tuple[UUID, ...] = ()
    tied: tuple[UUID, ...] = ()


@dataclass(eq=False)
class FollowUpVote:
    """One vote, about one session, by the people who were `present` at it, `walk_ins` of them unregistered.

    The `code` is shown in the room; whoever has it and a phone can vote. It is gone when the vote is over.
    While it is open, `phones` says how many voted by phone, and the marks are `sealed`."""

    id: UUID
    session_id: UUID
    house_id: UUID
    options: tuple[Option, ...]
    at_most: int
    places: int
    present: int
    walk_ins: int
    closes_at: datetime | None
    code: str | None
    state: VoteState = VoteState.OPEN
    phones: Counts = Counts()
    sealed: bytes | None = None
    cards: Counts = Counts()
    winners: tuple[UUID, ...] = ()
    tied: tuple[UUID, ...] = ()
    version: int = 0
    voters: list[Voter] = field(default_factory=list)

    @classmethod
    def open(
        cls, session: Session, question: Question, now: datetime
    ) -> tuple["FollowUpVote", FollowUpVoteOpened]:
        """Ask the people who were at a session. Raises NotHeld, or Invalid for a closing time in the past."""
        if session.state not in HELD:
            raise NotHeld(state=session.state)
        if question.closes_at and question.closes_at <= now:
            raise Invalid("A vote closes after it opens.", field="/closes_at")
        vote = cls(
            id=new_id(),
            session_id=session.id,
            house_id=session.house_id,
            present=session.present,
            walk_ins=session.walk_ins,
            code=new_code(),
            **vars(question),
        )
        return vote, FollowUpVoteOpened(
            vote_id=vote.id,
            session_id=session.id,
            house_id=session.house_id,
            options=tuple(option.id for option in question.options),
            at_most=question.at_most,
            present=session.present,
            closes_at=question.closes_at,
        )

    def mark(
        self,
        resident: UUID,
        session: Session,
        options: Sequence[UUID],
        stop: bool,
        now: datetime,
        box: BallotBox,
    ) -> None:
        """One ballot by phone, into the box. Raises AlreadyVoted, WasNotThere, NoWalkInLeft, EverybodyVoted,
        OptionNotInVote, MoreMarksThanAllowed, VoteNotOpen, or Invalid where nothing is marked."""
        self._check_open(now)
        walked_in, known_as = not session.came(resident), box.voter(str(resident))
        self._check_may_vote(resident, known_as, session, walked_in)
        self._check_ballot(options, stop)
        marked = self.by_phone(box) + Counts(1, dict.fromkeys(options, 1), int(stop))
        self.phones, self.sealed = Counts(marked.ballots), box.seal(marked.written())
        self.voters.append(Voter(uuid4(), self.id, known_as, walked_in))

    def by_phone(self, box: BallotBox | None) -> Counts:
        """What was marked by phone; there is a box where anything was."""
        return Counts.read(box.unseal(self.sealed)) if box and self.sealed else self.phones

    def count_cards(self, counts: Counts, now: datetime) -> None:
        """The cards, all of them together; again where they were counted wrongly.

        Raises OptionNotInVote, TooManyCards, MarksDoNotFit or VoteNotOpen."""
        self._check_open(now)
        self._check_known(counts.marks)
        self._check_people(counts.ballots)
        _check_fit(counts, self.at_most)
        self.cards = counts
        self.version += 1  # nobody is told, but whoever read the vote before does not overwrite it unseen

    def detach(self, known_as: UUID) -> int:
        """Let a resident who voted be nobody, so that as many voted as before; says how many there were."""
        theirs = [voter for voter in self.voters if voter.known_as == known_as]
        for voter in theirs:
            voter.known_as = uuid4()
        return len(theirs)

    def hide_title(self, content: UUID) -> None:
        """Moderators hide an option, or the theme that it is about."""
        self._change(content, Option.hide)

    def show_title(self, content: UUID) -> None:
        """It may be read again."""
        self._change(content, Option.show)

    def take_title_off(self, content: UUID) -> None:
        """The words of an option, or of the theme that it is about, were taken back."""
        self._change(content, Option.forget)

    def _change(self, content: UUID, change: Callable[[Option], Option]) -> None:
        self.options = tuple(change(option) if option.is_of(content) else option for option in self.options)

    def proposed(self) -> list[OptionProposed]:
        """What the people in the room came up with themselves."""
        return [
            OptionProposed(
                option_id=option.id,
                vote_id=self.id,
                session_id=self.session_id,
                house_id=self.house_id,
                title=option.title,
            )
            for option in self.options
            if option.theme_id is None
        ]

    def decide(self, box: BallotBox | None) -> FollowUpDecided:
        """Count up; what is decided never changes, and the box is emptied."""
        phones = self.by_phone(box)
        tally = phones + self.cards
        result = result_of(self.options, tally, self.places)
        self._move(VoteState(result.outcome), box)
        self.phones = phones
        self.winners, self.tied = result.winners, result.tied
        return FollowUpDecided(
            vote_id=self.id,
            session_id=self.session_id,
            house_id=self.house_id,
            outcome=result.outcome,
            winners=result.winners,
            tied=result.tied,
            counts=tuple(
                Marked(option_id=option.id, marks=tally.of(option.id))
                for option in ranked(self.options, tally)
            ),
            stop=tally.stop,
            online=self.phones.ballots,
            cards=self.cards.ballots,
        )

    def cancel(self, box: BallotBox | None) -> FollowUpVoteCancelled:
        """It was opened by mistake: nothing is decided, and nothing of it is kept."""
        self._move(VoteState.CANCELLED, box)
        self.phones = self.cards = Counts()
        return FollowUpVoteCancelled(vote_id=self.id, session_id=self.session_id, house_id=self.house_id)

    @property
    def won(self) -> list[Option]:
        """What comes about."""
        return [option for option in self.options if option.id in self.winners]

    @property
    def needs_discussion(self) -> bool:
        """Whether people have to talk on, because the marks decided nothing, or not everything."""
        return self.state is VoteState.TIED or bool(self.tied)

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come to be decided."""
        return self.state is VoteState.OPEN and self.closes_at is not None and now >= self.closes_at

    def _check_open(self, now: datetime) -> None:
        if self.state is not VoteState.OPEN or self.is_due(now):
            raise VoteNotOpen(state="closed" if self.is_due(now) else self.state)

    def _check_may_vote(self, resident: UUID, known_as: UUID, session: Session, walked_in: bool) -> None:
        if any(voter.known_as == known_as for voter in self.voters):
            raise AlreadyVoted
        if session.did_not_come(resident):
            raise WasNotThere
        if session.has_role(resident):
            raise VoteIsForGuests
        if walked_in and sum(voter.walked_in for voter in self.voters) >= self.walk_ins:
            raise NoWalkInLeft
        if self.phones.ballots + self.cards.ballots >= self.present:
            raise EverybodyVoted(present=self.present)

    def _check_people(self, cards: int) -> None:
        phones = self.phones.ballots
        if phones + cards > self.present:
            raise TooManyCards(present=self.present, phones=phones, cards=cards, field="/cards")

    def _check_ballot(self, options: Sequence[UUID], stop: bool) -> None:
        self._check_known(options)
        if len(set(options)) < len(options):
            raise Invalid("Mark an option once.", field="/options")
        if not options and not stop:
            raise Invalid("Mark at least one option, or stop.", field="/options")
        if len(options) + stop > self.at_most:
            raise MoreMarksThanAllowed(at_most=self.at_most, field="/options")

    def _check_known(self, options: Sequence[UUID] | Mapping[UUID, int]) -> None:
        known = {option.id for option in self.options}
        name = "marks" if isinstance(options, Mapping) else "options"
        for index, option in enumerate(options):
            if option not in known:
                raise OptionNotInVote(field=f"/{name}/{index}")

    def _move(self, to: VoteState, box: BallotBox | None) -> None:
        MOVES.move(self, to)
        self.code = self.sealed = None
        self.voters.clear()
        if box:
            box.empty()


def result_of(options: Sequence[Option], counts: Counts, places: int) -> Result:
    """The first `places` come about, as far as they have a mark and nobody below them has as many.

    Where `stop` has most marks nothing comes about; where it shares the first place it is a tie."""
    ranking = ranked(options, counts)
    best = counts.of(ranking[0].id)
    if counts.stop > best:
        return Result(FollowUpOutcome.STOP)
    if counts.stop == best:
        return Result(FollowUpOutcome.TIED, tied=_with(best, ranking, counts))
    left_out = counts.of(ranking[places].id) if len(ranking) > places else 0
    winners = tuple(option.id for option in ranking[:places] if counts.of(option.id) > left_out)
    tied = _with(left_out, ranking, counts) if len(winners) < places else ()
    return Result(FollowUpOutcome.DECIDED if winners else FollowUpOutcome.TIED, winners, tied)


def ranked(options: Sequence[Option], counts: Counts) -> list[Option]:
    """In order of marks; those with as many in the order they were asked in."""
    return sorted(options, key=lambda option: -counts.of(option.id))


def _with(marks: int, options: Sequence[Option], counts: Counts) -> tuple[UUID, ...]:
    """Those with so many marks, if that is any at all."""
    return tuple(option.id for option in options if marks and counts.of(option.id) == marks)


def _check_fit(counts: Counts, at_most: int) -> None:
    """Nobody marks one option twice, nor more of them than `at_most`."""
    cards = counts.ballots
    for index, marks in enumerate(counts.marks.values()):
        _check_number(marks, cards, cards, f"/marks/{index}/marks")
    _check_number(counts.stop, cards, cards, "/stop")
    _check_number(counts.total, cards * at_most, cards, "/marks")


def _check_number(marks: int, fit: int, cards: int, field: str) -> None:
    if marks > fit:
        raise MarksDoNotFit(marks=marks, fit=fit, cards=cards, field=field)
