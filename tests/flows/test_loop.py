"""The loop of an idea closed: whoever brought it in says in one tap whether it is solved, and staff hear where it is not."""

import re
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

from buurtthuis.identity.principals import Role

from tests.flows.test_messages import Office, a_house, office, plain_of, registered, to_bring
from tests.people import a_campaign, a_theme, all_answered, done, made, problem

__all__ = ["office"]

NOWHERE = str(UUID(int=1))
OBJECTION = "De lamp bij de lift is weer stuk."
ASKED = {"solved": "false", "objection": OBJECTION}


async def later(office: Office, **time: float) -> None:
    """After a while, with all that happens by itself done."""
    office.place.clock.move(timedelta(**time))
    for _ in range(3):
        await office.place.do_what_is_due()


async def answered(office: Office, *themes: str) -> None:
    """Parked, and answered by staff; two weeks ago."""
    for theme in themes:
        for step in ("admission", "parking"):
            await done(office.staff, f"/surveys/v1/themes/{theme}/{step}")
        await done(office.staff, f"/surveys/v1/themes/{theme}/answer", {"reply": "De lamp is gemaakt."})
    await later(office)
    await later(office, days=14, minutes=5)


def link_to(office: Office, address: str) -> str:
    """Where the question in somebody's last mail leads."""
    return link_in(office.mailbox.to(address)[-1])


def link_in(letter: EmailMessage) -> str:
    return str(re.findall(r"https?://[^/]+(/\S+/solved/[\w-]+)", plain_of(letter))[-1])


async def state(office: Office, theme: str) -> str:
    await office.place.do_what_is_due()
    return str((await office.staff.get(f"/surveys/v1/themes/{theme}")).json()["state"])


async def test_no_in_one_tap_gives_an_idea_back_to_staff_once(office: Office) -> None:
    house = await a_house(office)
    ann = await office.joined(house, email="ann@voorbeeld.nl")
    piet = await office.joined(house, email="piet@voorbeeld.nl")
    [lamp, light] = [
        await a_theme(office.place.client(Role.RESIDENT, subject=who), title, house_id=house)
        for who, title in ((ann, "Lamp bij de lift"), (piet, "Licht bij de lift"))
    ]
    await office.place.do_what_is_due()
    await done(office.staff, f"/surveys/v1/themes/{light}/merge", {"into": lamp})
    await answered(office, lamp)
    visitor = office.place.client()
    hers, his = [link_to(office, f"{name}@voorbeeld.nl") for name in ("ann", "piet")]
    assert hers != his

    # a scanner that follows the link changes nothing, and reads what is asked
    page = await visitor.get(hers)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "Lamp bij de lift" in page.text
    assert page.text.count("<form") == 2
    assert await state(office, lamp) == "answered"

    # no needs a reason; then it is with staff, whoever else says so too
    bare = await visitor.post(hers, data={"solved": "false"})
    assert (bare.status_code, problem(bare)) == (422, "objection-missing")
    assert (await visitor.post(hers, data={"solved": "perhaps"})).status_code in (400, 422)
    said = await all_answered(2, lambda one: visitor.post((hers, his)[one], data=ASKED))
    assert [answer.status_code for answer in said] == [200, 200]
    assert await state(office, lamp) == "reopened"
    closing = f"/surveys/v1/themes/{lamp}/closing"
    read = (await office.staff.get(closing)).json()
    assert [(one["solved"], one["objection"]) for one in read] == [(False, OBJECTION)] * 2
    assert (await office.place.client(Role.RESIDENT, subject=ann).get(closing)).status_code == 403
    elsewhere = office.place.client(Role.STAFF, houses=[NOWHERE])
    assert (await elsewhere.get(closing)).status_code == 404

    # said again it is the same, and something else is refused
    assert (await visitor.post(hers, data=ASKED)).status_code == 200
    assert (await visitor.post(hers, data={"solved": "true"})).status_code == 409

    # staff answer once more, are asked about once more, and a second no is noted
    await done(office.staff, f"/surveys/v1/themes/{lamp}/answer", {"reply": "Nu met een nieuwe lamp."})
    await later(office)
    await later(office, days=14, minutes=5)
    assert (await visitor.post(link_to(office, "ann@voorbeeld.nl"), data=ASKED)).status_code == 200
    assert (
        await visitor.post(link_to(office, "piet@voorbeeld.nl"), data={"solved": "true"})
    ).status_code == 200
    assert await state(office, lamp) == "answered"
    told = [one["type"].rpartition(".surveys.")[2] for one in await office.place.events("surveys")]
    assert [told.count(f"theme-{what}.v1") for what in ("reopened", "confirmed")] == [1, 1]


async def test_the_link_is_for_one_question_to_one_person_until_it_ends(office: Office) -> None:
    house = await a_house(office)
    ann = await office.joined(house, email="ann@voorbeeld.nl")
    piet = await office.joined(house, email="piet@voorbeeld.nl")
    her, him = [office.place.client(Role.RESIDENT, subject=who) for who in (ann, piet)]
    lamp, bench = [await a_theme(her, title, house_id=house) for title in ("Lamp", "Bankje")]
    await office.place.do_what_is_due()
    await answered(office, lamp, bench)
    visitor = office.place.client()
    links = {
        letter["Subject"].rpartition(" ")[2]: link_in(letter)
        for letter in office.mailbox.to("ann@voorbeeld.nl")
        if "opgelost" in letter["Subject"]
    }
    first, second = links["Lamp"], links["Bankje"]
    other = first.replace("/woonpartners/", "/de-waterlelie/")
    for wrong in (f"{first[:-2]}xx", other):
        assert (await visitor.post(wrong, data={"solved": "true"})).status_code == 404
    for odd in ({"solved": "perhaps"}, {f"field{n}": "x" for n in range(20)}, {"solved": "false"}):
        assert (await visitor.post(first, data=odd)).status_code in (400, 422)

    # signed in, one reads what one is asked, and answers nothing that others are asked
    asked = (await her.get("/notifications/v1/me/closing-questions")).json()
    assert [one["theme"] for one in asked] == ["Lamp", "Bankje"]
    assert (await him.get("/notifications/v1/me/closing-questions")).json() == []
    answer = f"/notifications/v1/me/closing-questions/{asked[0]['id']}/answer"
    assert (await him.post(answer, json={"solved": True})).status_code == 404
    assert (await her.post(answer, json={"solved": True})).status_code == 204
    assert (await visitor.post(first, data={"solved": "true"})).status_code == 200  # the same, by its link

    await later(office, days=29)
    late = await visitor.post(second, data={"solved": "true"})
    assert (late.status_code, late.headers["content-type"][:9]) == (409, "text/html")


async def test_whoever_left_is_not_heard_any_more(office: Office) -> None:
    house = await a_house(office)
    left = await office.joined(house, email="ann@voorbeeld.nl")
    forgotten = await office.joined(house, email="piet@voorbeeld.nl")
    themes = [
        await a_theme(office.place.client(Role.RESIDENT, subject=who), "Lamp", house_id=house)
        for who in (left, forgotten)
    ]
    await office.place.do_what_is_due()
    await answered(office, *themes)
    links = [link_to(office, f"{name}@voorbeeld.nl") for name in ("ann", "piet")]
    await done(office.staff, f"/notifications/v1/residents/{left}/houses/{house}/moving-out")
    await made(office.staff, f"/notifications/v1/residents/{forgotten}/erasure")
    await office.place.do_what_is_due()
    answers = [(await office.place.client().post(link, data=ASKED)).status_code for link in links]
    assert answers == [409, 404]
    assert [await state(office, theme) for theme in themes] == ["answered", "answered"]


async def test_who_has_no_phone_is_asked_at_the_door_and_answers_there(office: Office) -> None:
    house = await a_house(office)
    resident = await registered(office, house, "nl-x-b1")
    await office.place.do_what_is_due()
    campaign = await a_campaign(office.staff, house_id=house)
    await done(office.staff, f"/surveys/v1/campaigns/{campaign}/start")
    cards = f"/surveys/v1/campaigns/{campaign}/cards"
    theme = await made(office.staff, cards, {"number": "1", "title": "Lamp bij de lift"})
    await office.place.do_what_is_due()
    await done(office.staff, f"{cards}/1/claim", {"resident_id": str(resident)})
    await office.place.do_what_is_due()
    await answered(office, theme)
    assert [one[2] for one in await to_bring(office, house, "theme-solved")] == [
        "Is het opgelost? Lamp bij de lift"
    ]
    await registered(office, house, "nl-x-b1")
    await later(office)
    waiting = (await office.staff.get(f"/notifications/v1/hand-deliveries?house={house}")).json()["items"]
    by_rule = {one["rule"]: f"/notifications/v1/hand-deliveries/{one['id']}/answer" for one in waiting}
    caretaker = office.place.client(Role.CARETAKER)
    no = {"solved": False, "objection": OBJECTION}
    assert (await caretaker.post(by_rule["welcome"], json=no)).status_code == 404
    elsewhere = office.place.client(Role.CARETAKER, houses=[NOWHERE])
    assert (await elsewhere.post(by_rule["theme-solved"], json=no)).status_code == 404
    assert (await caretaker.post(by_rule["theme-solved"], json=no)).status_code == 200
    assert await state(office, theme) == "reopened"
