"""What nobody needs any more."""

from collections.abc import Sequence

from buurtthuis.domain.allowances import AN_HOUR
from buurtthuis.persistence.looking import Now
from sqlalchemy import ColumnElement, Table

from buurtthuis_surveys.storage.cards import guesses


def outlived(now: Now) -> Sequence[tuple[Table, ColumnElement[bool]]]:
    """Tries that count no more."""
    return ((guesses, guesses.c.since <= now - AN_HOUR),)
