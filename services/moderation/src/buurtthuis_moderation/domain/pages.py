"""The page of a house: how it is looked after, and its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from buurtthuis.errors import Refused
from buurtthuis.events.moderation import PageAnonymised, PageArchived, PageChanged

from buurtthuis_moderation.domain.checks import Checks


class PageState(StrEnum):
    """Whether anybody can write on it, or read it."""

    OPEN = "open"
    ARCHIVED = "archived"
    ANONYMISED = "anonymised"


class PageIsArchived(Refused):
    """The house has ended: its page can be read until its data goes, and nobody writes on it any more."""


@dataclass(frozen=True)
class Rules:
    """How a house wants its page to be looked after.

    So many first posts of somebody new wait for a moderator; so do themes, where `themes_wait`."""

    first_posts: int = 1
    themes_wait: bool = False
    checks: Checks = field(default_factory=Checks)


@dataclass(eq=False)
class Page:
    """The page of one house, with the house's id."""

    id: UUID
    rules: Rules = field(default_factory=Rules)
    state: PageState = PageState.OPEN
    anonymise_on: date | None = None
    removed: Mapping[str, int] | None = None
    version: int = 0

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

    def archive(self, anonymise_on: date) -> PageArchived | None:
        """The house has ended; where that is said again, nothing changes."""
        if self.state is not PageState.OPEN:
            return None
        self.state, self.anonymise_on = PageState.ARCHIVED, anonymise_on
        return PageArchived(house_id=self.id, anonymise_on=anonymise_on)

    def is_to_be_anonymised(self, now: datetime, time_zone: str) -> bool:
        """Whether the promised day has come, where the house is."""
        if self.state is not PageState.ARCHIVED or self.anonymise_on is None:
            return False
        return now.astimezone(ZoneInfo(time_zone)).date() >= self.anonymise_on

    def anonymise(self, removed: Mapping[str, int], left: Mapping[str, int]) -> PageAnonymised:
        """What was about people is gone."""
        self.state, self.removed = PageState.ANONYMISED, removed
        return PageAnonymised(house_id=self.id, removed=dict(removed), left=dict(left))
