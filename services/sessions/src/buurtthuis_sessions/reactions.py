"""What sessions does about what others say."""

from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.moderation import ContentApproved, ContentHidden, ContentKind, ContentRejected
from buurtthuis.events.notifications import ResidentErasureRequested, ResidentMovedOut
from buurtthuis.events.sessions import ResidentDataErased, SessionDrafted
from buurtthuis.events.surveys import ThemeErased, ThemeHidden, ThemeSelected, ThemeShown

from buurtthuis_sessions.commands.leaving import erase, leave, take_titles_off
from buurtthuis_sessions.commands.titles import change_templates, hide_words, remove_what_is_said, show_words
from buurtthuis_sessions.domain.follow_ups.vote import FollowUpVote
from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.series.series import Series
from buurtthuis_sessions.domain.sessions.session import Session, SessionSource
from buurtthuis_sessions.domain.templates import Entry

on = Handlers()


@on.event
async def draft_a_session(event: ThemeSelected, work: Work) -> SessionDrafted | None:
    """In a house that is not known yet too; not in one that has ended."""
    if any(house.is_over for house in await work.find(House, id=event.house_id)):
        return None
    return work.add(Session.draft(event.house_id, event.title or None, SessionSource(theme=event.theme_id)))


@on.event
async def take_the_themes_words_off(event: ThemeErased, work: Work) -> None:
    """Whatever came out of it is nameless until somebody names it anew; events of it that wait have no words."""
    await _take_the_words_off(event.theme_id, event.house_id, work)


@on.event
async def take_the_words_of_rejected_themes_off(event: ContentRejected, work: Work) -> list[Event]:
    """And of rejected options: of a theme surveys says that it is hidden. An appeal may bring a title back; the reason and
    the report of a session, which its host can write anew, are gone."""
    hidden = await _hide_option(event, work)
    await remove_what_is_said(event.content_id, work)
    return hidden


@on.event
async def hide_an_option(event: ContentHidden, work: Work) -> list[Event]:
    """Nobody reads what it is called; it can be voted for as what it is."""
    return await _hide_option(event, work)


@on.event
async def show_an_option(event: ContentApproved, work: Work) -> list[Event]:
    """Moderators looked at it, and it may be read."""
    if event.kind is not ContentKind.OPTION:
        return []
    return await show_words(event.content_id, event.house_id, work)


@on.event
async def hide_what_is_about_a_hidden_theme(event: ThemeHidden, work: Work) -> list[Event]:
    """Whoever marks its option, or comes to its session, reads what kind of meeting it is."""
    return await hide_words(event.theme_id, event.house_id, work)


@on.event
async def show_what_is_about_a_shown_theme(event: ThemeShown, work: Work) -> list[Event]:
    """It can be read again."""
    return await show_words(event.theme_id, event.house_id, work)


async def _hide_option(event: ContentHidden | ContentRejected, work: Work) -> list[Event]:
    if event.kind is not ContentKind.OPTION:
        return []
    return await hide_words(event.content_id, event.house_id, work)


async def _take_the_words_off(theme: UUID, house: UUID, work: Work) -> None:
    for vote in await work.find(FollowUpVote, house_id=house):
        vote.take_title_off(theme)
    sessions = await work.read(Session, "id", theme_id=theme)
    series = await work.read(Series, "id", theme_id=theme)
    await change_templates([theme], Entry.forget, work)
    await take_titles_off([id for (id,) in sessions], [id for (id,) in series], work)
    await work.redact_about([theme])


@on.event
async def give_back_their_places(event: ResidentMovedOut, work: Work) -> list[Event]:
    """In that house; what they have in another stays."""
    return await leave(event.resident_id, work, house_id=event.house_id)


@on.event
async def erase_the_resident(event: ResidentErasureRequested, work: Work) -> list[Event]:
    """Every request is answered, also about somebody nobody knows."""
    happened, counts = await erase(event.resident_id, work)
    erased = ResidentDataErased(request_id=event.request_id, resident_id=event.resident_id, counts=counts)
    return [*happened, erased]
