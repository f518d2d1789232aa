"""Wingerd, winter 2018-2019: a round table, a Meet & Greet, what the people in the room decided, and what came of it.

The counts are those of the acceptance story, to the person.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground, eventually

from tests.flows.test_wingerd_ideas import Oliebollen, Replay
from tests.people import a_guest, a_neighbour, a_room, a_theme, done, event_types, made

pytestmark = pytest.mark.both_corporations

HOUSE = {
    "title": "BuurtThuis Wingerd",
    "town": "Waddinxveen",
    "dwellings": 96,
    "label": "Praatmaatje",
    "ends_on": "2019-03-31",
}
#: What was marked by phone, a line for each sort of ballot; and on the cards, together.
BY_PHONE = [
    (7, ("Koffietafel", "Versiermiddag")),
    (4, ("Koffietafel", "Taalcafé")),
    (2, ("Versiermiddag", "Taalcafé")),
    (1, ("stop",)),
]
ON_CARDS = {"Koffietafel": 8, "Versiermiddag": 7, "Taalcafé": 6}
WEDNESDAYS = {"2019-02-06": 9, "2019-02-13": 11, "2019-02-20": 12}


class Wingerd:
    """One house and its people, on a clock that goes from November to February."""

    def __init__(self, place: Playground) -> None:
        self.place = place
        self.staff = place.client(Role.STAFF)
        self.held: dict[str, str] = {}

    def as_resident(self, resident: UUID) -> httpx.AsyncClient:
        return self.place.client(Role.RESIDENT, subject=resident)

    async def read(self, path: str, **query: str) -> Any:
        response = await self.staff.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def until(self, wall_clock: str) -> None:
        """Winter: the clock on the wall is an hour ahead. All that is due by then happens."""
        moment = datetime.fromisoformat(f"{wall_clock}:00+01:00").astimezone(UTC)
        self.place.clock.move_to(moment)
        await self.place.do_what_is_due()

    async def plan(self, client: httpx.AsyncClient, what: str, id: str, **plan: Any) -> None:
        """Fill in a draft, or a series on trial."""
        version = (await client.get(f"/sessions/v1/{what}/{id}")).headers["ETag"]
        body = {"capacity": 30, "room_id": self.room, **plan}
        response = await client.put(
            f"/sessions/v1/{what}/{id}/plan", json=body, headers={"If-Match": version}
        )
        assert response.status_code == 200, response.text

    async def sign_up(self, session: str, count: int) -> list[UUID]:
        """So many residents, one after the other."""
        residents = [uuid4() for _ in range(count)]
        for resident in residents:
            await a_guest(self.place, session, resident)
        return residents

    async def states(self, session: str) -> Counter[str]:
        """Of everybody who is no host."""
        seats = await self.read(f"/sessions/v1/sessions/{session}/seats")
        return Counter(seat["state"] for seat in seats if seat["role"] is None)

    async def note(self, session: str, came: list[UUID], walk_ins: int = 0) -> dict[str, Any]:
        """Who came; the session as it stands then."""
        body = {"attended": [str(one) for one in came], "walk_ins": walk_ins}
        await done(self.staff, f"/sessions/v1/sessions/{session}/attendance", body)
        found = await self.read(f"/sessions/v1/sessions/{session}")
        self.held[session] = found["starts_at"][:10]
        return dict(found)

    # The story

    async def open_the_house(self) -> None:
        self.house = await made(self.staff, "/sessions/v1/houses", HOUSE)
        self.room = await a_room(self.staff, capacity=60)

    async def meet_at_the_round_table(self) -> None:
        theme = await a_theme(self.staff, "Ontmoeten", house_id=self.house)
        for move in ("admission", "selection"):
            await done(self.staff, f"/surveys/v1/themes/{theme}/{move}")
        self.round_table = await self._draft_of(theme)
        when = {"starts_at": "2019-01-10T19:30", "ends_at": "2019-01-10T21:30"}
        await self.plan(self.staff, "sessions", self.round_table, kind="round_table", **when, capacity=12)
        residents = await self.sign_up(self.round_table, 14)
        self.signed_up = await self.states(self.round_table)
        await done(self.as_resident(residents[0]), f"/sessions/v1/sessions/{self.round_table}/withdrawal")
        self.offered = await self.states(self.round_table)
        await done(self.as_resident(residents[12]), f"/sessions/v1/sessions/{self.round_table}/acceptance")
        await self.until("2019-01-10T21:30")
        self.round_table_held = await self.note(self.round_table, residents[1:12], walk_ins=1)

    async def _draft_of(self, theme: str) -> str:
        async def drafted() -> str | None:
            found = (await self.read("/sessions/v1/sessions", theme=theme))["items"]
            return str(found[0]["id"]) if found else None

        return str(await eventually(drafted, "the theme's draft"))

    async def meet_and_greet(self) -> None:
        draft = {"house_id": self.house, "title": "Meet & Greet"}
        self.meeting = await made(self.staff, "/sessions/v1/sessions", draft)
        when = {"starts_at": "2019-01-24T19:30", "ends_at": "2019-01-24T21:30"}
        await self.plan(self.staff, "sessions", self.meeting, kind="meet_and_greet", **when)
        self.host = uuid4()
        await made(
            self.staff,
            f"/sessions/v1/sessions/{self.meeting}/roles",
            {"role": "host", "resident_id": str(self.host)},
        )
        residents = await self.sign_up(self.meeting, 22)
        await self.until("2019-01-24T21:00")
        self.came = residents[:20]
        self.meeting_held = await self.note(self.meeting, self.came, walk_ins=5)

    async def vote_on_what_is_next(self) -> None:
        host = self.as_resident(self.host)
        options = [
            {"title": "Koffietafel", "kind": "coffee_table", "weekly": True},
            {"title": "Versiermiddag", "kind": "workshop"},
            {"title": "Taalcafé", "kind": "other"},
        ]
        asked = {"session_id": self.meeting, "options": options, "at_most": 2, "places": 2}
        vote = await made(host, "/sessions/v1/follow-up-votes", asked)
        self.vote = f"/sessions/v1/follow-up-votes/{vote}"
        code = (await host.get(f"{self.vote}/code")).json()["code"]
        known = await self._options(code)
        ballots = [marks for count, marks in BY_PHONE for _ in range(count)]
        voters = [*self.came[:12], uuid4(), uuid4()]
        for resident, marks in zip(voters, ballots, strict=True):
            body = {
                "code": code,
                "options": [known[one] for one in marks if one in known],
                "stop": "stop" in marks,
            }
            response = await self.as_resident(resident).post(
                "/sessions/v1/follow-up-votes/ballots", json=body
            )
            assert response.status_code == 201, response.text
        await self._count_the_cards(host, known)
        await done(host, f"{self.vote}/decision")
        self.decided = await self.read(self.vote)

    async def _options(self, code: str) -> dict[str, str]:
        found = await self.as_resident(self.came[0]).post(
            "/sessions/v1/follow-up-votes/lookup", json={"code": code}
        )
        return {one["title"]: one["id"] for one in found.json()["options"]}

    async def _count_the_cards(self, host: httpx.AsyncClient, known: dict[str, str]) -> None:
        version = (await host.get(self.vote)).headers["ETag"]
        marks = [{"option_id": known[title], "marks": count} for title, count in ON_CARDS.items()]
        body = {"cards": 11, "marks": marks, "stop": 0}
        response = await host.put(f"{self.vote}/cards", json=body, headers={"If-Match": version})
        assert response.status_code == 200, response.text

    async def take_on_what_was_decided(self) -> None:
        """Two who were there, within seven days; the same Wednesday, one in the morning and one in the afternoon."""
        await self.until("2019-01-28T20:00")
        coffee_host, decoration_host = self.came[0], self.came[1]
        [series] = (await self.read("/sessions/v1/series", followUpOf=self.meeting))["items"]
        [draft] = (await self.read("/sessions/v1/sessions", followUpOf=self.meeting, state="draft"))["items"]
        self.drafts = {series["title"]: series["state"], draft["title"]: draft["state"]}
        self.confirm_by = {series["confirm_by"], draft["confirm_by"]}
        self.series, self.decoration = series["id"], draft["id"]
        for host in (coffee_host, decoration_host):
            await a_neighbour(self.place, self.house, host)
        await made(self.as_resident(coffee_host), f"/sessions/v1/series/{self.series}/hosts")
        weekly = {"rule": "FREQ=WEEKLY;BYDAY=WE", "starts_at": "2019-02-06T10:00", "minutes": 120}
        await self.plan(self.as_resident(coffee_host), "series", self.series, kind="coffee_table", **weekly)
        lead = {"role": "host"}
        await made(self.as_resident(decoration_host), f"/sessions/v1/sessions/{self.decoration}/roles", lead)
        when = {"starts_at": "2019-02-13T14:00", "ends_at": "2019-02-13T16:00"}
        await self.plan(
            self.as_resident(decoration_host), "sessions", self.decoration, kind="workshop", **when
        )

    async def keep_meeting(self) -> None:
        """Everybody registered beforehand, and nobody is missing."""
        tables = (await self.read("/sessions/v1/sessions", series=self.series, limit="200"))["items"]
        by_day = {one["starts_at"][:10]: one["id"] for one in tables}
        self.standings: dict[str, Any] = {}
        for day, count in WEDNESDAYS.items():
            guests = await self.sign_up(by_day[day], count)
            more = await self.sign_up(self.decoration, 14) if day == "2019-02-13" else []
            await self.until(f"{day}T12:00")
            await self.note(by_day[day], guests)
            if more:
                await self.until(f"{day}T16:00")
                await self.note(self.decoration, more)
            self.standings[day] = await self.read(f"/sessions/v1/houses/{self.house}/continuity")

    async def strangers(self) -> list[Any]:
        """What the staff of another corporation get to see of it."""
        stranger = self.place.client(Role.STAFF, Role.OPERATOR, corporation="de-waterlelie")
        lists = ("houses", "sessions", "series", "rooms", "follow-up-votes", "tasks")
        found = [(await stranger.get(f"/sessions/v1/{one}")).json()["items"] for one in lists]
        return [
            *(one for items in found for one in items),
            *(await stranger.get("/sessions/v1/events")).json(),
        ]


class Journal:
    """What somebody knows who reads the journal of sessions from zero and nothing else."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.held: dict[str, int] = {}
        self.begins: dict[str, date] = {}
        self.places: Counter[str] = Counter()
        self.from_follow_ups = 0
        for kind, event in zip(event_types(events), events, strict=True):
            hear = getattr(self, f"_{kind.replace('-', '_')}", None)
            if hear:
                hear(event["data"])

    def _session_scheduled(self, data: dict[str, Any]) -> None:
        self.begins[data["session_id"]] = datetime.fromisoformat(data["starts_at"]).date()

    def _session_held(self, data: dict[str, Any]) -> None:
        self.held[data["session_id"]] = data["attended"] + data["walk_ins"]
        self.from_follow_ups += data["follow_up_of"] is not None

    def _seat_registered(self, data: dict[str, Any]) -> None:
        self.places[data["session_id"]] += data["role"] is None

    def _seat_withdrawn(self, data: dict[str, Any]) -> None:
        self.places[data["session_id"]] -= 1

    @property
    def longest_gap(self) -> int:
        days = sorted({self.begins[session] for session in self.held})
        return max((later - earlier).days for earlier, later in pairwise(days))


@dataclass
class Winter:
    """The winter as it was, and the campaign in which it began."""

    wingerd: Wingerd
    oliebollen: Oliebollen


@pytest.fixture(scope="module")
async def winter(running: Playground) -> Winter:
    """Played once; what it was like is looked at afterwards."""
    wingerd, oliebollen = Wingerd(running), Oliebollen(running)
    await wingerd.open_the_house()
    await oliebollen.happen()
    await wingerd.meet_at_the_round_table()
    await wingerd.meet_and_greet()
    await wingerd.vote_on_what_is_next()
    await wingerd.take_on_what_was_decided()
    await wingerd.keep_meeting()
    await running.settled()
    return Winter(wingerd, oliebollen)


@pytest.fixture
def wingerd(winter: Winter) -> Wingerd:
    return winter.wingerd


async def test_the_house_runs_under_its_own_name(wingerd: Wingerd) -> None:
    house = await wingerd.read(f"/sessions/v1/houses/{wingerd.house}")
    assert [house[key] for key in (*HOUSE, "state")] == [*HOUSE.values(), "running"]


def test_twelve_have_a_place_at_the_round_table_and_two_wait(wingerd: Wingerd) -> None:
    assert wingerd.signed_up == {"registered": 12, "waitlisted": 2}


def test_a_place_that_is_given_back_is_offered_to_the_first_who_waits(wingerd: Wingerd) -> None:
    assert wingerd.offered == {"registered": 11, "withdrawn": 1, "offered": 1, "waitlisted": 1}


def test_who_came_to_the_round_table_is_counted(wingerd: Wingerd) -> None:
    counted = [wingerd.round_table_held[key] for key in ("attended", "no_shows", "walk_ins")]
    assert counted == [11, 1, 1]


def test_who_came_to_the_meet_and_greet_is_counted(wingerd: Wingerd) -> None:
    assert [wingerd.meeting_held[key] for key in ("attended", "no_shows", "walk_ins")] == [20, 2, 5]


def test_the_room_decides_with_48_marks(wingerd: Wingerd) -> None:
    result = wingerd.decided["result"]
    marks = {one["title"]: one["marks"] for one in wingerd.decided["options"]}
    assert marks == {"Koffietafel": 19, "Versiermiddag": 16, "Taalcafé": 12}
    assert (wingerd.decided["state"], result["stop"]) == ("decided", 1)
    assert sum(marks.values()) + result["stop"] == 48


def test_what_won_waits_a_week_for_somebody_to_take_it_on(wingerd: Wingerd) -> None:
    assert wingerd.drafts == {"Koffietafel": "trial", "Versiermiddag": "draft"}
    [confirm_by] = {datetime.fromisoformat(one) for one in wingerd.confirm_by}
    assert confirm_by == datetime(2019, 1, 25, 7, 0, tzinfo=UTC) + timedelta(days=7)  # from the morning on


def test_it_goes_on_all_the_time(wingerd: Wingerd) -> None:
    assert [one["standing"] for one in wingerd.standings.values()] == ["green"] * 3


async def test_the_timeline_shows_every_session_that_was_held(wingerd: Wingerd) -> None:
    timeline = (await wingerd.read(f"/sessions/v1/houses/{wingerd.house}/timeline", limit="200"))["items"]
    held = [one for one in timeline if one["became"] == "held"]
    assert [(one["on"], one["gap"], one["attended"] + one["walk_ins"]) for one in held] == [
        ("2019-01-10", None, 12),
        ("2019-01-24", 14, 25),
        ("2019-02-06", 13, 9),
        ("2019-02-13", 7, 11),
        ("2019-02-13", 0, 14),
        ("2019-02-20", 7, 12),
    ]


def test_six_sessions_make_83_presences(wingerd: Wingerd) -> None:
    assert wingerd.standings["2019-02-20"]["totals"] == {
        "held": 6,
        "presences": 83,
        "longest_gap": 14,
        "from_follow_ups": 4,
        "series_led_by_residents": 1,
    }


async def test_another_corporation_sees_nothing_of_it(wingerd: Wingerd) -> None:
    assert await wingerd.strangers() == []


async def test_the_journals_of_wingerd_say_it_all_from_zero(running: Playground, winter: Winter) -> None:
    wingerd, oliebollen = winter.wingerd, winter.oliebollen
    themes, sessions = await running.events("surveys"), await running.events("sessions")
    of_campaign = [one for one in themes if one["data"].get("house_id") == oliebollen.house]
    said = Counter(event_types(of_campaign)) + Counter(event_types(sessions))
    assert {one: said[one] for one in FIGURES} == FIGURES

    assert Replay(of_campaign).share == 86.8
    journal = Journal(sessions)
    totals = wingerd.standings["2019-02-20"]["totals"]
    assert (len(journal.held), sum(journal.held.values())) == (totals["held"], totals["presences"]) == (6, 83)
    assert (journal.longest_gap, journal.from_follow_ups) == (
        totals["longest_gap"],
        totals["from_follow_ups"],
    )
    assert journal.places[wingerd.round_table] == 12


FIGURES = {
    "theme-proposed": 52,
    "theme-merged": 12,
    "theme-rejected": 2,
    "session-held": 6,
    "follow-up-decided": 1,
}
