"""When somebody writes more than anybody reads."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from buurtthuis.core.texts import bare

from buurtthuis_moderation.domain.looks import letters

MANY, WITHIN = 5, timedelta(minutes=10)
#: The same words twice within a day are once too often; a weekly invitation is not.
AGAIN = timedelta(days=1)
#: So many of what somebody wrote last are compared.
COMPARED = 20


def is_flood(written: Iterable[datetime], same: Iterable[datetime], now: datetime) -> bool:
    """Whether one more now is too much, after what somebody has `written` and what of that had the `same` words."""
    return sum(now - at < WITHIN for at in written) >= MANY or any(now - at < AGAIN for at in same)


def reads_as(text: str) -> str:
    """What people see of it: the same words in capitals, with another mark, a space or what is drawn as nothing are the
    same. Of what has no letters, its signs."""
    return letters(text) or "".join(bare(text).split())
