"""What is personal here: everything that goes when a resident is forgotten, in one table.

A test compares it with the tables of the database; a column about people that is missing here fails it.
"""

from dataclasses import dataclass
from typing import Any

from buurtthuis_notifications.domain.addresses import Address
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.codes import OneTimeCode
from buurtthuis_notifications.domain.corrections import Correction
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery
from buurtthuis_notifications.domain.known import (
    Follower,
    KnownModerator,
    KnownSeat,
    KnownSeries,
    KnownSession,
    KnownTheme,
)
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.residents import Consent, Membership, Resident
from buurtthuis_notifications.domain.sign_ins import SignIn
from buurtthuis_notifications.domain.wishes import Wishes


@dataclass(frozen=True)
class Personal:
    """One kind of thing, found `by` its resident: these `words` are emptied; without any all of it is deleted."""

    name: str
    kind: type[Any]
    by: str = "resident_id"
    words: tuple[str, ...] = ()


#: Also those that are on their way to one of the resident's addresses.
CODES = Personal("codes", OneTimeCode, by="adds")
#: In this order, since a part goes before what it is a part of.
PERSONAL = (
    Personal("addresses", Address),
    Personal("consents", Consent),
    Personal("memberships", Membership),
    Personal("sign-ins", SignIn),
    CODES,
    Personal("messages", Message),
    Personal("hand deliveries", HandDelivery),
    Personal("wishes", Wishes, by="id"),
    Personal("corrections", Correction),
    Personal("seats", KnownSeat),
    Personal("followed ideas", Follower),
    Personal("moderators", KnownModerator),
    Personal("residents", Resident, by="id"),
    Personal("ideas", KnownTheme, by="proposer", words=("proposer", "title")),
    Personal("words", Announcement, by="said_by", words=("said_by", "words")),
    Personal("announcements", Announcement, words=("resident_id", "words")),
)
#: What has a title that somebody gave it: titles go on, from a series to its sessions, and into what is told of them.
TITLED = (KnownSession, KnownSeries)
