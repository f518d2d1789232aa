"""A message as it reads now."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from buurtthuis.core.corporations import Corporation

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSeat, SessionStanding, Standing
from buurtthuis_notifications.domain.messages import DIGEST, Message
from buurtthuis_notifications.domain.reminders import is_of_another_time
from buurtthuis_notifications.domain.residents import PLAIN_DUTCH
from buurtthuis_notifications.domain.rules import WHILE_COMING, WITHOUT_CONSENT, Holds, Who, rule_named
from buurtthuis_notifications.facts import NothingKnown, facts
from buurtthuis_notifications.queries.audiences import Listener
from buurtthuis_notifications.queries.codes import CodeMeaning
from buurtthuis_notifications.queries.known import Known
from buurtthuis_notifications.texts import Text, Texts

STANDINGS = {
    Holds.SEATED: Standing.SEATED,
    Holds.WAITING: Standing.WAITING,
    Holds.OFFERED: Standing.OFFERED,
}


@dataclass(frozen=True)
class Told:
    """All that some messages are about: their announcements, what is known of those, what a digest holds, for whom, and
    what codes do."""

    announcements: Mapping[UUID, Announcement]
    known: Known
    merged: Mapping[UUID, Sequence[Message]] = field(default_factory=dict)
    listeners: Mapping[UUID, Listener] = field(default_factory=dict)
    codes: dict[UUID, CodeMeaning] = field(default_factory=dict)

    def announcement(self, message: Message) -> Announcement | None:
        """What the message is about, where that is something that happened."""
        return self.announcements.get(message.announcement_id) if message.announcement_id else None

    def code(self, message: Message) -> CodeMeaning | None:
        """What the code does that the message brings, where it brings one."""
        return self.codes.get(message.code_id) if message.code_id else None


def render(texts: Texts, corporation: Corporation, message: Message, told: Told) -> Text:
    """In its reader's language. Raises NothingKnown where what it is about is not known any more."""
    if message.rule == DIGEST:
        return _digest(texts, corporation, message, told)
    found = facts_of(texts, corporation, message, told)
    return texts.render(corporation.slug, message.rule, message.language, found)


def facts_of(texts: Texts, corporation: Corporation, message: Message, told: Told) -> Mapping[str, Any]:
    """What its text says. Raises NothingKnown."""
    announcement = told.announcement(message)
    if announcement is None:
        raise NothingKnown
    return facts(announcement, told.known, corporation, link(texts, corporation))


def link(texts: Texts, corporation: Corporation) -> str | None:
    """Where residents read on, where the corporation has such a place."""
    site = texts.own[corporation.slug].site
    return str(site) if site else None


def no_longer(message: Message, told: Told) -> str | None:
    """Why a message is not to be sent any more, where it is not."""
    announcement, known, code = told.announcement(message), told.known, told.code(message)
    if code and not code.is_of_use:
        return "unknown"
    if announcement is None:
        return None
    return _not_theirs(message, announcement, told) or _not_so(message, announcement, known)


def _not_theirs(message: Message, announcement: Announcement, told: Told) -> str | None:
    """What changed about whom it is for."""
    listener = told.listeners.get(message.resident_id) if message.resident_id else None
    if listener is None:
        return None
    if not listener.agrees and message.topic not in WITHOUT_CONSENT:
        return "no_consent"
    of_house = Who.HOUSE in rule_named(message.rule).to
    return "moved_out" if of_house and announcement.house_id not in listener.houses else None


def _not_so(message: Message, announcement: Announcement, known: Known) -> str | None:
    """What changed about what it is about."""
    holds = rule_named(message.rule).holds
    session = announcement.session_id and known.sessions.get(announcement.session_id)
    if holds in WHILE_COMING:
        if not session or session.standing is not SessionStanding.COMING:
            return "not_coming"
        if is_of_another_time(announcement, session):
            return "moved"
        if holds in STANDINGS and _standing(announcement, message, known) is not STANDINGS[holds]:
            return f"not_{holds.value}"
    survey = announcement.survey_id and known.surveys.get(announcement.survey_id)
    if holds is Holds.SURVEY_OPEN and not (survey and survey.open):
        return "survey_closed"
    house = announcement.house_id and known.houses.get(announcement.house_id)
    if holds is Holds.HOUSE_OPEN and house and not house.open:
        return "house_closed"
    return None


def _standing(announcement: Announcement, message: Message, known: Known) -> Standing | None:
    if not (announcement.session_id and message.resident_id):
        return None
    seat = known.seats.get(KnownSeat.id_of(announcement.session_id, message.resident_id))
    return seat.standing if seat else None


def _digest(texts: Texts, corporation: Corporation, message: Message, told: Told) -> Text:
    """In one language, with all that it holds. Raises NothingKnown where there is nothing in it any more."""
    slug = corporation.slug
    held = list(_held(texts, corporation, message, told))
    if not held:
        raise NothingKnown
    whole = all(texts.has(slug, rule, message.language) for rule, _ in held)
    house = told.known.houses.get(message.house_id) if message.house_id else None
    common = {
        "corporation": corporation.name,
        "house": house.title if house else None,
        "link": link(texts, corporation),
    }
    return texts.render(
        slug,
        DIGEST,
        message.language if whole else PLAIN_DUTCH,
        lambda tag: (
            common | {"items": [texts.render(slug, rule, tag, found).subject for rule, found in held]}
        ),
    )


def _held(
    texts: Texts, corporation: Corporation, message: Message, told: Told
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rule of each message in a digest that still holds, and what its text says."""
    for one in told.merged.get(message.id, ()):
        if not no_longer(one, told):
            with suppress(NothingKnown):
                yield one.rule, facts_of(texts, corporation, one, told)
