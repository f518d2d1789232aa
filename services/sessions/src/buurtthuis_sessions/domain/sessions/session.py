"""Sessions, from draft to report."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import Invalid
from buurtthuis.core.work import new_id
from buurtthuis.domain.deadlines import deadline
from buurtthuis.events import Event
from buurtthuis.events.sessions import (
    AttendanceCorrected,
    AttendanceMissing,
    Because,
    SeatRole,
    SessionCancelled,
    SessionCapacityChanged,
    SessionDrafted,
    SessionHeld,
    SessionNotHeld,
    SessionRenamed,
    SessionReported,
    SessionRescheduled,
    SessionScheduled,
)

from buurtthuis_sessions.domain.arrivals import WalkIn
from buurtthuis_sessions.domain.guests import NoPlaceForGuests
from buurtthuis_sessions.domain.leading import check_leads
from buurtthuis_sessions.domain.plans import NOTHING_KNOWN, Outline, Plan
from buurtthuis_sessions.domain.seating import Seating, Wish, give_back, hosts, live, take_role
from buurtthuis_sessions.domain.seats import CAME_OR_NOT, Seat, SeatState
from buurtthuis_sessions.domain.sessions.attendance import NOBODY, Turnout, forget_who_came, turnout
from buurtthuis_sessions.domain.sessions.door import AtTheDoor
from buurtthuis_sessions.domain.sessions.places import PlacesNow, says_places
from buurtthuis_sessions.domain.sessions.states import (
    AT_REST,
    MOVES,
    NOTED,
    NotBegun,
    NotOpenForRegistration,
    Phase,
    SessionCannotMove,
    SessionState,
)

#: So long a host has to take on what the people in the room decided.
TO_CONFIRM = timedelta(days=7)


@dataclass(frozen=True)
class SessionSource:
    """What a draft comes from: a theme, a series, what a vote decided (an option of it, from the room), or nothing."""

    theme: UUID | None = None
    series: UUID | None = None
    occurrence: datetime | None = None
    follow_up_of: UUID | None = None
    option: UUID | None = None


NOTHING_BEFORE = SessionSource()


@dataclass(eq=False)
class Session(AtTheDoor):
    """One meeting. Its seats are part of it: who takes the last one is decided here.

    A draft has an outline at most; once it was scheduled it has a plan, and what that came to then in UTC: it `begins` and
    `ends` at these moments, also where a clock changes its ways.
    `occurrence` is when its series put it, wherever it went since. `sequence` counts the changes that
    a calendar shows."""

    id: UUID
    house_id: UUID
    theme_id: UUID | None
    title: str | None
    state: SessionState = SessionState.DRAFT
    plan: Plan | Outline = NOTHING_KNOWN
    begins: datetime | None = None
    ends: datetime | None = None
    series_id: UUID | None = None
    occurrence: datetime | None = None
    follow_up_of: UUID | None = None
    option_id: UUID | None = None
    hidden: str | None = None
    confirm_by: datetime | None = None
    turnout: Turnout = NOBODY
    reason: str | None = None
    because: Because | None = None
    report: str | None = None
    #: Whether moderators keep its reason and its report from being read, until something else is said.
    withheld: bool = False
    asked_who_came: bool = False
    no_new_places: bool = False
    walked_in: tuple[WalkIn, ...] = ()
    #: Since when it is noted for all together who came: what was noted at the door before that counts no more.
    noted_at: datetime | None = None
    #: Of a draft: when most people can come, by the clock on the wall.
    suits: datetime | None = None
    #: What is shown on a screen at the door.
    door_code: str | None = None
    sequence: int = 0
    version: int = 0
    seats: list[Seat] = field(default_factory=list)

    @classmethod
    def draft(
        cls,
        house: UUID,
        title: str | None,
        source: SessionSource = NOTHING_BEFORE,
        confirm_by: datetime | None = None,
        outline: Outline = NOTHING_KNOWN,
    ) -> tuple[Self, SessionDrafted]:
        """A session that waits for a host; without a title where its words were taken back."""
        session = cls(new_id(), house, source.theme, title, plan=outline)
        session.series_id, session.occurrence = source.series, source.occurrence
        session.follow_up_of, session.confirm_by = source.follow_up_of, confirm_by
        session.option_id = source.option
        return session, SessionDrafted(
            session_id=session.id,
            house_id=house,
            theme_id=source.theme,
            follow_up_of=source.follow_up_of,
            series_id=source.series,
            confirm_by=confirm_by,
        )

    # How it comes to be

    def schedule(self, plan: Plan, now: datetime, title: str | None = None) -> SessionScheduled:
        """Fill in time, place and capacity; raises Invalid for a start in the past, or without a title."""
        MOVES.check(self, SessionState.SCHEDULED)
        self._take_on(plan, now, title)
        MOVES.move(self, SessionState.SCHEDULED)
        self.confirm_by = None
        return SessionScheduled(
            **self._announcement(plan),
            theme_id=self.theme_id,
            series_id=self.series_id,
            follow_up_of=self.follow_up_of,
        )

    @says_places
    def reschedule(self, plan: Plan, now: datetime, title: str | None = None) -> list[Event]:
        """Another time or place. Everybody keeps the place they have and is asked again.

        Raises Invalid for a start in the past, CapacityTooSmall where people would lose their place."""
        self.check_open(now)
        self.seating(now).check_capacity(plan.capacity)
        was: dict[str, Any] = {
            "was_starts_at": self.begins,
            "was_ends_at": self.ends,
            "was_place": self.planned.place,
        }
        self._take_on(plan, now, title)
        moved = SessionRescheduled(**self._announcement(plan), **was)
        return [moved, *self.seating(now).ask_again(now)]

    def rename(self, title: str) -> list[SessionRenamed]:
        """Put its title right. Everybody keeps the place they have, and nobody is asked again. Of a draft nobody hears."""
        if self.state is SessionState.CANCELLED:
            raise SessionCannotMove(state=self.state, to="renamed")
        self.title = title
        self.sequence += 1
        return self.renamed()

    def renamed(self) -> list[SessionRenamed]:
        """What is said of its title being another, or being gone; nothing of a draft, which is staff's business."""
        if self.state is SessionState.DRAFT:
            return []
        return [SessionRenamed(session_id=self.id, house_id=self.house_id, title=self.title)]

    @says_places
    def change_capacity(self, capacity: int, now: datetime, *, no_new_places: bool = False) -> list[Event]:
        """Room for more people, or for fewer; nobody loses a place. Raises CapacityTooSmall.

        With `no_new_places` what is free, and what comes free, is offered to nobody until this is said again without."""
        self.check_open(now)
        replace(self.seating(now), closed=no_new_places).check_capacity(capacity)
        if capacity < self.planned.newcomer_seats:
            raise Invalid("No more seats can be kept for newcomers than there are.", field="capacity")
        self.plan, self.no_new_places = replace(self.planned, capacity=capacity), no_new_places
        changed = SessionCapacityChanged(
            session_id=self.id, house_id=self.house_id, capacity=capacity, no_new_places=no_new_places
        )
        return [changed, *self.seating(now).settle(now)]

    def cancel(self, reason: str | None, because: Because | None = None) -> SessionCancelled:
        """It does not take place; everybody who had a place loses it, and nobody waits any more."""
        MOVES.move(self, SessionState.CANCELLED)
        self.reason, self.because = reason, because
        self.withheld = False
        self.sequence += 1
        self._release()
        return SessionCancelled(session_id=self.id, house_id=self.house_id, reason=reason, because=because)

    # Who comes

    @says_places
    def register(self, resident: UUID, now: datetime, wish: Wish = Wish()) -> list[Event]:  # noqa: B008  frozen
        """A place, or a turn on the waiting list."""
        self.check_open(now)
        settled = self.seating(now).settle(now)
        return [*settled, *self.seating(now).register(resident, wish, now)]

    def register_guest(self, guest: UUID, now: datetime, wish: Wish) -> list[Event]:
        """A place for somebody without an account, where there is one. Raises NoPlaceForGuests."""
        registered = self.register(guest, now, wish)
        seat = live(self.seats, guest)
        if seat is None or seat.state is not SeatState.REGISTERED:
            raise NoPlaceForGuests
        return registered

    @says_places
    def join_guest(self, guest: UUID, resident: UUID, now: datetime) -> list[Event]:
        """What this guest had is a resident's, who has one place and came once."""
        theirs, mine = (self._place_of(whose) for whose in (guest, resident))
        if theirs is None:
            return []
        if self.state in NOTED:
            return self._join_who_came(theirs, mine, resident)
        if mine is None or mine.state is not SeatState.REGISTERED:
            waited = [give_back(self.seats, resident)] if mine else []
            return [*waited, *self.seating(now).hand_over(theirs, resident)]
        mine.arrival = max(filter(None, (mine.arrival, theirs.arrival)), default=None)
        return [give_back(self.seats, guest), *self._settled(now)]

    def _join_who_came(self, theirs: Seat, mine: Seat | None, resident: UUID) -> list[Event]:
        if mine is None:
            theirs.resident_id = resident
            return []
        if not mine.role:
            mine.note(came=SeatState.ATTENDED in (mine.state, theirs.state))
        self.seats.remove(theirs)
        self.turnout = turnout(self.seats, self.turnout.walk_ins)
        return [self.corrected()]

    def _place_of(self, resident: UUID) -> Seat | None:
        had = (seat for seat in self.seats if seat.is_live or seat.state in CAME_OR_NOT)
        return next((seat for seat in had if seat.resident_id == resident), None)

    @says_places
    def accept(self, resident: UUID, now: datetime) -> list[Event]:
        """Take the place that is offered."""
        self.check_open(now)
        settled = self.seating(now).settle(now)
        return [*settled, *self.seating(now).accept(resident, now)]

    @says_places
    def withdraw(self, resident: UUID, now: datetime) -> list[Event]:
        """Give a place back, before the session; a host also of a draft."""
        if self.state is SessionState.DRAFT:
            return [give_back(self.seats, resident)]
        self.check_open(now)
        return self.seating(now).withdraw(resident, now)

    def confirm_seat(self, resident: UUID, now: datetime) -> list[Event]:
        """Still come, after a change."""
        self.check_open(now)
        return self.seating(now).confirm(resident)

    @says_places
    def settle(self, now: datetime) -> list[Event]:
        """What the clock does to offers and to the seats that were kept; nothing where there is nothing to do."""
        return self._settled(now)

    def _settled(self, now: datetime) -> list[Event]:
        if self.state is not SessionState.SCHEDULED or self.has_begun(now):
            return []
        return self.seating(now).settle(now)

    @says_places
    def take_role(self, resident: UUID, role: SeatRole, now: datetime) -> list[Event]:
        """Host, interpret or look after children; a host also of a draft.

        Once it has begun somebody can stand in for its hosts, beside them, until it is noted who came."""
        stands_in = role is SeatRole.HOST and self.state is SessionState.SCHEDULED and self.has_begun(now)
        if self.state is not SessionState.DRAFT and not stands_in:
            self.check_open(now)
        count = len(self.hosts) + 1 if stands_in else self.plan.roles.get(role, 0)
        taken = take_role(self.seats, self.id, self.house_id, resident, role, count)
        if role is SeatRole.HOST:
            self.confirm_by = None
        return [taken, *self._settled(now)]

    def lead_no_more(self, resident: UUID, now: datetime) -> list[Event]:
        """Of what has begun. It is said while that goes on; of what is over nobody is told that a host withdrew."""
        if resident not in self.hosts:
            return []
        withdrew = give_back(self.seats, resident)
        goes_on = self.state is SessionState.SCHEDULED and self.ends is not None and now < self.ends
        return [withdrew] if goes_on else []

    def wait_for_a_host(self, now: datetime, time_zone: str) -> None:
        """A draft, as long as it did at first."""
        if self.state is SessionState.DRAFT:
            self.confirm_by = deadline(now, TO_CONFIRM, time_zone)

    def lapse(self, now: datetime) -> bool:
        """Whether no host took it on in time; true once."""
        overdue = self.confirm_by is not None and self.confirm_by <= now
        if overdue:
            self.confirm_by = None
        return overdue and self.state is SessionState.DRAFT

    @property
    def hosts(self) -> list[UUID]:
        """Who leads it."""
        return hosts(self.seats)

    def check_host(self, by: Actor) -> None:
        """Raises NotAHost."""
        check_leads(by, self.hosts)

    # What became of it

    def hold(self, attended: Collection[UUID] | None, walk_ins: int | None, now: datetime) -> SessionHeld:
        """Note who came: these, or whoever was noted at the door. Everybody else who registered did not show.

        Also where it was noted by mistake that it was not held: then the others stay as they were."""
        MOVES.check(self, SessionState.HELD)
        self._check_begun(now)
        self.note_all(attended, walk_ins, now)
        MOVES.move(self, SessionState.HELD)
        self.reason = None
        self.forget_needs()
        return SessionHeld(
            session_id=self.id,
            house_id=self.house_id,
            theme_id=self.theme_id,
            **vars(self.turnout),
            series_id=self.series_id,
            follow_up_of=self.follow_up_of,
        )

    def correct(
        self, attended: Collection[UUID] | None, walk_ins: int | None, now: datetime
    ) -> AttendanceCorrected:
        """Note again who came."""
        if self.state not in NOTED:
            raise SessionCannotMove(state=self.state, to="corrected")
        self.note_all(attended, walk_ins, now)
        return self.corrected()

    def not_hold(self, reason: str, now: datetime) -> SessionNotHeld:
        """The time came, and people did not meet; also where the opposite was noted by mistake. Its hosts stay its hosts."""
        MOVES.check(self, SessionState.NOT_HELD)
        self._check_begun(now)
        self.turnout, self.noted_at = forget_who_came(self.seats), None
        MOVES.move(self, SessionState.NOT_HELD)
        self.reason, self.withheld = reason, False
        self.sequence += 1
        self._release()
        return SessionNotHeld(session_id=self.id, house_id=self.house_id, reason=reason)

    def close(self, report: str) -> SessionReported:
        """A few words about what was said and agreed."""
        MOVES.move(self, SessionState.CLOSED)
        self.report, self.withheld = report, False
        return SessionReported(session_id=self.id, house_id=self.house_id, report=report)

    def ask_who_came(self, now: datetime) -> AttendanceMissing | None:
        """Once, where it is over and nobody said what became of it."""
        over = self.state is SessionState.SCHEDULED and self.ends is not None and now >= self.ends
        if self.asked_who_came or not over:
            return None
        self.asked_who_came = True
        return AttendanceMissing(session_id=self.id, house_id=self.house_id)

    def rewrite(self, report: str) -> SessionReported:
        """Other words, where the first ones were wrong, or named somebody."""
        if self.state is not SessionState.CLOSED:
            raise SessionCannotMove(state=self.state, to="reported anew")
        self.report, self.withheld = report, False
        return SessionReported(session_id=self.id, house_id=self.house_id, report=report)

    def withhold(self) -> list[SessionRenamed]:
        """Moderators hide what was written about it; whoever keeps any of that hears so, by its title."""
        self.hide_title()
        self.withheld = True
        return self.renamed()

    def keep_reason_away(self) -> list[SessionRenamed]:
        """It was cancelled for what moderators hide; its title stays."""
        self.withheld = True
        return self.renamed()

    def release(self) -> list[SessionRenamed]:
        """It may be read again."""
        self.withheld = False
        return self.renamed() if self.show_title() else []

    def end_noting(self) -> None:
        """Who came is forgotten: nothing can be noted of it any more, late or again."""
        if self.state in AT_REST:
            MOVES.move(self, AT_REST[self.state])

    def detach(self, resident: UUID) -> int:
        """Let a resident's places here be nobody's, so that everything still adds up; says how many there were."""
        theirs = [seat for seat in self.seats if seat.resident_id == resident]
        nobody = uuid4()
        for seat in theirs:
            seat.resident_id = nobody
            seat.forget()
        return len(theirs)

    def has_role(self, resident: UUID) -> bool:
        """Whether a resident leads it, interprets, or looks after children."""
        return any(seat.resident_id == resident and seat.role and seat.is_live for seat in self.seats)

    def came(self, resident: UUID) -> bool:
        """Whether a resident who had registered was there."""
        return any(
            seat.resident_id == resident and seat.state is SeatState.ATTENDED and not seat.role
            for seat in self.seats
        )

    @property
    def known_to_have_come(self) -> int:
        """How many were there of whom it is known who they are: not whoever walked in, nor whoever came along."""
        return sum(seat.state is SeatState.ATTENDED and not seat.role for seat in self.seats)

    def did_not_come(self, resident: UUID) -> bool:
        """Whether a resident who had registered was not there."""
        return any(seat.resident_id == resident and seat.state is SeatState.NO_SHOW for seat in self.seats)

    # How it stands

    @property
    def planned(self) -> Plan:
        """When, where and for whom, of what was ever scheduled."""
        assert isinstance(self.plan, Plan)
        return self.plan

    @property
    def places(self) -> PlacesNow | None:
        """How its places stand; of a draft nothing is known."""
        if not isinstance(self.plan, Plan):
            return None
        return PlacesNow.of(self.plan.capacity, self.seats)

    @property
    def room_id(self) -> UUID | None:
        """The room of the corporation that it is in."""
        return self.plan.room_id if isinstance(self.plan, Plan) else None

    def has_begun(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.begins is not None and now >= self.begins

    def is_ahead(self, now: datetime) -> bool:
        """Whether places in it can still be given back."""
        scheduled = self.state is SessionState.SCHEDULED and not self.has_begun(now)
        return scheduled or self.state is SessionState.DRAFT

    def check_open(self, now: datetime) -> None:
        """Raises NotOpenForRegistration."""
        if self.state is not SessionState.SCHEDULED:
            raise NotOpenForRegistration(state=self.state)
        if self.has_begun(now):
            raise NotOpenForRegistration(state=Phase.RUNNING)

    def seating(self, now: datetime) -> Seating:
        """Its seats, as they can be given out at this moment."""
        assert self.begins
        plan = self.planned
        first = now < self.begins - plan.newcomers_first
        return Seating(
            session_id=self.id,
            house_id=self.house_id,
            seats=self.seats,
            capacity=plan.capacity,
            kept=plan.newcomer_seats if first else 0,
            begins=self.begins,
            time_zone=plan.time_zone,
            closed=self.no_new_places,
        )

    def _take_on(self, plan: Plan, now: datetime, title: str | None) -> None:
        title = title or self.title
        if title is None:
            raise Invalid("This session needs a title.", field="title")
        if plan.begins <= now:
            raise Invalid("A session starts in the future.", field="starts_at")
        self.plan, self.begins, self.ends = plan, plan.begins, plan.ends
        self.title = title
        self.sequence += 1

    def _announcement(self, plan: Plan) -> dict[str, Any]:
        return {
            "session_id": self.id,
            "house_id": self.house_id,
            "title": self.title,
            "kind": plan.kind,
            "starts_at": plan.begins,
            "ends_at": plan.ends,
            "time_zone": plan.time_zone,
            "place": plan.place,
            "capacity": plan.capacity,
            "languages": plan.languages,
            "room_id": plan.room_id,
        }

    def _release(self) -> None:
        for seat in self.seats:
            seat.expires_at = None
            seat.forget()
            leads_on = self.state is SessionState.NOT_HELD and seat.role is SeatRole.HOST
            if seat.is_live and not leads_on:
                seat.move(SeatState.SESSION_CANCELLED)

    def _check_begun(self, now: datetime) -> None:
        if not self.has_begun(now):
            raise NotBegun(starts_at=f"{self.planned.local_start:%Y-%m-%d %H:%M}")
