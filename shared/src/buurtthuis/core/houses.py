"""For which houses somebody may do what their role lets them do."""

from dataclasses import dataclass
from uuid import UUID

OF_NO_HOUSE = object()


@dataclass(frozen=True, slots=True)
class Houses:
    """All of a corporation's houses, those that come later too; or `only` some, which may be none."""

    only: frozenset[UUID] | None = None

    def __bool__(self) -> bool:
        return self.only is None or bool(self.only)

    def __contains__(self, house: UUID | None) -> bool:
        """Whether this house is among them; what is of no house is for whoever has all."""
        return self.only is None or house in self.only

    def __or__(self, others: "Houses") -> "Houses":
        if self.only is None or others.only is None:
            return ALL_HOUSES
        return Houses(self.only | others.only)

    def __ge__(self, others: "Houses") -> bool:
        """Whether the others are all among these."""
        return self.only is None or (others.only is not None and others.only <= self.only)

    def have(self, thing: object) -> bool:
        """Whether something is of one of them, as its `house_id` says; of somebody in several, their `house_ids`.

        Parts of what is of a house, and what a corporation shares, have neither: who may get to those, their route says."""
        if self.only is None:
            return True
        of = getattr(thing, "house_ids", None) or (getattr(thing, "house_id", OF_NO_HOUSE),)
        return of == (OF_NO_HOUSE,) or not self.only.isdisjoint(of)


ALL_HOUSES = Houses()
NO_HOUSES = Houses(frozenset())
