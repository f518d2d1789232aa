"""Ballots that staff typed in wrongly, and put right on the same day."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.events.surveys import IntakeChannel, TieRule, Voting
from buurtthuis.http.problem_json import place_of
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Clock, FakeBackbone, Playground
from buurtthuis_surveys.app import service
from buurtthuis_surveys.commands import surveys as commands
from buurtthuis_surveys.commands.ballots import CastBallot, CorrectBallot, MakeCodes, TakeBallotBack
from buurtthuis_surveys.domain.ballots import (
    AlreadyAnswered,
    Ballot,
    Cast,
    Mark,
    NotTypedInToday,
    SealedBallot,
    Slip,
    Voter,
    VoterKind,
)
from buurtthuis_surveys.domain.questions import Given
from buurtthuis_surveys.domain.surveys import NotOpenForAnswers, Plan, Survey

from tests.conftest import together
from tests.people import a_ballot, an_open_survey, at_once, codes_for, done, fields, problem
from tests.surveys.surveys.test_domain import a_choice, a_form

place = together

FORM = a_form(a_choice("koffie", "thee"))
[QUESTION] = FORM.questions
COFFEE, TEA = [option.id for option in QUESTION.options]
CARD, CODE = (VoterKind.CARD, "A-1"), (VoterKind.CODE, "one")


def cast(option: UUID, channel: IntakeChannel = IntakeChannel.PAPER) -> Cast:
    return Cast((Given(QUESTION.id, (option,)),), channel, "nl-x-b1", uuid4())


class House:
    """A survey that is open, and the clock on the wall."""

    def __init__(self, closes_in: timedelta | None = None) -> None:
        self.clock = Clock()
        self.backbone = FakeBackbone(service, clock=self.clock)
        closes_at = self.clock() + closes_in if closes_in else None
        self.plan = Plan(FORM, Voting.CODE, TieRule.INCLUDE_ALL_TIED, closes_at)

    async def opened(self) -> "House":
        receipt = await self.backbone.run("surveys", commands.DraftSurvey(uuid4(), self.plan))
        self.survey = receipt.id
        await self.backbone.run("surveys", commands.OpenSurvey(self.survey))
        await self.backbone.run("surveys", MakeCodes(self.survey, ("one", "two")))
        return self

    async def type_in(self, proof: tuple[VoterKind, str], answer: Cast, *, typed: bool = True) -> None:
        await self.backbone.run("surveys", CastBallot(self.survey, *proof, answer, typed=typed))

    async def correct(self, proof: tuple[VoterKind, str], answer: Cast) -> None:
        await self.backbone.run("surveys", CorrectBallot(self.survey, *proof, answer))

    async def take_back(self, proof: tuple[VoterKind, str]) -> None:
        await self.backbone.run("surveys", TakeBallotBack(self.survey, *proof))

    async def move(self, command: Any) -> None:
        await self.backbone.run("surveys", command(self.survey))

    async def kept(self, kind: type[Any]) -> list[Any]:
        return list(await self.backbone.kept("surveys", kind))

    async def counted(self) -> Counter[UUID]:
        await self.move(commands.CloseSurvey)
        return Counter(mark.option_id for mark in await self.kept(Mark))


@pytest.mark.parametrize("proof", [CARD, CODE])
async def test_what_was_typed_in_wrongly_is_put_right_on_the_same_day(proof: tuple[VoterKind, str]) -> None:
    house = await House().opened()
    await house.type_in(proof, cast(COFFEE))
    await house.correct(proof, cast(TEA, IntakeChannel.DOOR))
    assert await house.counted() == {TEA: 1}
    assert [ballot.channel for ballot in await house.kept(Ballot)] == [IntakeChannel.DOOR]
    [survey] = await house.kept(Survey)
    assert survey.results.ballots == 1


async def test_a_correction_that_is_sent_twice_counts_once_and_can_be_corrected_again() -> None:
    house = await House().opened()
    await house.type_in(CARD, cast(COFFEE))
    again = cast(TEA)
    await house.correct(CARD, again)
    [before] = await house.kept(SealedBallot)
    await house.correct(CARD, again)
    assert [one.sealed for one in await house.kept(SealedBallot)] == [before.sealed]
    await house.correct(CARD, cast(COFFEE))
    assert await house.counted() == {COFFEE: 1}


async def test_the_ballot_that_was_replaced_does_not_come_back_when_it_is_sent_again() -> None:
    house = await House().opened()
    wrong = cast(COFFEE)
    await house.type_in(CARD, wrong)
    await house.correct(CARD, cast(TEA))
    with pytest.raises(AlreadyAnswered):
        await house.type_in(CARD, wrong)
    assert await house.counted() == {TEA: 1}


async def test_a_ballot_of_another_card_is_taken_back_and_typed_in_with_its_own() -> None:
    house = await House().opened()
    await house.type_in(CODE, cast(COFFEE))
    await house.take_back(CODE)
    assert await house.kept(SealedBallot) == await house.kept(Slip) == []
    assert not any(voter.answered for voter in await house.kept(Voter))
    await house.type_in((VoterKind.CODE, "two"), cast(COFFEE))
    await house.type_in(CODE, cast(TEA))
    await house.correct(CODE, cast(COFFEE))
    assert await house.counted() == {COFFEE: 2}


async def test_the_day_ends_at_midnight_on_the_wall() -> None:
    """Which is 23:00 in UTC, in winter."""
    house = await House().opened()
    house.clock.move_to(house.clock().replace(hour=22, minute=58))
    await house.type_in(CARD, cast(COFFEE))
    await house.correct(CARD, cast(TEA))
    house.clock.move(timedelta(minutes=2))
    with pytest.raises(NotTypedInToday):
        await house.correct(CARD, cast(COFFEE))
    with pytest.raises(NotTypedInToday):
        await house.take_back(CARD)
    assert await house.counted() == {TEA: 1}


async def test_what_a_household_sent_itself_is_no_ones_to_change() -> None:
    """Nor does staff's answer tell whether they did."""
    house = await House().opened()
    await house.type_in(CODE, cast(COFFEE, IntakeChannel.WEB), typed=False)
    refusals = set()
    for proof in (CODE, (VoterKind.CODE, "two"), (VoterKind.CODE, "nobody's")):
        for attempt in (house.correct(proof, cast(TEA)), house.take_back(proof)):
            with pytest.raises(NotTypedInToday) as refused:
                await attempt
            refusals.add((str(refused.value), place_of(refused.value)))
    assert len(refusals) == 1
    assert await house.counted() == {COFFEE: 1}


async def test_the_closing_ends_it_by_hand_or_in_time_and_a_pause_does_not() -> None:
    house = await House(closes_in=timedelta(hours=1)).opened()
    await house.type_in(CARD, cast(COFFEE))
    await house.move(commands.PauseSurvey)
    await house.correct(CARD, cast(TEA))
    house.clock.move(timedelta(hours=1))
    with pytest.raises(NotOpenForAnswers):
        await house.correct(CARD, cast(COFFEE))
    assert await house.counted() == {TEA: 1}
    assert await house.kept(Slip) == []
    with pytest.raises(NotOpenForAnswers):
        await house.take_back(CARD)


async def test_a_slip_tells_a_day_and_nothing_else() -> None:
    house = await House().opened()
    await house.type_in(CARD, cast(COFFEE))
    [slip], [ballot] = await house.kept(Slip), await house.kept(SealedBallot)
    assert slip.day == house.clock().date()
    assert slip.id not in (ballot.id, *(voter.id for voter in await house.kept(Voter)))
    assert ballot.id.bytes not in slip.sealed
    assert str(ballot.id).encode() not in slip.sealed


# Over HTTP, on real servers


async def typed(
    client: httpx.AsyncClient, survey: str, choice: str, method: str = "POST", **proof: str
) -> Any:
    body = await a_ballot(client, survey, [choice], channel="paper", **proof)
    return await client.request(method, f"/surveys/v1/surveys/{survey}/typed-ballots", json=body)


async def results(staff: httpx.AsyncClient, survey: str) -> dict[str, int]:
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    found = (await staff.get(f"/surveys/v1/surveys/{survey}/results")).json()
    return {one["text"]["text"]: one["marks"] for one in found["questions"][0]["options"]}


async def test_staff_put_a_ballot_right_and_take_one_back(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    [code] = await codes_for(staff, survey)
    assert (await typed(staff, survey, "Koffie", code=code)).status_code == 201
    assert (await typed(staff, survey, "Koffie", card="a-1")).status_code == 201
    answer = await typed(staff, survey, "Thee", "PUT", code=code.lower())
    assert (answer.status_code, answer.json()["counted"]) == (200, True)
    back = await staff.post(f"/surveys/v1/surveys/{survey}/typed-ballots/withdrawal", json={"card": "A-1"})
    assert (back.status_code, back.json()["counted"]) == (200, False)
    again = await staff.post(f"/surveys/v1/surveys/{survey}/typed-ballots/withdrawal", json={"card": "A-1"})
    assert (again.status_code, problem(again), fields(again)) == (409, "not-typed-in-today", ["/card"])
    assert await results(staff, survey) == {"Koffie": 0, "Thee": 1}


async def test_rows_of_a_sheet_are_put_right_one_by_one(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    path = f"/surveys/v1/surveys/{survey}/typed-ballots/sheet"
    sheet = await staff.post(path, content="card;q1\n1;1\n2;1\n", headers={"Content-Type": "text/csv"})
    assert sheet.json()["accepted"] == 2
    assert (await typed(staff, survey, "Thee", "PUT", card="2")).status_code == 200
    assert await results(staff, survey) == {"Koffie": 1, "Thee": 1}


async def test_of_many_corrections_and_withdrawals_at_once_one_ballot_is_left_or_none(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    await typed(staff, survey, "Koffie", card="1")
    bodies = [await a_ballot(staff, survey, ["Thee"], channel="paper", card="1") for _ in range(12)]
    path = f"/surveys/v1/surveys/{survey}/typed-ballots"

    async def send(number: int) -> httpx.Response:
        if number == 6:
            return await staff.post(f"{path}/withdrawal", json={"card": "1"})
        return await staff.put(path, json=bodies[number])

    answers = await at_once(12, send)
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["ballots"] == 0
