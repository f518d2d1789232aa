"""What nobody needs any more."""

from collections.abc import Sequence

from buurtthuis.persistence.looking import Now
from sqlalchemy import ColumnElement, Table

from buurtthuis_sessions.domain.codes import TRIES_WITHIN
from buurtthuis_sessions.storage.follow_ups import wrong_codes


def outlived(now: Now) -> Sequence[tuple[Table, ColumnElement[bool]]]:
    """Tries that count no more."""
    return ((wrong_codes, wrong_codes.c.since <= now - TRIES_WITHIN),)
