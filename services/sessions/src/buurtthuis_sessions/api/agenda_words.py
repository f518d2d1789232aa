"""A house's agenda in words, in every language that calendars have."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from babel.dates import format_date, format_time
from buurtthuis.core import languages
from buurtthuis.core.languages import Preferred, direction, locale

from buurtthuis_sessions.api.calendars import WORDS as NAMES
from buurtthuis_sessions.domain.sessions.states import Phase
from buurtthuis_sessions.queries.news import News
from buurtthuis_sessions.queries.public_pages import SessionAhead

WORDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    (files(__package__) / "agenda.toml").read_text(encoding="utf-8")
)
PLAIN_DUTCH = next(iter(WORDS))
STANDS = {
    Phase.FULL: "full",
    Phase.RUNNING: "running",
    Phase.TO_BE_NOTED: "over",
    Phase.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class AgendaWords:
    """One language, by its tag (BCP 47)."""

    tag: str

    @classmethod
    def best(cls, preferred: Preferred) -> "AgendaWords":
        """Of those that there are; else plain Dutch."""
        return cls(preferred.among(WORDS) or PLAIN_DUTCH)

    @property
    def direction(self) -> str:
        """As HTML has it: `ltr` or `rtl`."""
        return direction(self.tag)

    def say(self, name: str, **facts: object) -> str:
        """A sentence, with these facts in it."""
        return WORDS[self.tag][name].format_map(facts)

    def called(self, title: str | None) -> str:
        """By its title; in a word where that was taken back."""
        return title or NAMES[self.tag]["nameless"]

    def when(self, starts: datetime) -> str:
        """`donderdag 10 januari om 19:30`, as the clock on the wall there has it."""
        here = locale(self.tag)
        skeleton = here.datetime_skeletons["MMMEd"].pattern
        day = format_date(starts, re.sub("E+", "EEEE", re.sub("M+", "MMMM", skeleton)), locale=here)
        return languages.moment(day, WORDS[self.tag]["at"], format_time(starts, "HH:mm", locale=here))

    def stands(self, ahead: SessionAhead) -> str:
        """How many places are left, or why it is of no use to come."""
        return self.say(STANDS.get(ahead.state, "places"), count=ahead.places_left)

    def told(self, news: News) -> tuple[str, str]:
        """A title for a piece of news, and its text."""
        if news.starts_at is None:
            return self.say("decided", title=self.called(news.title)), self.called(news.session_title)
        cancelled = [self.say("cancelled")] if news.cancelled else []
        said = [*cancelled, self.when(news.starts_at), news.place or ""]
        return self.called(news.title), ". ".join(filter(None, said))
