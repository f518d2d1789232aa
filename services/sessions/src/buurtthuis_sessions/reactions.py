"""What sessions does about what others say."""

from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.moderation import ContentApproved, ContentHidden, ContentKind, ContentRejected
from buurtthuis.events.notifications import ResidentErasureRequested, ResidentMovedOut
from buurtthuis.events.sessions import ResidentDataErased, SessionDrafted
from buurtthuis.events.surveys import ThemeErased, ThemeHidden, ThemeSelected, ThemeShown
from buurtthuis.handlers import Handlers
from buurtthuis.work import Work

from buurtthuis_sessions.commands.leaving import erase, leave, take_titles_off
from buurtthuis_sessions.domain.follow_ups import FollowUpVote
from buurtthuis_sessions.domain.houses import House
from buurtthuis_sessions.domain.series import Series
from buurtthuis_sessions.domain.sessions import Session, Source

on = Handlers()


@on.event
async def draft_a_session(event: ThemeSelected, work: Work) -> SessionDrafted | None:
    """In a house that is not known yet too; not in one that has ended."""
    if any(house.is_over for house in await work.find(House, id=event.house_id)):
        return None
    return work.add(Session.draft(event.house_id, event.title, Source(theme=event.theme_id)))


@on.event
async def take_the_themes_words_off(event: ThemeErased, work: Work) -> None:
    """Whatever came out of it is nameless until somebody names it anew; events of it that wait have no words."""
    await _take_the_words_off(event.theme_id, event.house_id, work)


@on.event
async def take_the_words_of_rejected_themes_off(event: ContentRejected, work: Work) -> None:
    """Moderators decided that nobody should read them. An option's are hidden: an appeal may bring them back."""
    if event.kind is ContentKind.THEME:
        await _take_the_words_off(event.content_id, event.house_id, work)
    if event.kind is ContentKind.OPTION:
        await _hide(event.content_id, event.house_id, work)


@on.event
async def hide_an_option(event: ContentHidden, work: Work) -> None:
    """Nobody reads what it is called; it can be voted for as what it is."""
    if event.kind is ContentKind.OPTION:
        await _hide(event.content_id, event.house_id, work)


@on.event
async def show_an_option(event: ContentApproved, work: Work) -> None:
    """Moderators looked at it, and it may be read."""
    if event.kind is ContentKind.OPTION:
        for vote in await work.find(FollowUpVote, house_id=event.house_id):
            vote.show_title(event.content_id)


@on.event
async def hide_what_is_about_a_hidden_theme(event: ThemeHidden, work: Work) -> None:
    """Whoever marks its option reads what kind of meeting it is."""
    for vote in await work.find(FollowUpVote, house_id=event.house_id):
        vote.hide_title(event.theme_id)


@on.event
async def show_what_is_about_a_shown_theme(event: ThemeShown, work: Work) -> None:
    """It can be read again."""
    for vote in await work.find(FollowUpVote, house_id=event.house_id):
        vote.show_title(event.theme_id)


async def _hide(option: UUID, house: UUID, work: Work) -> None:
    for vote in await work.find(FollowUpVote, house_id=house):
        vote.hide_title(option)
    await work.redact_about([option])


async def _take_the_words_off(theme: UUID, house: UUID, work: Work) -> None:
    for vote in await work.find(FollowUpVote, house_id=house):
        vote.take_title_off(theme)
    sessions = await work.count(Session, "id", theme_id=theme)
    series = await work.count(Series, "id", theme_id=theme)
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
