"""What nobody needs any more: codes that ran out and the messages that brought them, sign-ins that ended, counts of an hour
ago, what came of webhooks, what was told two years ago, and who read contact data then."""

from collections.abc import Sequence
from datetime import timedelta

from buurtthuis.domain.allowances import AN_HOUR
from buurtthuis.persistence.looking import Now
from sqlalchemy import ColumnElement, Table, and_, exists, or_

from buurtthuis_notifications.domain.announcements import AnnouncementState
from buurtthuis_notifications.domain.corrections import UNDO
from buurtthuis_notifications.domain.hand_deliveries import HandState
from buurtthuis_notifications.domain.messages import AT_REST, LOOKED_UP_FOR
from buurtthuis_notifications.domain.readings import KEPT_FOR as READINGS_KEPT_FOR
from buurtthuis_notifications.domain.sign_ins import LASTS, STAYS
from buurtthuis_notifications.domain.webhooks import KEPT_FOR
from buurtthuis_notifications.storage.codes import allowances, codes, sign_ins
from buurtthuis_notifications.storage.hand_deliveries import hand_deliveries
from buurtthuis_notifications.storage.messages import announcements, messages
from buurtthuis_notifications.storage.readings import readings
from buurtthuis_notifications.storage.residents import corrections
from buurtthuis_notifications.storage.webhooks import webhook_attempts

#: A code that ran out is kept so long, for whoever asks why theirs did not work.
A_DAY = timedelta(days=1)


def outlived(now: Now) -> Sequence[tuple[Table, ColumnElement[bool]]]:
    """Of each kind."""
    stale = or_(
        sign_ins.c.ended_at <= now - A_DAY,
        sign_ins.c.renewed_at <= now - STAYS,
        sign_ins.c.signed_in_at <= now - LASTS,
    )
    with_codes = and_(messages.c.resident_id.is_(None), messages.c.announcement_id.is_(None))
    long_ago = now - LOOKED_UP_FOR
    told = exists().where(
        messages.c.corporation == announcements.c.corporation,
        messages.c.announcement_id == announcements.c.id,
    )
    return (
        (codes, codes.c.expires_at <= now),
        (messages, and_(with_codes, messages.c.expires_at <= now - A_DAY)),
        (messages, and_(messages.c.state.in_(AT_REST), messages.c.expires_at <= long_ago)),
        (
            announcements,
            and_(
                announcements.c.state == AnnouncementState.TOLD, announcements.c.expires_at <= long_ago, ~told
            ),
        ),
        (
            hand_deliveries,
            and_(hand_deliveries.c.state != HandState.REQUESTED, hand_deliveries.c.expires_at <= long_ago),
        ),
        (sign_ins, stale),
        (allowances, allowances.c.since <= now - AN_HOUR),
        (corrections, corrections.c.made_at <= now - UNDO),
        (readings, readings.c.read_at <= now - READINGS_KEPT_FOR),
        (webhook_attempts, webhook_attempts.c.at <= now - KEPT_FOR),
    )
