"""The page of a house: how it is looked after and by whom, and its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Refusal, Refused
from buurtthuis.core.states import StateMachine
from buurtthuis.events import Event
from buurtthuis.events.moderation import (
    GuideAssigned,
    ModeratorAppointed,
    ModeratorResigned,
    ModeratorsWanted,
    PageAnonymised,
    PageArchived,
    PageChanged,
)

from buurtthuis_moderation.domain.checks import Checks

#: One moderator alone can never be asked about themselves, nor be ill.
WANTED = 2
A_MONDAY = date(2018, 1, 1)


class PageState(StrEnum):
    """Whether anybody can write on it, or read it."""

    OPEN = "open"
    ARCHIVED = "archived"
    ANONYMISED = "anonymised"


MOVES = StateMachine({PageState.OPEN: {PageState.ARCHIVED}, PageState.ARCHIVED: {PageState.ANONYMISED}})


class PageIsArchived(Refused):
    """The house has ended: its page can be read until its data goes, and nobody writes on it any more."""


class NotAModerator(Refused):
    """This is for the moderators of this page, and for staff."""

    kind = Refusal.FORBIDDEN


class ModeratesAlready(Refused):
    """This resident is a moderator of this page already."""


class DoesNotModerate(Refused):
    """This resident is no moderator of this page."""


@dataclass(frozen=True)
class Rules:
    """How a house wants its page to be looked after.

    So many first posts of somebody new wait for a moderator; so do themes, where `themes_wait`."""

    first_posts: int = 1
    themes_wait: bool = False
    checks: Checks = field(default_factory=Checks)


@dataclass(eq=False)
class Page:
    """The page of one house, with the house's id. Moderators are residents, in the order of their appointment."""

    id: UUID
    rules: Rules = field(default_factory=Rules)
    moderators: tuple[UUID, ...] = ()
    guide_id: UUID | None = None
    state: PageState = PageState.OPEN
    anonymise_on: date | None = None
    removed: Mapping[str, int] | None = None
    version: int = 0

    @property
    def house_id(self) -> UUID:
        """By which it is known whether somebody's rights reach it."""
        return self.id

    @classmethod
    def of(cls, house: UUID) -> Self:
        """A page that is looked after as houses usually want it."""
        return cls(house)

    def check_open(self) -> None:
        """Raises PageIsArchived."""
        if self.state is not PageState.OPEN:
            raise PageIsArchived

    def change(self, rules: Rules) -> PageChanged:
        """It is looked after in another way from now on; what waits already goes on waiting."""
        self.check_open()
        self.rules = rules
        return PageChanged(house_id=self.id)

    def lets_in(self, approved: int) -> bool:
        """Whether somebody with so many approved posts is new here no longer."""
        return approved >= self.rules.first_posts

    # Who looks after it

    def is_looked_after_by(self, by: Actor) -> bool:
        """Who looks after this page are its moderators, its guide and staff."""
        theirs = {ActorKind.RESIDENT: self.moderators, ActorKind.GUIDE: (self.guide_id,)}
        return by.is_staff or by.person in theirs.get(by.kind, ())

    def check_looks_after(self, by: Actor) -> None:
        """Raises NotAModerator."""
        if not self.is_looked_after_by(by):
            raise NotAModerator

    def on_duty(self, day: date) -> UUID | None:
        """Each week another looks first, in turn."""
        week = (day - A_MONDAY).days // 7
        return self.moderators[week % len(self.moderators)] if self.moderators else None

    def appoint(self, resident: UUID) -> list[Event]:
        """One more; staff are told while it is not enough."""
        if resident in self.moderators:
            raise ModeratesAlready
        self.moderators = (*self.moderators, resident)
        return [ModeratorAppointed(house_id=self.id, resident_id=resident), *self._wanted()]

    def resign(self, resident: UUID) -> list[Event]:
        """One less; staff are told where it is not enough any more."""
        if resident not in self.moderators:
            raise DoesNotModerate
        self.moderators = tuple(moderator for moderator in self.moderators if moderator != resident)
        return [ModeratorResigned(house_id=self.id, resident_id=resident), *self._wanted()]

    def assign(self, guide: UUID) -> GuideAssigned:
        """Somebody of the neighbourhood platform, instead of whoever it was; while there is anything to look after."""
        if self.state is PageState.ANONYMISED:
            raise PageIsArchived
        self.guide_id = guide
        return GuideAssigned(house_id=self.id, guide_id=guide)

    # How it ends

    def archive(self, anonymise_on: date) -> PageArchived | None:
        """The house has ended; where that is said again, nothing changes."""
        if self.state is not PageState.OPEN:
            return None
        MOVES.move(self, PageState.ARCHIVED)
        self.anonymise_on = anonymise_on
        return PageArchived(house_id=self.id, anonymise_on=anonymise_on)

    def is_to_be_anonymised(self, now: datetime, time_zone: str) -> bool:
        """Whether the promised day has come, where the house is."""
        if self.state is not PageState.ARCHIVED or self.anonymise_on is None:
            return False
        return now.astimezone(ZoneInfo(time_zone)).date() >= self.anonymise_on

    def anonymise(self, removed: Mapping[str, int], left: Mapping[str, int]) -> PageAnonymised:
        """What was about people is gone."""
        MOVES.move(self, PageState.ANONYMISED)
        self.removed = removed
        return PageAnonymised(house_id=self.id, removed=dict(removed), left=dict(left))

    def _wanted(self) -> list[ModeratorsWanted]:
        there = len(self.moderators)
        if there >= WANTED or self.state is not PageState.OPEN:
            return []
        return [ModeratorsWanted(house_id=self.id, moderators=there, wanted=WANTED)]
