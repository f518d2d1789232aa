"""Ballots on real PostgreSQL: many at once, a great many, and what can be read from how they are kept."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.errors import Refused
from buurtthuis.core.settings import Settings
from buurtthuis.core.work import Cause
from buurtthuis.events.surveys import IntakeChannel
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.sealing import Seals
from buurtthuis.runtime.burning import burn_spent_boxes
from buurtthuis.runtime.running_service import RunningService
from buurtthuis.testing import Playground, eventually
from buurtthuis_surveys.commands.ballots import CastBallot
from buurtthuis_surveys.commands.surveys import CloseSurvey, PauseSurvey
from buurtthuis_surveys.domain.ballots import Cast, VoterKind, voter_of
from buurtthuis_surveys.domain.questions import Given
from sqlalchemy import text
from structlog.testing import capture_logs

from tests import disk
from tests.actors import STAFF
from tests.conftest import together
from tests.people import a_ballot, a_neighbour, all_answered, an_open_survey, asked, at_once, codes_for, done
from tests.servers import RealServers

place = together


def to(survey: str) -> str:
    return f"/surveys/v1/public/woonpartners/surveys/{survey}/ballots"


async def sql(surveys: RunningService, statement: str, **values: Any) -> list[Any]:
    async with surveys.database.transaction("woonpartners") as session:
        result: Any = await session.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


async def test_of_500_answers_with_one_code_at_once_one_counts(place: Playground) -> None:
    staff, visitor = place.client(Role.STAFF), place.client()
    survey = await an_open_survey(staff)
    [code] = await codes_for(staff, survey)
    one, other = [await a_ballot(visitor, survey, [choice], code=code) for choice in ("Koffie", "Thee")]
    bodies = [{**(one if n % 2 else other), "retry": str(uuid4())} for n in range(500)]
    doors = [place.client() for _ in range(50)]  # one client alone is slow with 500 requests at once
    answers = await all_answered(500, lambda n: doors[n % 50].post(to(survey), json=bodies[n]))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 499}
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["ballots"] == 1


async def test_one_ballot_sent_many_times_at_once_counts_once_and_is_always_answered_the_same(
    alone: Playground,
) -> None:
    surveys, staff, visitor = alone.service("surveys"), alone.client(Role.STAFF), alone.client()
    survey = await an_open_survey(staff)
    [code] = await codes_for(staff, survey)
    body = await a_ballot(visitor, survey, ["Koffie"], code=code)
    answers = await at_once(40, lambda n: visitor.post(to(survey), json=body))
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert await sql(surveys, "SELECT count(*) FROM sealed_ballots") == [(1,)]


async def test_a_resident_who_answers_many_times_at_once_counts_once(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    resident = await a_neighbour(place, house)
    survey = await an_open_survey(staff, voting="resident", house_id=house)
    body = await a_ballot(place.client(), survey, ["Koffie"])
    answers = await at_once(
        40,
        lambda n: resident.post(
            f"/surveys/v1/surveys/{survey}/ballots", json={**body, "retry": str(uuid4())}
        ),
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 39}


async def test_no_answer_gets_in_after_the_closing_that_counts_it(place: Playground) -> None:
    """Answers and the closing at once: whoever was told that it counts is in the results."""
    staff, visitor = place.client(Role.STAFF), place.client()
    survey = await an_open_survey(staff)
    codes = await codes_for(staff, survey, 60)
    bodies = [await a_ballot(visitor, survey, ["Koffie"], code=code) for code in codes]

    async def send(number: int) -> httpx.Response:
        if number == 30:
            return await staff.post(f"/surveys/v1/surveys/{survey}/closing")
        return await visitor.post(to(survey), json=bodies[number])

    answers = await at_once(60, send)
    accepted = Counter(answer.status_code for answer in answers)[201]
    results = (await staff.get(f"/surveys/v1/surveys/{survey}/results")).json()
    assert results["ballots"] == results["questions"][0]["marks"] == accepted


async def test_a_retry_is_answered_as_before_also_after_the_survey_closed(place: Playground) -> None:
    staff, visitor = place.client(Role.STAFF), place.client()
    survey = await an_open_survey(staff)
    [code] = await codes_for(staff, survey)
    body = await a_ballot(visitor, survey, ["Koffie"], code=code)
    first = await visitor.post(to(survey), json=body)
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    again = await visitor.post(to(survey), json=body)
    assert (again.status_code, again.text) == (201, first.text)


async def test_replicas_whose_timers_go_off_together_close_a_survey_once(place: Playground) -> None:
    surveys, staff = place.service("surveys"), place.client(Role.STAFF)
    closes_at = place.clock() + timedelta(hours=1)
    survey = await an_open_survey(staff, closes_at=closes_at.isoformat())
    place.clock.move_to(closes_at)
    timer = surveys.service.timers[0]
    await at_once(6, lambda _: surveys.timers.do_what_is_due(timer))
    await place.settled()
    closed = [one for one in await place.events("surveys") if "survey-closed" in one["type"]]
    assert [(one["subject"], one["actor"]) for one in closed] == [(survey, "system")]


# Secrecy

IDEA = asked("open_idea", "Wat mist u?")


async def an_answered_survey(place: Playground, residents: list[UUID]) -> tuple[str, list[str]]:
    """A survey that these answered one after the other; what each of them wrote."""
    staff, house = place.client(Role.STAFF), str(uuid4())
    clients = [await a_neighbour(place, house, one) for one in residents]
    survey = await an_open_survey(staff, IDEA, voting="resident", house_id=house)
    [question] = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["questions"]
    wrote = [f"Idee {uuid4().hex}" for _ in residents]
    for client, words in zip(clients, wrote, strict=True):
        body = {"retry": str(uuid4()), "answers": [{"question_id": question["id"], "text": words}]}
        answer = await client.post(f"/surveys/v1/surveys/{survey}/ballots", json=body)
        assert answer.status_code == 201, answer.text
    return survey, wrote


async def test_while_a_survey_is_open_a_copy_of_the_disk_tells_neither_who_answered_nor_what(
    alone: Playground, servers: RealServers
) -> None:
    """Without the keys, which are not in the database: by any file of it, and by the write-ahead log."""
    residents = [uuid4() for _ in range(9)]
    _, wrote = await an_answered_survey(alone, residents)
    surveys = alone.service("surveys")
    stolen = await disk.everything(servers, surveys, log=True)
    assert not [words for words in wrote if words.encode() in stolen]
    voters = {UUID(bytes=row.data[:16]) for row in disk.tuples(await disk.table(servers, surveys, "voters"))}
    salts = [id for (id,) in await sql(surveys, "SELECT salts FROM ballot_boxes")]
    assert len(voters) == 9
    assert await disk.beside(servers, surveys, "voters", residents) == set()
    assert not voters & {
        voter_of((bytes(salt, "ascii"),), VoterKind.RESIDENT, str(one)) for one in residents for salt in salts
    }


async def test_after_the_closing_a_copy_of_the_disk_and_the_keys_tell_not_who_answered_what(
    alone: Playground, servers: RealServers, settings: Settings
) -> None:
    """Dead rows lie there still, with the transaction that wrote them: nothing is left that opens or knows them."""
    residents, surveys = [uuid4() for _ in range(9)], alone.service("surveys")
    survey, wrote = await an_answered_survey(alone, residents)
    seals = Seals.of(settings)
    secret = {*disk.unsealed(await disk.everything(servers, surveys), seals)}
    assert len(secret) == 2  # salts and key: else there would be nothing to burn
    await done(alone.client(Role.STAFF), f"/surveys/v1/surveys/{survey}/closing")
    await alone.do_what_is_due()
    stolen = await disk.everything(servers, surveys)
    assert not secret & {*disk.unsealed(stolen, seals)}
    assert await sql(surveys, "SELECT * FROM ballot_boxes") == []
    answers = [*disk.tuples(await disk.table(servers, surveys, "answers"))]
    voters = [*disk.tuples(await disk.table(servers, surveys, "voters"))]
    assert len({row.written_by for row in answers}) == 1
    assert not {row.written_by for row in answers} & {row.written_by for row in voters}
    kept = [row.text for row in await sql(surveys, "SELECT text FROM answers ORDER BY ctid")]
    assert sorted(kept) == sorted(wrote)
    assert kept != wrote


async def test_sealed_ballots_are_as_long_as_each_other_whatever_was_answered(place: Playground) -> None:
    surveys, before = place.service("surveys"), {*await sql(place.service("surveys"), LENGTHS)}
    await an_answered_survey(place, [uuid4()])
    staff = place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    [code] = await codes_for(staff, survey)
    body = await a_ballot(place.client(), survey, ["Koffie"], code=code)
    assert (await place.client().post(to(survey), json=body)).status_code == 201
    assert len({*await sql(surveys, LENGTHS)} | before) == 1


LENGTHS = "SELECT DISTINCT length(sealed) FROM sealed_ballots"


async def test_codes_of_a_survey_that_ties_are_known_until_its_results_are_published(
    alone: Playground,
) -> None:
    """Then only the runoff knows them."""
    surveys, staff, visitor = alone.service("surveys"), alone.client(Role.STAFF), alone.client()
    survey = await an_open_survey(staff, tie_rule="runoff")
    codes = await codes_for(staff, survey, 2)
    for code, choice in zip(codes, ("Koffie", "Thee"), strict=True):
        body = await a_ballot(visitor, survey, [choice], code=code)
        assert (await visitor.post(to(survey), json=body)).status_code == 201
    boxes = "SELECT count(*), count(salts), count(key) FROM ballot_boxes"
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    await alone.do_what_is_due()
    assert await sql(surveys, boxes) == [(1, 1, 0)]
    await done(staff, f"/surveys/v1/surveys/{survey}/publication")
    await alone.do_what_is_due()
    assert await sql(surveys, boxes) == [(1, 1, 1)]


@pytest.mark.both_corporations
async def test_boxes_burn_while_others_are_answered(alone: Playground) -> None:
    """Burning writes the boxes of all corporations anew, and loses none."""
    surveys, staff, visitor = alone.service("surveys"), alone.client(Role.STAFF), alone.client()
    burns, stays = [await an_open_survey(staff, voting="stand") for _ in range(2)]
    theirs = await an_open_survey(alone.client(Role.STAFF, corporation="de-waterlelie"), voting="stand")
    assert theirs
    await done(staff, f"/surveys/v1/surveys/{burns}/closing")
    bodies = [await a_ballot(visitor, stays, ["Koffie"]) for _ in range(20)]

    async def send(number: int) -> int:
        if number % 5 == 0:
            return await burn_spent_boxes(surveys, surveys.corporations["woonpartners"])
        return (
            await staff.post(f"/surveys/v1/surveys/{stays}/stand-ballots", json=bodies[number])
        ).status_code

    answers = await asyncio.gather(*map(send, range(20)))
    assert Counter(one for one in answers if one > 1) == {201: 16}
    assert (await staff.get(f"/surveys/v1/surveys/{stays}")).json()["ballots"] == 16


async def test_no_column_tells_when_a_ballot_or_a_voter_came(place: Playground) -> None:
    columns = await sql(
        place.service("surveys"),
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name IN ('voters', 'sealed_ballots', 'slips', 'ballots', 'answers', 'marks') AND (data_type LIKE "
        "'%time%' OR data_type = 'date' OR is_identity = 'YES' OR column_default LIKE 'nextval%')",
    )
    assert [tuple(one) for one in columns] == [
        ("slips", "day")
    ]  # of what staff typed in, to be put right that day


async def test_of_what_was_typed_in_and_put_right_a_copy_of_the_disk_tells_nothing(
    alone: Playground, servers: RealServers
) -> None:
    """Neither what was typed in first, nor what came in its place, nor by which code or card."""
    surveys, staff = alone.service("surveys"), alone.client(Role.STAFF)
    survey = await an_open_survey(staff, IDEA)
    first, then, card = (f"Idee-{uuid4().hex}" for _ in range(3))
    for method, words in (("POST", first), ("PUT", then)):
        body = await a_ballot(staff, survey, words, channel="paper", card=card[:40])
        answer = await staff.request(method, f"/surveys/v1/surveys/{survey}/typed-ballots", json=body)
        assert answer.is_success, answer.text
    stolen = await disk.everything(servers, surveys, log=True)
    assert not [words for words in (first, then, card[:40].upper()) if words.encode() in stolen]
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    ideas = (await staff.get(f"/surveys/v1/surveys/{survey}/ideas")).json()["items"]
    assert [one["text"] for one in ideas] == [then]
    assert await sql(surveys, "SELECT * FROM slips") == []


async def test_ids_of_ballots_are_random_and_hold_no_time(place: Playground) -> None:
    surveys = place.service("surveys")
    survey, _ = await an_answered_survey(place, [uuid4(), uuid4()])
    await done(place.client(Role.STAFF), f"/surveys/v1/surveys/{survey}/closing")
    await an_answered_survey(place, [uuid4(), uuid4()])
    for table in ("sealed_ballots", "ballots", "answers"):
        ids: list[UUID] = [row.id for row in await sql(surveys, f"SELECT id FROM {table}")]
        assert {id.version for id in ids} == {4}


async def test_an_answer_leaves_no_event_and_no_remembered_answer(place: Playground) -> None:
    surveys, staff, visitor = place.service("surveys"), place.client(Role.STAFF), place.client()
    survey = await an_open_survey(staff)
    [code] = await codes_for(staff, survey)
    counted = "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM idempotency_keys)"
    before = await sql(surveys, counted)
    body = await a_ballot(visitor, survey, ["Koffie"], code=code)
    await visitor.post(to(survey), json=body, headers={"Idempotency-Key": "mine"})
    assert await sql(surveys, counted) == before


async def test_a_resident_who_sends_an_idempotency_key_is_not_remembered_by_it(place: Playground) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    resident = await a_neighbour(place, house)
    survey = await an_open_survey(staff, voting="resident", house_id=house)
    body = await a_ballot(place.client(), survey, ["Koffie"])
    answer = await resident.post(
        f"/surveys/v1/surveys/{survey}/ballots", json=body, headers={"Idempotency-Key": "mine"}
    )
    assert answer.status_code == 201
    assert await sql(place.service("surveys"), "SELECT count(*) FROM idempotency_keys") == [(0,)]


async def requests_in(lines: list[Any]) -> list[Any]:
    """A line is written after the answer is sent."""
    return [line for line in lines if line["event"] == "request"]


async def test_the_request_log_tells_that_somebody_answered_and_neither_who_nor_what(
    place: Playground,
) -> None:
    staff, subject = place.client(Role.STAFF), uuid4()
    house = str(uuid4())
    resident = await a_neighbour(place, house, subject)
    survey = await an_open_survey(staff, voting="resident", house_id=house)
    body = await a_ballot(place.client(), survey, ["Koffie"])
    with capture_logs() as lines:
        await resident.post(f"/surveys/v1/surveys/{survey}/ballots", json=body)
        [told] = await eventually(lambda: requests_in(lines), "the request is in the log")
    assert told["route"].endswith("/{id}/ballots")
    [option] = body["answers"][0]["options"]
    assert not [id for id in (str(subject), body["retry"], option, survey) if id in str(lines)]


async def test_codes_are_kept_as_traces_only(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    codes = await codes_for(staff, await an_open_survey(staff), 3)
    kept = str(await sql(place.service("surveys"), "SELECT voters::text FROM voters"))
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


# A great many

MANY = 100_000


async def test_closing_and_publishing_count_100_000_ballots(place: Playground) -> None:
    surveys, staff = place.service("surveys"), place.client(Role.STAFF)
    survey = await an_open_survey(staff)
    question = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["questions"][0]
    coffee, tea = [option["id"] for option in question["options"]]
    values = {"survey": survey, "question": question["id"], "coffee": coffee, "tea": tea, "many": MANY}
    channel = "(ARRAY['web', 'paper', 'door', 'phone'])[n % 4 + 1]"
    for statement in (
        f"INSERT INTO ballots (id, survey_id, channel, language) SELECT gen_random_uuid(), :survey, {channel}, 'nl' "
        "FROM generate_series(1, :many) n",
        f"INSERT INTO answers (id, survey_id, question_id, channel) SELECT gen_random_uuid(), :survey, :question, "
        f"{channel} FROM generate_series(1, :many) n",
        "INSERT INTO marks (id, survey_id, question_id, option_id, rank, channel) SELECT gen_random_uuid(), :survey, "
        f":question, CASE WHEN n % 5 < 3 THEN CAST(:coffee AS uuid) ELSE CAST(:tea AS uuid) END, 1, {channel} "
        "FROM generate_series(1, :many) n",
    ):
        await sql(surveys, statement, **{name: values[name] for name in values if f":{name}" in statement})
    for move in ("closing", "publication"):
        await done(staff, f"/surveys/v1/surveys/{survey}/{move}")
    results = (await staff.get(f"/surveys/v1/surveys/{survey}/results")).json()
    assert results["ballots"] == MANY
    assert results["by_channel"] == dict.fromkeys(("web", "paper", "door", "phone"), MANY / 4)
    assert [option["marks"] for option in results["questions"][0]["options"]] == [60_000, 40_000]


# Locks


async def test_a_survey_that_is_paused_at_the_same_time_takes_an_answer_or_refuses_it(
    alone: Playground,
) -> None:
    surveys, staff = alone.service("surveys"), alone.client(Role.STAFF)
    survey = UUID(await an_open_survey(staff, voting="stand"))
    question = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["questions"][0]
    given = (Given(UUID(question["id"]), (UUID(question["options"][0]["id"]),)),)
    ours = surveys.corporations["woonpartners"]

    async def run(number: int) -> Any:
        retry = uuid4()
        command: object = CastBallot(survey, VoterKind.STAND, str(retry), _cast(given, retry))
        if number == 10:
            command = PauseSurvey(survey)
        try:
            return await surveys.dispatcher.run(command, ours, Cause(STAFF))
        except Refused as refused:
            return refused

    outcomes: list[Any] = await at_once(20, run)
    refused = [one for one in outcomes if isinstance(one, Refused)]
    [(counted,)] = await sql(surveys, "SELECT count(*) FROM sealed_ballots")
    assert counted == 19 - len(refused)
    await surveys.dispatcher.run(CloseSurvey(survey), ours, Cause(STAFF))


def _cast(given: tuple[Given, ...], retry: UUID) -> Cast:
    return Cast(given, IntakeChannel.WEB, "nl-x-b1", retry)
