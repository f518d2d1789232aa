"""From what happens in a house to what a resident reads: over real HTTP, PostgreSQL, Redis and SMTP."""

import re
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground
from buurtthuis_notifications.channels.gateways import Gateway
from buurtthuis_notifications.channels.web_push import WebPush
from vobject import readOne

from tests.conftest import StartSome
from tests.notifications.channels.browsers import Browser, vapid_key
from tests.notifications.people.receiver import Receiver, receiving
from tests.notifications.post import Mailbox, over_smtp, smtp_server, with_parts
from tests.people import HOUSE, a_ballot, an_open_survey, made, schedule

DOOR = {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"}
AGREED = ["messages"]


@dataclass
class Office:
    """A place with a post office, a gateway for SMS, and a service that brings messages to browsers."""

    place: Playground
    mailbox: Mailbox
    sms: Receiver
    push: Receiver

    def forget_what_came(self) -> None:
        """Until now."""
        for came in (self.mailbox.taken, self.sms.told, self.push.told):
            came.clear()

    @property
    def staff(self) -> httpx.AsyncClient:
        """Somebody of the corporation."""
        return self.place.client(Role.STAFF)

    async def joined(self, house: str, language: str = "nl-x-b1", **address: str) -> UUID:
        """A resident who came in with the code that was sent to them."""
        anybody = self.place.client()
        body = {"house_id": house, "language": language, "agreed": AGREED, **address}
        asked = await anybody.post("/notifications/v1/public/woonpartners/codes", json=body)
        assert asked.status_code == 202, asked.text
        await self.place.do_what_is_due()
        code = self.code_for(**address)
        used = await anybody.post(
            f"/notifications/v1/public/woonpartners/codes/{asked.json()['id']}/use", json={"code": code}
        )
        assert used.status_code == 200, used.text
        await self.place.do_what_is_due()
        return UUID(used.json()["resident_id"])

    def code_for(self, email: str = "", mobile: str = "") -> str:
        """The six digits that came last."""
        text = self.sms.told[-1].event["message"] if mobile else self.mailbox.subjects(email)[-1]
        [code] = re.findall(r"\d{6}", text)
        return str(code)


@pytest.fixture
async def office(start: StartSome, templates: dict[str, Service], tmp_path: Path) -> AsyncIterator[Office]:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as url, receiving() as sms, receiving() as push:
        gateway = Gateway(sms.url.replace("http:", "json:") + "/{to}")
        browsers = WebPush(vapid_key(tmp_path), "mailto:buurtthuis@example.nl", anywhere=True)
        notifications = with_parts(templates["notifications"], over_smtp(url), sms=gateway, push=browsers)
        async with start([templates["surveys"], templates["sessions"], notifications]) as place:
            yield Office(place, mailbox, sms, push)


async def a_house(office: Office, **more: str) -> str:
    house = await made(office.staff, "/sessions/v1/houses", {**HOUSE, **more})
    await office.place.settled()
    return house


async def a_session_in(office: Office, house: str, **plan: Any) -> str:
    """Scheduled, for the 10th of January in the evening."""
    session = await made(
        office.staff,
        "/sessions/v1/sessions",
        {"house_id": house, "title": "Koffietafel", **plan.pop("about", {})},
    )
    answer = await schedule(office.staff, session, **plan)
    assert answer.status_code == 200, answer.text
    return session


async def seated(office: Office, session: str, *residents: UUID) -> None:
    for resident in residents:
        me = office.place.client(Role.RESIDENT, subject=resident)
        await made(me, f"/sessions/v1/sessions/{session}/seats", {})


async def registered(office: Office, house: str, language: str) -> UUID:
    """Somebody without a phone."""
    body = {"house_id": house, "another": True, "door": DOOR, "language": language, "agreed": AGREED}
    return UUID(await made(office.staff, "/notifications/v1/residents", body))


async def to_bring(office: Office, house: str, rule: str) -> list[tuple[str, ...]]:
    """What staff are to bring of one kind: how, in which street, and what it says."""
    found = (await office.staff.get(f"/notifications/v1/hand-deliveries?house={house}")).json()["items"]
    return [(one["channel"], one["to"]["street"], one["subject"]) for one in found if one["rule"] == rule]


async def done_with(answering: Awaitable[httpx.Response]) -> None:
    answer = await answering
    assert answer.status_code in (200, 204), answer.text


def plain_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body
    return str(body.get_content())


def page_of(letter: EmailMessage) -> str:
    body = letter.get_body(("html",))
    assert body
    return str(body.get_content())


def calendar_of(letter: EmailMessage) -> Any:
    [attached] = letter.iter_attachments()
    return readOne(attached.get_content())


async def test_who_takes_a_seat_is_told_in_their_language_with_plain_dutch_below(office: Office) -> None:
    house = await a_house(office)
    resident = await office.joined(house, email="ann@voorbeeld.nl", language="en")
    await seated(office, await a_session_in(office, house), resident)
    await office.place.do_what_is_due()
    [letter] = [
        one
        for one in office.mailbox.to("ann@voorbeeld.nl")
        if one["Subject"] == "✅ You have a place: Koffietafel"
    ]
    plain = plain_of(letter)
    assert plain.index("You have a place") < plain.index("U heeft een plek")


async def test_a_cancellation_55_minutes_before_reaches_everybody_once_by_what_they_have(
    office: Office,
) -> None:
    house, browser = await a_house(office), Browser()
    by_push = await office.joined(house, email="push@voorbeeld.nl", language="ar")
    me = office.place.client(Role.RESIDENT, subject=by_push)
    subscription = browser.subscription(f"{office.push.url}/send/abc")
    await done_with(me.post("/notifications/v1/me/addresses/browsers", json=subscription))
    by_sms = await office.joined(house, mobile="06 12345678", language="tr")
    at_the_door = await registered(office, house, language="pl")
    await office.joined(house, email="thuis@voorbeeld.nl")  # and takes no place
    session = await a_session_in(office, house)
    await seated(office, session, by_push, by_sms)
    await made(office.staff, f"/sessions/v1/sessions/{session}/seats", {"resident_id": str(at_the_door)})
    await office.place.do_what_is_due()
    office.place.clock.move_to(datetime(2019, 1, 10, 17, 35, tzinfo=UTC))
    office.forget_what_came()
    reason = {"reason": "De verwarming is kapot."}
    await done_with(office.staff.post(f"/sessions/v1/sessions/{session}/cancellation", json=reason))
    for _ in range(3):
        await office.place.do_what_is_due()

    assert [browser.read(one)["title"] for one in office.push.told] == ["❌ أُلغي: Koffietafel"]
    assert [(one.path, one.event["message"]) for one in office.sms.told] == [
        (
            "/31612345678",
            "IPTAL edildi: Koffietafel, 10 Ocak Persembe saat 19:30. De verwarming is kapot.",
        )
    ]
    assert await to_bring(office, house, "session-cancelled") == [
        ("letter", DOOR["street"], "Odwołane: Koffietafel")
    ]
    assert office.mailbox.taken == []


async def test_whoever_answered_is_not_reminded_that_a_survey_closes(office: Office) -> None:
    house = await a_house(office)
    answered = await office.joined(house, email="ann@voorbeeld.nl")
    await office.joined(house, email="piet@voorbeeld.nl")
    me = office.place.client(Role.RESIDENT, subject=answered)
    closes_at = "2018-11-30T17:00:00+01:00"
    survey = await an_open_survey(office.staff, house_id=house, voting="resident", closes_at=closes_at)
    ballot = await a_ballot(me, survey, ["Koffie"])
    assert (await me.post(f"/surveys/v1/surveys/{survey}/ballots", json=ballot)).status_code == 201
    await office.place.do_what_is_due()
    office.forget_what_came()
    office.place.clock.move_to(datetime(2018, 11, 29, 16, 0, tzinfo=UTC))
    for _ in range(3):
        await office.place.do_what_is_due()
    assert [to for to, _ in office.mailbox.taken] == ["piet@voorbeeld.nl"]


#: No more than words, though it would be something else to a template, in a header, in a calendar and on a page.
EVIL = "{{ 7*7 }}{% raw %}\r\nBcc: dief@example.com\r\nATTENDEE:mailto:dief@example.com\r\n<b onclick=x>"
ON_ONE_LINE = EVIL.replace("\r\n", " ")
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Content-Language",
    "Content-Type",
    "MIME-Version",
}


async def test_what_people_wrote_is_only_words_wherever_it_comes(office: Office) -> None:
    house, browser = await a_house(office, title=ON_ONE_LINE), Browser()
    by_email = await office.joined(house, email="ann@voorbeeld.nl")
    by_sms = await office.joined(house, mobile="06 12345678")
    by_push = await office.joined(house, email="piet@voorbeeld.nl")
    me = office.place.client(Role.RESIDENT, subject=by_push)
    subscription = browser.subscription(f"{office.push.url}/send/abc")
    await done_with(me.post("/notifications/v1/me/addresses/browsers", json=subscription))
    session = await a_session_in(office, house, about={"title": ON_ONE_LINE}, place=ON_ONE_LINE)
    await seated(office, session, by_email, by_sms, by_push)
    await office.place.do_what_is_due()
    office.sms.told.clear()
    reason = {"reason": EVIL}
    await done_with(office.staff.post(f"/sessions/v1/sessions/{session}/cancellation", json=reason))
    await office.place.do_what_is_due()

    letters = office.mailbox.to("ann@voorbeeld.nl")
    about_it = [one for one in letters if not one["Subject"].startswith("📅")]
    assert {header for one in letters for header in one} <= HEADERS
    assert [one for one in letters if "<b onclick" in page_of(one)] == []
    for one, said in zip(about_it[-2:], ("✅ U doet mee", "❌ Gaat niet door"), strict=True):
        assert one["Subject"] == f"{said}: {ON_ONE_LINE}"
        [event] = calendar_of(one).vevent_list
        assert (event.summary.value, event.location.value) == (ON_ONE_LINE, ON_ONE_LINE)
        assert "attendee" not in event.contents
    [told] = office.sms.told
    assert told.event["message"].splitlines() == [told.event["message"]]
    assert browser.read(office.push.told[-1])["title"] == f"❌ Gaat niet door: {ON_ONE_LINE}"
