"""Who reads."""

from dataclasses import dataclass
from uuid import UUID

from buurtthuis.errors import NotFound
from sqlalchemy.ext.asyncio import AsyncSession

from buurtthuis_moderation.domain.pages import Page
from buurtthuis_moderation.domain.people import Person


@dataclass(frozen=True)
class Viewer:
    """Through whose eyes a page is read: an author's, or None for staff, who write with one voice.

    Staff see also what nobody else does; moderators and guides do on their own page."""

    author: UUID | None
    is_staff: bool


async def is_looked_after(session: AsyncSession, page: UUID, by: Person) -> bool:
    """Whether somebody looks after a page."""
    found = await session.get(Page, page)
    return found is not None and found.is_looked_after_by(by)


async def check_looks_after(session: AsyncSession, page: UUID, person: Person) -> None:
    """Raises NotFound or NotAModerator."""
    found = await session.get(Page, page)
    if found is None:
        raise NotFound(what="page", id=page)
    found.check_looks_after(person)
