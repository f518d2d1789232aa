"""What is personal here: everything that goes when a resident is forgotten, in one table.

A test compares it with the tables of the database; a column about people that is missing here fails it.
"""

from buurtthuis.domain.privacy import Personal

from buurtthuis_notifications.domain.addresses import Address
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.closing import ClosingQuestion
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
from buurtthuis_notifications.domain.readings import Reading
from buurtthuis_notifications.domain.residents import Consent, Membership, Resident
from buurtthuis_notifications.domain.rights import Right
from buurtthuis_notifications.domain.sign_ins import SignIn
from buurtthuis_notifications.domain.wishes import Wishes

#: Also those that are on their way to one of the resident's addresses.
CODES = Personal("codes", OneTimeCode, "adds")
#: In this order, since a part goes before what it is a part of.
PERSONAL = (
    Personal("addresses", Address, "resident_id"),
    Personal("consents", Consent, "resident_id"),
    Personal("memberships", Membership, "resident_id"),
    Personal("sign-ins", SignIn, "resident_id"),
    Personal("rights", Right, "subject_id"),
    CODES,
    Personal("confirmed codes", OneTimeCode, "let_in"),
    Personal("messages", Message, "resident_id"),
    Personal("hand deliveries", HandDelivery, "resident_id"),
    Personal("readings", Reading, "resident_id"),
    Personal("wishes", Wishes, "id"),
    Personal("corrections", Correction, "resident_id"),
    Personal("seats", KnownSeat, "resident_id"),
    Personal("closing questions", ClosingQuestion, "resident_id"),
    Personal("followed ideas", Follower, "resident_id"),
    Personal("moderators", KnownModerator, "resident_id"),
    Personal("residents", Resident, "id"),
    Personal("ideas", KnownTheme, "proposer", ("proposer", "title")),
    Personal("words", Announcement, "said_by", ("said_by", "words")),
    Personal("announcements", Announcement, "resident_id", ("resident_id", "words")),
)
#: What has a title that somebody gave it: titles go on, from a series to its sessions, and into what is told of them.
TITLED = (KnownSession, KnownSeries)
