"""Whether what a message says is still so, when it is its turn."""

from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.known import KnownSeat, KnownThings, SessionStanding, Standing
from buurtthuis_notifications.domain.messages import Message
from buurtthuis_notifications.domain.reminders import is_of_another_time
from buurtthuis_notifications.domain.rules import WHILE_COMING, WITHOUT_CONSENT, Holds, Who, rule_named
from buurtthuis_notifications.rendering.context import STANDINGS, MessageContext


def reason_to_cancel(message: Message, context: MessageContext) -> str | None:
    """Why a message is not to be sent any more, where it is not."""
    announcement, known, code = context.announcement(message), context.known, context.code(message)
    if code and not code.is_of_use:
        return "unknown"
    if announcement is None:
        return None
    return _not_theirs(message, announcement, context) or _not_so(message, announcement, known)


def _not_theirs(message: Message, announcement: Announcement, context: MessageContext) -> str | None:
    """What changed about whom it is for."""
    listener = context.listeners.get(message.resident_id) if message.resident_id else None
    if listener is None:
        return None
    if not listener.agrees and message.topic not in WITHOUT_CONSENT:
        return "no_consent"
    of_house = Who.HOUSE in rule_named(message.rule).to
    return "moved_out" if of_house and announcement.house_id not in listener.houses else None


def _not_so(message: Message, announcement: Announcement, known: KnownThings) -> str | None:
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
    question = announcement.question_id and known.questions.get(announcement.question_id)
    if holds is Holds.ASKED and not (question and question.solved is None):
        return "asked_no_more"
    house = announcement.house_id and known.houses.get(announcement.house_id)
    if holds in (Holds.HOUSE_OPEN, Holds.ASKED) and house and not house.open:
        return "house_closed"
    return None


def _standing(announcement: Announcement, message: Message, known: KnownThings) -> Standing | None:
    if not (announcement.session_id and message.resident_id):
        return None
    seat = known.seats.get(KnownSeat.id_of(announcement.session_id, message.resident_id))
    return seat.standing if seat else None
