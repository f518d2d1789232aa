"""Seats on real PostgreSQL, when everybody comes at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from buurtthuis.errors import Refused
from buurtthuis.identity import Role
from buurtthuis.testing import Playground
from buurtthuis.work import Cause
from buurtthuis_sessions.commands.seats import AcceptOffer, RegisterSeat, SettleSeats, WithdrawSeat
from buurtthuis_sessions.commands.sessions import ChangeCapacity
from sqlalchemy import text

from tests.people import a_session, at_once, event_types

SEATS = text(
    "SELECT number, resident_id, state, expires_at FROM seats WHERE session_id = :id ORDER BY number"
)


async def seats(place: Playground, session: str) -> list[Any]:
    """Every seat as it is kept, in order of turn."""
    async with place.service("sessions").database.transaction("woonpartners") as connection:
        return list((await connection.execute(SEATS, {"id": session})).all())


async def run(place: Playground, command: object) -> bool:
    """Whether it was not refused."""
    sessions = place.service("sessions")
    try:
        await sessions.dispatcher.run(command, sessions.corporations["woonpartners"], Cause("resident"))
    except Refused:
        return False
    return True


async def told(place: Playground, session: str) -> list[dict[str, Any]]:
    """What was said about one session, in order."""
    await place.settled()
    return [one for one in await place.events("sessions") if one["subject"] == session]


async def test_of_200_at_once_for_twelve_places_twelve_get_one(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF), capacity=12)
    clients = [place.client(Role.RESIDENT) for _ in range(200)]
    answers = await at_once(200, lambda n: clients[n].post(f"/sessions/sessions/{session}/seats"))
    states = Counter(seat.state for seat in await seats(place, session))
    assert (Counter(answer.status_code for answer in answers), states) == (
        {201: 200},
        {"registered": 12, "waitlisted": 188},
    )


async def test_the_list_of_those_200_is_in_the_order_in_which_they_were_let_in(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF), capacity=12)
    await at_once(200, lambda _: run(place, RegisterSeat(UUID(session), uuid4())))
    order = [one["data"]["resident_id"] for one in await told(place, session) if "seat-" in one["type"]]
    kept = await seats(place, session)
    assert [seat.number for seat in kept] == list(range(1, 201))
    assert [str(seat.resident_id) for seat in kept] == order


async def test_one_freed_place_is_offered_once_whatever_races_for_it(place: Playground) -> None:
    """Two withdrawals, more capacity and an offer that runs out, each many times at once: four places, four offers."""
    session = UUID(await a_session(place.client(Role.STAFF), capacity=3))
    residents = [uuid4() for _ in range(12)]
    for resident in residents:
        await run(place, RegisterSeat(session, resident))
    await run(place, WithdrawSeat(session, residents[0]))
    place.clock.move(timedelta(hours=12))
    race: list[Coroutine[Any, Any, bool]] = []
    for _ in range(8):
        race += [
            run(place, WithdrawSeat(session, residents[1])),
            run(place, WithdrawSeat(session, residents[2])),
            run(place, ChangeCapacity(session, 4)),
            run(place, SettleSeats(session)),
        ]
    random.Random(4).shuffle(race)
    await asyncio.gather(*race)
    states = [seat.state for seat in await seats(place, str(session))]
    assert states == ["withdrawn"] * 3 + ["offer_expired"] + ["offered"] * 4 + ["waitlisted"] * 4
    assert event_types(await told(place, str(session))).count("seat-offered") == 5


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_residents_do_at_once_nothing_is_oversold_and_nobody_passed_over(
    place: Playground, seed: int
) -> None:
    chance = random.Random(seed)
    session = UUID(await a_session(place.client(Role.STAFF), capacity=5))
    residents = [uuid4() for _ in range(20)]
    for _ in range(8):
        await asyncio.gather(*(run(place, _something(chance, session, residents)) for _ in range(25)))
        place.clock.move(timedelta(hours=chance.choice((0, 1, 13))))
        await run(place, SettleSeats(session))
        await check(place, str(session))


def _something(chance: random.Random, session: UUID, residents: list[UUID]) -> object:
    resident = chance.choice(residents)
    commands = (
        RegisterSeat(session, resident),
        RegisterSeat(session, resident),
        WithdrawSeat(session, resident),
        AcceptOffer(session, resident),
        ChangeCapacity(session, chance.randint(3, 8)),
        SettleSeats(session),
    )
    return chance.choice(commands)


async def check(place: Playground, session: str) -> None:
    """What every moment has to show."""
    kept = await seats(place, session)
    read = (await place.client(Role.STAFF).get(f"/sessions/sessions/{session}")).json()
    holding = [seat for seat in kept if seat.state in ("registered", "offered")]
    queue = [seat for seat in kept if seat.state == "waitlisted"]
    live = [seat.resident_id for seat in (*holding, *queue)]
    assert len(holding) <= read["capacity"]
    assert not queue or len(holding) == read["capacity"]
    assert len(live) == len(set(live))
    offers = [seat.number for seat in kept if seat.state == "offered"]
    assert all(offer < seat.number for offer in offers for seat in queue)
    assert all(seat.expires_at > place.clock() for seat in kept if seat.state == "offered")
