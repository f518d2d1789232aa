"""Codes over HTTP, on real PostgreSQL: who asks for one, who gets it, and what it says."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from buurtthuis.identity import Role
from buurtthuis.service import Service
from buurtthuis.testing import Playground
from buurtthuis_notifications.api import codes as api
from buurtthuis_notifications.channels import Outgoing
from buurtthuis_notifications.domain.allowances import FOR_ADDRESS, FOR_ASKER

from tests.conftest import StartSome
from tests.notifications.post import Noted, with_parts
from tests.people import HOUSE, made

PUBLIC = "/notifications/public/woonpartners"
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


@pytest.fixture
async def street(start: StartSome, templates: dict[str, Service]) -> AsyncIterator[Street]:
    mail, sms = Noted(), Noted()
    notifications = with_parts(templates["notifications"], mail, sms=sms)
    workers = tuple(replace(one, eager=False, every=timedelta(days=1)) for one in notifications.workers)
    async with start([templates["sessions"], replace(notifications, workers=workers)]) as place:
        found = Street(place, mail=mail, sms=sms)
        found.house = await made(found.staff, "/sessions/houses", HOUSE)
        await place.settled()
        yield found


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever asks comes from the network that is in it."""
    found = ["198.51.100.7/32"]
    monkeypatch.setattr(api, "network", lambda _: found[0])
    return found


# How often.


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
    other = await made(street.staff, "/sessions/houses", HOUSE)
    await street.place.settled()
    for _ in range(FOR_ADDRESS.most):
        await street.ask(house_id=other)
    asked = await street.ask(house_id=street.house)
    assert (asked.status_code, "Retry-After" in asked.headers) == (429, True)
    street.place.clock.move(FOR_ADDRESS.pause)
    assert (await street.ask(house_id=street.house)).status_code == 202
