"""Wingerd, November 2018: 96 letters, 58 ballots, and the three things that people want most.

The counts are those of the acceptance story, to the ballot.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import httpx
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.people import a_ballot, a_survey, asked, at_once, codes_for, done

WISHES = {
    "Contact met buren": 41,
    "Nederlands leren": 33,
    "Koffie drinken": 29,
    "De tuin": 22,
    "Veiligheid": 17,
    "Iets anders": 9,
}
ROADS = {"web": 31, "paper": 19, "door": 8}


def marks() -> list[list[str]]:
    """58 ballots that add up: 35 of three marks, 23 of two, none with the same wish twice."""
    ballots: list[list[str]] = [[] for _ in range(58)]
    turn: Iterator[int] = cycle(range(58))
    for wish, count in WISHES.items():
        for _ in range(count):
            ballots[next(turn)].append(wish)
    return ballots


async def send(
    visitor: httpx.AsyncClient, staff: httpx.AsyncClient, survey: str, road: str, body: dict[str, Any]
) -> httpx.Response:
    """By the road it came in by."""
    if road == "web":
        return await visitor.post(f"/surveys/v1/public/woonpartners/surveys/{survey}/ballots", json=body)
    return await staff.post(f"/surveys/v1/surveys/{survey}/typed-ballots", json={**body, "channel": road})


class Enquete:
    """The survey of one house, from its letters to its results."""

    def __init__(self, place: Playground, **more: Any) -> None:
        self.place = place
        self.staff, self.visitor = place.client(Role.STAFF), place.client()
        self.more = more

    async def open(self) -> None:
        question = asked("multiple_choice", "Wat is voor u belangrijk?", *WISHES, at_most=3, top=3)
        self.survey = await a_survey(self.staff, question, closes_at="2018-12-01T00:00:00+01:00", **self.more)
        self.codes = await codes_for(self.staff, self.survey, 96)
        await done(self.staff, f"/surveys/v1/surveys/{self.survey}/opening")

    async def answer(self) -> None:
        """All at the same time."""
        roads = [road for road, count in ROADS.items() for _ in range(count)]
        self.ballots = [
            await a_ballot(self.visitor, self.survey, chosen, code=code)
            for chosen, code in zip(marks(), self.codes[:58], strict=True)
        ]
        answers = await at_once(58, lambda n: self.send(roads[n], self.ballots[n]))
        assert {one.status_code for one in answers} == {201}

    async def send(self, road: str, body: dict[str, Any]) -> httpx.Response:
        return await send(self.visitor, self.staff, self.survey, road, body)

    async def close(self) -> None:
        """By itself, since it is time."""
        self.place.clock.move_to(datetime(2018, 11, 30, 23, 0, tzinfo=UTC))
        surveys = self.place.service("surveys")
        await surveys.timers.do_what_is_due(surveys.service.timers[0])

    async def publish(self) -> None:
        await done(self.staff, f"/surveys/v1/surveys/{self.survey}/publication")


async def test_the_neighbours_of_wingerd_say_what_they_want(place: Playground) -> None:
    enquete = Enquete(place)
    await enquete.open()
    await enquete.answer()
    again = {**enquete.ballots[0], "retry": enquete.ballots[1]["retry"]}
    assert (await enquete.send("web", again)).status_code == 409

    await enquete.close()
    late = await a_ballot(enquete.visitor, enquete.survey, ["De tuin"], code=enquete.codes[58])
    assert (await enquete.send("web", late)).status_code == 409
    await enquete.publish()

    published = await enquete.visitor.get(f"/surveys/v1/public/woonpartners/surveys/{enquete.survey}/results")
    results = published.json()
    (found,) = results["questions"]
    assert (results["codes"], results["ballots"], results["response_rate"]) == (96, 58, 60.4)
    assert results["by_channel"] == ROADS
    assert {one["text"]["text"]: one["marks"] for one in found["options"]} == WISHES
    assert found["marks"] == 151 <= 174
    assert [one["text"]["text"] for one in found["options"] if one["in_top"]] == list(WISHES)[:3]

    await place.settled()
    said = {one["type"].split(".")[3]: one["data"] for one in await place.events("surveys")}
    assert said["survey-closed"]["ballots"] == 58
    assert said["survey-closed"]["by_channel"] == ROADS
    assert [one["score"] for one in said["results-published"]["ranking"]] == list(WISHES.values())
    assert len(said["results-published"]["top"]) == 3
