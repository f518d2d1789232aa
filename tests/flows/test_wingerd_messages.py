"""Wingerd, winter 2018-2019, as its residents read it: what came to whom, in which language, and how often.

The winter is played once. Then notifications hears everything again from the beginning, twice: first over what it
knows, then with nothing known any more. What came of all this is what the tests look at.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Clock, Playground, playground
from sqlalchemy import text

from tests.conftest import fresh
from tests.flows.test_wingerd_ideas import CARDS, CODE, MERGED, REJECTED, Oliebollen
from tests.flows.test_wingerd_sessions import Wingerd
from tests.flows.test_wingerd_survey import Enquete
from tests.notifications.post import Mailbox, over_smtp, smtp_server, with_parts
from tests.people import done, made
from tests.servers import RealServers

LANGUAGES = ("nl-x-b1", "ar", "tr", "en", "pl")
PUBLIC = "/notifications/v1/public/woonpartners/codes"
AGREED = ["messages"]
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
#: Some want to know what becomes of the idea of the round table.
FOLLOWERS = 3
#: Some come on the 27th of February too.
AGAIN = 3


class WingerdByPost(Wingerd):
    """The same house, whose residents can be reached."""

    def __init__(self, place: Playground, mailbox: Mailbox) -> None:
        super().__init__(place)
        self.mailbox = mailbox
        self.people: dict[UUID, tuple[str, str]] = {}
        self.claims: dict[UUID, str] = {}

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

    async def say_what_they_want(self) -> None:
        """On paper or by phone, as they like; a day before it closes everybody hears so, since a code is nobody's."""
        enquete = Enquete(self.place, house_id=self.house)
        await enquete.open()
        await self.place.do_what_is_due()
        await enquete.answer()
        await self.until("2018-11-30T08:15")
        await enquete.close()
        await self.until("2018-12-01T09:15")
        await enquete.publish()

    async def bring_in_ideas(self) -> None:
        """Everybody claims a card; they are those that were typed in last."""
        await self.until("2018-12-14T15:00")
        oliebollen = ClaimedOliebollen(self)
        await oliebollen.happen(self.house)
        themes = await oliebollen.themes(source="campaign")
        states = {one["id"]: one["state"] for one in themes}
        self.claims = {resident: states[theme] for resident, theme in oliebollen.claimed.items()}

    async def hear_what_became_of_an_idea(self) -> None:
        """The one of the round table, which some follow."""
        theme = (await self.read(f"/sessions/v1/sessions/{self.round_table}"))["theme_id"]
        for resident in [*self.people][:FOLLOWERS]:
            following = f"/notifications/v1/me/themes/{theme}/following"
            assert (await self.as_resident(resident).post(following)).status_code == 204
        await done(self.staff, f"/surveys/v1/themes/{theme}/answer", {"reply": "We doen het vaker."})

    async def look_forward(self) -> None:
        """Some come again next week, and were just reminded: what is fresh could be told twice the soonest."""
        tables = (await self.read("/sessions/v1/sessions", series=self.series, limit="200"))["items"]
        [next_week] = [one["id"] for one in tables if one["starts_at"].startswith("2019-02-27")]
        await self.until("2019-02-25T10:15")
        await self.sign_up(next_week, AGAIN)
        await self.until("2019-02-26T10:15")

    async def sign_up(self, session: str, count: int) -> list[UUID]:
        """The same neighbours come again and again; two of them lead what follows from the Meet & Greet."""
        leading = 0 if session in (self.round_table, getattr(self, "meeting", None)) else 2
        residents = list(self.people)[leading : leading + count]
        for resident in residents:
            await made(self.as_resident(resident), f"/sessions/v1/sessions/{session}/seats")
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


class ClaimedOliebollen(Oliebollen):
    """The same day, after which residents say which card was theirs."""

    def __init__(self, wingerd: WingerdByPost) -> None:
        super().__init__(wingerd.place)
        self.wingerd = wingerd
        self.claimed: dict[UUID, str] = {}

    async def _type_in_the_cards(self) -> None:
        await super()._type_in_the_cards()
        for number, resident in enumerate(self.wingerd.people, CARDS - PEOPLE + 1):
            claim = {"number": str(number), "code": CODE}
            answer = await self.wingerd.as_resident(resident).post(f"{self.campaign}/claims", json=claim)
            assert answer.status_code == 200, answer.text
            self.claimed[resident] = answer.json()["theme_id"]


@dataclass(frozen=True)
class Seen:
    """What can be seen at one moment: letters, messages as they are kept, what is known of the others, what was said."""

    letters: list[tuple[str, EmailMessage]]
    messages: list[dict[str, Any]]
    known: dict[str, list[Any]]
    said: list[str]
    #: The id by which a message is known outside, and the message's own.
    known_outside: dict[str, str]

    @classmethod
    async def at(cls, place: Playground, mailbox: Mailbox) -> "Seen":
        """Now, once nothing more comes of what happened."""
        for _ in range(2):
            await place.do_what_is_due()
        said = [one["id"] for one in await place.events("notifications")]
        async with place.service("notifications").database.transaction("woonpartners") as session:
            messages = list(
                await session.scalars(text("SELECT to_jsonb(messages) FROM messages ORDER BY id"))
            )
            known = {table: list(await session.scalars(text(ROWS.format(table)))) for table in KNOWN}
        vault = place.service("notifications").parts.vault
        outside = {str(UUID(bytes=vault.digest(f"message:{one['id']}")[:16])): one["id"] for one in messages}
        return cls([*mailbox.taken], messages, known, said, outside)


#: What notifications has from the others alone.
KNOWN = ("known_houses", "known_sessions", "known_series", "known_seats", "known_themes", "known_surveys")
ROWS = "SELECT to_jsonb({0}) - 'version' FROM {0} ORDER BY id"


@dataclass(frozen=True)
class Winter:
    """As it was, and as it looks once everything was heard again."""

    people: dict[UUID, tuple[str, str]]
    claims: dict[UUID, str]
    first: Seen
    again: dict[str, Seen]


@pytest.fixture(scope="module")
async def winter(
    servers: RealServers, templates: dict[str, Service], issuer_key_file: Path
) -> AsyncIterator[Winter]:
    mailbox, clock = Mailbox(), Clock()
    async with smtp_server(mailbox) as url, fresh(servers, templates, issuer_key_file) as settings:
        services = {**templates, "notifications": with_parts(templates["notifications"], over_smtp(url))}
        async with playground(services.values(), settings, clock) as place:
            wingerd = WingerdByPost(place, mailbox)
            await played(wingerd)
            first = await Seen.at(place, mailbox)
        again = {}
        for how, tables in HEARD_AGAIN.items():
            await empty(settings, *tables)
            async with playground(services.values(), settings, clock) as place:
                again[how] = await Seen.at(place, mailbox)
        yield Winter(wingerd.people, wingerd.claims, first, again)


#: What is emptied so that everything is heard from its beginning.
HEARD_AGAIN = {"over what is known": ("checkpoints",), "with nothing known": ("checkpoints", *KNOWN)}


async def played(wingerd: WingerdByPost) -> None:
    await wingerd.open_the_house()
    await wingerd.move_in()
    for part in (
        wingerd.say_what_they_want,
        wingerd.bring_in_ideas,
        wingerd.meet_at_the_round_table,
        wingerd.hear_what_became_of_an_idea,
        wingerd.meet_and_greet,
        wingerd.vote_on_what_is_next,
        wingerd.take_on_what_was_decided,
        wingerd.keep_meeting,
        wingerd.look_forward,
    ):
        await part()
        await wingerd.place.do_what_is_due()


async def empty(settings: Settings, *tables: str) -> None:
    """As an operator does it, while notifications is stopped."""
    assert settings.database_owner_url
    url = settings.database_owner_url.format(service="notifications").replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"TRUNCATE {', '.join(tables)}")
    finally:
        await connection.close()


async def test_every_message_comes_once(winter: Winter) -> None:
    ids = [letter["Message-ID"] for _, letter in winter.first.letters]
    assert len(ids) == len(set(ids)) == CODES + sum(MESSAGES.values())


async def test_every_message_comes_to_whom_it_is_for(winter: Winter) -> None:
    whose = {one["id"]: one["resident_id"] for one in winter.first.messages if one["resident_id"]}
    address = {str(resident): address for resident, (address, _) in winter.people.items()}
    came = {letter["Message-ID"].strip("<>").partition("@")[0]: to for to, letter in winter.first.letters}
    came = {winter.first.known_outside[id]: to for id, to in came.items() if id in winter.first.known_outside}
    assert {id: came.get(id) for id in whose} == {id: address[resident] for id, resident in whose.items()}


async def test_everybody_reads_their_own_language(winter: Winter) -> None:
    languages = dict(winter.people.values())
    for to, letter in winter.first.letters:
        own = languages[to].partition("-")[0]
        spoken = own if own == "nl" else f"{own}, nl"
        assert letter["Content-Language"] == spoken, (to, letter["Subject"])


async def test_everything_is_told_to_so_many(winter: Winter) -> None:
    sent = Counter((one["rule"], one["state"]) for one in winter.first.messages)
    assert sent == {(rule, "sent"): count for rule, count in MESSAGES.items()}


async def test_what_the_whole_house_hears_everybody_hears_once(winter: Winter) -> None:
    heard = Counter((one["rule"], one["resident_id"]) for one in winter.first.messages)
    everybody = {str(resident) for resident in winter.people}
    for rule in ("survey-opened", "survey-closes", "results-published", "campaign-started"):
        assert {resident: heard[rule, resident] for resident in everybody} == dict.fromkeys(everybody, 1)


async def test_whoever_brought_in_an_idea_hears_what_became_of_it(winter: Winter) -> None:
    told = {
        one["resident_id"]: one["rule"].removeprefix("theme-")
        for one in winter.first.messages
        if one["rule"] in ("theme-admitted", "theme-merged", "theme-rejected")
    }
    assert told == {str(resident): state for resident, state in winter.claims.items()}


@pytest.mark.parametrize("how", HEARD_AGAIN)
async def test_who_hears_it_all_again_sends_nothing(winter: Winter, how: str) -> None:
    assert winter.again[how].letters == winter.first.letters
    assert winter.again[how].messages == winter.first.messages


@pytest.mark.parametrize("how", HEARD_AGAIN)
async def test_who_hears_it_all_again_knows_the_same(winter: Winter, how: str) -> None:
    assert all(winter.first.known.values())
    assert winter.again[how].known == winter.first.known


@pytest.mark.parametrize("how", HEARD_AGAIN)
async def test_who_hears_it_all_again_says_nothing(winter: Winter, how: str) -> None:
    assert winter.again[how].said == winter.first.said


#: Everybody came in with one; nothing of it is kept.
CODES = PEOPLE
#: Each of the story's events, times those that it is for.
MESSAGES = {
    "welcome": PEOPLE,
    "survey-opened": PEOPLE,
    "survey-closes": PEOPLE,
    "results-published": PEOPLE,
    "campaign-started": PEOPLE,
    "theme-admitted": PEOPLE - MERGED - REJECTED,  # of the cards that somebody claimed
    "theme-merged": MERGED,
    "theme-rejected": REJECTED,
    "theme-answered": FOLLOWERS,
    "session-scheduled": 3 * PEOPLE,  # the round table, the Meet & Greet, the decoration afternoon
    "series-started": PEOPLE,
    "follow-up-decided": PEOPLE,
    "seat-registered": 12 + 1 + 22 + 9 + 11 + 12 + 14 + AGAIN,
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
    + AGAIN
    + 5,  # with those who lead: four coffee tables, one afternoon
    "session-soon": 12 + 22 + 9 + 11 + 12 + 14 + 4,
}
