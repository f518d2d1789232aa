"""From what happens in a house to what a resident reads: over real HTTP, PostgreSQL, Redis and SMTP."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from buurtthuis.identity import Role
from buurtthuis.service import Service
from buurtthuis.testing import Playground

from tests.conftest import StartSome
from tests.notifications.post import Mailbox, Noted, over_smtp, smtp_server, with_parts
from tests.people import HOUSE, a_session, made

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
        async with start([*templates.values(), notifications][-3:]) as place:
            yield Office(place, mailbox, sms, push)


async def test_who_takes_a_seat_is_told_in_their_language(office: Office) -> None:
    house = await made(office.staff, "/sessions/houses", HOUSE)
    await office.place.settled()
    resident = await office.joined(house, email="ayse@voorbeeld.nl", language="en")
    session = await a_session(office.staff, house_id=house)
    me = office.place.client(Role.RESIDENT, subject=resident)
    await made(me, f"/sessions/sessions/{session}/seats", {})
    await office.place.do_what_is_due()
    assert office.mailbox.subjects("ayse@voorbeeld.nl") == ["x"]
    office.place.clock.move(timedelta())
