"""What moderation does about what others say."""

from uuid import UUID

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.moderation import (
    Category,
    ContentApproved,
    ContentKind,
    DecidedBy,
    PageArchived,
    ResidentDataErased,
)
from buurtthuis.events.notifications import ResidentErasureRequested, ResidentJoined, ResidentMovedOut
from buurtthuis.events.sessions import (
    HouseEnded,
    HouseOpened,
    OptionProposed,
    SessionCancelled,
    SessionNotHeld,
    SessionRenamed,
    SessionReported,
    SessionScheduled,
)
from buurtthuis.events.surveys import (
    CardClaimed,
    CardClaimTakenBack,
    Origin,
    ThemeAdmitted,
    ThemeCorrected,
    ThemeErased,
    ThemeProposed,
    ThemeRejected,
    ThemeWithdrawn,
)

from buurtthuis_moderation.commands.cases import close_case, raise_case
from buurtthuis_moderation.commands.erasure import erase, erase_content
from buurtthuis_moderation.commands.teams import resign_everywhere
from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.cases import Case, Why
from buurtthuis_moderation.domain.contents import Content, ContentState, Copied
from buurtthuis_moderation.domain.departures import Departure
from buurtthuis_moderation.domain.findings import Finding
from buurtthuis_moderation.domain.pages import Page

on = Handlers()


@on.event
async def keep_a_page(event: HouseOpened, work: Work) -> None:
    """A house that opens has a page."""
    await work.get_or_keep(Page.of(event.house_id))


@on.event
async def archive_the_page(event: HouseEnded, work: Work) -> PageArchived | None:
    """It can be read until the promised day. A house that ends before anybody knew of it has a page all the same."""
    return (await work.get_or_keep(Page.of(event.house_id))).archive(event.anonymise_on)


@on.event
async def look_at_a_theme(event: ThemeProposed, work: Work) -> list[Event]:
    """What residents propose themselves goes on the list, or waits where the house wants that or a check holds it.

    What staff type in from cards, and what partners bring in, is theirs to admit; a moderator hears of what is found."""
    page = await work.get_or_keep(Page.of(event.house_id))
    author = event.author_id or work.cause.resident_id
    theirs = event.origin is Origin.RESIDENT and author is not None
    findings = _findings(event.title, page)
    waits = theirs and (page.rules.themes_wait or page.rules.checks.holds(findings))
    copied = Copied(event.theme_id, event.house_id, ContentKind.THEME, author, event.title, event.origin)
    theme = Content.copy(copied, findings, work.now, waits=waits)
    work.keep(theme)
    if findings or waits:
        return await raise_case(theme, Why.CHECKED if findings else Why.PROPOSED, work)
    return [_approved(theme)] if theirs else []


@on.event
async def look_at_a_theme_that_was_put_right(event: ThemeCorrected, work: Work) -> list[Event]:
    """Staff had typed it in wrongly; a moderator hears of what is found in it now."""
    page = await work.get_or_keep(Page.of(event.house_id))
    findings = _findings(event.title, page)
    said: list[Event] = []
    if theme := await work.find_one(Content, id=event.theme_id):
        theme.text, theme.findings, theme.origin = event.title, findings, event.origin
        said += await raise_case(theme, Why.CHECKED, work) if findings else []
    return said


@on.event
async def look_at_an_option(event: OptionProposed, work: Work) -> list[Event]:
    """It is voted on at once; where a check holds it, nobody reads it until a moderator has looked."""
    page = await work.get_or_keep(Page.of(event.house_id))
    if await work.count(Content, "id", id=event.option_id):
        return []
    findings = _findings(event.title, page)
    copied = _of_a_session(event.option_id, event.house_id, event.title, work)
    option = Content.copy(copied, findings, work.now, waits=False)
    work.keep(option)
    if not findings:
        return []
    held = [option.hide(Category.OTHER, provisional=True)] if page.rules.checks.holds(findings) else []
    hidden = await note(page.id, held, SYSTEM, work)
    return [*hidden, *await raise_case(option, Why.CHECKED, work)]


@on.event
async def know_what_a_session_is_called(event: SessionScheduled, work: Work) -> None:
    """So that it can be reported; so can what is said of it later."""
    await _said(event.session_id, event.house_id, event.title, work, title=True)


@on.event
async def know_what_a_session_is_called_now(event: SessionRenamed, work: Work) -> None:
    await _said(event.session_id, event.house_id, event.title, work, title=True)


@on.event
async def know_why_a_session_was_cancelled(event: SessionCancelled, work: Work) -> None:
    await _said(event.session_id, event.house_id, event.reason, work, title=False)


@on.event
async def know_why_a_session_was_not_held(event: SessionNotHeld, work: Work) -> None:
    await _said(event.session_id, event.house_id, event.reason, work, title=False)


@on.event
async def know_what_was_told_of_a_session(event: SessionReported, work: Work) -> None:
    await _said(event.session_id, event.house_id, event.report, work, title=False)


async def _said(session: UUID, house: UUID, words: str | None, work: Work, *, title: bool) -> None:
    """Without words they were taken back, or are hidden by us: what a case is about stays to be judged."""
    if not words:
        return
    await work.get_or_keep(Page.of(house))
    copied = _of_a_session(session, house, None, work)
    content = await work.get_or_keep(Content.copy(copied, (), work.now, waits=False))
    if content.say(copied.author_id, words, work.now, title=title):
        for case in await work.find(Case, content_id=session):
            case.reads_otherwise()


def _findings(title: str | None, page: Page) -> tuple[Finding, ...]:
    return page.rules.checks.judge(title, floods=False) if title else ()


def _of_a_session(id: UUID, house: UUID, words: str | None, work: Work) -> Copied:
    """A resident who leads a session writes down what the room came up with; staff do so for those without a phone."""
    author = work.cause.resident_id
    origin = Origin.RESIDENT if author else Origin.CORPORATION
    return Copied(id, house, ContentKind.OPTION, author, words, origin)


def _approved(theme: Content) -> ContentApproved:
    return ContentApproved(
        content_id=theme.id, house_id=theme.house_id, kind=theme.kind, decided_by=DecidedBy.AUTOMATIC
    )


@on.event
async def know_whose_idea_it_is(event: CardClaimed, work: Work) -> None:
    """From now on they are told what is decided about it."""
    if theme := await work.find_one(Content, id=event.theme_id):
        theme.author_id = event.resident_id or work.cause.resident_id or theme.author_id


@on.event
async def know_whose_idea_it_is_not(event: CardClaimTakenBack, work: Work) -> None:
    """Staff were wrong: nobody is told."""
    if theme := await work.find_one(Content, id=event.theme_id, author_id=event.resident_id):
        theme.author_id = None


@on.event
async def know_that_staff_admitted_it(event: ThemeAdmitted, work: Work) -> list[Event]:
    """Or we did, and know already."""
    return await _settled(event.theme_id, event.house_id, ContentState.PUBLISHED, work)


@on.event
async def know_that_staff_rejected_it(event: ThemeRejected, work: Work) -> list[Event]:
    """Or we did, and know already."""
    return await _settled(event.theme_id, event.house_id, ContentState.REMOVED, work)


@on.event
async def know_that_it_was_withdrawn(event: ThemeWithdrawn, work: Work) -> list[Event]:
    """There is nothing left to decide."""
    return await _settled(event.theme_id, event.house_id, ContentState.WITHDRAWN, work)


async def _settled(theme: UUID, house: UUID, state: ContentState, work: Work) -> list[Event]:
    await work.get_or_keep(Page.of(house))
    content = await work.find_one(Content, id=theme)
    if content and content.settle_elsewhere(state, work.now):
        return await close_case(content, work)
    return []


@on.event
async def know_who_moved_out(event: ResidentMovedOut, work: Work) -> None:
    """They write on that page no more."""
    await work.get_or_keep(Departure.of(event.house_id, event.resident_id))


@on.event
async def know_who_came_back(event: ResidentJoined, work: Work) -> None:
    """Or never left."""
    await work.forget(Departure, house_id=event.house_id, resident_id=event.resident_id)


@on.event
async def let_them_resign(event: ResidentMovedOut, work: Work) -> list[Event]:
    """In the house that they left; what they wrote there stays."""
    resigned = await resign_everywhere(event.resident_id, work, id=event.house_id)
    return await note(event.house_id, resigned, SYSTEM, work)


@on.event
async def forget_what_an_idea_said(event: ThemeErased, work: Work) -> list[Event]:
    """Whoever keeps it took its words back; where we need them for safety, our own copy goes when that is decided.

    It may be told before the request is that it follows from."""
    themes = [content for content in await work.find(Content, id=event.theme_id) if not content.leaving]
    return [happened for theme in themes for happened in await erase_content(theme, work)]


@on.event
async def erase_the_resident(event: ResidentErasureRequested, work: Work) -> list[Event]:
    """Every request is answered, also about somebody nobody knows."""
    happened, counts = await erase(event.resident_id, work)
    erased = ResidentDataErased(request_id=event.request_id, resident_id=event.resident_id, counts=counts)
    return [*happened, erased]
