"""Wingerd, winter 2018-2019, as its residents read it: what came to whom, in which language, and how often."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from buurtthuis.service import Service
from buurtthuis.testing import Playground
from sqlalchemy import text

from tests.conftest import StartSome
from tests.flows.test_wingerd_sessions import Wingerd
from tests.notifications.post import Mailbox, over_smtp, smtp_server, with_parts
from tests.people import made

LANGUAGES = ("nl-x-b1", "ar", "tr", "en", "pl")
PUBLIC = "/notifications/public/woonpartners/codes"
AGREED = [{"purpose": "messages", "wording": "Ik wil bericht krijgen."}]
#: A quarter of an hour after reminders become due, a day and two hours before each session that is held; and mornings
#: after evenings on which something happened.
STOPS = (
    "2019-01-09T19:45",
    "2019-01-10T17:45",
    "2019-01-11T08:15",
    "2019-01-23T19:45",
    "2019-01-24T17:45",
    "2019-01-25T08:15",
    "2019-02-05T10:15",
    "2019-02-06T08:15",
    "2019-02-12T10:15",
    "2019-02-12T14:15",
    "2019-02-13T08:15",
    "2019-02-13T12:15",
    "2019-02-19T10:15",
    "2019-02-20T08:15",
)
PEOPLE = 24


class WingerdByPost(Wingerd):
    """The same house, whose residents can be reached."""

    def __init__(self, place: Playground, mailbox: Mailbox) -> None:
        super().__init__(place)
        self.mailbox = mailbox
        self.people: dict[UUID, tuple[str, str]] = {}

    async def move_in(self) -> None:
        """Everybody joins with the code that was sent to them, each in a language."""
        await self.place.settled()
        for number in range(PEOPLE):
            address, language = f"bewoner{number}@voorbeeld.nl", LANGUAGES[number % len(LANGUAGES)]
            wish = {"house_id": self.house, "email": address, "language": language, "agreed": AGREED}
            asked = await self.place.client().post(PUBLIC, json=wish)
            assert asked.status_code == 202, asked.text
            await self.place.do_what_is_due()
            [code] = re.findall(r"\d{6}", str(self.mailbox.subjects(address)[-1]))
            used = await self.place.client().post(f"{PUBLIC}/{asked.json()['id']}/use", json={"code": code})
            self.people[UUID(used.json()["resident_id"])] = address, language
        await self.place.do_what_is_due()

    async def sign_up(self, session: str, count: int) -> list[UUID]:
        """The same neighbours come again and again; two of them lead what follows from the Meet & Greet."""
        leading = 0 if session in (self.round_table, getattr(self, "meeting", None)) else 2
        residents = list(self.people)[leading : leading + count]
        for resident in residents:
            await made(self.as_resident(resident), f"/sessions/sessions/{session}/seats")
        await self.place.do_what_is_due()
        return residents

    async def states(self, session: str) -> Counter[str]:
        """Once everybody has heard of them."""
        await self.place.do_what_is_due()
        return await super().states(session)

    async def until(self, wall_clock: str) -> None:
        """With a stop wherever somebody is to be reminded."""
        await self.place.do_what_is_due()
        for stop in STOPS:
            if self.place.clock() < _moment(stop) < _moment(wall_clock):
                await super().until(stop)
        await super().until(wall_clock)
        await self.place.do_what_is_due()


def _moment(wall_clock: str) -> datetime:
    return datetime.fromisoformat(f"{wall_clock}:00+01:00").astimezone(UTC)


@pytest.fixture
async def wingerd(start: StartSome, templates: dict[str, Service]) -> AsyncIterator[WingerdByPost]:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as url:
        notifications = with_parts(templates["notifications"], over_smtp(url))
        services = [templates["surveys"], templates["sessions"], notifications]
        async with start(services) as place:
            yield WingerdByPost(place, mailbox)


async def test_every_message_of_the_winter_comes_once_to_whom_it_is_for_in_their_language(
    wingerd: WingerdByPost,
) -> None:
    await wingerd.open_the_house()
    await wingerd.move_in()
    for part in (
        wingerd.meet_at_the_round_table,
        wingerd.meet_and_greet,
        wingerd.vote_on_what_is_next,
        wingerd.take_on_what_was_decided,
        wingerd.keep_meeting,
    ):
        await part()
        await wingerd.place.do_what_is_due()

    ids = [letter["Message-ID"] for _, letter in wingerd.mailbox.taken]
    assert len(ids) == len(set(ids))

    languages = dict(wingerd.people.values())
    for to, letter in wingerd.mailbox.taken:
        assert letter["Content-Language"] == languages[to].partition("-")[0], (to, letter["Subject"])

    assert await _sent(wingerd.place) == {(rule, "sent"): count for rule, count in MESSAGES.items()}
    assert len(ids) == sum(MESSAGES.values())


#: Each of the story's events, times those that it is for.
MESSAGES = {
    "code": PEOPLE,
    "welcome": PEOPLE,
    "session-scheduled": 3 * PEOPLE,  # the round table, the Meet & Greet, the decoration afternoon
    "series-started": PEOPLE,
    "follow-up-decided": PEOPLE,
    "seat-registered": 12 + 1 + 22 + 9 + 11 + 12 + 14,
    "seat-waitlisted": 2,
    "seat-withdrawn": 1,
    "seat-offered": 1,
    "host-confirmed": 1,
    "session-tomorrow": 12
    + 22
    + 9
    + 11
    + 12
    + 14
    + 4,  # with those who lead: three coffee tables, one afternoon
    "session-soon": 12 + 22 + 9 + 11 + 12 + 14 + 4,
}


async def _sent(place: Playground) -> dict[tuple[str, str], int]:
    """How many messages of each rule are in each state."""
    async with place.service("notifications").database.transaction("woonpartners") as session:
        rows = await session.execute(text("SELECT rule, state, count(*) FROM messages GROUP BY rule, state"))
        return {(rule, state): count for rule, state, count in rows}
