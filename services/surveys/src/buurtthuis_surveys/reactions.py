"""What surveys does about what others say."""

from uuid import UUID

from buurtthuis.core.handlers import Handlers
from buurtthuis.core.work import Work
from buurtthuis.events import Event
from buurtthuis.events.moderation import (
    ContentApproved,
    ContentHidden,
    ContentKind,
    ContentRejected,
)
from buurtthuis.events.notifications import ClosingQuestionAnswered, ResidentErasureRequested
from buurtthuis.events.sessions import (
    HouseAnonymised,
    HouseEnded,
    HouseOpened,
    SessionCancelled,
    SessionHeld,
    SessionNotHeld,
    SessionScheduled,
)
from buurtthuis.events.surveys import (
    ResidentDataErased,
    ThemeAdmitted,
    ThemeConfirmed,
    ThemeHidden,
    ThemeRealised,
    ThemeRejected,
    ThemeReopened,
    ThemeScheduled,
    ThemeShown,
    ThemeUnscheduled,
)

from buurtthuis_surveys.commands.closing import ask_later
from buurtthuis_surveys.commands.erasure import erase
from buurtthuis_surveys.commands.surveys import cancel, close
from buurtthuis_surveys.domain.addresses import Address, AddressList
from buurtthuis_surveys.domain.campaigns import Campaign, CampaignState
from buurtthuis_surveys.domain.closing import ClosingQuestion
from buurtthuis_surveys.domain.houses import PublicHouse
from buurtthuis_surveys.domain.surveys import Survey, SurveyState
from buurtthuis_surveys.domain.themes import Theme, ThemeState

on = Handlers()


@on.event
async def mark_the_theme_scheduled(event: SessionScheduled, work: Work) -> ThemeScheduled | None:
    """A second session about the same theme changes nothing."""
    if event.theme_id is None:
        return None
    theme = await work.get(Theme, event.theme_id)
    return theme.schedule(event.session_id) if theme.awaits_a_session else None


@on.event
async def mark_the_theme_realised(event: SessionHeld, work: Work) -> ThemeRealised | None:
    """The first session that is held realises the theme."""
    if event.theme_id is None:
        return None
    theme = await work.get(Theme, event.theme_id)
    if theme.state is not ThemeState.SCHEDULED:
        return None
    ask_later(theme, work)
    return theme.realise(event.session_id)


@on.event
async def hear_whether_it_is_solved(
    event: ClosingQuestionAnswered, work: Work
) -> ThemeConfirmed | ThemeReopened | None:
    """The first who says that it is not gives it back to staff; a second is noted."""
    question = await work.get(ClosingQuestion, event.question_id)
    if question.answered_at:
        return None
    question.note(event.solved, event.objection, work.now)
    theme = await work.get(Theme, event.theme_id)
    return theme.confirm() if event.solved else theme.object(work.now)


@on.event
async def take_the_theme_off_the_calendar(event: SessionCancelled, work: Work) -> list[ThemeUnscheduled]:
    """A theme whose own session is off waits for another one; other sessions about it change nothing."""
    return await _unschedule(event.session_id, work)


@on.event
async def let_the_theme_wait_for_another_session(event: SessionNotHeld, work: Work) -> list[ThemeUnscheduled]:
    """Nobody met, so nothing was realised; also where it was said by mistake that they did."""
    realised = await work.find(Theme, session_id=event.session_id, state=ThemeState.REALISED)
    unrealised = [theme.unschedule() for theme in realised]
    return [*unrealised, *await _unschedule(event.session_id, work)]


async def _unschedule(session: UUID, work: Work) -> list[ThemeUnscheduled]:
    themes = await work.find(Theme, session_id=session, state=ThemeState.SCHEDULED)
    return [theme.unschedule() for theme in themes]


@on.event
async def admit_what_moderators_approve(
    event: ContentApproved, work: Work
) -> list[ThemeAdmitted | ThemeShown]:
    """What waits for it, what is out of sight, and what was rejected where an appeal was upheld."""
    theme = await _moderated(event, work)
    if theme is None:
        return []
    said: list[ThemeAdmitted | ThemeShown] = []
    if theme.state is ThemeState.PROPOSED:
        said.append(theme.admit())
    elif theme.state is ThemeState.REJECTED and event.decision_id:
        said.append(theme.admit_after_all())
    return [*said, theme.show()] if theme.hidden else said


@on.event
async def reject_what_moderators_reject(
    event: ContentRejected, work: Work
) -> ThemeRejected | ThemeHidden | None:
    """What waits does not come on the list; what is on it goes out of sight, with its words in all that was said."""
    theme = await _moderated(event, work)
    if theme is None or theme.state is ThemeState.REJECTED:
        return None
    if theme.state is ThemeState.PROPOSED:
        return theme.reject(event.reason or "", event.decision_id)
    return await _hide(theme, work)


@on.event
async def hide_what_moderators_hide(event: ContentHidden, work: Work) -> ThemeHidden | None:
    """It may come back."""
    theme = await _moderated(event, work)
    return await _hide(theme, work) if theme else None


async def _moderated(event: ContentApproved | ContentRejected | ContentHidden, work: Work) -> Theme | None:
    """The theme it is about, where it is about one."""
    return await work.get(Theme, event.content_id) if event.kind is ContentKind.THEME else None


async def _hide(theme: Theme, work: Work) -> ThemeHidden | None:
    if theme.hidden:
        return None
    await work.redact_about([theme.id], "title")
    return theme.hide()


@on.event
async def end_what_is_open(event: HouseEnded, work: Work) -> list[Event]:
    """With a house its surveys and campaigns end; what was answered is counted, and staff may still publish it."""
    await work.blank(Theme, "ask_at", house_id=event.house_id)
    said: list[Event] = []
    for state in (SurveyState.OPEN, SurveyState.PAUSED):
        surveys = await work.find(Survey, house_id=event.house_id, state=state)
        said += [await close(survey, work) for survey in surveys]
    drafts = await work.find(Survey, house_id=event.house_id, state=SurveyState.DRAFT)
    campaigns = await work.find(Campaign, house_id=event.house_id, state=CampaignState.RUNNING)
    said += [await cancel(draft, work) for draft in drafts]
    return [*said, *(campaign.end() for campaign in campaigns)]


@on.event
async def let_everybody_know_the_house(event: HouseOpened, work: Work) -> None:
    """What of it everybody may read can be read."""
    await work.get_or_keep(PublicHouse(event.house_id))


@on.event
async def keep_the_house_to_itself(event: HouseAnonymised, work: Work) -> None:
    """Nothing of it is told to whoever does not sign in."""
    await work.forget(PublicHouse, id=event.house_id)


@on.event
async def forget_the_addresses(event: HouseAnonymised, work: Work) -> None:
    """Nobody is written to there any more."""
    await work.forget(Address, house_id=event.house_id)
    await work.forget(AddressList, id=event.house_id)


@on.event
async def forget_who_was_asked(event: HouseAnonymised, work: Work) -> None:
    """How many were, and what they said, still counts."""
    await work.blank(ClosingQuestion, "resident_id", "objection", house_id=event.house_id)


@on.event
async def erase_the_resident(event: ResidentErasureRequested, work: Work) -> list[Event]:
    """Every request is answered, also about somebody nobody knows."""
    happened, counts = await erase(event.resident_id, work)
    erased = ResidentDataErased(request_id=event.request_id, resident_id=event.resident_id, counts=counts)
    return [*happened, erased]
