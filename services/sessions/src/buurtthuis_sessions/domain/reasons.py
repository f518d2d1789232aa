"""Why something does not go on: in somebody's words, or because another thing brought it along."""

from typing import NamedTuple

from buurtthuis.events.sessions import Because


class Why(NamedTuple):
    """`words` are as a person wrote them; the sentence for `because` is made where people are told, in their language."""

    words: str | None = None
    because: Because | None = None
