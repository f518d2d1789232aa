"""Cases over HTTP: who reports, who decides, who does not, and how it is undone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.work import Cause
from buurtthuis.events.notifications import ResidentErasureRequested
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.parts import no_parts
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground
from buurtthuis_moderation.domain.cases import case_id

from tests.conftest import StartSome, together
from tests.moderation.people import a_neighbour, a_page, a_post, edited, on_page, read
from tests.people import all_answered, at_once, done, fields, made, problem
from tests.speaker import Say, on

pytestmark = pytest.mark.starts("sessions", "moderation", "notifications")
place = together

#: Jan and Fatma moderate; Piet writes; Guus is the guide.
JAN, FATMA, PIET, GUUS = (uuid4() for _ in range(4))
WORDS = "Koop nu mijn oude fiets!"
UNSAFE: dict[str, Any] = {"category": "unsafe", "urgent": True}
SPAM: dict[str, Any] = {"category": "spam"}
HIDE: dict[str, Any] = {"action": "hide", "rule": "spam", "reason": "Dit is reclame."}
REMOVE: dict[str, Any] = {**HIDE, "action": "remove"}
MUTE: dict[str, Any] = {**HIDE, "action": "mute", "days": 7}
#: All that can be asked about a case.
ASKED = [
    ("GET", ""),
    ("POST", "/assignment"),
    ("DELETE", "/assignment"),
    ("POST", "/recusal"),
    ("POST", "/escalation"),
    ("POST", "/decision"),
]
APPROVE: dict[str, Any] = {"action": "approve", "reason": "Hier is niets mis mee."}
RESTORE: dict[str, Any] = {**APPROVE, "action": "restore"}


def resident(place: Playground, who: UUID) -> httpx.AsyncClient:
    return place.client(Role.RESIDENT, subject=who)


async def a_moderated_page(place: Playground, *moderators: UUID, **rules: Any) -> str:
    """Looked after by Jan and Fatma, unless others are named, with Guus as their guide."""
    page, staff = await a_page(place, **rules), place.client(Role.STAFF)
    for one in moderators or (JAN, FATMA):
        await made(staff, f"/moderation/v1/pages/{page}/moderators", {"resident_id": str(one)})
    await done(staff, f"/moderation/v1/pages/{page}/guide", {"guide_id": str(GUUS)})
    return page


async def reported(client: httpx.AsyncClient, post: str, **how: Any) -> httpx.Response:
    return await client.post(f"/moderation/v1/contents/{post}/reports", json=how or SPAM)


async def a_reported_post(place: Playground, page: str, by: UUID = PIET, **how: Any) -> str:
    """Of Piet unless somebody else is named, and reported by a neighbour."""
    post = await a_post(resident(place, by), page, WORDS)
    somebody = await a_neighbour(place, page) if how.get("urgent") else place.client(Role.RESIDENT)
    response = await reported(somebody, post, **how)
    assert response.status_code == 201, response.text
    return post


def case_of(post: str) -> str:
    return f"/moderation/v1/cases/{case_id(UUID(post))}"


async def version(client: httpx.AsyncClient, path: str) -> str:
    return str((await client.get(path)).headers.get("ETag", '"1"'))


async def decided(
    client: httpx.AsyncClient, post: str, verdict: dict[str, Any], at: str | None = None
) -> httpx.Response:
    """Of the version that this client reads, or of this one."""
    match = {"If-Match": at or await version(client, case_of(post))}
    return await client.post(f"{case_of(post)}/decision", json=verdict, headers=match)


async def decision(client: httpx.AsyncClient, post: str, verdict: dict[str, Any]) -> str:
    """The id of what was decided."""
    response = await decided(client, post, verdict)
    assert response.status_code == 200, response.text
    return str((await client.get(case_of(post))).json()["decisions"][-1]["id"])


async def appealed(client: httpx.AsyncClient, of: str) -> httpx.Response:
    return await client.post(f"/moderation/v1/decisions/{of}/appeal", json={"words": "Dat was een grap."})


async def answered(client: httpx.AsyncClient, appeal: str, *, upheld: bool = True) -> httpx.Response:
    path = f"/moderation/v1/appeals/{appeal}"
    match = {"If-Match": await version(client, path)}
    return await client.post(f"{path}/decision", json={"upheld": upheld, "reason": "Omdat."}, headers=match)


async def an_appeal(place: Playground, verdict: dict[str, Any] = HIDE) -> tuple[str, str, str]:
    """Of Piet, against what Jan decided; the post, the decision and the appeal."""
    post = await a_reported_post(place, await a_moderated_page(place))
    made_by_jan = await decision(resident(place, JAN), post, verdict)
    response = await appealed(resident(place, PIET), made_by_jan)
    assert response.status_code == 201, response.text
    return post, made_by_jan, str(response.json()["id"])


async def waiting(client: httpx.AsyncClient, page: str, state: str = "open") -> list[str]:
    """Of which posts cases are shown."""
    found = await client.get(f"/moderation/v1/pages/{page}/cases", params={"state": state, "limit": 200})
    return [one["content_id"] for one in found.json()["items"]]


async def said(place: Playground, what: str) -> list[dict[str, Any]]:
    return [one["data"] for one in await place.events("moderation") if f".{what}." in one["type"]]


async def mutes(client: httpx.AsyncClient, page: str) -> list[str]:
    return [one["id"] for one in (await client.get(f"/moderation/v1/pages/{page}/mutes")).json()]


# Reports.


async def test_an_urgent_report_about_safety_hides_it_at_once(place: Playground) -> None:
    page = await a_moderated_page(place)
    post = await a_reported_post(place, page, **UNSAFE)
    assert await on_page(place.client(Role.RESIDENT), page) == []
    assert [one["provisional"] for one in await said(place, "post-hidden")] == [True]
    assert WORDS not in str(await place.events("moderation"))
    assert await waiting(resident(place, JAN), page) == [post]


async def test_what_was_hidden_at_once_says_that_it_came_by_itself(place: Playground) -> None:
    page = await a_moderated_page(place)
    await a_reported_post(place, page, **UNSAFE)
    trail = (await place.client(Role.STAFF).get(f"/moderation/v1/pages/{page}/trail")).json()
    (hidden,) = (one for one in trail if "post-hidden" in one["what"])
    assert (hidden["facts"]["by"], hidden["facts"]["actor"]) == ("automatic", None)


async def test_whoever_reported_it_learns_nothing_of_it_before_it_is_decided(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place), **UNSAFE)
    assert (await place.client(Role.RESIDENT).get(f"/moderation/v1/posts/{post}")).status_code == 404


@pytest.mark.parametrize("how", [{"category": "unsafe"}, {"category": "spam", "urgent": True}])
async def test_no_other_report_hides_anything(place: Playground, how: dict[str, Any]) -> None:
    page = await a_moderated_page(place)
    post = await a_reported_post(place, page, **how)
    assert await on_page(place.client(Role.RESIDENT), page) == [post]


async def test_what_moderators_cleared_is_not_hidden_by_the_next_alarm(place: Playground) -> None:
    page = await a_moderated_page(place)
    post = await a_reported_post(place, page, **UNSAFE)
    await decision(resident(place, JAN), post, APPROVE)
    await reported(await a_neighbour(place, page), post, **UNSAFE)
    assert await on_page(place.client(Role.RESIDENT), page) == [post]


async def test_who_is_no_neighbour_hides_nothing_and_is_looked_at_as_soon(place: Playground) -> None:
    page = await a_moderated_page(place)
    posts = [await a_post(resident(place, PIET), page, f"{WORDS} {number}") for number in range(2)]
    answers = [await reported(place.client(Role.RESIDENT), posts[0], **UNSAFE)]
    answers.append(await reported(await a_neighbour(place, page), posts[1], **UNSAFE))
    assert [one.status_code for one in answers] == [201, 201]
    assert [sorted(one.json()) for one in answers] == [sorted(answers[0].json())] * 2
    assert await on_page(place.client(Role.RESIDENT), page) == [posts[0]]
    cases = (await resident(place, JAN).get(f"/moderation/v1/pages/{page}/cases")).json()["items"]
    assert [one["urgent"] for one in cases] == [True, True]


async def test_what_one_neighbour_reports_at_once_hides_no_more_than_a_days(place: Playground) -> None:
    page = await a_moderated_page(place)
    posts = [await a_post(resident(place, PIET), page, f"{WORDS} {number}") for number in range(4)]
    neighbour = await a_neighbour(place, page)
    await all_answered(4, lambda number: reported(neighbour, posts[number], **UNSAFE))
    assert len(await on_page(place.client(Role.RESIDENT), page)) == 2


@pytest.mark.parametrize(("how", "state"), [(SPAM, "published"), (UNSAFE, "hidden")])
async def test_fifty_who_report_in_concert_delete_nothing(
    place: Playground, how: dict[str, Any], state: str
) -> None:
    page = await a_moderated_page(place)
    post = await a_post(resident(place, PIET), page, WORDS)
    neighbours = [await a_neighbour(place, page), *(place.client(Role.RESIDENT) for _ in range(49))]
    await all_answered(50, lambda number: reported(neighbours[number], post, **how))
    found = await read(resident(place, PIET), post)
    assert (found["state"], found["text"]) == (state, WORDS)


async def test_fifty_who_report_in_concert_make_one_case(place: Playground) -> None:
    page = await a_moderated_page(place)
    post = await a_post(resident(place, PIET), page, WORDS)
    neighbours = [place.client(Role.RESIDENT) for _ in range(50)]
    answers = await all_answered(50, lambda number: reported(neighbours[number], post))
    assert [one.status_code for one in answers] == [201] * 50
    assert await waiting(jan := resident(place, JAN), page) == [post]
    assert len((await jan.get(case_of(post))).json()["reports"]) == 50


async def test_one_who_reports_it_again_and_again_counts_once(place: Playground) -> None:
    post = await a_post(resident(place, PIET), await a_moderated_page(place), WORDS)
    neighbour = place.client(Role.RESIDENT)
    answers = await all_answered(8, lambda _: reported(neighbour, post))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 7
    assert len((await resident(place, JAN).get(case_of(post))).json()["reports"]) == 1


async def test_nobody_is_told_who_reported_it(place: Playground) -> None:
    page, neighbour = await a_moderated_page(place), uuid4()
    post = await a_post(resident(place, PIET), page, WORDS)
    await reported(resident(place, neighbour), post, **SPAM, words="Alweer reclame.")
    case = await resident(place, JAN).get(case_of(post))
    assert "Alweer reclame." in case.text
    assert str(neighbour) not in case.text + str(await place.events("moderation"))


# Deciding.


async def test_of_two_who_decide_the_same_case_at_once_one_wins(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    both = [resident(place, one) for one in (JAN, FATMA)]
    at = await version(both[0], case_of(post))
    answers = await at_once(2, lambda number: decided(both[number], post, (HIDE, APPROVE)[number], at))
    (lost,) = (one for one in answers if one.status_code != 200)
    assert problem(lost) == "outdated"
    assert len(await said(place, "case-decided")) == 1


async def test_what_was_decided_meanwhile_is_not_open_any_more(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    await decision(resident(place, JAN), post, HIDE)
    assert problem(await decided(resident(place, FATMA), post, HIDE)) == "case-not-open"


async def test_nobody_decides_without_having_read_it(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    response = await resident(place, JAN).post(f"{case_of(post)}/decision", json=HIDE)
    assert problem(response) == "version-missing"


async def test_what_somebody_looks_at_another_does_not_decide(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    await done(resident(place, JAN), f"{case_of(post)}/assignment")
    assert problem(await decided(resident(place, FATMA), post, HIDE)) == "case-taken-by-another"


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.GUIDE])
async def test_nobody_decides_on_a_page_that_they_do_not_look_after(place: Playground, role: Role) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    at = await version(resident(place, JAN), case_of(post))
    assert problem(await decided(place.client(role), post, HIDE, at)) == "not-found"


@pytest.mark.parametrize("who", [PIET, None], ids=["whoever wrote it", "a neighbour"])
async def test_that_there_is_a_case_is_for_nobody_who_does_not_look_after_the_page(
    place: Playground, who: UUID | None
) -> None:
    """A case has an id that anybody can work out from the post's."""
    page = await a_moderated_page(place)
    posts = await a_reported_post(place, page), await a_post(resident(place, PIET), page)
    somebody = place.client(Role.RESIDENT, subject=who)
    told = [[await asked(somebody, case_of(post), how) for how in ASKED] for post in posts]
    assert told[0] == told[1] == ["not-found"] * len(ASKED)


async def asked(client: httpx.AsyncClient, case: str, how: tuple[str, str]) -> str:
    method, path = how
    return problem(await client.request(method, f"{case}{path}", headers={"If-Match": '"1"'}, json=APPROVE))


@pytest.mark.parametrize("path", ["/escalation", "/recusal", "/assignment"])
async def test_a_moderator_does_nothing_about_a_case_of_their_own(place: Playground, path: str) -> None:
    post = await a_reported_post(place, await a_moderated_page(place), by=JAN)
    at = await version(resident(place, FATMA), case_of(post))
    answer = await resident(place, JAN).post(f"{case_of(post)}{path}", headers={"If-Match": at})
    assert problem(answer) == "conflict-of-interest"


async def test_staff_neither_report_nor_read_what_is_said_about_what_staff_wrote(place: Playground) -> None:
    page, staff = await a_moderated_page(place), place.client(Role.STAFF)
    post = await a_post(staff, page, WORDS)
    assert problem(await reported(staff, post)) == "own-content"
    assert (await reported(place.client(Role.RESIDENT), post)).status_code == 201
    assert (await staff.get(case_of(post))).status_code == 404
    assert (await waiting(staff, page), await waiting(resident(place, JAN), page)) == ([], [post])


@pytest.mark.parametrize("reason", ["", "   ", None])
async def test_every_decision_says_why(place: Playground, reason: str | None) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    response = await decided(resident(place, JAN), post, {**HIDE, "reason": reason})
    assert (response.status_code, fields(response)) == (400, ["/reason"])


async def test_whoever_wrote_it_reads_what_was_decided_and_why(place: Playground) -> None:
    author = uuid4()
    post = await a_reported_post(place, await a_moderated_page(place), by=author)
    await decision(resident(place, JAN), post, HIDE)
    (found,) = (await resident(place, author).get("/moderation/v1/decisions")).json()
    assert {name: found[name] for name in HIDE} == HIDE
    assert (found["text"], found["decided_by"]) == (WORDS, "moderator")


async def test_whoever_reported_it_reads_what_became_of_it(place: Playground) -> None:
    post = await a_post(resident(place, PIET), await a_moderated_page(place), WORDS)
    neighbour = place.client(Role.RESIDENT)
    await reported(neighbour, post)
    await decision(resident(place, JAN), post, HIDE)
    (found,) = (await neighbour.get("/moderation/v1/reports")).json()
    assert (found["content_id"], found["state"]) == (post, "upheld")


# Removing takes two.


async def test_what_one_wants_removed_is_hidden_and_waits(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    await decided(resident(place, JAN), post, REMOVE)
    case = (await resident(place, FATMA).get(case_of(post))).json()
    assert (case["state"], case["content_state"], case["removal_proposed"]) == ("open", "hidden", True)
    assert await said(place, "case-decided") == []


async def test_what_a_second_wants_removed_too_is_gone(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    for one in (JAN, FATMA):
        assert (await decided(resident(place, one), post, REMOVE)).status_code == 200
    assert (await read(resident(place, PIET), post))["state"] == "removed"


async def test_nobody_is_the_second_person_for_themselves(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    await decided(resident(place, JAN), post, REMOVE)
    assert problem(await decided(resident(place, JAN), post, REMOVE)) == "second-person-needed"


async def test_two_who_want_it_removed_at_once_are_two_people_one_after_the_other(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    both = [resident(place, one) for one in (JAN, FATMA)]
    at = await version(both[0], case_of(post))
    answers = await at_once(2, lambda number: decided(both[number], post, REMOVE, at))
    assert sorted(one.status_code for one in answers) == [200, 412]
    assert (await read(resident(place, PIET), post))["state"] == "hidden"


async def test_a_second_person_may_want_it_back(place: Playground) -> None:
    page = await a_moderated_page(place)
    post = await a_reported_post(place, page)
    await decided(resident(place, JAN), post, REMOVE)
    await decision(resident(place, FATMA), post, RESTORE)
    assert await on_page(place.client(Role.RESIDENT), page) == [post]


async def test_where_one_moderator_is_all_there_is_the_guide_is_the_second(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place, JAN))
    await decided(resident(place, JAN), post, REMOVE)
    assert [one["reason"] for one in await said(place, "case-escalated")] == ["no_moderator"]
    await decision(place.client(Role.GUIDE, subject=GUUS), post, REMOVE)
    assert (await read(resident(place, PIET), post))["state"] == "removed"


# Nobody decides about themselves.


async def test_a_moderator_does_not_see_the_case_about_what_they_wrote(place: Playground) -> None:
    page = await a_moderated_page(place)
    post = await a_reported_post(place, page, by=JAN)
    jan = resident(place, JAN)
    assert (await waiting(jan, page), (await jan.get(case_of(post))).status_code) == ([], 404)
    assert await waiting(resident(place, FATMA), page) == [post]


async def test_a_moderator_does_not_decide_about_what_they_wrote(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place), by=JAN)
    at = await version(resident(place, FATMA), case_of(post))
    response = await decided(resident(place, JAN), post, APPROVE, at)
    assert (response.status_code, problem(response)) == (403, "conflict-of-interest")


async def test_it_is_kept_that_a_moderator_was_kept_off(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place), by=JAN)
    fatma = resident(place, FATMA)
    for _ in range(2):
        await decided(resident(place, JAN), post, APPROVE, await version(fatma, case_of(post)))
    found = (await fatma.get(case_of(post))).json()["recusals"]
    assert [one["reason"] for one in found] == ["own_content"]


async def test_a_moderator_does_not_decide_about_what_they_reported(place: Playground) -> None:
    post = await a_post(resident(place, PIET), await a_moderated_page(place), WORDS)
    await reported(jan := resident(place, JAN), post)
    assert problem(await decided(jan, post, HIDE)) == "conflict-of-interest"


async def test_where_nobody_is_left_the_guide_is_asked(place: Playground) -> None:
    """One wrote it, the other reported it."""
    page = await a_moderated_page(place)
    post = await a_post(resident(place, JAN), page, WORDS)
    await reported(resident(place, FATMA), post)
    guide = place.client(Role.GUIDE, subject=GUUS)
    assert [one["reason"] for one in await said(place, "case-escalated")] == ["no_moderator"]
    assert (await waiting(guide, page), (await decided(guide, post, HIDE)).status_code) == ([post], 200)


async def test_where_the_last_would_rather_not_the_guide_is_asked(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place), by=JAN)
    await done(resident(place, FATMA), f"{case_of(post)}/recusal")
    assert [one["reason"] for one in await said(place, "case-escalated")] == ["no_moderator"]


# Mutes.


async def test_whoever_is_muted_writes_nothing_until_it_ends_by_itself(place: Playground) -> None:
    page = await a_moderated_page(place)
    post = await a_reported_post(place, page)
    await decision(resident(place, JAN), post, MUTE)
    piet = resident(place, PIET)
    attempt = await piet.post(f"/moderation/v1/pages/{page}/posts", json={"text": "Hallo", "language": "nl"})
    place.clock.move(timedelta(days=7))
    assert (attempt.status_code, problem(attempt)) == (403, "muted")
    assert await a_post(piet, page)


async def test_whoever_is_muted_changes_nothing_that_they_wrote_before(place: Playground) -> None:
    page = await a_moderated_page(place)
    earlier = await a_post(resident(place, PIET), page)
    await decision(resident(place, JAN), await a_reported_post(place, page), MUTE)
    assert problem(await edited(resident(place, PIET), earlier, "Iets anders")) == "muted"


async def test_whoever_is_muted_says_nothing_by_a_name_either(place: Playground) -> None:
    page = await a_moderated_page(place)
    await decision(resident(place, JAN), await a_reported_post(place, page), MUTE)
    name = {"name": "Jan is gek"}
    response = await resident(place, PIET).post(f"/moderation/v1/pages/{page}/name", json=name)
    assert problem(response) == "muted"


async def test_a_mute_on_one_page_is_none_on_another(place: Playground) -> None:
    page, other = await a_moderated_page(place), await a_page(place)
    await decision(resident(place, JAN), await a_reported_post(place, page), MUTE)
    assert await a_post(resident(place, PIET), other)


async def test_a_moderator_who_is_muted_does_nothing(place: Playground) -> None:
    page = await a_moderated_page(place)
    other = await a_reported_post(place, page)
    await decision(resident(place, FATMA), await a_reported_post(place, page, by=JAN), MUTE)
    jan = resident(place, JAN)
    answers = [
        await decided(jan, other, HIDE),
        await jan.post(f"{case_of(other)}/assignment"),
        await jan.post(f"{case_of(other)}/recusal"),
        await jan.post(f"{case_of(other)}/escalation"),
        await jan.post(f"/moderation/v1/posts/{other}/pin"),
        await jan.delete(f"/moderation/v1/mutes/{(await mutes(resident(place, FATMA), page))[0]}"),
    ]
    assert [problem(one) for one in answers] == ["muted"] * 6


async def test_where_the_other_moderator_is_muted_the_guide_is_asked(place: Playground) -> None:
    page = await a_moderated_page(place)
    await decision(resident(place, FATMA), await a_reported_post(place, page, by=JAN), MUTE)
    await a_reported_post(place, page, by=FATMA)
    assert [one["reason"] for one in await said(place, "case-escalated")] == ["no_moderator"]


async def test_a_mute_that_is_lifted_ends_at_once(place: Playground) -> None:
    page, fatma = await a_moderated_page(place), resident(place, FATMA)
    await decision(resident(place, JAN), await a_reported_post(place, page), MUTE)
    (mute,) = await mutes(fatma, page)
    assert (await fatma.delete(f"/moderation/v1/mutes/{mute}")).status_code == 200
    assert await a_post(resident(place, PIET), page)
    assert await mutes(fatma, page) == []


async def test_a_mute_is_lifted_once(place: Playground) -> None:
    page, fatma = await a_moderated_page(place), resident(place, FATMA)
    await decision(resident(place, JAN), await a_reported_post(place, page), MUTE)
    (mute,) = await mutes(fatma, page)
    answers = [await fatma.delete(f"/moderation/v1/mutes/{mute}") for _ in range(2)]
    assert problem(answers[1]) == "not-muted"


async def test_a_mute_is_lifted_by_nobody_but_those_who_look_after_the_page(place: Playground) -> None:
    page = await a_moderated_page(place)
    await decision(resident(place, JAN), await a_reported_post(place, page), MUTE)
    (mute,) = await mutes(resident(place, FATMA), page)
    answers = [await resident(place, one).delete(f"/moderation/v1/mutes/{mute}") for one in (PIET, uuid4())]
    assert [problem(one) for one in answers] == ["not-a-moderator"] * 2


# Appeals.


async def test_whoever_wrote_it_asks_somebody_else_to_look_again(place: Playground) -> None:
    _, _, appeal = await an_appeal(place)
    found = (await resident(place, PIET).get(f"/moderation/v1/appeals/{appeal}")).json()
    assert (found["state"], found["words"]) == ("pending", "Dat was een grap.")


@pytest.mark.parametrize("who", [JAN, uuid4()])
async def test_nobody_appeals_for_another(place: Playground, who: UUID) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    made_by_fatma = await decision(resident(place, FATMA), post, HIDE)
    response = await appealed(resident(place, who), made_by_fatma)
    assert (response.status_code, problem(response)) == (403, "not-about-you")


async def test_an_appeal_is_filed_once_also_after_an_answer(place: Playground) -> None:
    _, made_by_jan, appeal = await an_appeal(place)
    piet = resident(place, PIET)
    first = await appealed(piet, made_by_jan)
    await answered(resident(place, FATMA), appeal, upheld=False)
    assert [problem(one) for one in (first, await appealed(piet, made_by_jan))] == ["appealed-already"] * 2


async def test_of_many_appeals_at_once_one_is_filed(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    made_by_jan, piet = await decision(resident(place, JAN), post, HIDE), resident(place, PIET)
    answers = await all_answered(5, lambda _: appealed(piet, made_by_jan))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 4


async def test_after_twenty_days_nobody_looks_again(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    made_by_jan = await decision(resident(place, JAN), post, HIDE)
    place.clock.move(timedelta(days=20))
    assert problem(await appealed(resident(place, PIET), made_by_jan)) == "too-late-to-appeal"


async def test_nobody_answers_an_appeal_against_their_own_decision(place: Playground) -> None:
    _, _, appeal = await an_appeal(place)
    response = await answered(resident(place, JAN), appeal)
    assert (response.status_code, problem(response)) == (403, "conflict-of-interest")


async def test_an_appeal_that_somebody_else_upholds_brings_it_back(place: Playground) -> None:
    post, _, appeal = await an_appeal(place)
    assert (await answered(resident(place, FATMA), appeal)).status_code == 200
    assert (await read(place.client(Role.RESIDENT), post))["text"] == WORDS


async def test_an_appeal_that_is_rejected_changes_nothing(place: Playground) -> None:
    post, _, appeal = await an_appeal(place)
    await answered(resident(place, FATMA), appeal, upheld=False)
    assert (await read(resident(place, PIET), post))["state"] == "hidden"


async def test_an_appeal_that_is_upheld_ends_the_mute_too(place: Playground) -> None:
    post, _, appeal = await an_appeal(place, MUTE)
    await answered(resident(place, FATMA), appeal)
    piet = resident(place, PIET)
    assert (await read(piet, post))["state"] == "published"
    assert await a_post(piet, str((await read(piet, post))["house_id"]))


async def test_of_two_who_answer_an_appeal_at_once_one_wins(place: Playground) -> None:
    _, _, appeal = await an_appeal(place)
    both = [resident(place, FATMA), place.client(Role.GUIDE, subject=GUUS)]
    answers = await at_once(2, lambda number: answered(both[number], appeal, upheld=bool(number)))
    assert [one.status_code for one in answers].count(200) == 1
    assert len(await said(place, "appeal-decided")) == 1


async def test_the_guide_answers_where_both_moderators_decided(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    await decided(resident(place, JAN), post, REMOVE)
    by_two = await decision(resident(place, FATMA), post, REMOVE)
    appeal = (await appealed(resident(place, PIET), by_two)).json()["id"]
    refused = [problem(await answered(resident(place, one), appeal)) for one in (JAN, FATMA)]
    assert refused == ["conflict-of-interest"] * 2
    assert [one["reason"] for one in await said(place, "case-escalated")] == ["no_moderator"]
    assert (await answered(place.client(Role.GUIDE, subject=GUUS), appeal)).status_code == 200
    assert (await read(place.client(Role.RESIDENT), post))["text"] == WORDS


# What anybody may know.


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.STAFF, Role.CHAIN_PARTNER, Role.GUIDE])
async def test_anybody_in_the_house_reads_how_it_is_looked_after(place: Playground, role: Role) -> None:
    page = await a_moderated_page(place)
    post = await a_reported_post(place, page)
    place.clock.move(timedelta(hours=3))
    await decision(resident(place, JAN), post, HIDE)
    found = (await place.client(role).get(f"/moderation/v1/pages/{page}/statistics")).json()
    assert (found["reports"], found["actions"], found["rules"]) == ({"spam": 1}, {"hide": 1}, {"spam": 1})
    assert (found["median_hours"], found["waiting"], found["outcomes"]) == (3.0, 0, {"upheld": 1})


async def test_statistics_say_nothing_that_anybody_wrote_and_nobody_who(place: Playground) -> None:
    page, neighbour = await a_moderated_page(place), uuid4()
    post = await a_post(resident(place, PIET), page, WORDS)
    await reported(resident(place, neighbour), post, **SPAM, words="Alweer reclame.")
    of = await decision(resident(place, JAN), post, HIDE)
    await appealed(resident(place, PIET), of)
    shown = (await place.client(Role.RESIDENT).get(f"/moderation/v1/pages/{page}/statistics")).text
    people = [str(one) for one in (JAN, FATMA, PIET, GUUS, neighbour)]
    told = [WORDS, "Alweer reclame.", "Dit is reclame.", "Dat was een grap.", post, of, *people]
    assert [one for one in told if one in shown] == []


async def test_statistics_are_of_one_page(place: Playground) -> None:
    page, other = await a_moderated_page(place), await a_moderated_page(place)
    await decision(resident(place, JAN), await a_reported_post(place, page), HIDE)
    found = (await place.client(Role.RESIDENT).get(f"/moderation/v1/pages/{other}/statistics")).json()
    assert (found["posts"], found["reports"], found["actions"]) == ({}, {}, {})


# Words that are needed although somebody asked to be forgotten.


async def forget(place: Playground, who: UUID = PIET) -> None:
    """Said by whoever is in the place of notifications."""
    notifications = place.service("notifications")
    request = Say(ResidentErasureRequested(request_id=uuid4(), resident_id=who))
    corporation = notifications.corporations["woonpartners"]
    await notifications.dispatcher.run(request, corporation, Cause(SYSTEM))
    await place.settled()


@pytest.fixture
def services(templates: dict[str, Service]) -> list[Service]:
    """Somebody in the place of notifications says what the test wants said."""
    parts: dict[str, Any] = {"router": None, "timers": (), "workers": (), "parts": no_parts}
    speaker = replace(templates["notifications"], rooms=(on,), **parts)
    return [speaker, templates["sessions"], templates["moderation"]]


GROUND = {"ground": "Er is aangifte gedaan van bedreiging."}
ALL_THREE = pytest.mark.starts("sessions", "moderation", "notifications")


@ALL_THREE
async def test_the_words_of_a_case_about_safety_stay_through_an_erasure_until_it_is_decided(
    start: StartSome, services: list[Service]
) -> None:
    async with start(services) as place:
        post = await a_reported_post(place, await a_moderated_page(place), category="unsafe")
        jan = resident(place, JAN)
        await done(jan, f"{case_of(post)}/ground", GROUND)
        await forget(place)
        kept = (await jan.get(case_of(post))).json()["text"]
        await decision(jan, post, {**HIDE, "rule": "unsafe"})
        left = (await jan.get(case_of(post))).json()["text"]
    assert (kept, left) == (WORDS, None)


@ALL_THREE
async def test_without_a_ground_the_words_go_at_once(start: StartSome, services: list[Service]) -> None:
    async with start(services) as place:
        post = await a_reported_post(place, await a_moderated_page(place), category="unsafe")
        await forget(place)
        left = (await resident(place, JAN).get(case_of(post))).json()
    assert (left["text"], left["state"]) == (None, "closed")


@ALL_THREE
async def test_what_is_kept_for_safety_nobody_else_reads(start: StartSome, services: list[Service]) -> None:
    async with start(services) as place:
        page = await a_moderated_page(place)
        post = await a_reported_post(place, page, category="unsafe")
        await done(resident(place, JAN), f"{case_of(post)}/ground", GROUND)
        await forget(place)
        assert await on_page(place.client(Role.RESIDENT), page) == []
        assert WORDS not in str(await place.events("moderation"))


async def test_only_a_case_about_safety_keeps_words(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place))
    response = await resident(place, JAN).post(f"{case_of(post)}/ground", json=GROUND)
    assert problem(response) == "no-safety-case"


async def test_whoever_wrote_it_does_not_say_why_it_is_needed(place: Playground) -> None:
    post = await a_reported_post(place, await a_moderated_page(place), by=JAN, category="unsafe")
    response = await resident(place, JAN).post(f"{case_of(post)}/ground", json=GROUND)
    assert problem(response) == "conflict-of-interest"
