"""An evening in a hall of forty: two people at the door, one of whom has no reception, and a host whose phone shows the code."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.people import a_neighbour_of, a_session, done, made, problem

pytestmark = pytest.mark.starts("sessions")


class Device:
    """What stands at the door: it says at once what is noted, or keeps it until there is reception."""

    def __init__(
        self, place: Playground, client: httpx.AsyncClient, session: str, *, ahead: timedelta
    ) -> None:
        self.place, self.client = place, client
        self.path = f"/sessions/v1/sessions/{session}"
        self.ahead = ahead
        self.kept: list[dict[str, Any]] | None = None

    async def note(self, *, undone: bool = False, **of: str) -> None:
        if self.kept is not None:
            self.kept.append({**of, "undone": undone, "at": self.clock})
            return
        [(kind, id)] = of.items()
        where = f"{self.path}/{'check-ins' if kind == 'seat' else 'walk-ins'}/{id}"
        answer = await (self.client.delete(where) if undone else self.client.put(where))
        assert answer.is_success, answer.text

    async def send(self) -> dict[str, Any]:
        queue = {"notes": self.kept, "sent_at": self.clock}
        answer = await self.client.post(f"{self.path}/check-ins", json=queue)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @property
    def clock(self) -> str:
        """What it shows: nobody ever set it right."""
        return (self.place.clock() + self.ahead).isoformat()


async def a_hall_of_forty(place: Playground) -> tuple[str, list[UUID], httpx.AsyncClient]:
    """Forty places, half of them of people who told their host how to call them; its host; and it is a quarter of an hour before."""
    staff, host = place.client(Role.STAFF), uuid4()
    starts = place.clock() + timedelta(hours=9)
    local = starts + timedelta(hours=1)
    session = await a_session(
        staff,
        starts_at=f"{local:%Y-%m-%dT%H:%M}",
        ends_at=f"{local + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        capacity=40,
    )
    residents = [uuid4() for _ in range(40)]
    for number, resident in enumerate(residents):
        called = {"called": f"Buur {number}"} if number % 2 else {}
        body = {"resident_id": str(resident), **called}
        await made(staff, f"/sessions/v1/sessions/{session}/seats", body)
    await made(staff, f"/sessions/v1/sessions/{session}/roles", {"role": "host", "resident_id": str(host)})
    place.clock.move_to(starts - timedelta(minutes=15))
    return session, residents, place.client(Role.RESIDENT, subject=host)


async def test_a_hall_of_forty_is_checked_in_on_two_devices_one_of_which_was_offline(
    place: Playground,
) -> None:
    session, residents, host = await a_hall_of_forty(place)
    path = f"/sessions/v1/sessions/{session}"
    front = Device(place, host, session, ahead=timedelta(minutes=-3))
    back = Device(place, place.client(Role.STAFF), session, ahead=timedelta(hours=7))
    back.kept = []  # no reception behind the stage
    listed = (await host.get(f"{path}/check-ins")).json()["expected"]

    # the front lets in the even numbers, by what each of them says or shows; the back the odd ones
    stranger, other = str(uuid4()), str(uuid4())
    for number, place_of in enumerate(listed[:40], 1):
        said = (str(number), place_of["word"], place_of["seat"])[number % 3]
        if number not in (7, 8, 40):  # who stayed at home
            await (back if number % 2 else front).note(seat=said)
        place.clock.move(timedelta(seconds=10))
    await front.note(walk_in=stranger)
    await back.note(walk_in=other)
    await back.note(seat="8")  # by mistake, which somebody notices at the front
    place.clock.move(timedelta(seconds=10))
    await front.note(seat="8", undone=True)
    await back.note(
        walk_in=stranger
    )  # who was let in once already, and is pointed out to the back by the same code
    await front.note(seat="40")  # by mistake as well, and the back saw who it was
    place.clock.move(timedelta(seconds=10))
    await back.note(seat="40", undone=True)

    # one more lets themselves in, and whoever has no place cannot
    code = (await host.put(f"{path}/door-code")).json()["code"]
    late = place.client(Role.RESIDENT, subject=residents[6])
    assert (await late.post("/sessions/v1/check-ins", json={"code": code})).status_code == 200
    passer_by = await a_neighbour_of(place, session)
    refused = await passer_by.post("/sessions/v1/check-ins", json={"code": code})
    assert problem(refused) == "not-registered"

    # the host notes who came, as far as anybody knows
    place.clock.move(timedelta(hours=2))
    await done(host, f"{path}/attendance", {})
    assert (await host.get(path)).json()[
        "attended"
    ] == 18 + 1 + 1  # the even ones, 40 among them, and the one with the code

    # and at home the other device finds reception, twice
    place.clock.move(timedelta(hours=3))
    for _ in range(2):
        taken = await back.send()
        assert (taken["left_out"], taken["door"]["arrived"], taken["door"]["walk_ins"]) == ([], 38, 2)
    away = [one["number"] for one in taken["door"]["expected"] if not one["arrived"] and not one["role"]]
    assert away == [8, 40]
    read = (await host.get(path)).json()
    assert (read["attended"], read["walk_ins"], read["no_shows"]) == (38, 2, 2)
    await place.settled()
    corrected = [
        one for one in await place.events("sessions") if one["type"].endswith("attendance-corrected.v1")
    ]
    assert len(corrected) == 1

    # while they vote it stays as it is; afterwards a mistake can be put right
    vote = await made(
        host,
        "/sessions/v1/follow-up-votes",
        {"session_id": session, "at_most": 1, "options": [{"title": "Koffietafel"}]},
    )
    assert problem(await host.delete(f"{path}/check-ins/1")) == "attendance-settled"
    await done(host, f"/sessions/v1/follow-up-votes/{vote}/cancellation")
    assert (await host.delete(f"{path}/check-ins/1")).status_code == 204
    assert (await host.get(path)).json()["attended"] == 37
