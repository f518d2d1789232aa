"""A message as it reads now."""

from buurtthuis.corporations import Corporation

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.facts import NothingKnown, facts
from buurtthuis_notifications.queries.known import Known
from buurtthuis_notifications.texts import Text, Texts


def rendered(
    texts: Texts, corporation: Corporation, message: Message, announcement: Announcement | None, what: Known
) -> Text | None:
    """In its reader's language. None where what it is about is not known any more."""
    if announcement is None:
        return None
    site = texts.own[corporation.slug].site
    try:
        told = facts(announcement, what, corporation, str(site) if site else None)
    except NothingKnown:
        return None
    return texts.render(corporation.slug, message.rule, message.language, told)
