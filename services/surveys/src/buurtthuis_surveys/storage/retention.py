"""What nobody needs any more."""

from collections.abc import Sequence
from datetime import timedelta

from buurtthuis.domain.allowances import AN_HOUR
from buurtthuis.persistence.looking import Now
from sqlalchemy import ColumnElement, Table

from buurtthuis_surveys.storage.cards import guesses
from buurtthuis_surveys.storage.mailings import letter_runs

A_DAY = timedelta(days=1)


def outlived(now: Now) -> Sequence[tuple[Table, ColumnElement[bool]]]:
    """Tries that count no more, and letters that were printed yesterday: they can be printed again."""
    return (
        (guesses, guesses.c.since <= now - AN_HOUR),
        (letter_runs, letter_runs.c.asked_at <= now - A_DAY),
    )
