"""Sessions that were held, and what the people who were there are asked."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from buurtthuis.domain.ballots import BallotBox
from buurtthuis.events.sessions import Kind
from buurtthuis_sessions import storage  # noqa: F401  what is made here is mapped already
from buurtthuis_sessions.domain.follow_ups.counting import Option, Question
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.sessions.session import Session

from tests.sessions.builders import a_session

STARTS = datetime.fromisoformat("2019-01-24T19:30")  # what the clock on the wall shows
BEFORE = datetime(2019, 1, 10, 9, 0, tzinfo=UTC)
AFTER = datetime(2019, 1, 24, 20, 30, tzinfo=UTC)
COFFEE = Option(uuid4(), "Koffietafel", Kind.COFFEE_TABLE, weekly=True)
DECORATION = Option(uuid4(), "Versiermiddag", Kind.WORKSHOP)
LANGUAGE = Option(uuid4(), "Taalcafé")
#: The box that votes here use; whoever ends one ends it with a copy.
BOX = BallotBox.new(uuid4())
ASKED = Question((COFFEE, DECORATION, LANGUAGE), at_most=2)


def a_held_session(came: tuple[UUID, ...], missed: tuple[UUID, ...] = (), walk_ins: int = 0) -> Session:
    """With these residents noted as having come, and those as not."""
    session = a_session("Meet & Greet", starts=STARTS, now=BEFORE, capacity=1000)
    for resident in (*came, *missed):
        session.register(resident, BEFORE)
    session.hold(came, walk_ins, AFTER)
    return session


def a_vote(session: Session, question: Question = ASKED) -> FollowUpVote:
    """Open, about a session that was held."""
    return FollowUpVote.open(session, question, AFTER)[0]
