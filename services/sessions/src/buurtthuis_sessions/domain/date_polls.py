"""Which date suits: a few dates for what is still a draft, and what people say of each. The one that suits most goes into the draft."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from buurtthuis.core.errors import Invalid, Refusal, Refused
from buurtthuis.core.work import new_id
from buurtthuis.events.sessions import DateChosen, DatesAsked

from buurtthuis_sessions.domain.codes import new_code
from buurtthuis_sessions.domain.sessions.session import Session
from buurtthuis_sessions.domain.sessions.states import SessionState
from buurtthuis_sessions.domain.wall_clocks import exists, moment

#: So many people may answer.
MOST = 500


class Suits(StrEnum):
    """Whether somebody can come then."""

    YES = "yes"
    IF_NEED_BE = "if_need_be"
    NO = "no"


class NoDraftAnyMore(Refused):
    """Dates are asked for what is still a draft; this session is {state}."""


class DatesAskedAlready(Refused):
    """It is being asked already which date suits."""


class DatePollClosed(Refused):
    """It is not asked any more which date suits: one was chosen, or the session has a date."""


class NoDatesWithCode(Refused):
    """Nobody asks for a date with this code. It is 8 letters and digits, as shown in the room or in the link."""

    kind = Refusal.NOT_FOUND


class DateNotInPoll(Refused):
    """This date is not among those that are asked for."""

    kind = Refusal.INVALID


class TooManyAnswers(Refused):
    """No more than {most} people can answer."""


@dataclass(frozen=True)
class ProposedDate:
    """A start and an end, as the clock on the wall shows them."""

    id: UUID
    local_start: datetime
    local_end: datetime


@dataclass(eq=False)
class DateAnswer:
    """What one person says, by pseudonym, so that it can be said otherwise; gone once nobody is asked any more."""

    id: UUID
    poll_id: UUID
    house_id: UUID
    resident_id: UUID
    suits: Mapping[UUID, Suits]


@dataclass(eq=False)
class DatePoll:
    """The dates for one draft. The `code` is for a room and for links; it is gone once nobody is asked any more."""

    id: UUID
    session_id: UUID
    house_id: UUID
    time_zone: str
    dates: tuple[ProposedDate, ...]
    code: str | None
    chosen: UUID | None = None
    #: What was said, once nobody is known any more.
    counted: Mapping[UUID, Mapping[Suits, int]] = field(default_factory=dict)
    version: int = 0
    answers: list[DateAnswer] = field(default_factory=list)

    @classmethod
    def ask(
        cls, session: Session, dates: Sequence[tuple[datetime, datetime]], time_zone: str, now: datetime
    ) -> tuple[Self, DatesAsked]:
        """Raises NoDraftAnyMore, or Invalid for what no clock shows, or what is over."""
        if session.state is not SessionState.DRAFT:
            raise NoDraftAnyMore(state=session.state)
        for index, (start, end) in enumerate(dates):
            _check(start, end, time_zone, now, index)
        proposed = tuple(ProposedDate(new_id(), *date) for date in dates)
        poll = cls(new_id(), session.id, session.house_id, time_zone, proposed, new_code())
        return poll, DatesAsked(
            poll_id=poll.id,
            session_id=session.id,
            house_id=session.house_id,
            dates=tuple(moment(start, time_zone) for start, _ in dates),
        )

    def answer(self, who: UUID, suits: Mapping[UUID, Suits]) -> None:
        """Or answer otherwise. Of a date that is left out it is not known. Raises DatePollClosed, DateNotInPoll, TooManyAnswers."""
        self._check_open()
        for date in suits:
            if date not in {each.id for each in self.dates}:
                raise DateNotInPoll(field="answers")
        mine = next((answer for answer in self.answers if answer.resident_id == who), None)
        if mine:
            mine.suits = dict(suits)
            return
        if len(self.answers) >= MOST:
            raise TooManyAnswers(most=MOST)
        self.answers.append(DateAnswer(new_id(), self.id, self.house_id, who, dict(suits)))

    def close(self) -> DateChosen:
        """The date that most can come to; of several the one that fewer come to only if need be, and then the first of them."""
        self._check_open()
        counts = self.counts
        best = min(self.dates, key=lambda date: (_rank(counts[date.id]), date.local_start))
        self.chosen = best.id
        self.stop()
        return DateChosen(
            poll_id=self.id,
            session_id=self.session_id,
            house_id=self.house_id,
            starts_at=moment(best.local_start, self.time_zone),
            **{str(kind): number for kind, number in counts[best.id].items()},
        )

    def stop(self) -> None:
        """What it was for has a date otherwise, or is off. How many said what stays, and nobody is known any more."""
        self.counted, self.code = self.counts, None
        self.answers.clear()

    @property
    def is_open(self) -> bool:
        """Whether people are asked."""
        return self.code is not None

    def join(self, guest: UUID, resident: UUID) -> None:
        """What a guest said is what this resident says, unless they said something themselves."""
        theirs = [answer for answer in self.answers if answer.resident_id == guest]
        said = any(answer.resident_id == resident for answer in self.answers)
        for answer in theirs:
            if said:
                self.answers.remove(answer)
            else:
                answer.resident_id = resident

    @property
    def counts(self) -> Mapping[UUID, Mapping[Suits, int]]:
        """How many said what of each date."""
        return self.counted or counted(self.dates, [answer.suits for answer in self.answers])

    @property
    def suited(self) -> datetime | None:
        """When the date begins that was chosen, by the clock on the wall."""
        return next((date.local_start for date in self.dates if date.id == self.chosen), None)

    def _check_open(self) -> None:
        if not self.is_open:
            raise DatePollClosed


def counted(
    dates: Iterable[ProposedDate], said: Collection[Mapping[UUID, Suits]]
) -> dict[UUID, dict[Suits, int]]:
    """How many said what of each date."""
    found = {date.id: Counter(suits.get(date.id) for suits in said) for date in dates}
    return {date: {kind: counter[kind] for kind in Suits} for date, counter in found.items()}


def _rank(counts: Mapping[Suits, int]) -> tuple[int, int]:
    """Who can come at all, and of those who would rather not."""
    return -(counts[Suits.YES] + counts[Suits.IF_NEED_BE]), counts[Suits.IF_NEED_BE]


def _check(start: datetime, end: datetime, time_zone: str, now: datetime, index: int) -> None:
    for name, time in (("starts_at", start), ("ends_at", end)):
        if not exists(time, time_zone):
            raise Invalid(
                f"That moment does not exist in {time_zone}: the clock skips it.",
                field=("dates", index, name),
            )
    if not start < end:
        raise Invalid("A session ends after it starts.", field=("dates", index, "ends_at"))
    if moment(start, time_zone) <= now:
        raise Invalid("A session starts in the future.", field=("dates", index, "starts_at"))
