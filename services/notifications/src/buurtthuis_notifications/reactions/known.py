"""Noting what others say of their things, as much as messages need of it."""

from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events.moderation import ModeratorAppointed, ModeratorResigned
from buurtthuis.events.sessions import (
    HostConfirmed,
    HostWithdrew,
    HouseAnonymised,
    HouseChanged,
    HouseEnded,
    HouseOpened,
    SeatOffered,
    SeatOfferExpired,
    SeatRegistered,
    SeatRole,
    SeatWaitlisted,
    SeatWithdrawn,
    SeriesRenamed,
    SeriesStarted,
    SessionCancelled,
    SessionHeld,
    SessionNotHeld,
    SessionRenamed,
    SessionReported,
    SessionRescheduled,
    SessionScheduled,
)
from buurtthuis.events.surveys import (
    CardClaimed,
    CardClaimTakenBack,
    ClosingQuestionAsked,
    SurveyClosed,
    SurveyOpened,
    ThemeAdmitted,
    ThemeCorrected,
    ThemeErased,
    ThemeHidden,
    ThemeProposed,
    ThemeShown,
)

from buurtthuis_notifications.commands.erasures import take_titles_off
from buurtthuis_notifications.domain.announcements import Announcement
from buurtthuis_notifications.domain.closing import ClosingQuestion
from buurtthuis_notifications.domain.hand_deliveries import HandDelivery
from buurtthuis_notifications.domain.joining import JoiningCode
from buurtthuis_notifications.domain.known import (
    Follower,
    KnownHouse,
    KnownModerator,
    KnownSeat,
    KnownSeries,
    KnownSession,
    KnownSurvey,
    KnownTheme,
    SessionStanding,
    Standing,
)
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.residents import Membership, Resident

on = Handlers()

#: Where a message is as long as nobody can have read it.
UNTOLD = (MessageState.DEFERRED, MessageState.QUEUED, MessageState.MERGED, MessageState.BY_HAND)


@on.event
async def know_house(event: HouseOpened, work: Work) -> None:
    (await work.get_or_keep(KnownHouse(event.house_id, event.title))).joining = event.joining


@on.event
async def know_house_by_its_new_name(event: HouseChanged, work: Work) -> None:
    """One that is not open yet nobody joins."""
    if house := await work.find_one(KnownHouse, id=event.house_id):
        house.title, house.joining = event.title, event.joining or house.joining


@on.event
async def know_that_house_ended(event: HouseEnded, work: Work) -> None:
    if house := await work.find_one(KnownHouse, id=event.house_id):
        house.open, house.anonymise_on = False, event.anonymise_on


@on.event
async def forget_house(event: HouseAnonymised, work: Work) -> None:
    """Who was in it too: whoever is in no other house is forgotten by the clock."""
    for kind in (
        JoiningCode,
        Membership,
        Message,
        HandDelivery,
        Announcement,
        ClosingQuestion,
        KnownModerator,
        KnownSeat,
        KnownSession,
        KnownSeries,
        KnownSurvey,
    ):
        await work.forget(kind, house_id=event.house_id)
    for theme in await work.find(KnownTheme, house_id=event.house_id):
        await work.forget(Follower, theme_id=theme.id)
    await work.forget(KnownTheme, house_id=event.house_id)


@on.event
async def know_session(event: SessionScheduled, work: Work) -> None:
    await work.get_or_keep(
        KnownSession(
            event.session_id,
            event.house_id,
            event.title,
            event.kind,
            event.starts_at,
            event.ends_at,
            event.time_zone,
            event.place,
            event.series_id,
            event.theme_id,
            work.cause.resident_id,
        )
    )


@on.event
async def know_that_session_moved(event: SessionRescheduled, work: Work) -> None:
    if session := await work.find_one(KnownSession, id=event.session_id):
        if event.title != session.title:
            session.title, session.titled_by = event.title, work.cause.resident_id
        session.kind, session.place = event.kind, event.place
        session.begins, session.ends, session.time_zone = event.starts_at, event.ends_at, event.time_zone
        session.changes += 1


@on.event
async def know_session_by_its_new_title(event: SessionRenamed, work: Work) -> None:
    """Messages that are still to go say it so. Without a title its words were taken back: nothing that is kept has them."""
    await take_titles_off([event.session_id], [], work)
    if session := await work.find_one(KnownSession, id=event.session_id):
        if event.title:
            session.title, session.titled_by = event.title, work.cause.resident_id
        session.changes += 1


@on.event
async def know_series_by_its_new_title(event: SeriesRenamed, work: Work) -> None:
    """Its sessions are told of one by one."""
    await work.blank(KnownSeries, "title", "titled_by", id=event.series_id)
    await work.blank(Announcement, "words", series_id=event.series_id)
    if series := await work.find_one(KnownSeries, id=event.series_id):
        series.title, series.titled_by = event.title, work.cause.resident_id if event.title else None


@on.event
async def know_that_session_is_cancelled(event: SessionCancelled, work: Work) -> None:
    if session := await work.find_one(KnownSession, id=event.session_id):
        session.standing = SessionStanding.OFF
        session.changes += 1


@on.event
async def know_that_session_was_not_held(event: SessionNotHeld, work: Work) -> None:
    if session := await work.find_one(KnownSession, id=event.session_id):
        session.standing = SessionStanding.OFF
        session.changes += 1


@on.event
async def forget_what_was_reported_before(event: SessionReported, work: Work) -> None:
    """Where it is written anew, nothing that waits has the words before."""
    await work.blank(Announcement, "words", session_id=event.session_id, rule="session-reported")


@on.event
async def know_that_session_was_held(event: SessionHeld, work: Work) -> None:
    if session := await work.find_one(KnownSession, id=event.session_id):
        session.standing = SessionStanding.HELD


@on.event
async def know_series(event: SeriesStarted, work: Work) -> None:
    await work.get_or_keep(
        KnownSeries(
            event.series_id, event.house_id, event.title, event.kind, event.theme_id, work.cause.resident_id
        )
    )


@on.event
async def know_seat(event: SeatRegistered, work: Work) -> None:
    seat = await _seat(event, work)
    seat.standing, seat.role, seat.expires_at = Standing.SEATED, event.role, None


@on.event
async def know_turn(event: SeatWaitlisted, work: Work) -> None:
    seat = await _seat(event, work)
    seat.standing, seat.role, seat.expires_at = Standing.WAITING, None, None


@on.event
async def know_offer(event: SeatOffered, work: Work) -> None:
    seat = await _seat(event, work)
    seat.standing, seat.since, seat.expires_at = Standing.OFFERED, work.cause.said_at, event.expires_at


@on.event
async def know_that_offer_expired(event: SeatOfferExpired, work: Work) -> None:
    await _let_go(event, work)


@on.event
async def know_that_seat_is_given_back(event: SeatWithdrawn, work: Work) -> None:
    await _let_go(event, work)


@on.event
async def know_host(event: HostConfirmed, work: Work) -> None:
    seat = await _seat(event, work)
    seat.standing, seat.role, seat.expires_at = Standing.SEATED, SeatRole.HOST, None


@on.event
async def know_that_host_left(event: HostWithdrew, work: Work) -> None:
    await _let_go(event, work)


@on.event
async def know_theme(event: ThemeProposed, work: Work) -> None:
    """Whoever said it from a phone of their own is its proposer; staff enter ideas for others."""
    proposer = event.author_id or work.cause.resident_id
    await work.get_or_keep(KnownTheme(event.theme_id, event.house_id, event.title, proposer))


@on.event
async def know_theme_as_it_was_written(event: ThemeCorrected, work: Work) -> None:
    """Staff had typed it in wrongly."""
    theme = await work.get_or_keep(KnownTheme(event.theme_id, event.house_id, event.title))
    theme.title = event.title


@on.event
async def know_whose_card_it_was(event: CardClaimed, work: Work) -> None:
    theme = await work.get_or_keep(KnownTheme(event.theme_id, event.house_id, None))
    theme.proposer = event.resident_id or work.cause.resident_id or theme.proposer


@on.event
async def know_whose_card_it_was_not(event: CardClaimTakenBack, work: Work) -> None:
    """What they were to be told of it, and was not sent yet, they are not told."""
    if theme := await work.find_one(KnownTheme, id=event.theme_id, proposer=event.resident_id):
        theme.proposer = None
    await work.forget(ClosingQuestion, theme_id=event.theme_id, resident_id=event.resident_id)
    for (announcement,) in await work.read(Announcement, "id", theme_id=event.theme_id):
        for state in UNTOLD:
            await _untell(announcement, event.resident_id, state, work)


async def _untell(announcement: UUID, resident: UUID, state: MessageState, work: Work) -> None:
    told = {"announcement_id": announcement, "resident_id": resident, "state": state}
    for message in await work.find(Message, **told):
        await work.forget(HandDelivery, message_id=message.id)
    await work.forget(Message, **told)


@on.event
async def know_theme_by_its_name(event: ThemeAdmitted, work: Work) -> None:
    theme = await work.get_or_keep(KnownTheme(event.theme_id, event.house_id, event.title))
    theme.title = event.title


@on.event
async def know_what_is_asked(event: ClosingQuestionAsked, work: Work) -> None:
    """What they were asked about the same idea before, and did not answer, they are asked no more. Of who was forgotten
    meanwhile nothing is noted."""
    if not await work.count(Resident, id=event.resident_id):
        return
    before = {"theme_id": event.theme_id, "resident_id": event.resident_id, "solved": None}
    await work.forget(ClosingQuestion, **before)
    await work.get_or_keep(
        ClosingQuestion(event.question_id, event.theme_id, event.house_id, event.resident_id, event.closes_at)
    )


@on.event
async def know_survey(event: SurveyOpened, work: Work) -> None:
    survey = await work.get_or_keep(KnownSurvey(event.survey_id, event.house_id, event.closes_at))
    survey.open, survey.closes_at = True, event.closes_at


@on.event
async def know_that_survey_closed(event: SurveyClosed, work: Work) -> None:
    if survey := await work.find_one(KnownSurvey, id=event.survey_id):
        survey.open = False
    await work.blank(Announcement, "words", survey_id=event.survey_id)


@on.event
async def forget_what_an_idea_said(event: ThemeErased, work: Work) -> None:
    """Whoever wrote it asked to be forgotten; what came out of it was called by it."""
    await work.blank(KnownTheme, "title", id=event.theme_id)
    await work.blank(Announcement, "words", theme_id=event.theme_id)
    sessions = await work.read(KnownSession, "id", theme_id=event.theme_id)
    series = await work.read(KnownSeries, "id", theme_id=event.theme_id)
    await take_titles_off([id for (id,) in sessions], [id for (id,) in series], work)


@on.event
async def forget_what_a_hidden_idea_said(event: ThemeHidden, work: Work) -> None:
    """Messages about it that are still to go do without its words."""
    await work.blank(KnownTheme, "title", id=event.theme_id)
    await work.blank(Announcement, "words", theme_id=event.theme_id)


@on.event
async def know_again_what_an_idea_says(event: ThemeShown, work: Work) -> None:
    (await work.get_or_keep(KnownTheme(event.theme_id, event.house_id, None))).title = event.title


@on.event
async def know_moderator(event: ModeratorAppointed, work: Work) -> None:
    await work.get_or_keep(KnownModerator.of(event.house_id, event.resident_id))


@on.event
async def forget_moderator(event: ModeratorResigned, work: Work) -> None:
    await work.forget(KnownModerator, house_id=event.house_id, resident_id=event.resident_id)


Takes = SeatRegistered | SeatWaitlisted | SeatOffered | HostConfirmed
GivesBack = SeatOfferExpired | SeatWithdrawn | HostWithdrew


async def _let_go(event: GivesBack, work: Work) -> None:
    """Who has no place here is not noted either: they may have asked to be forgotten."""
    id = KnownSeat.of(event.session_id, event.house_id, event.resident_id).id
    if seat := await work.find_one(KnownSeat, id=id):
        seat.standing, seat.role, seat.expires_at = Standing.OUT, None, None


async def _seat(event: Takes, work: Work) -> KnownSeat:
    return await work.get_or_keep(KnownSeat.of(event.session_id, event.house_id, event.resident_id))
