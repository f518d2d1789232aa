"""From what happens in a house to what a resident reads: over real HTTP, PostgreSQL, Redis and SMTP."""

import re
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from buurtthuis.identity import Role
from buurtthuis.service import Service
from buurtthuis.testing import Playground

from tests.conftest import StartSome
from tests.notifications.post import Mailbox, Noted, over_smtp, smtp_server, with_parts
from tests.people import HOUSE, made, schedule

BROWSER = {
    "endpoint": "https://push.example.org/send/abc",
    "keys": {
        "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "auth": "tBHItJI5svbpez7KI4CCXg",
    },
}
DOOR = {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"}
AGREED = [{"purpose": "messages", "wording": "Ik wil bericht krijgen."}]


@dataclass
class Office:
    """A place with a post office."""

    place: Playground
    mailbox: Mailbox
    sms: Noted = field(default_factory=Noted)
    push: Noted = field(default_factory=Noted)

    @property
    def staff(self) -> httpx.AsyncClient:
        """Somebody of the corporation."""
        return self.place.client(Role.STAFF)

    async def joined(self, house: str, language: str = "nl-x-b1", **address: str) -> UUID:
        """A resident who came in with the code that was sent to them."""
        anybody = self.place.client()
        body = {"house_id": house, "language": language, "agreed": AGREED, **address}
        asked = await anybody.post("/notifications/public/woonpartners/codes", json=body)
        assert asked.status_code == 202, asked.text
        await self.place.do_what_is_due()
        code = self.code_for(**address)
        used = await anybody.post(
            f"/notifications/public/woonpartners/codes/{asked.json()['id']}/use", json={"code": code}
        )
        assert used.status_code == 200, used.text
        await self.place.do_what_is_due()
        return UUID(used.json()["resident_id"])

    def code_for(self, email: str = "", mobile: str = "") -> str:
        """The six digits that came last."""
        if mobile:
            text = self.sms.taken[-1].text.short
        else:
            text = self.mailbox.subjects(email)[-1]
        [code] = re.findall(r"\d{6}", text)
        return str(code)


@pytest.fixture
async def office(start: StartSome, templates: dict[str, Service]) -> AsyncIterator[Office]:
    mailbox, sms, push = Mailbox(), Noted(), Noted()
    async with smtp_server(mailbox) as url:
        notifications = with_parts(templates["notifications"], over_smtp(url), sms=sms, push=push)
        async with start([templates["sessions"], notifications]) as place:
            yield Office(place, mailbox, sms, push)


async def a_house(office: Office) -> str:
    house = await made(office.staff, "/sessions/houses", HOUSE)
    await office.place.settled()
    return house


async def a_session_in(office: Office, house: str, **plan: Any) -> str:
    """Scheduled, for the 10th of January in the evening."""
    session = await made(
        office.staff,
        "/sessions/sessions",
        {"house_id": house, "title": "Koffietafel", **plan.pop("about", {})},
    )
    answer = await schedule(office.staff, session, **plan)
    assert answer.status_code == 200, answer.text
    return session


async def seated(office: Office, session: str, *residents: UUID) -> None:
    for resident in residents:
        me = office.place.client(Role.RESIDENT, subject=resident)
        await made(me, f"/sessions/sessions/{session}/seats", {})


async def registered(office: Office, house: str) -> UUID:
    """Somebody without a phone."""
    body = {"house_id": house, "door": DOOR, "agreed": AGREED}
    return UUID(await made(office.staff, "/notifications/residents", body))


async def done_with(answering: Awaitable[httpx.Response]) -> None:
    answer = await answering
    assert answer.status_code in (200, 204), answer.text


def subjects(road: Noted) -> list[str]:
    return [one.text.subject for one in road.taken]


async def test_who_takes_a_seat_is_told_in_their_language_with_plain_dutch_below(office: Office) -> None:
    house = await a_house(office)
    resident = await office.joined(house, email="ann@voorbeeld.nl", language="en")
    await seated(office, await a_session_in(office, house), resident)
    await office.place.do_what_is_due()
    letter = office.mailbox.to("ann@voorbeeld.nl")[-1]
    assert letter["Subject"] == "✅ You have a place: Koffietafel"
    plain = letter.get_body(("plain",)).get_content()
    assert plain.index("You have a place") < plain.index("U heeft een plek")


async def test_a_cancellation_55_minutes_before_reaches_everybody_once_by_what_they_have(
    office: Office,
) -> None:
    house = await a_house(office)
    by_push = await office.joined(house, email="push@voorbeeld.nl")
    me = office.place.client(Role.RESIDENT, subject=by_push)
    await done_with(me.post("/notifications/me/addresses/browsers", json=BROWSER))
    by_sms = await office.joined(house, mobile="06 12345678", language="tr")
    at_the_door = await registered(office, house)
    nobody = await office.joined(house, email="thuis@voorbeeld.nl")
    session = await a_session_in(office, house)
    await seated(office, session, by_push, by_sms)
    await made(office.staff, f"/sessions/sessions/{session}/seats", {"resident_id": str(at_the_door)})
    await office.place.do_what_is_due()
    office.place.clock.move_to(datetime(2019, 1, 10, 17, 35, tzinfo=UTC))
    office.push.taken.clear()
    office.sms.taken.clear()
    office.mailbox.taken.clear()
    await done_with(
        office.staff.post(
            f"/sessions/sessions/{session}/cancellation", json={"reason": "De verwarming is kapot."}
        )
    )
    for _ in range(3):
        await office.place.do_what_is_due()
    assert subjects(office.push) == ["Gaat niet door: Koffietafel"]
    assert [one.text.language for one in office.sms.taken] == ["tr"]
    deliveries = (await office.staff.get(f"/notifications/hand-deliveries?house={house}")).json()["items"]
    assert [(one["channel"], one["rule"]) for one in deliveries if one["rule"] == "session-cancelled"] == [
        ("visit", "session-cancelled")
    ]
    assert office.mailbox.taken == []
    assert nobody
