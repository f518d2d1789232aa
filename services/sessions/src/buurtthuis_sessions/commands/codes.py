"""Codes that residents type, as they are shown in a room."""

from typing import TypeVar
from uuid import UUID

from buurtthuis.core.errors import Refused
from buurtthuis.core.work import Work

from buurtthuis_sessions.domain.codes import WrongCodes

T = TypeVar("T")


async def opened(found: T | None, resident: UUID, otherwise: Refused, work: Work) -> T:
    """What a resident's code opened. Raises TooManyTries; or what it is `otherwise`, which is counted."""
    now = await work.time()
    if earlier := await work.find_one(WrongCodes, id=resident):
        earlier.check(now)
    if found is not None:
        return found
    (await work.get_or_keep(WrongCodes(resident, now))).count(now)
    raise otherwise.keeping()
