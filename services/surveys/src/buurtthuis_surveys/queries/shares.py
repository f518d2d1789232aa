"""How much of what happens in a house comes from residents."""

from uuid import UUID

from buurtthuis.events.surveys import Origin
from pydantic import BaseModel, computed_field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class Count(BaseModel):
    """Themes by origin. `share` is the residents' part in percent; there is none of nothing."""

    resident: int = 0
    corporation: int = 0
    chain_partner: int = 0

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way
    @property
    def total(self) -> int:
        """All of them."""
        return self.resident + self.corporation + self.chain_partner

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float | None:
        """In percent, with one decimal."""
        return round(100 * self.resident / self.total, 1) if self.total else None


class Share(BaseModel):
    """How many themes ever came so far, whatever became of them since."""

    house_id: UUID
    admitted: Count
    selected: Count
    realised: Count


#: A theme keeps its session once it was held, also when it was answered or given back; one that was answered while parked has none.
COUNTED = text(
    """
    SELECT origin,
           count(*) FILTER (WHERE listed) AS admitted,
           count(*) FILTER (WHERE state IN ('selected', 'scheduled') OR held) AS selected,
           count(*) FILTER (WHERE held) AS realised
    FROM (
        SELECT *, state = 'realised' OR (state IN ('answered', 'reopened') AND session_id IS NOT NULL) AS held
        FROM themes WHERE house_id = :house
    ) AS of_the_house
    GROUP BY origin
    """
)


async def share(session: AsyncSession, house: UUID) -> Share:
    """The residents' share in a house; all zero where no theme is known of it."""
    rows = {Origin(row.origin): row for row in await session.execute(COUNTED, {"house": house})}

    def count(column: str) -> Count:
        return Count(**{origin.value: getattr(row, column) for origin, row in rows.items()})

    return Share(
        house_id=house, admitted=count("admitted"), selected=count("selected"), realised=count("realised")
    )
