"""Words that travel: what a theme, or an option from the room, is called names the sessions, series, votes and templates
that come of it.

Wherever they go they keep the id of what they came from. So they are hidden, shown again and taken back everywhere.
"""

from dataclasses import replace
from typing import Self
from uuid import UUID


class Titled:
    """What changes in place: a session, a series. `hidden` is its title while moderators hide it."""

    title: str | None
    hidden: str | None
    theme_id: UUID | None
    option_id: UUID | None

    def hide_title(self) -> bool:
        """Nobody reads its title for now; says whether there was one to hide."""
        had, self.title, self.hidden = self.title, None, self.title or self.hidden
        return had is not None

    def show_title(self) -> bool:
        """Everybody reads it again, unless somebody named it anew; says whether that is so."""
        shown = self.title is None and self.hidden is not None
        self.title, self.hidden = self.title or self.hidden, None
        return shown


class Entitled:
    """The same for what is replaced whole: an option of a vote, an entry of a template."""

    title: str | None
    hidden: str | None

    def hide(self) -> Self:
        """Nobody reads its title for now."""
        return replace(self, title=None, hidden=self.title or self.hidden)  # type: ignore[type-var]

    def show(self) -> Self:
        """Everybody reads it again."""
        return replace(self, title=self.title or self.hidden, hidden=None)  # type: ignore[type-var]

    def forget(self) -> Self:
        """Its words were taken back."""
        return replace(self, title=None, hidden=None)  # type: ignore[type-var]
