"""Seats on real PostgreSQL, when everybody comes at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from buurtthuis.core.actor import Actor, ActorKind
from buurtthuis.core.errors import Refused
from buurtthuis.core.work import Cause
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.engine import is_transient
from buurtthuis.testing import Playground
from buurtthuis_sessions.commands.seats import AcceptOffer, RegisterSeat, SettleSeats, WithdrawSeat
from buurtthuis_sessions.commands.sessions import ChangeCapacity
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from tests.actors import STAFF
from tests.people import a_neighbour_of, a_session, all_answered, at_once, event_types

T = TypeVar("T")

#: What somebody does, and a number that says who, or how many.
DEEDS = st.tuples(
    st.sampled_from(("register", "register", "register", "withdraw", "accept", "capacity", "settle")),
    st.integers(0, 60),
)
SEATS = text(
    "SELECT number, resident_id, state, expires_at FROM seats WHERE session_id = :id ORDER BY number"
)


async def seats(place: Playground, session: str) -> list[Any]:
    """Every seat as it is kept, in order of turn."""
    async with place.service("sessions").database.transaction("woonpartners") as connection:
        return list((await connection.execute(SEATS, {"id": session})).all())


async def run(place: Playground, command: object) -> bool:
    """Whether it was not refused; where too many come at once it comes back, as everybody should."""
    sessions = place.service("sessions")
    while True:
        try:
            await sessions.dispatcher.run(
                command, sessions.corporations["woonpartners"], Cause(Actor(ActorKind.RESIDENT))
            )
        except Refused:
            return False
        except Exception as error:
            if not is_transient(error):
                raise
        else:
            return True


async def told(place: Playground, session: str) -> list[dict[str, Any]]:
    """What was said about one session, in order."""
    await place.settled()
    return [one for one in await place.events("sessions") if one["subject"] == session]


async def test_of_200_at_once_for_twelve_places_twelve_get_one(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF), capacity=12)
    clients = [await a_neighbour_of(place, session) for _ in range(200)]
    answers = await all_answered(200, lambda n: clients[n].post(f"/sessions/v1/sessions/{session}/seats"))
    states = Counter(seat.state for seat in await seats(place, session))
    assert (Counter(answer.status_code for answer in answers), states) == (
        {201: 200},
        {"registered": 12, "waitlisted": 188},
    )


async def test_the_list_of_those_200_is_in_the_order_in_which_they_were_let_in(place: Playground) -> None:
    session = await a_session(place.client(Role.STAFF), capacity=12)
    await at_once(200, lambda _: run(place, RegisterSeat(UUID(session), uuid4(), by=STAFF)))
    order = [one["data"]["resident_id"] for one in await told(place, session) if "seat-" in one["type"]]
    kept = await seats(place, session)
    assert [seat.number for seat in kept] == list(range(1, 201))
    assert [str(seat.resident_id) for seat in kept] == order


async def test_one_freed_place_is_offered_once_whatever_races_for_it(place: Playground) -> None:
    """Two withdrawals, more capacity and an offer that runs out, each many times at once: four places, four offers."""
    session = UUID(await a_session(place.client(Role.STAFF), capacity=3))
    residents = [uuid4() for _ in range(12)]
    for resident in residents:
        await run(place, RegisterSeat(session, resident, by=STAFF))
    await run(place, WithdrawSeat(session, residents[0]))
    place.clock.move(timedelta(days=1))
    race: list[Coroutine[Any, Any, bool]] = []
    for _ in range(8):
        race += [
            run(place, WithdrawSeat(session, residents[1])),
            run(place, WithdrawSeat(session, residents[2])),
            run(place, ChangeCapacity(session, 4, by=STAFF)),
            run(place, SettleSeats(session)),
        ]
    random.Random(4).shuffle(race)
    await asyncio.gather(*race)
    states = [seat.state for seat in await seats(place, str(session))]
    assert states == ["withdrawn"] * 3 + ["offer_expired"] + ["offered"] * 4 + ["waitlisted"] * 4
    assert event_types(await told(place, str(session))).count("seat-offered") == 5


class Crowd(RuleBasedStateMachine):
    """Residents, staff and the clock, all at the same time, on a real database."""

    def __init__(self, place: Playground, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.place = place
        self.loop = loop
        self.residents = [uuid4() for _ in range(9)]
        self.session = UUID(self.wait(a_session(place.client(Role.STAFF), capacity=3)))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The tests' own loop does it, while this thread waits."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @rule(does=st.lists(DEEDS, min_size=2, max_size=10))
    def at_once(self, does: list[tuple[str, int]]) -> None:
        before = {seat.resident_id: seat for seat in self.wait(seats(self.place, str(self.session)))}
        self.wait(self._all(does))
        self._check_order(before)

    @rule(hours=st.sampled_from((1, 12, 30)), does=st.lists(DEEDS, max_size=6))
    def offers_run_out(self, hours: int, does: list[tuple[str, int]]) -> None:
        self.place.clock.move(timedelta(hours=hours))
        before = {seat.resident_id: seat for seat in self.wait(seats(self.place, str(self.session)))}
        self.wait(self._all([*does, ("settle", 0), ("settle", 0)]))
        self._check_order(before)

    async def _all(self, does: list[tuple[str, int]]) -> None:
        await asyncio.gather(*(run(self.place, self._command(what, number)) for what, number in does))

    def _command(self, what: str, number: int) -> object:
        resident = self.residents[number % len(self.residents)]
        match what:
            case "register":
                return RegisterSeat(self.session, resident, by=STAFF)
            case "withdraw":
                return WithdrawSeat(self.session, resident)
            case "accept":
                return AcceptOffer(self.session, resident)
            case "capacity":
                return ChangeCapacity(self.session, 2 + number % 5, by=STAFF)
            case _:
                return SettleSeats(self.session)

    def _check_order(self, before: dict[UUID, Any]) -> None:
        """Of those who waited before and wait still, nobody was passed by somebody who waited behind them."""
        after = self.wait(seats(self.place, str(self.session)))
        waiting = [seat.number for seat in after if seat.state == "waitlisted"]
        given = [
            seat.number
            for seat in after
            if seat.state in ("offered", "registered")
            and (was := before.get(seat.resident_id))
            and (was.number, was.state) == (seat.number, "waitlisted")
        ]
        assert all(one < other for one in given for other in waiting)

    @invariant()
    def nothing_is_oversold_and_no_place_is_offered_twice(self) -> None:
        self.wait(check(self.place, str(self.session)))


async def test_whatever_people_do_at_once_nothing_is_oversold_and_nobody_passed_over(
    place: Playground,
) -> None:
    loop = asyncio.get_running_loop()
    crowd: Any = lambda: Crowd(place, loop)  # noqa: E731  hypothesis asks for a class, and calls it
    few = settings(max_examples=12, stateful_step_count=10, deadline=None, database=None)
    await asyncio.to_thread(run_state_machine_as_test, crowd, settings=few)


async def check(place: Playground, session: str) -> None:
    """What every moment has to show."""
    kept = await seats(place, session)
    read = (await place.client(Role.STAFF).get(f"/sessions/v1/sessions/{session}")).json()
    holding = [seat for seat in kept if seat.state in ("registered", "offered")]
    queue = [seat for seat in kept if seat.state == "waitlisted"]
    live = [seat.resident_id for seat in (*holding, *queue)]
    assert len(holding) <= read["capacity"]
    assert not queue or len(holding) == read["capacity"]
    assert len(live) == len(set(live))
    offers = [seat.number for seat in kept if seat.state == "offered"]
    assert all(offer < seat.number for offer in offers for seat in queue)
    assert all(seat.expires_at > place.clock() for seat in kept if seat.state == "offered")
