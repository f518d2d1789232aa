"""Codes over HTTP, on real PostgreSQL: who asks for one, who gets it, and what it says."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from buurtthuis.core.errors import Refused
from buurtthuis.events.notifications import DeliveryChannel
from buurtthuis.http.problem_json import status_of
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground
from buurtthuis_notifications.api import codes as api
from buurtthuis_notifications.api import pages
from buurtthuis_notifications.domain.allowances import FOR_ADDRESS, FOR_ASKER
from buurtthuis_notifications.domain.joining import HouseTakesNobody, NotThisJoiningCode, OnlyStaffAdd
from buurtthuis_notifications.rendering.outgoing import Outgoing
from sqlalchemy import event, text

from tests.conftest import StartSome, emptied
from tests.notifications.post import Noted, at_rest, new_roads, with_parts
from tests.people import HOUSE, all_answered, done, made, problem

PUBLIC = "/notifications/v1/public/woonpartners"
TITLE = str(HOUSE["title"])
VICTIM = "mw.devries@voorbeeld.nl"


@dataclass
class Street:
    """A house, whoever wants to be in it, and what comes by e-mail and SMS."""

    place: Playground
    house: str = ""
    mail: Noted = field(default_factory=Noted)
    sms: Noted = field(default_factory=Noted)

    @property
    def staff(self) -> httpx.AsyncClient:
        return self.place.client(Role.STAFF)

    async def ask(self, email: str = VICTIM, **wish: Any) -> httpx.Response:
        return await self.place.client().post(f"{PUBLIC}/codes", json={"email": email, **wish})

    async def use(self, asked: httpx.Response, **brought: str) -> httpx.Response:
        return await self.place.client().post(f"{PUBLIC}/codes/{asked.json()['id']}/use", json=brought)

    async def sent(self, email: str = VICTIM) -> list[Outgoing]:
        """The codes that came there, oldest first."""
        await self.place.do_what_is_due()
        return [one for one in self.mail.taken if one.to == email and re.search(r"\d{6}", one.text.subject)]

    async def digits(self, email: str = VICTIM) -> str:
        """Of the newest code that came there."""
        return str(re.findall(r"\d{6}", (await self.sent(email))[-1].text.subject)[0])


place = emptied


@pytest.fixture(scope="module")
def served(templates: dict[str, Service]) -> list[Service]:
    """Nothing goes by itself."""
    return [templates["sessions"], at_rest(with_parts(templates["notifications"], Noted()))]


@pytest.fixture
async def street(place: Playground) -> Street:
    return await a_street(place)


async def a_street(place: Playground) -> Street:
    roads = new_roads(place.service("notifications"))
    street = Street(place, mail=roads[DeliveryChannel.EMAIL], sms=roads[DeliveryChannel.SMS])
    street.house = await made(street.staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    return street


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever asks comes from the network that is in it."""
    found = ["198.51.100.7/32"]
    monkeypatch.setattr(api, "network", lambda _: found[0])
    return found


# How often.


@pytest.mark.both_corporations
async def test_one_mailbox_and_one_network_have_codes_of_two_corporations(
    start: StartSome, served: list[Service], networks: list[str]
) -> None:
    """What is counted of it at one says nothing at the other, not even that it is known there."""
    async with start(served) as place:
        street, anybody = await a_street(place), place.client()
        for corporation in ("woonpartners", "de-waterlelie"):
            staff = place.client(Role.STAFF, corporation=corporation)
            house = await made(staff, "/sessions/v1/houses", HOUSE)
            await place.settled()
            codes = f"/notifications/v1/public/{corporation}/codes"
            asked = await anybody.post(codes, json={"email": VICTIM, "house_id": house})
            assert asked.status_code == 202, asked.text
            used = f"{codes}/{asked.json()['id']}/use"
            wrong = await anybody.post(used, json={"code": "000000"})
            assert problem(wrong) == "not-this-code"
            assert (await anybody.post(used, json={"code": await street.digits()})).status_code == 200


async def test_a_stranger_is_refused_with_the_time_to_wait_and_the_owner_is_not(
    street: Street, networks: list[str]
) -> None:
    answers = [await street.ask("mw.de+vries@voorbeeld.nl") for _ in range(FOR_ASKER.most + 1)]
    assert [one.status_code for one in answers] == [202] * FOR_ASKER.most + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= FOR_ASKER.pause.total_seconds()
    networks[0] = "203.0.113.9/32"
    assert (await street.ask("mw.de@voorbeeld.nl")).status_code == 202


async def test_however_many_strangers_ask_few_messages_go_and_the_owner_is_let_in_with_the_newest(
    street: Street, networks: list[str]
) -> None:
    for number in range(FOR_ADDRESS.most + 4):
        networks[0] = f"198.51.100.{number}/32"
        assert (await street.ask(house_id=street.house)).status_code == 202
    networks[0] = "203.0.113.9/32"
    asked = await street.ask(house_id=street.house)
    assert asked.status_code == 202
    assert len(await street.sent()) == FOR_ADDRESS.most
    assert (await street.use(asked, code=await street.digits())).status_code == 200


async def test_who_would_join_another_house_with_the_newest_code_waits_instead(street: Street) -> None:
    other = await made(street.staff, "/sessions/v1/houses", HOUSE)
    await street.place.settled()
    for _ in range(FOR_ADDRESS.most):
        await street.ask(house_id=other)
    asked = await street.ask(house_id=street.house)
    assert (asked.status_code, "Retry-After" in asked.headers) == (429, True)
    street.place.clock.move(FOR_ADDRESS.pause)
    assert (await street.ask(house_id=street.house)).status_code == 202


async def test_whoever_adds_an_address_keeps_its_owner_from_nothing(street: Street) -> None:
    for number in range(FOR_ADDRESS.most // FOR_ASKER.most):
        resident = await joined(street, f"bewoner{number}@voorbeeld.nl")
        for _ in range(FOR_ASKER.most):
            asked = await resident.post("/notifications/v1/me/addresses/codes", json={"email": VICTIM})
            assert asked.status_code == 202
    await street.sent()
    asked = await street.ask(house_id=street.house)
    assert (await street.use(asked, code=await street.digits())).status_code == 200


# What it says, and does.


async def joined(street: Street, email: str = VICTIM, **wish: Any) -> httpx.AsyncClient:
    """Whoever came in by a code."""
    asked = await street.ask(email, house_id=street.house, **wish)
    used = (await street.use(asked, code=await street.digits(email))).json()
    await street.place.settled()
    return street.place.client(Role.RESIDENT, subject=UUID(used["resident_id"]))


async def me(resident: httpx.AsyncClient) -> Any:
    return (await resident.get("/notifications/v1/me")).json()


def link_in(message: Outgoing) -> str:
    assert message.text.link
    return message.text.link.removeprefix("https://buurtthuis.example.nl")


async def test_a_stranger_puts_nobody_who_is_known_into_a_house_or_under_words(street: Street) -> None:
    owner = await joined(street, language="tr")
    other = await made(street.staff, "/sessions/v1/houses", HOUSE)
    await street.place.settled()
    before = await me(owner)
    wish: dict[str, Any] = {"house_id": other, "agreed": ["visits"], "language": "pl", "level": "usual"}
    assert (await street.ask(**wish)).status_code == 202
    message = (await street.sent())[-1]
    assert (message.text.language, TITLE in message.text.body) == ("tr", False)
    anybody = street.place.client()
    page = (await anybody.get(link_in(message))).text
    assert TITLE not in page
    assert (await anybody.post(link_in(message))).status_code == 200
    after = await me(owner)
    kept = ("houses", "consents", "language", "level")
    assert [after[name] for name in kept] == [before[name] for name in kept]


async def test_who_is_new_reads_which_house_and_which_words_before_they_press_the_button(
    street: Street,
) -> None:
    await street.ask(house_id=street.house, agreed=["messages", "visits"], language="en")
    [message] = await street.sent()
    listed = (await street.place.client().get(f"{PUBLIC}/consents")).json()
    words = [one["wordings"]["en"] for one in listed]
    page = (await street.place.client().get(link_in(message))).text
    for shown in (message.text.body, page):
        assert [word in shown for word in (TITLE, *words)] == [True] * 3
    assert f"{TITLE} (messages, visits)" in message.text.short
    pressed = await street.place.client().post(link_in(message), files={"button": (None, "")})
    assert pressed.status_code == 200


async def test_what_was_agreed_to_keeps_which_version_of_ours_and_in_which_language(street: Street) -> None:
    resident = await joined(street, language="en", agreed=["messages"])
    await resident.post("/notifications/v1/me/consents", json={"purpose": "visits"})
    listed = {one["id"]: one for one in (await street.place.client().get(f"{PUBLIC}/consents")).json()}
    for kept in (await me(resident))["consents"]:
        ours = listed[kept["purpose"]]
        assert (kept["version"], kept["language"]) == (ours["version"], "en")
        assert kept["wording"] == ours["wordings"]["en"]


@pytest.mark.parametrize("agreed", [["EVIL"], [{"purpose": "visits", "wording": "EVIL"}]])
async def test_nobody_brings_words_of_their_own(street: Street, agreed: Any) -> None:
    answer = await street.ask(house_id=street.house, agreed=agreed)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "/agreed/0")


async def test_who_knows_the_id_alone_reads_nothing_on_the_page_of_a_code(street: Street) -> None:
    """Whoever asked has it: what the page says would tell them who is known."""
    await joined(street)
    known, unknown = await street.ask(), await street.ask("nieuw@voorbeeld.nl", house_id=street.house)
    pages = [
        await street.place.client().get(f"{PUBLIC}/codes/{one.json()['id']}/{'x' * 43}")
        for one in (known, unknown)
    ]
    assert [one.status_code for one in pages] == [403, 403]
    assert pages[0].text == pages[1].text


async def test_an_address_that_nobody_has_gets_no_code_to_sign_in_with(street: Street) -> None:
    assert (await street.ask()).status_code == 202
    assert await street.sent() == []


async def test_all_spellings_of_a_mailbox_are_one_resident_and_codes_go_to_the_one_they_showed(
    street: Street,
) -> None:
    """Where somebody else may have the mailbox with the tag, they get nothing; whoever has both finds it in either."""
    resident = await joined(street)
    asked = await street.ask("mw.devries+buurt@voorbeeld.nl", house_id=street.house)
    assert await street.sent("mw.devries+buurt@voorbeeld.nl") == []
    used = await street.use(asked, code=await street.digits())
    assert used.json()["resident_id"] == (await me(resident))["id"]
    assert [one["value"] for one in (await me(resident))["addresses"]] == [VICTIM]


async def test_who_is_signed_in_changes_how_their_own_address_is_written(street: Street) -> None:
    resident = await joined(street)
    other = "mw.devries+buurt@voorbeeld.nl"
    asked = await resident.post("/notifications/v1/me/addresses/codes", json={"email": other})
    assert (await street.use(asked, code=await street.digits(other))).status_code == 200
    assert [one["value"] for one in (await me(resident))["addresses"]] == [other]


async def statements(street: Street, email: str, **wish: str) -> list[str]:
    """All that the transaction sends to the database in which somebody asks for a code."""
    engine = street.place.service("notifications").database.engine.sync_engine
    sent: list[tuple[object, str]] = []

    def note(connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append((connection, statement))

    event.listen(engine, "before_cursor_execute", note)
    assert (await street.place.client().post(f"{PUBLIC}/codes", json={"email": email, **wish})).is_success
    event.remove(engine, "before_cursor_execute", note)
    [own] = [connection for connection, statement in sent if "INTO codes" in statement]
    return [statement for connection, statement in sent if connection is own]


@pytest.mark.usefixtures("networks")
async def test_known_or_not_a_request_does_the_same_work(street: Street) -> None:
    """The same statements in the same order, so the same locks and rows: how long it takes tells nobody anything."""
    await joined(street)
    for wish in ({}, {"house_id": street.house}):
        known, unknown = [await statements(street, one, **wish) for one in (VICTIM, "nieuw@voorbeeld.nl")]
        assert known == unknown
        assert not re.search(r"\b(residents|addresses|consents|memberships)\b", " ".join(known))
        assert "INTO messages" in " ".join(known)


# How people join.


async def how_people_join(street: Street, joining: str) -> None:
    path = f"/sessions/v1/houses/{street.house}"
    etag = (await street.staff.get(path)).headers["ETag"]
    said = await street.staff.put(f"{path}/joining", json={"joining": joining}, headers={"If-Match": etag})
    assert said.status_code == 200, said.text
    assert (await street.staff.get(path)).json()["joining"] == joining
    await street.place.settled()


async def paper(street: Street, **more: Any) -> Any:
    """Codes that staff made."""
    body = {"count": 3, "site": "https://buurtthuis.example/meedoen", **more}
    made = await street.staff.post(f"/notifications/v1/houses/{street.house}/joining-codes", json=body)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    return made.json()


async def test_with_a_code_from_a_letter_a_household_joins_and_a_stranger_does_not(street: Street) -> None:
    await how_people_join(street, "code")
    batch = await paper(street)
    code = batch["codes"][0]["code"]
    assert batch["codes"][0]["link"].endswith(f"/meedoen#{code}")
    refused = await street.ask(house_id=street.house)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (403, "/joining_code")
    mistyped = await street.ask(house_id=street.house, joining_code=f"{code[:-1]}!")
    assert (mistyped.status_code, mistyped.json()["errors"][0]["field"]) == (422, "/joining_code")
    await joined(street, joining_code=code.lower().replace("-", " "))
    listed = (await street.staff.get(f"/notifications/v1/houses/{street.house}/joining-codes")).json()
    assert [(one["id"], one["codes"], one["joined"]) for one in listed] == [(batch["id"], 3, 1)]
    kept = await rows(street, "SELECT * FROM joining_codes")
    assert code not in str(kept)


async def test_a_code_that_was_withdrawn_is_good_no_more(street: Street) -> None:
    await how_people_join(street, "code")
    batch = await paper(street)
    first, second, _ = [one["code"] for one in batch["codes"]]
    at = "/notifications/v1"
    gone = await street.staff.post(
        f"{at}/houses/{street.house}/joining-codes/withdrawal", json={"code": first}
    )
    assert gone.status_code == 204
    answers = [await street.ask(house_id=street.house, joining_code=one) for one in (first, second)]
    assert [one.status_code for one in answers] == [403, 202]
    assert (await street.staff.post(f"{at}/joining-codes/{batch['id']}/withdrawal")).status_code == 204
    page = await street.place.client().post(link_in((await street.sent())[-1]))
    assert page.status_code == 403
    assert "code uit uw brief" in page.text, "and not that the link is old"


@pytest.mark.parametrize("why", [HouseTakesNobody, OnlyStaffAdd, NotThisJoiningCode])
async def test_why_nobody_joins_by_a_link_is_said_in_every_language(
    street: Street, monkeypatch: pytest.MonkeyPatch, why: type[Refused]
) -> None:
    async def refuse(*_: object) -> None:
        raise why

    await street.ask(house_id=street.house)
    link = link_in((await street.sent())[-1])
    monkeypatch.setattr(api, "_confirm", refuse)
    said = {}
    for language in pages.WORDS:
        monkeypatch.setattr(pages, "_language", lambda *_, language=language: language)
        page = await street.place.client().post(link)
        title, said[language] = pages.WORDS[language][why.code()]
        assert page.status_code == status_of(why)
        assert title in page.text
        assert said[language] in page.text
        assert said[language] not in pages.WORDS[language]["code-not-good"]
    assert len(set(said.values())) == len(pages.WORDS)


async def test_of_many_who_come_at_once_with_one_code_so_many_join_as_it_was_made_for(street: Street) -> None:
    await how_people_join(street, "code")
    code = (await paper(street, people=2))["codes"][0]["code"]
    people = [f"bewoner{number}@voorbeeld.nl" for number in range(6)]
    asked = [await street.ask(one, house_id=street.house, joining_code=code) for one in people]
    digits = [await street.digits(one) for one in people]
    answers = await all_answered(6, lambda n: street.use(asked[n], code=digits[n]))
    assert Counter(one.status_code for one in answers) == {200: 2, 403: 4}
    assert await rows(street, "SELECT sum(used) FROM joining_codes") == [(2,)]


async def test_who_is_signed_in_joins_another_house_with_its_code(street: Street) -> None:
    resident = await joined(street)
    street.house = await made(street.staff, "/sessions/v1/houses", {**HOUSE, "joining": "code"})
    await street.place.settled()
    path = f"/notifications/v1/me/houses/{street.house}/joining"
    assert (await resident.post(path)).status_code == 403
    sheet = await street.staff.post(
        f"/notifications/v1/houses/{street.house}/joining-codes.csv",
        json={"count": 1, "site": "https://buurtthuis.example/meedoen"},
    )
    [code] = re.findall(r"^([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3});", sheet.text, re.MULTILINE)
    assert (await resident.post(path, json={"joining_code": code})).status_code == 204
    assert street.house in [one["house_id"] for one in (await me(resident))["houses"]]


async def test_where_only_staff_add_people_they_do(street: Street) -> None:
    resident = await joined(street)
    street.house = await made(street.staff, "/sessions/v1/houses", {**HOUSE, "joining": "staff"})
    await street.place.settled()
    refused = await street.ask("nieuw@voorbeeld.nl", house_id=street.house)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (403, "only-staff-add")
    me_id = (await me(resident))["id"]
    await done(street.staff, f"/notifications/v1/residents/{me_id}/houses/{street.house}/joining")
    assert street.house in [one["house_id"] for one in (await me(resident))["houses"]]


async def rows(street: Street, query: str) -> list[Any]:
    async with street.place.service("notifications").database.transaction("woonpartners") as session:
        return [tuple(row) for row in await session.execute(text(query))]


# Two people, one address.

DOOR = {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"}


async def registered(street: Street, called: str, **more: Any) -> httpx.Response:
    body = {"house_id": street.house, "door": DOOR, "email": VICTIM, "called": called, "agreed": ["messages"]}
    more = {"another": True, **more}
    return await street.staff.post("/notifications/v1/residents", json=body | more)


async def test_two_people_with_one_mailbox_are_two_and_say_who_they_are(street: Street) -> None:
    assert (await registered(street, "Fatma")).status_code == 201
    refused = await registered(street, "Yusuf")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "/email")
    assert (await registered(street, "Yusuf", shared=True)).status_code == 201
    asked = await street.ask()
    digits = await street.digits()
    unsure = await street.use(asked, code=digits)
    assert (unsure.status_code, unsure.json()["type"].rpartition(":")[2]) == (409, "who-are-you")
    people = {one["called"]: one["who"] for one in unsure.json()["people"]}
    assert sorted(people) == ["Fatma", "Yusuf"]
    used = await street.use(asked, code=digits, who=people["Yusuf"])
    me_of = street.place.client(Role.RESIDENT, subject=UUID(used.json()["resident_id"]))
    assert (await me(me_of))["called"] == "Yusuf"


async def test_who_shares_an_address_is_listed_to_nobody_without_its_code(street: Street) -> None:
    for called in ("Fatma", "Yusuf"):
        await registered(street, called, shared=True)
    wrong = await street.use(await street.ask(), code="000000")
    assert (wrong.status_code, "people" in wrong.json()) == (403, False)


async def test_the_link_of_a_shared_address_is_good_too(street: Street) -> None:
    for called in ("Fatma", "Yusuf"):
        await registered(street, called, shared=True)
    await street.ask()
    link = link_in((await street.sent())[-1])
    assert (await street.place.client().post(link)).status_code == 200


async def test_another_at_a_known_address_reads_which_house_and_words_before_they_are_new(
    street: Street,
) -> None:
    house = await made(street.staff, "/sessions/v1/houses", {**HOUSE, "joining": "code"})
    await street.place.settled()
    made_codes = await street.staff.post(
        f"/notifications/v1/houses/{house}/joining-codes",
        json={"count": 1, "people": 1, "site": "https://buurtthuis.example/meedoen"},
    )
    first = await joined(street)
    wish = {"house_id": house, "joining_code": made_codes.json()["codes"][0]["code"], "agreed": ["messages"]}
    refused = await street.ask(house_id=street.house, another=True)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (403, "/another")
    asked = await street.ask("mw.devries+anders@voorbeeld.nl", another=True, called="Yusuf", **wish)
    assert TITLE in (await street.sent())[-1].text.body  # it went to the spelling that was shown to be theirs
    used = await street.use(asked, code=await street.digits())
    assert used.json()["resident_id"] != (await me(first))["id"]
    second = street.place.client(Role.RESIDENT, subject=UUID(used.json()["resident_id"]))
    found = await me(second)
    assert ([one["house_id"] for one in found["houses"]], found["addresses"][0]["value"]) == ([house], VICTIM)
    changed = await second.put(
        "/notifications/v1/me/called",
        json={"called": "Yusuf K."},
        headers={"If-Match": f'"{found["version"]}"'},
    )
    assert (changed.status_code, (await me(second))["called"]) == (204, "Yusuf K.")


async def test_nobody_drops_the_address_by_which_they_come_back(street: Street) -> None:
    resident = await joined(street)
    [address] = (await me(resident))["addresses"]
    assert (await resident.put("/notifications/v1/me/addresses/door", json=DOOR)).status_code == 204
    refused = await resident.delete(f"/notifications/v1/me/addresses/{address['id']}")
    assert (refused.status_code, problem(refused)) == (409, "no-way-back")
    assert len((await me(resident))["addresses"]) == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"code": "12-34"}, "A code has six figures, such as 123456."),
        ({"code": "geheim"}, "A code has six figures, such as 123456."),
    ],
)
async def test_what_is_no_code_is_refused_with_a_sentence(
    street: Street, sent: dict[str, str], said: str
) -> None:
    refused = await street.place.client().post(f"{PUBLIC}/codes/{street.house}/use", json=sent)
    assert (refused.status_code, refused.json()["detail"]) == (400, said)


async def test_a_number_with_what_a_messenger_puts_around_it_gets_a_code(street: Street) -> None:
    for number in ("\u202d+31 6 12345678\u202c", "\u2068+31 (0)6 12345678\u2069", "\u202e06 12345678"):
        asked = await street.place.client().post(f"{PUBLIC}/codes", json={"mobile": number})
        assert asked.status_code == 202, number
    landline = await street.place.client().post(f"{PUBLIC}/codes", json={"mobile": "0182 612345"})
    assert landline.json()["detail"] == "This is not a mobile number, such as 06 12345678."
