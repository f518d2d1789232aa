"""What becomes of a resident's traces when they ask to be forgotten."""

from uuid import UUID

from buurtthuis.events import Event
from buurtthuis.events.moderation import ModeratorResigned
from buurtthuis.work import Work

from buurtthuis_moderation.commands.teams import resign_everywhere
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.personal import CONTENTS, JOURNAL, MEMBERS, PAGES, REVISIONS


async def erase(resident: UUID, work: Work) -> tuple[list[Event], dict[str, int]]:
    """What happened to posts, and how many of each kind went. That there was a post, and what was answered, stays."""
    said = len(await work.erase(resident))
    members = await work.forget(Member, resident_id=resident)
    resigned = await resign_everywhere(resident, work)  # everywhere a page is locked before what is on it
    written = await work.find(Content, author_id=resident)
    revisions = sum(len(one.revisions) for one in written)
    erased = [event for one in written if (event := one.erase())]
    said += await work.redact_about([one.id for one in written])
    counts = {
        REVISIONS.name: revisions,
        CONTENTS.name: len(written),
        MEMBERS.name: members,
        PAGES.name: sum(isinstance(event, ModeratorResigned) for event in resigned),
        JOURNAL: said,
    }
    return [*erased, *resigned], counts
