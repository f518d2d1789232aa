"""On the promised day people's data is gone, on real servers: from every table, the feed and the stream."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.eventlog.streams import stream_name
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Clock, Playground
from buurtthuis_sessions.timers import houses_to_anonymise, timers
from sqlalchemy import text

from tests.conftest import StartSome
from tests.people import HOUSE, PLAN, WEEKLY, a_follow_up_vote, a_guest, a_neighbour, done, event_types, made

WORD = "Jansen"
JAN = uuid4()
[TIMER] = [one for one in timers if one.due is houses_to_anonymise]
TABLES = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
)


async def holding(place: Playground, word: str) -> set[str]:
    """The tables of sessions in which a word is anywhere."""
    async with place.service("sessions").database.transaction("woonpartners") as session:
        tables = list(await session.scalars(TABLES))
        found = {table: await session.scalar(_search(table), {"word": f"%{word}%"}) for table in tables}
    return {table for table, rows in found.items() if rows}


def _search(table: str) -> Any:
    return text(f'SELECT count(*) FROM "{table}" AS row WHERE CAST(row AS text) LIKE :word')


async def a_full_house(place: Playground) -> str:
    """A session with somebody in it who has needs, was there and is named in all that was written; and its end."""
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": f"Koffie bij {WORD}"})
    path = f"/sessions/v1/sessions/{session}"
    await staff.put(f"{path}/plan", json=PLAN, headers={"If-Match": '"1"'})
    await a_guest(place, session, JAN, needs=f"{WORD} hoort slecht.")
    await a_date_that_suits(place, house)
    weekly = {**WEEKLY, "house_id": house, "title": f"{WORD} leest voor"}
    series = f"/sessions/v1/series/{await made(staff, '/sessions/v1/series', weekly)}"
    for part in ("hosts", "standing-seats"):
        await made(staff, f"{series}/{part}", {"resident_id": str(JAN)})
    place.clock.move(timedelta(days=80))
    await done(staff, f"{path}/attendance", {"attended": [str(JAN)], "walk_ins": 2})
    await a_follow_up_vote(staff, session, f"Taart van {WORD}")
    await done(staff, f"{path}/report", {"report": f"{WORD} vertelde over vroeger."})
    ending = {"outcome": "handed_over", "reason": f"Mevrouw {WORD} gaat verder.", "at_once": True}
    await done(staff, f"/sessions/v1/houses/{house}/ending", ending)
    await place.settled()
    return house


async def a_date_that_suits(place: Playground, house: str) -> None:
    """Of a draft in the house, as somebody there said."""
    staff, path = place.client(Role.STAFF), "/sessions/v1/date-polls"
    draft = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Iets anders"})
    dates = [{"starts_at": f"2030-01-1{day}T19:30", "ends_at": f"2030-01-1{day}T21:30"} for day in (0, 1)]
    poll = await made(staff, path, {"session_id": draft, "dates": dates})
    date = (await staff.get(f"{path}/{poll}")).json()["dates"][0]["id"]
    resident = await a_neighbour(place, house, JAN)
    said = {"answers": [{"date_id": date, "suits": "yes"}]}
    assert (await resident.post(f"{path}/{poll}/answers", json=said)).status_code == 200


async def proof(place: Playground, house: str) -> dict[str, Any]:
    found = await place.client(Role.STAFF).get(f"/sessions/v1/houses/{house}/anonymisation")
    assert found.status_code == 200, found.text
    return dict(found.json())


async def the_day_comes(place: Playground, days: int = 90) -> None:
    place.clock.move(timedelta(days=days))
    await place.service("sessions").timers.do_what_is_due(TIMER)
    await place.settled()


@pytest.fixture(scope="module")
async def anonymised(running: Playground) -> str:
    """A house whose day has come, for all tests that only look at what is left of it."""
    house = await a_full_house(running)
    await the_day_comes(running)
    return house


async def test_before_the_day_there_is_what_there_is(place: Playground) -> None:
    """Else the tests below would prove nothing. Which date suits whom went with the draft, which is off since the house ended."""
    house = await a_full_house(place)
    await the_day_comes(place, days=88)
    assert await holding(place, WORD) == {"sessions", "series", "houses", "follow_up_votes", "journal"}
    assert await holding(place, str(JAN)) == {
        "seats",
        "series",
        "neighbours",
        "journal",
    }
    found = await proof(place, house)
    assert (found["anonymised"], found["removed"]) == (False, None)
    assert {kind for kind, count in found["left"].items() if not count} == {"dates"}


async def test_on_the_day_it_is_gone_and_counted(place: Playground) -> None:
    house = await a_full_house(place)
    there = (await proof(place, house))["left"]
    await the_day_comes(place)
    found, nothing = await proof(place, house), dict.fromkeys(there, 0)
    assert (found["anonymised"], found["removed"], found["left"]) == (True, there, nothing)
    told = (await place.events("sessions"))[-1]
    assert (event_types([told]), told["data"]["left"]) == (["house-anonymised"], nothing)


async def test_no_table_holds_a_word_of_it(running: Playground, anonymised: str) -> None:
    assert await holding(running, WORD) == set()


async def test_a_pseudonym_stays_only_in_the_journal_where_nobody_can_resolve_it(
    running: Playground, anonymised: str
) -> None:
    assert await holding(running, str(JAN)) == {"journal"}


async def test_the_feed_shows_that_it_happened_and_no_word_of_it(
    running: Playground, anonymised: str
) -> None:
    events = await running.events("sessions")
    assert {"session-scheduled", "session-reported", "house-ended"} <= set(event_types(events))
    assert WORD not in json.dumps(events)


async def test_the_stream_shows_no_word_of_it(running: Playground, anonymised: str) -> None:
    sessions = running.service("sessions")
    await sessions.relay.inspect("woonpartners")
    entries: Any = await sessions.redis.xrange(stream_name("woonpartners", "sessions"))
    assert entries
    assert WORD not in str(entries)


async def test_what_was_counted_is_still_there(running: Playground, anonymised: str) -> None:
    found = await running.client(Role.STAFF).get("/sessions/v1/sessions", params={"house": anonymised})
    counted = [(one["state"], one["attended"], one["walk_ins"]) for one in found.json()["items"]]
    assert counted[0] == ("closed", 1, 2)
    assert {state for state, _, _ in counted[1:]} == {"not_held", "cancelled"}


async def test_a_restart_and_a_second_look_do_nothing_twice(
    start: StartSome, needed: dict[str, Service], clock: Clock
) -> None:
    async with start(needed.values()) as place:
        await a_full_house(place)
    async with start(needed.values()) as place:
        for _ in range(2):
            await the_day_comes(place)
        assert event_types(await place.events("sessions")).count("house-anonymised") == 1


async def test_whoever_is_not_staff_is_shown_no_proof(place: Playground) -> None:
    refused = await place.client(Role.RESIDENT).get(f"/sessions/v1/houses/{UUID(int=1)}/anonymisation")
    assert refused.status_code == 403
