"""What becomes of a resident's traces when they ask to be forgotten."""

from uuid import UUID

from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.work import Work
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.domain.privacy import JOURNAL
from buurtthuis.events import Event
from buurtthuis.events.moderation import CaseGivenBack, ModeratorResigned

from buurtthuis_moderation.commands.teams import resign_everywhere
from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.appeals import Appeal, AppealState
from buurtthuis_moderation.domain.cases import Case, Recusal, Report, taken_from_them
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_moderation.domain.decisions import Decision
from buurtthuis_moderation.domain.departures import Departure
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.mutes import Mute
from buurtthuis_moderation.domain.personal import (
    APPEALS,
    CASES,
    CONTENTS,
    DECISIONS,
    DEPARTURES,
    KEPT,
    MEMBERS,
    MUTES,
    NEIGHBOURS,
    PAGES,
    RECUSALS,
    REPORTS,
    REVISIONS,
    TRAIL,
)
from buurtthuis_moderation.domain.trail import Entry


async def erase(resident: UUID, work: Work) -> tuple[list[Event], dict[str, int]]:
    """What happened to posts, and how many of each kind went.

    That there was a post, what was answered and what was decided, stays. The words of an open case about safety stay
    until it is decided, where a moderator said why."""
    said = len(await work.erase(resident)) + await work.redact_about(await _decided_about(resident, work))
    given_back = await _say_what_they_had_taken(resident, work)
    counts = await _forget_what_they_did(resident, work)
    resigned = await resign_everywhere(resident, work)  # everywhere a page is locked before what is on it
    written = await work.find(Content, author_id=resident)
    revisions = sum(len(content.revisions) for content in written)
    happened = [await erase_content(content, work) for content in written]
    for event in given_back:
        await note(event.house_id, [event], SYSTEM, work)
    said += await work.redact_about([content.id for content in written])
    counts |= {
        REVISIONS.name: revisions,
        CONTENTS.name: len(written),
        KEPT.name: sum(content.leaving for content in written),
        PAGES.name: sum(isinstance(event, ModeratorResigned) for event in resigned),
        JOURNAL: said,
    }
    return [*(event for events in happened for event in events), *resigned, *given_back], counts


async def _say_what_they_had_taken(resident: UUID, work: Work) -> list[CaseGivenBack]:
    """It waits for the others, once it is forgotten who had it."""
    taken = await work.read(Case, "id", "house_id", assignee_id=resident)
    return [taken_from_them(id, house) for id, house in sorted(taken)]


async def erase_content(content: Content, work: Work) -> list[Event]:
    """It loses its words, and nobody has to look at it any more; or both wait for its case, where that needs them."""
    cases = await work.find(Case, content_id=content.id)
    if any(case.keeps_text for case in cases):
        return content.leave()
    erased = content.erase()
    return [*([erased] if erased else []), *(event for case in cases for event in case.close())]


async def _decided_about(resident: UUID, work: Work) -> list[UUID]:
    """Of which cases and appeals it was said why they were decided as they were: the reasons may quote them."""
    decided = await work.read(Decision, "case_id", author_id=resident)
    appealed = await work.read(Appeal, "id", author_id=resident)
    return [id for (id,) in (*decided, *appealed)]


async def _forget_what_they_did(resident: UUID, work: Work) -> dict[str, int]:
    """An appeal that waits has nobody any more whom an answer could reach."""
    cases = [await work.blank(Case, column, **{column: resident}) for column in CASES.columns]
    about_them = await work.blank(Decision, "author_id", "reason", "text", author_id=resident)
    by_them = [
        await work.blank(Decision, column, **{column: resident}) for column in ("decider_id", "seconder_id")
    ]
    pending = await work.forget(Appeal, author_id=resident, state=AppealState.PENDING)
    theirs = await work.blank(Appeal, "author_id", "words", "reason", author_id=resident)
    actor = await work.blank(Entry, "actor_id", "actor_salt", actor_id=resident)
    person = await work.blank(Entry, "person_id", "person_salt", person_id=resident)
    return {
        REPORTS.name: await work.blank(Report, *REPORTS.columns, reporter_id=resident),
        RECUSALS.name: await work.blank(Recusal, *RECUSALS.columns, person_id=resident),
        CASES.name: sum(cases),
        DECISIONS.name: about_them + sum(by_them),
        APPEALS.name: pending + theirs + await work.blank(Appeal, "decider_id", decider_id=resident),
        MUTES.name: await work.forget(Mute, resident_id=resident),
        TRAIL.name: actor + person,
        MEMBERS.name: await work.forget(Member, resident_id=resident),
        NEIGHBOURS.name: await work.forget(Neighbour, resident_id=resident),
        DEPARTURES.name: await work.forget(Departure, resident_id=resident),
    }
