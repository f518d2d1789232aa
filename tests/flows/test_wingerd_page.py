"""The seventh step of Wingerd: a page that residents keep safe themselves, with everybody who takes part in it.

Over real HTTP, PostgreSQL, Redis and SMTP, with surveys, sessions, notifications and moderation."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground

from tests.conftest import emptied
from tests.flows.test_messages import Office
from tests.moderation.people import a_post, looked_after, on_page, read
from tests.notifications.people.receiver import Receiver, receiving
from tests.notifications.post import Mailbox, over_smtp, smtp_server, with_parts
from tests.people import HOUSE, a_theme, done, made, problem

OFFICE = "wijkteam@woonpartners.example.nl"
WALK = "Wie gaat er zondag mee wandelen?"
UNKIND = "Die van nummer 12 hoort hier niet."
FELT_UNSAFE = {"category": "unsafe", "words": "Ik durf de deur niet meer uit.", "urgent": True}


@dataclass
class Wingerd:
    """A house with a page, two volunteer moderators and a guide, and two neighbours beside them."""

    office: Office
    house: str
    people: dict[str, UUID] = field(default_factory=dict)
    guide_id: UUID = field(default_factory=uuid4)

    @property
    def place(self) -> Playground:
        """Where it all runs."""
        return self.office.place

    @property
    def guide(self) -> httpx.AsyncClient:
        """Of the neighbourhood platform."""
        return self.place.client(Role.GUIDE, subject=self.guide_id)

    def client(self, name: str) -> httpx.AsyncClient:
        """One of the residents."""
        return self.place.client(Role.RESIDENT, subject=self.people[name])

    async def joined(self, *names: str) -> None:
        """Each with an address of their own."""
        for name in names:
            self.people[name] = await self.office.joined(self.house, email=address(name))

    async def told(self) -> dict[str, list[str]]:
        """The subjects of what came since this was last asked, by whom it came to."""
        await self.place.do_what_is_due()
        came = {name: self.office.mailbox.subjects(address(name)) for name in self.people}
        came["staff"] = self.office.mailbox.subjects(OFFICE)
        self.office.forget_what_came()
        return {name: subjects for name, subjects in came.items() if subjects}

    async def reported(self, name: str, content: str, **report: Any) -> str:
        """The case that comes of it, as the guide finds it."""
        body = {"category": "discrimination", "words": "Dit is niet aardig.", **report}
        answer = await self.client(name).post(f"/moderation/v1/contents/{content}/reports", json=body)
        assert answer.status_code == 201, answer.text
        await self.place.settled()
        [case] = await self.waiting(self.guide)
        return str(case["id"])

    async def waiting(self, who: httpx.AsyncClient) -> list[dict[str, Any]]:
        """The cases that somebody finds on the pile."""
        answer = await who.get(f"/moderation/v1/pages/{self.house}/cases")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def decide(self, who: httpx.AsyncClient, case: str, action: str, **more: Any) -> httpx.Response:
        """An attempt, on the case as it is now."""
        version = (await self.guide.get(f"/moderation/v1/cases/{case}")).headers["ETag"]
        verdict = {"action": action, "reason": "Wij sluiten niemand uit.", **more}
        path = f"/moderation/v1/cases/{case}/decision"
        answer = await who.post(path, json=verdict, headers={"If-Match": version})
        await self.place.settled()
        return answer

    async def decided(self, who: str, case: str, action: str, **more: Any) -> None:
        """The same, which works."""
        answer = await self.decide(self.client(who), case, action, **more)
        assert answer.status_code == 200, answer.text

    async def about(self, name: str) -> list[dict[str, Any]]:
        """What was decided about what somebody wrote."""
        return list((await self.client(name).get("/moderation/v1/decisions")).json())

    async def page_of(self, name: str) -> list[str]:
        """The posts that somebody reads."""
        return await on_page(self.client(name), self.house)


def address(name: str) -> str:
    return f"{name}@example.nl"


place = emptied


@dataclass
class PostOffice:
    """Where messages come to, for all tests of the file."""

    url: str
    mailbox: Mailbox
    sms: Receiver
    push: Receiver


@pytest.fixture(scope="module")
async def post_office() -> AsyncIterator[PostOffice]:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as url, receiving() as sms, receiving() as push:
        yield PostOffice(url, mailbox, sms, push)


@pytest.fixture(scope="module")
def served(
    templates: dict[str, Service], post_office: PostOffice, tmp_path_factory: pytest.TempPathFactory
) -> Collection[Service]:
    texts = tmp_path_factory.mktemp("texts")
    folder = texts / "woonpartners"
    folder.mkdir()
    (folder / "rules.toml").write_text(f'staff = "{OFFICE}"\n', encoding="utf-8")
    notifications = with_parts(templates["notifications"], over_smtp(post_office.url), folder=texts)
    return {**templates, "notifications": notifications}.values()


@pytest.fixture
async def wingerd(place: Playground, post_office: PostOffice) -> Wingerd:
    office = Office(place, post_office.mailbox, post_office.sms, post_office.push)
    office.forget_what_came()
    return await a_house(office)


async def a_house(office: Office) -> Wingerd:
    house = await made(office.staff, "/sessions/v1/houses", HOUSE)
    await office.place.settled()
    wingerd = Wingerd(office, house)
    await looked_after(office.staff, house, first_posts=0)
    await wingerd.joined("jan", "piet", "fatma", "marie")
    page = f"/moderation/v1/pages/{house}"
    for name in ("jan", "piet"):
        await made(office.staff, f"{page}/moderators", {"resident_id": str(wingerd.people[name])})
    await done(office.staff, f"{page}/guide", {"guide_id": str(wingerd.guide_id)})
    await wingerd.told()
    return wingerd


async def test_a_report_is_upheld_and_the_author_is_told_why_and_until_when_to_appeal(
    wingerd: Wingerd,
) -> None:
    post = await a_post(wingerd.client("fatma"), wingerd.house, UNKIND)
    case = await wingerd.reported("marie", post)
    waits = ["👀 Wilt u kijken naar een bericht?"]
    assert await wingerd.told() == {"jan": waits, "piet": waits}
    await wingerd.decided("jan", case, "hide", rule="discrimination")
    assert await wingerd.told() == {"fatma": ["✍️ Over wat u schreef"]}
    [decision] = await wingerd.about("fatma")
    assert decision["reason"] == "Wij sluiten niemand uit."
    assert decision["appeal_until"] == (wingerd.place.clock() + timedelta(days=20)).isoformat().replace(
        "+00:00", "Z"
    )
    assert await wingerd.page_of("marie") == []
    [report] = (await wingerd.client("marie").get("/moderation/v1/reports")).json()
    figures = (await wingerd.client("marie").get(f"/moderation/v1/pages/{wingerd.house}/statistics")).json()
    assert (report["state"], figures["outcomes"], figures["actions"]) == (
        "upheld",
        {"upheld": 1},
        {"hide": 1},
    )
    assert UNKIND not in str(figures)


async def test_where_the_only_two_moderators_are_in_it_themselves_the_guide_decides(wingerd: Wingerd) -> None:
    post = await a_post(wingerd.client("jan"), wingerd.house, UNKIND)
    case = await wingerd.reported("piet", post)
    refused = [
        await wingerd.decide(wingerd.client(name), case, "approve", rule=None) for name in ("jan", "piet")
    ]
    assert [(one.status_code, problem(one)) for one in refused] == [(403, "conflict-of-interest")] * 2
    found = (await wingerd.guide.get(f"/moderation/v1/cases/{case}")).json()
    assert found["escalated"] == "no_moderator"
    assert {one["reason"] for one in found["recusals"]} == {"own_content", "own_report"}
    assert (await wingerd.told())["staff"] == ["🆘 De moderatoren vragen om hulp"]
    decided = await wingerd.decide(wingerd.guide, case, "warn", rule="discrimination")
    assert decided.status_code == 200, decided.text
    assert (await wingerd.told())["jan"] == ["✍️ Over wat u schreef"]


async def test_what_makes_somebody_feel_unsafe_is_hidden_at_once_and_back_when_nothing_is_wrong(
    wingerd: Wingerd,
) -> None:
    post = await a_post(wingerd.client("fatma"), wingerd.house, WALK)
    case = await wingerd.reported("marie", post, **FELT_UNSAFE)
    assert await wingerd.page_of("marie") == []
    urgent = ["🚨 Kijk nu: iemand voelt zich niet veilig"]
    assert await wingerd.told() == {"jan": urgent, "piet": urgent, "staff": urgent}
    await wingerd.decided("jan", case, "restore")
    assert await wingerd.page_of("marie") == [post]
    assert (await read(wingerd.client("marie"), post))["text"] == WALK


async def test_an_idea_that_is_hidden_here_is_hidden_in_surveys_too(wingerd: Wingerd) -> None:
    theme = await a_theme(wingerd.client("fatma"), UNKIND, house_id=wingerd.house)
    await wingerd.place.settled()
    case = await wingerd.reported("marie", theme, **FELT_UNSAFE)
    marie = wingerd.client("marie")
    hidden = await marie.get(f"/surveys/v1/themes/{theme}")
    await wingerd.decided("jan", case, "restore")
    shown = (await marie.get(f"/surveys/v1/themes/{theme}")).json()
    assert (hidden.status_code, shown["title"]) == (404, UNKIND)


async def test_an_idea_that_is_hidden_is_no_title_in_the_agenda_nor_in_what_waits_for_the_morning(
    wingerd: Wingerd,
) -> None:
    theme = await a_theme(wingerd.client("fatma"), UNKIND, house_id=wingerd.house)
    staff = wingerd.office.staff
    await wingerd.place.settled()
    await done(staff, f"/surveys/v1/themes/{theme}/selection")
    await wingerd.place.settled()
    [draft] = (await staff.get(f"/sessions/v1/sessions?theme={theme}")).json()["items"]
    await wingerd.told()
    wingerd.place.clock.move(timedelta(hours=13))  # it is night
    plan = {
        "kind": "walk",
        "starts_at": f"{wingerd.place.clock.now + timedelta(days=10):%Y-%m-%dT15:00}",
        "ends_at": f"{wingerd.place.clock.now + timedelta(days=10):%Y-%m-%dT17:00}",
        "place": "Zaal",
        "capacity": 12,
    }
    path = f"/sessions/v1/sessions/{draft['id']}"
    version = (await staff.get(path)).headers["ETag"]
    planned = await staff.put(f"{path}/plan", json=plan, headers={"If-Match": version})
    assert planned.status_code == 200, planned.text
    await wingerd.reported("marie", theme, **FELT_UNSAFE)
    agenda = (
        await wingerd.place.client().get(f"/sessions/v1/public/woonpartners/houses/{wingerd.house}/agenda")
    ).text
    wingerd.place.clock.move(timedelta(hours=10))
    await wingerd.place.do_what_is_due()
    letters = [letter.get_body(("plain",)) for letter in wingerd.office.mailbox.to(address("jan"))]
    said = [letter.get_content() for letter in letters if letter]
    assert (UNKIND in agenda, len(said) > 0, UNKIND in str(said)) == (False, True, False)


async def test_an_idea_that_two_people_remove_goes_from_sessions_and_from_what_is_still_to_be_sent(
    wingerd: Wingerd,
) -> None:
    theme = await a_theme(wingerd.client("fatma"), UNKIND, house_id=wingerd.house)
    await wingerd.place.settled()
    case = await wingerd.reported("marie", theme)
    await wingerd.told()
    wingerd.place.clock.move(timedelta(hours=13))
    await done(wingerd.office.staff, f"/surveys/v1/themes/{theme}/selection")
    assert await wingerd.told() == {}  # it is night
    for name in ("jan", "piet"):
        await wingerd.decided(name, case, "remove", rule="discrimination")
    [drafted] = (await wingerd.office.staff.get(f"/sessions/v1/sessions?theme={theme}")).json()["items"]
    wingerd.place.clock.move(timedelta(hours=10))
    await wingerd.place.do_what_is_due()
    letters = [letter.get_body(("plain",)) for letter in wingerd.office.mailbox.to(address("fatma"))]
    said = [letter.get_content() for letter in letters if letter]
    assert (drafted["title"], len(said), UNKIND in str(said)) == (None, 2, False)


async def test_an_appeal_that_wins_brings_back_all_that_was_taken(wingerd: Wingerd) -> None:
    fatma = wingerd.client("fatma")
    post = await a_post(fatma, wingerd.house, UNKIND)
    case = await wingerd.reported("marie", post)
    await wingerd.decided("jan", case, "mute", rule="discrimination", days=7)
    await wingerd.told()
    again = {"text": WALK, "language": "nl"}
    muted = await fatma.post(f"/moderation/v1/pages/{wingerd.house}/posts", json=again)
    assert problem(muted) == "muted"
    [decision] = await wingerd.about("fatma")
    appeal = await made(
        fatma, f"/moderation/v1/decisions/{decision['id']}/appeal", {"words": "Ik bedoelde iets anders."}
    )
    assert (await wingerd.told()).keys() == {"jan", "piet", "staff"}
    answers = []
    for name in ("jan", "piet"):
        path, answer = f"/moderation/v1/appeals/{appeal}", {"upheld": True, "reason": "U hebt gelijk."}
        version = (await wingerd.guide.get(path)).headers["ETag"]
        response = await wingerd.client(name).post(
            f"{path}/decision", json=answer, headers={"If-Match": version}
        )
        answers.append(response.status_code)
    assert answers == [403, 200]
    assert await wingerd.told() == {"fatma": ["⚖️ Wij hebben opnieuw gekeken"]}
    assert await wingerd.page_of("marie") == [post]
    await made(fatma, f"/moderation/v1/pages/{wingerd.house}/posts", again)
    [undone] = await wingerd.about("fatma")
    assert undone["undone"]


async def test_what_an_open_case_needs_outlives_its_author_until_it_is_decided(wingerd: Wingerd) -> None:
    fatma = wingerd.client("fatma")
    post = await a_post(fatma, wingerd.house, UNKIND)
    case = await wingerd.reported("marie", post, **FELT_UNSAFE)
    ground = {"ground": "Er is aangifte gedaan."}
    await done(wingerd.client("jan"), f"/moderation/v1/cases/{case}/ground", ground)
    requested = await fatma.post("/notifications/v1/me/erasure", json={"forget_me": True})
    assert requested.is_success, requested.text
    await wingerd.place.do_what_is_due()
    kept = (await wingerd.guide.get(f"/moderation/v1/cases/{case}")).json()
    assert (kept["text"], kept["ground"], kept["author"]) == (UNKIND, ground["ground"], None)
    assert await wingerd.page_of("marie") == []
    [erasure] = (await wingerd.office.staff.get("/notifications/v1/erasures")).json()["items"]
    assert (erasure["missing"], erasure["completed_at"] is not None) == ([], True)
    await wingerd.told()
    await wingerd.decided("jan", case, "hide", rule="unsafe")
    gone = (await wingerd.guide.get(f"/moderation/v1/cases/{case}")).json()
    assert (gone["text"], gone["ground"], len(gone["decisions"])) == (None, None, 1)
    assert UNKIND not in str(await wingerd.place.events("moderation"))
    assert await wingerd.told() == {}
