"""Sessions that come back, and what becomes of them when nobody leads them any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Invalid
from buurtthuis.core.work import new_id
from buurtthuis.domain.deadlines import deadline
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    Because,
    Risk,
    SeriesAtRisk,
    SeriesChanged,
    SeriesHostsChanged,
    SeriesPaused,
    SeriesProposed,
    SeriesRecovered,
    SeriesRenamed,
    SeriesResumed,
    SeriesStarted,
    SeriesStopped,
)

from buurtthuis_sessions.domain.leading import check_leads
from buurtthuis_sessions.domain.recurrence import occurrences
from buurtthuis_sessions.domain.series.plan import SeriesPlan
from buurtthuis_sessions.domain.series.states import (
    GOING_ON,
    MOVES,
    STANDING_STILL,
    LeadsAlready,
    LeadsNot,
    NotASessionDay,
    SeriesCannotMove,
    SeriesHasNoPlan,
    SeriesState,
    StandsAlready,
    StandsNot,
)
from buurtthuis_sessions.domain.sessions.session import TO_CONFIRM
from buurtthuis_sessions.domain.titles import Titled
from buurtthuis_sessions.domain.wall_clocks import moment

#: So far ahead its sessions can be seen, and registered for.
HORIZON = timedelta(weeks=8)


#: So long a series without a host, or without a session, waits for somebody.
PATIENCE = timedelta(days=14)


A_DAY = timedelta(days=1)


@dataclass(eq=False)
class Series(Titled):
    """`made_until` is how far its sessions exist; `left_out` are days without one. Nothing is to be
    seen of it before `look_at`.

    `standing` are residents who have a seat every time."""

    id: UUID
    house_id: UUID
    title: str | None
    theme_id: UUID | None = None
    follow_up_of: UUID | None = None
    confirm_by: datetime | None = None
    option_id: UUID | None = None
    hidden: str | None = None
    state: SeriesState = SeriesState.TRIAL
    plan: SeriesPlan | None = None
    hosts: tuple[UUID, ...] = ()
    standing: tuple[UUID, ...] = ()
    left_out: tuple[date, ...] = ()
    made_until: datetime | None = None
    started_at: datetime | None = None
    risk: Risk | None = None
    at_risk_since: datetime | None = None
    look_at: datetime | None = None
    reason: str | None = None
    because: Because | None = None
    version: int = 0

    @classmethod
    def propose(
        cls,
        house: UUID,
        title: str | None,
        theme: UUID | None = None,
        follow_up_of: UUID | None = None,
        confirm_by: datetime | None = None,
        option: UUID | None = None,
    ) -> tuple[Self, SeriesProposed]:
        """On trial: it waits for a host, and for a time and a place."""
        series = cls(new_id(), house, title, theme, follow_up_of, confirm_by, option)
        return series, SeriesProposed(
            series_id=series.id,
            house_id=house,
            theme_id=theme,
            follow_up_of=follow_up_of,
            confirm_by=confirm_by,
        )

    # What it does

    def start(self, plan: SeriesPlan, now: datetime, title: str | None = None) -> SeriesStarted:
        """From now on its sessions come by themselves; raises Invalid for a first time in the past."""
        if self.state is not SeriesState.TRIAL:
            raise SeriesCannotMove(state=self.state, to=SeriesState.ACTIVE)
        self.title = title or self.title
        if self.title is None:
            raise Invalid("This series needs a title.", field="title")
        self._take_on(plan, now)
        MOVES.move(self, SeriesState.ACTIVE)
        self.confirm_by, self.started_at = None, now
        return SeriesStarted(
            series_id=self.id,
            house_id=self.house_id,
            theme_id=self.theme_id,
            title=self.title,
            kind=plan.kind,
            starts_at=plan.at(plan.local_start).begins,
            time_zone=plan.time_zone,
            rule=plan.rule,
            follow_up_of=self.follow_up_of,
        )

    def renamed(self) -> list[SeriesRenamed]:
        """What is said of its title being another, or being gone; nothing of one on trial, of which nobody heard."""
        if self.state is SeriesState.TRIAL:
            return []
        return [SeriesRenamed(series_id=self.id, house_id=self.house_id, title=self.title)]

    def change(self, plan: SeriesPlan, now: datetime) -> SeriesChanged:
        """This and following: from the plan's first time on it is otherwise. Raises Invalid where that is too far ahead."""
        self._check_going_on("changed")
        self._check_reach(plan, now)
        self._take_on(plan, now)
        return SeriesChanged(
            series_id=self.id, house_id=self.house_id, since=plan.local_start.date(), rule=plan.rule
        )

    def still_to_make(self, now: datetime) -> list[datetime]:
        """The times up to the horizon for which no session was made; none in the past, and none twice."""
        if self.state not in GOING_ON or self.plan is None:
            return []
        since, self.made_until = max(self.made_until or now, now), now + HORIZON
        times = self.plan.between(since, self.made_until)
        return [time for time in times if time.date() not in self.left_out]

    def leave_out(self, day: date) -> SeriesChanged:
        """No session on that day. Raises NotASessionDay."""
        self._check_going_on("changed")
        if day in self.left_out or day not in self._days(day):
            raise NotASessionDay(day=day)
        self.left_out = tuple(sorted({*self.left_out, day}))
        return self._changed(day)

    def take_back(self, day: date, now: datetime) -> tuple[SeriesChanged, list[datetime]]:
        """A session on that day after all, and the time for which it is to be made now. Raises NotASessionDay."""
        self._check_going_on("changed")
        if day not in self.left_out:
            raise NotASessionDay(day=day)
        self.left_out = tuple(other for other in self.left_out if other != day)
        assert self.plan
        made = [
            time
            for time in self._times(day)
            if now < moment(time, self.plan.time_zone) <= (self.made_until or now)
        ]
        return self._changed(day), made

    # Who leads it

    def welcome(self, host: UUID) -> list[Event]:
        """Somebody leads it; that ends the risk of having no host. Raises LeadsAlready."""
        self._check_live("led")
        if host in self.hosts:
            raise LeadsAlready
        self.hosts, self.confirm_by = (*self.hosts, host), None
        return [self._hosts_changed(), *(self._recover() if self.risk is Risk.HOST_LEFT else [])]

    @property
    def wants_a_host(self) -> bool:
        """Whether it is offered to whoever was there: nobody leads it, or somebody else is asked for."""
        return self.state is SeriesState.AT_RISK or (self.is_live and not self.hosts)

    def farewell(self, host: UUID, now: datetime) -> list[Event]:
        """Somebody leads it no more; without anybody it is at risk. Raises LeadsNot."""
        if host not in self.hosts:
            raise LeadsNot
        self.hosts = tuple(other for other in self.hosts if other != host)
        alone = not self.hosts and self.state in GOING_ON
        return [self._hosts_changed(), *(self._endanger(Risk.HOST_LEFT, now) if alone else [])]

    def stand(self, resident: UUID) -> None:
        """A seat every time. Raises StandsAlready."""
        self._check_live("joined")
        if resident in self.standing:
            raise StandsAlready
        self.standing = (*self.standing, resident)

    def stand_no_more(self, resident: UUID) -> None:
        """Raises StandsNot."""
        if resident not in self.standing:
            raise StandsNot
        self.standing = tuple(other for other in self.standing if other != resident)

    def check_host(self, by: Actor) -> None:
        """Raises NotAHost."""
        check_leads(by, self.hosts)

    # How it stands

    def look(self, last_held: datetime | None, limit: timedelta, now: datetime) -> list[Event]:
        """What the gap since the last session held does: endangers, saves, or after a while pauses.

        Notes in `look_at` when there is something to see again."""
        last = max(filter(None, (last_held, self.started_at)), default=now)
        if self.risk is Risk.GAP and now - last <= limit:
            return self._recover()
        self.look_at = self._patient_until(last, limit)
        if self.state not in GOING_ON or now <= self.look_at:
            return []
        return [self.pause()] if self.risk else self._endanger(Risk.GAP, now)

    def start_over(self, now: datetime) -> None:
        """Its house was paused: nobody is late."""
        if self.state in GOING_ON:
            self.started_at, self.look_at = now, None

    def wait_for_a_host(self, now: datetime, time_zone: str) -> None:
        """One on trial, as long as it did at first; one that goes on is at risk from now on."""
        if self.state is SeriesState.TRIAL:
            self.confirm_by = deadline(now, TO_CONFIRM, time_zone)

    def lapse(self, now: datetime) -> bool:
        """Whether no host took it on in time; true once."""
        overdue = self.confirm_by is not None and self.confirm_by <= now
        if overdue:
            self.confirm_by = None
        return overdue and self.state is SeriesState.TRIAL and not self.hosts

    def pause(self) -> SeriesPaused:
        """No sessions for now."""
        MOVES.move(self, SeriesState.PAUSED)
        self._stand_still()
        return SeriesPaused(series_id=self.id, house_id=self.house_id)

    def resume(self, now: datetime) -> SeriesResumed:
        """Sessions again; also of one that was ended, by mistake or by somebody who had no business to."""
        if self.state not in STANDING_STILL:
            raise SeriesCannotMove(state=self.state, to="resumed")
        if self.plan is None:
            raise SeriesHasNoPlan
        self.reason = self.because = None
        MOVES.move(self, SeriesState.ACTIVE)
        self.started_at = now
        return SeriesResumed(series_id=self.id, house_id=self.house_id)

    def stop(self, reason: str | None, because: Because | None = None) -> SeriesStopped:
        """It ends for good; what was held stays."""
        MOVES.move(self, SeriesState.STOPPED)
        self.reason, self.because = reason, because
        self._stand_still()
        return SeriesStopped(series_id=self.id, house_id=self.house_id, reason=reason, because=because)

    def keep_reason_away(self) -> list[SeriesRenamed]:
        """Moderators hide why it ended; whoever keeps that hears so, by its title. Its sessions keep it beside."""
        self.reason = None
        return self.renamed()

    @property
    def is_live(self) -> bool:
        """Whether it can still be stopped."""
        return self.state is not SeriesState.STOPPED

    def _patient_until(self, last: datetime, limit: timedelta) -> datetime:
        """Not before the day after somebody could have met again: a monthly series has its own pace."""
        if self.risk is Risk.HOST_LEFT and self.at_risk_since:
            return self._answer_by(self.at_risk_since)
        if self.at_risk_since:
            return max(self._answer_by(self.at_risk_since), self._next_after(self.at_risk_since) + A_DAY)
        return max(last + limit, self._next_after(last) + A_DAY)

    def _answer_by(self, asked: datetime) -> datetime:
        assert self.plan
        return deadline(asked, PATIENCE, self.plan.time_zone)

    def _next_after(self, moment: datetime) -> datetime:
        """The first session after a moment; the moment itself where there is none within a year."""
        assert self.plan
        times = self.plan.between(moment, moment + timedelta(days=366))
        coming = (self.plan.at(time).begins for time in times if time.date() not in self.left_out)
        return next(coming, moment)

    def _take_on(self, plan: SeriesPlan, now: datetime) -> None:
        if plan.at(plan.local_start).begins <= now:
            raise Invalid("A series starts in the future.", field="starts_at")
        self.plan, self.look_at = plan, None

    def _check_reach(self, plan: SeriesPlan, now: datetime) -> None:
        """Only the new plan is kept: what the old one has still to make before it would never be made."""
        assert self.plan
        begins = plan.at(plan.local_start).begins
        since = self.made_until or now
        rest = self.plan.between(since, min(begins, since + timedelta(days=366)))
        if any(time.date() < plan.local_start.date() and time.date() not in self.left_out for time in rest):
            raise Invalid("Sessions of this series before that day are still to be made.", field="starts_at")

    def _days(self, day: date) -> set[date]:
        return {time.date() for time in self._times(day)}

    def _times(self, day: date) -> Iterable[datetime]:
        if self.plan is None:
            raise SeriesHasNoPlan
        start = datetime.combine(day, datetime.min.time())
        return occurrences(
            self.plan.rule,
            self.plan.local_start,
            self.plan.time_zone,
            start - timedelta(microseconds=1),
            start + timedelta(days=1) - timedelta(microseconds=1),
        )

    def _endanger(self, risk: Risk, now: datetime) -> list[Event]:
        if self.state is not SeriesState.AT_RISK:
            MOVES.move(self, SeriesState.AT_RISK)
        self.risk, self.at_risk_since, self.look_at = risk, now, None
        return [SeriesAtRisk(series_id=self.id, house_id=self.house_id, reason=risk)]

    def _recover(self) -> list[Event]:
        MOVES.move(self, SeriesState.ACTIVE)
        self.risk = self.at_risk_since = self.look_at = None
        return [SeriesRecovered(series_id=self.id, house_id=self.house_id)]

    def _stand_still(self) -> None:
        self.risk = self.at_risk_since = self.made_until = self.look_at = None

    def _changed(self, day: date) -> SeriesChanged:
        assert self.plan
        return SeriesChanged(series_id=self.id, house_id=self.house_id, since=day, rule=self.plan.rule)

    def _hosts_changed(self) -> SeriesHostsChanged:
        return SeriesHostsChanged(series_id=self.id, house_id=self.house_id, hosts=self.hosts)

    def _check_going_on(self, to: str) -> None:
        if self.state not in GOING_ON:
            raise SeriesCannotMove(state=self.state, to=to)

    def _check_live(self, to: str) -> None:
        if not self.is_live:
            raise SeriesCannotMove(state=self.state, to=to)
