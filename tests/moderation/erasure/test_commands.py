"""What moderation does when a resident asks to be forgotten, in memory."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import AskedToBeForgotten
from buurtthuis.core.work import Cause
from buurtthuis.domain.privacy import JOURNAL
from buurtthuis.events.moderation import Category
from buurtthuis.events.notifications import ResidentMovedOut
from buurtthuis.events.sessions import HouseOpened
from buurtthuis.events.surveys import IntakeChannel, Origin, ThemeErased, ThemeProposed
from buurtthuis.testing import FakeBackbone
from buurtthuis_moderation.app import service
from buurtthuis_moderation.commands.cases import KeepText, ReportContent
from buurtthuis_moderation.commands.pages import ChangeRules, TakeName
from buurtthuis_moderation.commands.posts import EditPost, WritePost
from buurtthuis_moderation.commands.teams import AppointModerator
from buurtthuis_moderation.domain.cases import Case, CaseState, case_id
from buurtthuis_moderation.domain.contents import Content
from buurtthuis_moderation.domain.members import Member
from buurtthuis_moderation.domain.pages import Page, Rules
from buurtthuis_moderation.domain.personal import TRACES
from buurtthuis_moderation.domain.trail import Entry

from tests.speaker import Say, ask_to_be_forgotten, hear, speaker

HOUSE, JAN, PIET = (uuid4() for _ in range(3))
STAFF = Actor(ActorKind.STAFF, uuid4())
NOTHING = {one.name: 0 for one in TRACES} | {JOURNAL: 0}


@pytest.fixture
async def backbone() -> FakeBackbone:
    """A house with a page on which nobody is new."""
    others = (replace(speaker, name=name) for name in ("sessions", "surveys"))
    backbone = FakeBackbone(service, speaker, *others)
    await backbone.run("sessions", Say(A_HOUSE))
    await backbone.settled()
    await backbone.run("moderation", ChangeRules(HOUSE, Rules(first_posts=0), STAFF))
    return backbone


A_HOUSE = HouseOpened(house_id=HOUSE, title="x", town="x", dwellings=1, label=None, ends_on=None)


def as_(resident: UUID) -> Cause:
    """No event says which resident it was."""
    return Cause(Actor(ActorKind.RESIDENT), resident)


async def a_post(backbone: FakeBackbone, by: UUID = JAN, **more: Any) -> UUID:
    write = WritePost(HOUSE, Actor.of_resident(by), "Koffie bij Jansen", "nl", **more)
    return (await backbone.run("moderation", write, cause=as_(by))).id


async def posts(backbone: FakeBackbone) -> dict[UUID, Content]:
    return {one.id: one for one in await backbone.kept("moderation", Content)}


async def said(backbone: FakeBackbone, what: str) -> list[dict[str, Any]]:
    return [one.data for one in await backbone.journal("moderation") if f".{what}." in one.type]


async def counts(backbone: FakeBackbone) -> dict[str, int]:
    """As they were said last."""
    return dict((await said(backbone, "resident-data-erased"))[-1]["counts"])


async def test_a_post_loses_its_words_and_its_author_and_stays_where_it_was(backbone: FakeBackbone) -> None:
    post = await a_post(backbone)
    await backbone.run(
        "moderation", EditPost(post, Actor.of_resident(JAN), "Thee bij Jansen"), cause=as_(JAN)
    )
    await ask_to_be_forgotten(backbone, JAN)
    kept = (await posts(backbone))[post]
    assert (kept.author_id, kept.text, kept.revisions) == (None, None, [])
    assert kept.is_read


async def test_what_others_answered_keeps_its_words(backbone: FakeBackbone) -> None:
    post = await a_post(backbone)
    reply = await a_post(backbone, by=PIET, reply_to=post)
    await ask_to_be_forgotten(backbone, JAN)
    assert (await posts(backbone))[reply].text == "Koffie bij Jansen"


async def test_others_are_told_which_posts_have_no_words(backbone: FakeBackbone) -> None:
    post = await a_post(backbone)
    await a_post(backbone, by=PIET)
    await ask_to_be_forgotten(backbone, JAN)
    assert [one["post_id"] for one in await said(backbone, "post-erased")] == [str(post)]


async def test_what_was_said_of_them_has_no_words(backbone: FakeBackbone) -> None:
    await a_post(backbone)
    await ask_to_be_forgotten(backbone, JAN)
    assert [one["text"] for one in await said(backbone, "post-published")] == [None]


async def test_their_name_is_free_again(backbone: FakeBackbone) -> None:
    await backbone.run("moderation", TakeName(HOUSE, JAN, "Jan"), cause=as_(JAN))
    await ask_to_be_forgotten(backbone, JAN)
    await backbone.run("moderation", TakeName(HOUSE, PIET, "Jan"), cause=as_(PIET))
    assert [one.resident_id for one in await backbone.kept("moderation", Member)] == [PIET]


async def test_a_moderator_resigns_everywhere(backbone: FakeBackbone) -> None:
    for resident in (JAN, PIET):
        await backbone.run("moderation", AppointModerator(HOUSE, resident, STAFF))
    await ask_to_be_forgotten(backbone, JAN)
    assert [one.moderators for one in await backbone.kept("moderation", Page)] == [(PIET,)]


async def test_it_is_said_how_much_of_each_kind_went(backbone: FakeBackbone) -> None:
    post = await a_post(backbone)
    await backbone.run("moderation", AppointModerator(HOUSE, JAN, STAFF))
    await backbone.run(
        "moderation", EditPost(post, Actor.of_resident(JAN), "Thee bij Jansen"), cause=as_(JAN)
    )
    await ask_to_be_forgotten(backbone, JAN)
    went = {kind: number for kind, number in (await counts(backbone)).items() if number}
    assert went == {"revisions": 1, "contents": 1, "members": 1, "pages": 1, "trail": 1, "journal": 1}


async def test_a_request_about_somebody_nobody_knows_is_answered(backbone: FakeBackbone) -> None:
    request = await ask_to_be_forgotten(backbone, uuid4())
    assert (await counts(backbone)) == NOTHING
    assert [one["request_id"] for one in await said(backbone, "resident-data-erased")] == [str(request)]


async def test_a_second_request_finds_nothing(backbone: FakeBackbone) -> None:
    await a_post(backbone)
    for _ in range(2):
        await ask_to_be_forgotten(backbone, JAN)
    assert await counts(backbone) == NOTHING


async def test_whoever_was_forgotten_writes_nothing_any_more(backbone: FakeBackbone) -> None:
    await ask_to_be_forgotten(backbone, JAN)
    with pytest.raises(AskedToBeForgotten):
        await a_post(backbone)


async def test_the_page_stays(backbone: FakeBackbone) -> None:
    await ask_to_be_forgotten(backbone, JAN)
    assert [one.id for one in await backbone.kept("moderation", Page)] == [HOUSE]


async def test_whoever_moves_out_resigns_and_what_they_wrote_stays(backbone: FakeBackbone) -> None:
    post = await a_post(backbone)
    await backbone.run("moderation", AppointModerator(HOUSE, JAN, STAFF))
    await hear(backbone, ResidentMovedOut(resident_id=JAN, house_id=HOUSE))
    assert [one.moderators for one in await backbone.kept("moderation", Page)] == [()]
    assert (await posts(backbone))[post].author_id == JAN


async def test_the_trail_says_that_a_moderator_moved_out(backbone: FakeBackbone) -> None:
    await backbone.run("moderation", AppointModerator(HOUSE, JAN, STAFF))
    await hear(backbone, ResidentMovedOut(resident_id=JAN, house_id=HOUSE))
    entry: type[Any] = Entry
    (resigned,) = (one for one in await backbone.kept("moderation", entry) if "resigned" in one.what)
    assert (resigned.person_id, resigned.facts["by"]) == (JAN, "automatic")


# Of an idea, whoever keeps it may say so before the request is heard.


async def a_reported_idea(backbone: FakeBackbone, category: Category) -> UUID:
    """Of Jan; reported by Piet."""
    idea = ThemeProposed(
        theme_id=uuid4(),
        house_id=HOUSE,
        title="Koffie bij Jansen",
        origin=Origin.RESIDENT,
        captured_via=IntakeChannel.WEB,
    )
    await backbone.run("surveys", Say(idea), cause=Cause(Actor.of_resident(JAN), JAN))
    await backbone.settled()
    await backbone.run("moderation", ReportContent(idea.theme_id, Actor.of_resident(PIET), category))
    return idea.theme_id


@pytest.mark.parametrize(
    ("author", "cause"),
    [(JAN, None), (None, Cause(Actor.of_resident(JAN), JAN)), (JAN, Cause(Actor.of_resident(PIET), PIET))],
    ids=["as it is said", "as events of before have it", "said by somebody else"],
)
async def test_an_idea_is_of_whoever_it_names(
    backbone: FakeBackbone, author: UUID | None, cause: Cause | None
) -> None:
    idea = ThemeProposed(
        theme_id=uuid4(),
        house_id=HOUSE,
        title="Koffie",
        origin=Origin.RESIDENT,
        captured_via=IntakeChannel.WEB,
        author_id=author,
    )
    await backbone.run("surveys", Say(idea), cause=cause)
    await backbone.settled()
    assert (await posts(backbone))[idea.theme_id].author_id == JAN


async def its_author_is_forgotten_in_surveys_first(backbone: FakeBackbone, idea: UUID) -> None:
    await backbone.run("surveys", Say(ThemeErased(theme_id=idea, house_id=HOUSE)))
    await backbone.settled()
    await ask_to_be_forgotten(backbone, JAN)


async def test_nobody_said_in_which_language_an_idea_is(backbone: FakeBackbone) -> None:
    """It may be in any of those of the corporation, or in another."""
    idea = await a_reported_idea(backbone, Category.SPAM)
    assert (await posts(backbone))[idea].language == "und"


async def test_an_idea_that_lost_its_words_waits_for_nobody(backbone: FakeBackbone) -> None:
    idea = await a_reported_idea(backbone, Category.SPAM)
    await its_author_is_forgotten_in_surveys_first(backbone, idea)
    assert (await posts(backbone))[idea].text is None
    assert [one.state for one in await backbone.kept("moderation", Case)] == [CaseState.CLOSED]


async def test_an_idea_that_a_case_about_safety_needs_keeps_its_words(backbone: FakeBackbone) -> None:
    idea = await a_reported_idea(backbone, Category.UNSAFE)
    await backbone.run("moderation", KeepText(case_id(idea), "Er is aangifte gedaan.", STAFF))
    await its_author_is_forgotten_in_surveys_first(backbone, idea)
    kept = (await posts(backbone))[idea]
    assert (kept.text, kept.author_id, kept.is_read) == ("Koffie bij Jansen", None, False)
