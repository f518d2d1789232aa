"""Signing out, moving out and being forgotten end what is under way, in every service: over real HTTP."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.eventlog import tail as feed
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import PATIENCE_SECONDS, Playground, eventually
from buurtthuis_notifications.domain.sign_ins import ANSWER_LOST, LASTS

from tests.conftest import StartSome, emptied
from tests.notifications.post import Mailbox, over_smtp, smtp_server, with_parts
from tests.people import HOUSE, made, problem

PUBLIC = "/notifications/v1/public/woonpartners"
AGREED = ["messages"]
#: What any resident may read, in every service.
READS = {
    "surveys": "/surveys/v1/themes",
    "sessions": "/sessions/v1/events",
    "moderation": "/moderation/v1/events",
    "notifications": "/notifications/v1/me/messages",
}
LIVE = {"Accept": "text/event-stream"}

pytestmark = pytest.mark.starts(*READS)
place = emptied
MAILBOX = Mailbox()


@dataclass
class House:
    """A house, and who comes in."""

    place: Playground
    mailbox: Mailbox
    id: str
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def device(self, email: str = "jan@example.nl") -> "Device":
        """Somebody with this address signs in on another device."""
        anybody = self.place.client()
        body = {"house_id": self.id, "language": "nl", "agreed": AGREED, "email": email}
        asked = (await anybody.post(f"{PUBLIC}/codes", json=body)).json()["id"]
        await self.place.do_what_is_due()
        code = re.findall(r"\d{6}", " ".join(self.mailbox.subjects(email)))[-1]
        used = await anybody.post(f"{PUBLIC}/codes/{asked}/use", json={"code": code})
        assert used.status_code == 200, used.text
        return Device(self.place, used.json())


@dataclass
class Device:
    """Where somebody is signed in."""

    place: Playground
    signed_in: dict[str, Any]

    @property
    def client(self) -> httpx.AsyncClient:
        """With its access token."""
        client = self.place.client()
        client.headers["Authorization"] = f"Bearer {self.signed_in['access_token']}"
        return client

    @property
    def refresh_token(self) -> str:
        """The one that it got last."""
        return str(self.signed_in["refresh_token"])

    async def renew(self, token: str | None = None) -> httpx.Response:
        """Bring a refresh token, and keep what comes of it."""
        body = {"refresh_token": token or self.refresh_token}
        answer = await self.place.client().post(f"{PUBLIC}/sign-ins/renewal", json=body)
        if answer.status_code == 200:
            self.signed_in = answer.json()
        return answer

    async def answers(self) -> dict[str, int]:
        """What every service says to its access token."""
        return {name: (await self.client.get(path)).status_code for name, path in READS.items()}

    async def is_out(self) -> bool:
        """Whether no service takes its access token."""
        return set((await self.answers()).values()) == {401}

    async def is_in(self) -> bool:
        """Whether every service does."""
        return set((await self.answers()).values()) == {200}

    @asynccontextmanager
    async def following(
        self, service: str, *, by_cookie: bool = False
    ) -> AsyncIterator["asyncio.Task[None]"]:
        """A live feed; the task is done when it ended."""
        client = self.client
        if by_cookie:
            given = await client.post(f"/{service}/v1/events/cookie")
            client = self.place.client()
            client.cookies.update(given.cookies)
        async with client.stream("GET", f"/{service}/v1/events", headers=LIVE) as live:
            lines = live.aiter_lines()
            assert (await anext(lines)).startswith("retry")
            reading = asyncio.create_task(_to_the_end(lines))
            yield reading
            reading.cancel()


async def _to_the_end(lines: AsyncIterator[str]) -> None:
    async for _ in lines:
        pass


@pytest.fixture(scope="module")
async def served(templates: dict[str, Service]) -> AsyncIterator[Collection[Service]]:
    """With a mail server, which takes what comes in one mailbox for the file."""
    async with smtp_server(MAILBOX) as url:
        notifications = with_parts(templates["notifications"], over_smtp(url))
        yield [*(templates[name] for name in READS if name != "notifications"), notifications]


@pytest.fixture
async def house(place: Playground, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(feed, "HEARTBEAT", 3600)  # being told has to do
    MAILBOX.taken.clear()
    house = House(place, MAILBOX, await made(place.client(Role.STAFF), "/sessions/v1/houses", HOUSE))
    await place.settled()
    return house


async def test_signing_out_on_one_device_ends_all_that_it_has_under_way_and_nothing_of_another(
    house: House,
) -> None:
    phone, tablet = await house.device(), await house.device()
    assert await phone.is_in()
    async with (
        phone.following("sessions") as gone,
        phone.following("notifications", by_cookie=True) as gone_too,
        tablet.following("sessions") as stays,
    ):
        answer = await house.place.client().post(
            f"{PUBLIC}/sign-ins/end", json={"refresh_token": phone.refresh_token}
        )
        assert answer.status_code == 204
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(gone, gone_too)
        await eventually(phone.is_out, "being out everywhere")
        assert await tablet.is_in()
        assert not stays.done()
    assert problem(await phone.renew()) == "sign-in-again"


async def test_signing_out_everywhere_ends_every_device_of_that_person_alone(house: House) -> None:
    phone, tablet = await house.device(), await house.device()
    neighbour = await house.device("ans@example.nl")
    assert (await phone.client.post("/notifications/v1/me/sign-outs")).status_code == 204
    for device in (phone, tablet):
        await eventually(device.is_out, "being out everywhere")
        assert problem(await device.renew()) == "sign-in-again"
    assert await neighbour.is_in()
    assert await (await house.device()).is_in(), "they can come back at once"


async def test_whoever_is_forgotten_reads_nothing_more_anywhere(house: House) -> None:
    phone = await house.device()
    async with phone.following("surveys") as gone:
        answer = await phone.client.post("/notifications/v1/me/erasure", json={"forget_me": True})
        assert answer.status_code == 202
        async with asyncio.timeout(PATIENCE_SECONDS):
            await gone
    await eventually(phone.is_out, "being out everywhere")
    assert problem(await phone.renew()) == "sign-in-again"


@pytest.mark.parametrize("by", ["themselves", "staff"])
async def test_whoever_moves_out_comes_back_with_a_new_token_and_not_with_the_old_one(
    house: House, by: str
) -> None:
    phone = await house.device()
    who = phone.signed_in["resident_id"]
    async with phone.following("sessions") as gone:
        answer = await (
            phone.client.post(f"/notifications/v1/me/houses/{house.id}/moving-out")
            if by == "themselves"
            else house.place.client(Role.STAFF).post(
                f"/notifications/v1/residents/{who}/houses/{house.id}/moving-out"
            )
        )
        assert answer.is_success, answer.text
        async with asyncio.timeout(PATIENCE_SECONDS):
            await gone
    await eventually(phone.is_out, "being out everywhere")
    assert (await phone.renew()).status_code == 200
    assert await phone.is_in()


async def test_a_service_that_was_away_refuses_what_was_taken_back_meanwhile(
    start: StartSome, templates: dict[str, Service]
) -> None:
    who = uuid4()
    async with start([templates["notifications"], templates["surveys"]]) as place:
        token = place.process.issuer.issue("woonpartners", [Role.RESIDENT], who)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await place.client().get(READS["surveys"], headers=headers)).status_code == 200
    async with start([templates["notifications"]]) as place:
        assert (
            await place.client().post("/notifications/v1/me/sign-outs", headers=headers)
        ).status_code == 204
    async with start([templates["notifications"], templates["surveys"]]) as place:

        async def is_out() -> bool:
            answers = [await place.client().get(READS[name], headers=headers) for name in templates_of(place)]
            return {one.status_code for one in answers} == {401}

        await eventually(is_out, "being out everywhere")


def templates_of(place: Playground) -> list[str]:
    return [one.name for one in place.process.running]


# Refresh tokens


async def test_two_tabs_that_renew_at_once_get_the_same_and_both_go_on(house: House) -> None:
    phone = await house.device()
    first = phone.refresh_token
    answers = await asyncio.gather(*(phone.renew(first) for _ in range(4)))
    assert [one.status_code for one in answers] == [200] * 4
    assert len({one.json()["refresh_token"] for one in answers}) == 1
    assert (await phone.renew()).status_code == 200
    assert await phone.is_in()


async def test_a_tab_that_is_two_renewals_behind_goes_on_with_what_the_others_have(house: House) -> None:
    phone = await house.device()
    slow = phone.refresh_token
    for _ in range(3):
        assert (await phone.renew()).status_code == 200
    newest = phone.refresh_token
    assert (await phone.renew(slow)).status_code == 200
    assert phone.refresh_token == newest
    assert (await phone.renew()).status_code == 200
    assert await phone.is_in()


async def test_a_refresh_token_that_two_have_ends_the_sign_in_for_both(house: House) -> None:
    phone = await house.device()
    stolen = phone.refresh_token
    for _ in range(2):
        assert (await phone.renew()).status_code == 200
    house.place.clock.move(ANSWER_LOST)
    assert problem(await phone.renew(stolen)) == "sign-in-again"
    assert problem(await phone.renew()) == "sign-in-again"
    await eventually(phone.is_out, "being out everywhere")


async def test_whoever_never_got_the_answer_goes_on_with_another_one_however_late(house: House) -> None:
    phone = await house.device()
    before = phone.refresh_token
    assert (await phone.renew()).status_code == 200
    lost = phone.refresh_token
    house.place.clock.move(timedelta(hours=3))
    answers = await asyncio.gather(*(phone.renew(before) for _ in range(3)))
    assert [one.status_code for one in answers] == [200] * 3
    assert len({one.json()["refresh_token"] for one in answers} | {lost}) == 2
    slow = phone.refresh_token
    assert (await phone.renew()).status_code == 200
    assert (await phone.renew(slow)).status_code == 200
    assert (await phone.renew(before)).status_code == 200, "a tab that is two behind"
    assert problem(await phone.renew(lost)) == "sign-in-again", "somebody had it after all"
    await eventually(phone.is_out, "being out everywhere")


async def test_what_is_over_after_half_a_year_is_so_for_the_token_before_too(house: House) -> None:
    phone = await house.device()
    before = phone.refresh_token
    assert (await phone.renew()).status_code == 200
    house.place.clock.move(LASTS)
    assert problem(await phone.renew(before)) == "sign-in-again"
    assert problem(await phone.renew()) == "sign-in-again"


async def test_a_refresh_token_that_somebody_made_up_ends_nothing(house: House) -> None:
    phone = await house.device()
    id, _, secret = phone.refresh_token.partition(".")
    for made_up in (f"{id}.{secret[::-1]}", f"{id}.{'A' * 43}", f"{uuid4()}.{secret}"):
        assert problem(await phone.renew(made_up)) == "sign-in-again"
        await house.place.client().post(f"{PUBLIC}/sign-ins/end", json={"refresh_token": made_up})
    assert await phone.is_in()
    assert (await phone.renew()).status_code == 200


# By an operator


async def test_an_operator_takes_a_token_back_by_its_id_and_nobody_else_does(house: House) -> None:
    token, id = house.place.process.issuer.issue("woonpartners", [Role.STAFF]), uuid4()
    principal = await house.place.process.running[0].verifier.verify(token)
    [jti] = principal.ids - {principal.subject}
    headers = {"Authorization": f"Bearer {token}"}

    async def is_out() -> bool:
        return (await house.place.client().get("/surveys/v1/themes", headers=headers)).status_code == 401

    for role in (Role.STAFF, Role.RESIDENT, Role.GUIDE):
        answer = await house.place.client(role).post("/notifications/v1/revocations", json={"id": str(jti)})
        assert answer.status_code == 403
    operator = house.place.client(Role.OPERATOR)
    for each in (id, jti):
        assert not await is_out()
        assert (
            await operator.post("/notifications/v1/revocations", json={"id": str(each)})
        ).status_code == 204
    await eventually(is_out, "being out")
