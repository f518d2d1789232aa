"""Follow-up votes: the people in the room decide what comes next, by phone and on cards, in one tally.

What is marked is kept as counts only, and who voted apart from it, only while the vote is open: the counts sealed, and
who voted by ids that lead back to nobody (`buurtthuis.domain.ballots`). Nothing tells who marked what.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from buurtthuis.core.errors import Invalid
from buurtthuis.core.work import new_id
from buurtthuis.domain.ballots import BallotBox
from buurtthuis.events.sessions import (
    BallotsCounted,
    FollowUpDecided,
    FollowUpVoteCancelled,
    FollowUpVoteOpened,
    Marked,
    OptionProposed,
)

from buurtthuis_sessions.domain.codes import new_code
from buurtthuis_sessions.domain.follow_ups.counting import (
    NO_MARKS,
    Counts,
    Option,
    Question,
    check_fit,
    ranked,
    result_of,
)
from buurtthuis_sessions.domain.follow_ups.states import (
    MOVES,
    AlreadyVoted,
    EverybodyVoted,
    MoreMarksThanAllowed,
    NotHeld,
    NoWalkInLeft,
    OptionNotInVote,
    TooManyCards,
    VoteIsForGuests,
    VoteNotOpen,
    VoteState,
    WasNotThere,
)
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import NOTED

#: People watch the number grow; who reads each step learns no more than that.
AT_MOST_EVERY = timedelta(seconds=1)


@dataclass(eq=False)
class Voter:
    """Somebody who voted by phone, `known_as` what the vote's box makes of them; forgotten as soon as the vote is over."""

    id: UUID
    vote_id: UUID
    known_as: UUID
    walked_in: bool


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
    phones: Counts = NO_MARKS
    sealed: bytes | None = None
    cards: Counts = NO_MARKS
    winners: tuple[UUID, ...] = ()
    tied: tuple[UUID, ...] = ()
    #: How many ballots were told of, and when.
    told: int = 0
    told_at: datetime | None = None
    version: int = 0
    voters: list[Voter] = field(default_factory=list)

    @classmethod
    def open(
        cls, session: Session, question: Question, now: datetime
    ) -> tuple["FollowUpVote", FollowUpVoteOpened]:
        """Ask the people who were at a session. Raises NotHeld, or Invalid for a closing time in the past."""
        if session.state not in NOTED:
            raise NotHeld(state=session.state)
        if question.closes_at and question.closes_at <= now:
            raise Invalid("A vote closes after it opens.", field="closes_at")
        vote = cls(
            id=new_id(),
            session_id=session.id,
            house_id=session.house_id,
            present=session.turnout.present,
            walk_ins=session.turnout.walk_ins,
            code=new_code(),
            **vars(question),
        )
        return vote, FollowUpVoteOpened(
            vote_id=vote.id,
            session_id=session.id,
            house_id=session.house_id,
            options=tuple(option.id for option in question.options),
            at_most=question.at_most,
            present=session.turnout.present,
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

    def know_as(self, guest: UUID, resident: UUID, session: Session, box: BallotBox) -> bool:
        """A guest who voted is this resident, who votes no more; says whether they had voted. Raises AlreadyVoted where both had."""
        known, mine = box.voter(str(guest)), box.voter(str(resident))
        theirs = next((voter for voter in self.voters if voter.known_as == known), None)
        if theirs is None:
            return False
        if any(voter.known_as == mine for voter in self.voters):
            raise AlreadyVoted
        theirs.known_as, theirs.walked_in = mine, not session.came(resident)
        return True

    def tell(self, now: datetime) -> BallotsCounted | None:
        """How many ballots there are, where that was not told yet, and not more often than every second. Whose came last is not told:
        it is not said when one comes, but afterwards, by a clock."""
        ballots = self.phones.ballots + self.cards.ballots
        told_lately = self.told_at is not None and now < self.told_at + AT_MOST_EVERY
        if self.state is not VoteState.OPEN or ballots == self.told or told_lately:
            return None
        self.told, self.told_at = ballots, now
        return BallotsCounted(
            vote_id=self.id,
            session_id=self.session_id,
            house_id=self.house_id,
            ballots=ballots,
            present=self.present,
        )

    def by_phone(self, box: BallotBox | None) -> Counts:
        """What was marked by phone; there is a box where anything was."""
        return Counts.read(box.unseal(self.sealed)) if box and self.sealed else self.phones

    def count_cards(self, counts: Counts, now: datetime) -> None:
        """The cards, all of them together; again where they were counted wrongly.

        Raises OptionNotInVote, TooManyCards, MarksDoNotFit or VoteNotOpen."""
        self._check_open(now)
        self._check_known(counts.marks)
        self._check_people(counts.ballots)
        check_fit(counts, self.at_most)
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
        self.phones = self.cards = NO_MARKS
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
        if (
            walked_in
            and sum(voter.walked_in for voter in self.voters) >= self.present - session.known_to_have_come
        ):
            raise NoWalkInLeft
        if self.phones.ballots + self.cards.ballots >= self.present:
            raise EverybodyVoted(present=self.present)

    def _check_people(self, cards: int) -> None:
        phones = self.phones.ballots
        if phones + cards > self.present:
            raise TooManyCards(present=self.present, phones=phones, cards=cards, field="cards")

    def _check_ballot(self, options: Sequence[UUID], stop: bool) -> None:
        self._check_known(options)
        if len(set(options)) < len(options):
            raise Invalid("Mark an option once.", field="options")
        if not options and not stop:
            raise Invalid("Mark at least one option, or stop.", field="options")
        if len(options) + stop > self.at_most:
            raise MoreMarksThanAllowed(at_most=self.at_most, field="options")

    def _check_known(self, options: Sequence[UUID] | Mapping[UUID, int]) -> None:
        known = {option.id for option in self.options}
        name = "marks" if isinstance(options, Mapping) else "options"
        for index, option in enumerate(options):
            if option not in known:
                raise OptionNotInVote(field=(name, index))

    def _move(self, to: VoteState, box: BallotBox | None) -> None:
        MOVES.move(self, to)
        self.code = self.sealed = None
        self.voters.clear()
        if box:
            box.empty()
