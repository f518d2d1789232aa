"""What can be asked of posts, and of the replies to them."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from buurtthuis.core.actor import Actor
from buurtthuis.core.errors import NotFound
from buurtthuis.core.handlers import Handlers
from buurtthuis.core.result import Result
from buurtthuis.core.work import Versions, Work
from buurtthuis.events import Event
from buurtthuis.events.moderation import PostWithdrawn
from buurtthuis.events.surveys import Origin

from buurtthuis_moderation.commands.cases import close_case, raise_case
from buurtthuis_moderation.commands.mutes import check_acts, check_not_muted
from buurtthuis_moderation.commands.trail import note
from buurtthuis_moderation.domain.cases import Case, Why
from buurtthuis_moderation.domain.contents import OURS, CannotAnswer, Content, ContentState, Draft, EditWaits
from buurtthuis_moderation.domain.departures import Departure, HasMovedOut
from buurtthuis_moderation.domain.findings import Finding
from buurtthuis_moderation.domain.floods import AGAIN, COMPARED, is_flood, reads_as
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.pages import Page

on = Handlers()


@dataclass(frozen=True)
class WritePost(Draft):
    """A reply where it says what it answers."""


@on.command
async def write_post(command: WritePost, work: Work) -> Event | Result:
    """Staff answer for themselves; what others write is looked through first, and waits where the house wants that."""
    page = await work.share(Page, command.house_id)
    page.check_open()
    if command.reply_to:
        await _check_answers(command.reply_to, page, work)
    if command.origin is Origin.CORPORATION:
        return work.add(Content.post(command, (), work.now))
    await _check_writes(page, command.by, work)
    findings = page.rules.checks.judge(command.text, floods=await _floods(command, work))
    if page.rules.checks.holds(findings) or await _is_new(command, page, work):
        return await _submit(command, findings, work)
    return await _post(command, findings, work)


@dataclass(frozen=True)
class EditPost:
    post_id: UUID
    by: Actor
    text: str
    version: Versions | None = None


@on.command
async def edit_post(command: EditPost, work: Work) -> Result:
    """Feeds forget how it read before."""
    page, post = await _on_its_page(command.post_id, command.version, work)
    page.check_open()
    await _check_writes(page, command.by, work)
    checks = page.rules.checks
    findings = () if command.by.is_staff else checks.judge(command.text, floods=False)
    if post.is_read and checks.holds(findings):
        raise EditWaits(field="text")
    edited = post.edit(command.by, command.text, findings, work.now)
    await work.redact_about([post.id])
    for case in await work.find(Case, content_id=post.id):
        case.reads_otherwise()
    return Result(post, [edited, *(await raise_case(post, Why.CHECKED, work) if findings else [])])


@dataclass(frozen=True)
class WithdrawPost:
    post_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def withdraw_post(command: WithdrawPost, work: Work) -> Result:
    """From an archived page too."""
    _, post = await _on_its_page(command.post_id, command.version, work)
    withdrawn: PostWithdrawn = post.withdraw(command.by)
    await work.redact_about([post.id])
    return Result(post, [withdrawn, *await close_case(post, work)])


@dataclass(frozen=True)
class PinPost:
    post_id: UUID
    by: Actor
    version: Versions | None = None


@on.command
async def pin_post(command: PinPost, work: Work) -> Result:
    page, post = await _on_its_page(command.post_id, command.version, work)
    page.check_open()
    await check_acts(page, command.by, work)
    return Result(post, await note(page.id, [post.pin()], command.by, work))


@dataclass(frozen=True)
class UnpinPost:
    post_id: UUID
    by: Actor


@on.command
async def unpin_post(command: UnpinPost, work: Work) -> Result:
    page, post = await _on_its_page(command.post_id, None, work)
    await check_acts(page, command.by, work)
    return Result(post, await note(page.id, [post.unpin()], command.by, work))


async def _check_writes(page: Page, by: Actor, work: Work) -> None:
    """Raises HasMovedOut and Muted."""
    if await work.count(Departure, house_id=page.id, resident_id=by.person):
        raise HasMovedOut
    await check_not_muted(page.id, by, work)


async def _on_its_page(post: UUID, version: Versions | None, work: Work) -> tuple[Page, Content]:
    """The page is locked first, here as everywhere, so that nobody waits in a circle."""
    page = await work.share(Page, await _house(post, work))
    return page, await work.get(Content, post, version)


async def _house(post: UUID, work: Work) -> UUID:
    """Where it is; raises NotFound, also for what another service keeps."""
    with suppress(NotFound):
        house, kind = await work.read_one(Content, post, "house_id", "kind")
        if kind in OURS:
            found: UUID = house
            return found
    raise NotFound(what="post", id=post)


async def _check_answers(post: UUID, page: Page, work: Work) -> None:
    try:
        (await work.share(Content, post)).check_answerable(page.id)
    except NotFound:
        raise CannotAnswer(field="reply_to") from None


async def _floods(draft: Draft, work: Work) -> bool:
    """Their membership is locked, so that what they write at once is counted one after the other."""
    assert draft.author_id
    await work.get_or_keep(Member.of(draft.house_id, draft.author_id))
    theirs = await work.read(Content, "written_at", "id", house_id=draft.house_id, author_id=draft.author_id)
    written = sorted(theirs, reverse=True)
    recent = [(at, id) for at, id in written[:COMPARED] if work.now - at < AGAIN]
    words = reads_as(draft.text)
    same = [at for at, id in recent if await _reads_as(id, work) == words]
    return is_flood((at for at, _ in written), same, work.now)


async def _reads_as(post: UUID, work: Work) -> str:
    return "".join(reads_as(text) for (text,) in await work.read(Content, "text", id=post) if text)


async def _is_new(draft: Draft, page: Page, work: Work) -> bool:
    if draft.origin is not Origin.RESIDENT:
        return False
    approved = await work.count(
        Content, "kind", house_id=page.id, author_id=draft.author_id, state=ContentState.PUBLISHED
    )
    return not page.lets_in(sum(approved[(kind,)] for kind in OURS))


async def _submit(draft: Draft, findings: tuple[Finding, ...], work: Work) -> Result:
    post, submitted = Content.submit(draft, findings, work.now)
    work.keep(post)
    raised = await raise_case(post, Why.CHECKED if findings else Why.SUBMITTED, work)
    return Result(post, [submitted, *raised])


async def _post(draft: Draft, findings: tuple[Finding, ...], work: Work) -> Result:
    """What a check only advises about is looked at afterwards."""
    post, published = Content.post(draft, findings, work.now)
    work.keep(post)
    raised = await raise_case(post, Why.CHECKED, work) if findings else []
    return Result(post, [published, *raised])
