"""Follow-up votes over HTTP: the room of the story, many phones at once, and who sees what."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.settings import Settings
from buurtthuis.identity.principals import Role
from buurtthuis.persistence.sealing import Seals
from buurtthuis.testing import Playground, eventually
from buurtthuis_sessions.domain.codes import TRIES
from httpx import AsyncClient
from sqlalchemy import text

from tests import disk
from tests.conftest import together
from tests.people import (
    a_follow_up_vote,
    a_held_session,
    a_neighbour_of,
    at_once,
    done,
    event_types,
    fields,
    problem,
)
from tests.servers import RealServers

place = together

VOTES = "/sessions/v1/follow-up-votes"
COFFEE = {"title": "Koffietafel", "kind": "coffee_table", "weekly": True}


async def ids_of(client: AsyncClient, vote: str) -> list[str]:
    return [one["id"] for one in (await client.get(f"{VOTES}/{vote}")).json()["options"]]


async def code_of(staff: AsyncClient, vote: str) -> str:
    return str((await staff.get(f"{VOTES}/{vote}/code")).json()["code"])


async def cast(
    place: Playground, code: str, options: list[str], resident: UUID | None = None, *, stop: bool = False
) -> httpx.Response:
    client = place.client(Role.RESIDENT, subject=resident or uuid4())
    return await client.post(f"{VOTES}/ballots", json={"code": code, "options": options, "stop": stop})


async def count(staff: AsyncClient, vote: str, cards: int, marks: dict[str, int], stop: int = 0) -> Any:
    body = {"cards": cards, "marks": [{"option_id": id, "marks": n} for id, n in marks.items()], "stop": stop}
    version = (await staff.get(f"{VOTES}/{vote}")).headers["ETag"]
    return await staff.put(f"{VOTES}/{vote}/cards", json=body, headers={"If-Match": version})


async def test_the_room_of_the_story_decides(place: Playground) -> None:
    """25 present; 14 by phone and 11 on cards; coffee 19, decoration 16, language café 12, stop 1."""
    staff, residents = place.client(Role.STAFF), [uuid4() for _ in range(20)]
    host = residents[0]
    session = await a_held_session(place, *residents, walk_ins=5)
    vote = await a_follow_up_vote(staff, session, COFFEE, "Versiermiddag", "Taalcafé")
    coffee, decoration, language = await ids_of(staff, vote)
    code = await code_of(staff, vote)

    # by phone: twelve who had registered and two who walked in; 26 marks
    marked = [[coffee, decoration]] * 7 + [[coffee, language]] * 4 + [[decoration, language]] * 2 + [[coffee]]
    phones = [*residents[:12], uuid4(), uuid4()]
    answers = await asyncio.gather(
        *(
            cast(place, code, options, resident, stop=len(options) < 2)
            for options, resident in zip(marked, phones, strict=True)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert problem(await cast(place, code, [coffee], host)) == "already-voted"

    # on cards: counted by hand, wrongly at first; 20 marks
    marks = {coffee: 7, decoration: 7, language: 6}
    refused = await count(staff, vote, 12, marks)
    assert (problem(refused), fields(refused)) == ("too-many-cards", ["/cards"])
    assert (await count(staff, vote, 11, marks)).status_code == 200
    everybody = await cast(place, code, [coffee], residents[15])
    assert problem(everybody) == "everybody-voted"

    await done(staff, f"{VOTES}/{vote}/decision")
    found = (await place.client(Role.RESIDENT).get(f"{VOTES}/{vote}")).json()
    assert [(one["title"], one["marks"]) for one in found["options"]] == [
        ("Koffietafel", 19),
        ("Versiermiddag", 16),
        ("Taalcafé", 12),
    ]
    assert found["state"] == "decided"
    drafts = found["result"].pop("drafts")
    assert [one["option_id"] for one in drafts] == [coffee, decoration]
    assert found["result"] == {
        "winners": [coffee, decoration],
        "tied": [],
        "stop": 1,
        "online": 14,
        "cards": 11,
    }
    [decided] = [one for one in await said(place) if "follow-up-decided" in one["type"]]
    counted = [one["marks"] for one in decided["data"]["counts"]]
    assert (counted, sum(counted) + decided["data"]["stop"]) == ([19, 16, 12], 48)

    # the winners wait for a resident who was there
    query = {"followUpOf": session}
    [draft] = (await staff.get("/sessions/v1/sessions", params=query)).json()["items"]
    [weekly] = (await staff.get("/sessions/v1/series", params=query)).json()["items"]
    assert [(one["title"], one["state"]) for one in (weekly, draft)] == [
        ("Koffietafel", "trial"),
        ("Versiermiddag", "draft"),
    ]
    took = f"/sessions/v1/sessions/{draft['id']}/roles"
    for neighbour, answer in (
        (await a_neighbour_of(place, session), 403),
        (await a_neighbour_of(place, session, host), 201),
    ):
        assert (await neighbour.post(took, json={"role": "host"})).status_code == answer


async def test_of_thirty_phones_at_once_for_twenty_five_people_twenty_five_count(place: Playground) -> None:
    staff, residents = place.client(Role.STAFF), [uuid4() for _ in range(20)]
    session = await a_held_session(place, *residents, walk_ins=5)
    vote = await a_follow_up_vote(staff, session, "Koffietafel", "Taalcafé")
    code, options = await code_of(staff, vote), await ids_of(staff, vote)
    phones = [*residents, *(uuid4() for _ in range(10))]
    answers = await at_once(30, lambda n: cast(place, code, options, phones[n]))
    assert Counter(answer.status_code for answer in answers) == {201: 25, 409: 5}
    assert (await staff.get(f"{VOTES}/{vote}")).json()["voted"] == 25
    await done(staff, f"{VOTES}/{vote}/decision")
    found = (await staff.get(f"{VOTES}/{vote}")).json()
    assert [one["marks"] for one in found["options"]] == [25, 25]
    assert await sql(place, "SELECT count(*) FROM follow_up_voters") == [(0,)]


async def test_one_resident_many_times_at_once_counts_once(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), uuid4()
    vote = await a_follow_up_vote(staff, await a_held_session(place, resident, walk_ins=9))
    code, options = await code_of(staff, vote), await ids_of(staff, vote)
    answers = await at_once(10, lambda n: cast(place, code, options, resident))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}


async def test_two_votes_opened_at_once_about_one_session_are_one(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    body = {"session_id": await a_held_session(place), "options": [COFFEE], "at_most": 1}
    answers = await at_once(6, lambda n: staff.post(VOTES, json=body))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}


async def test_while_a_vote_is_open_nobody_sees_the_marks_and_only_who_leads_it_how_many_voted(
    place: Playground,
) -> None:
    staff, host, guest = place.client(Role.STAFF), uuid4(), uuid4()
    session = await a_held_session(place, guest, walk_ins=3)
    vote = await a_follow_up_vote(staff, session)
    code, options = await code_of(staff, vote), await ids_of(staff, vote)
    assert (await cast(place, code, options, guest)).status_code == 201
    to_host = "UPDATE seats SET role = 'host', state = 'registered', resident_id = :host WHERE session_id = :session"
    await sql(place, to_host, host=host, session=UUID(session))
    seen = {}
    for name, client in (
        ("staff", staff),
        ("host", place.client(Role.RESIDENT, subject=host)),
        ("guest", place.client(Role.RESIDENT, subject=guest)),
        ("guide", place.client(Role.GUIDE)),
    ):
        shown = (await client.get(f"{VOTES}/{vote}")).json()
        [listed] = (await client.get(VOTES, params={"session": session})).json()["items"]
        assert listed == shown
        assert shown["options"][0]["marks"] is None
        assert shown["result"] is None
        assert code not in str(shown)
        seen[name] = shown["voted"]
    assert seen == {"staff": 1, "host": 1, "guest": None, "guide": None}


async def test_the_code_is_shown_to_those_who_lead_and_read_from_its_picture_by_phones(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    vote = await a_follow_up_vote(staff, await a_held_session(place))
    for picture, starts in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        site = {"site": "https://buurtthuis.example/stem"}
        shown = await staff.get(f"{VOTES}/{vote}/code.{picture}", params=site)
        assert shown.content.startswith(starts)
        assert shown.headers["Cache-Control"] == "no-store"
        too_long = await staff.get(
            f"{VOTES}/{vote}/code.{picture}", params={"site": f"https://x.nl/{'%20' * 690}"}
        )
        assert too_long.status_code in (200, 422)
    for path in ("code", "code.svg", "code.png"):
        assert problem(await place.client(Role.RESIDENT).get(f"{VOTES}/{vote}/{path}")) == "not-a-host"
    code = await code_of(staff, vote)
    await done(staff, f"{VOTES}/{vote}/cancellation")
    for path in ("code", "code.svg", "code.png"):
        assert problem(await staff.get(f"{VOTES}/{vote}/{path}")) == "vote-not-open"
    assert code not in str(await said(place))


async def test_a_wrong_code_is_answered_the_same_as_one_that_is_over_and_many_of_them_with_a_wait(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    vote = await a_follow_up_vote(staff, await a_held_session(place, walk_ins=3))
    code, resident = await code_of(staff, vote), place.client(Role.RESIDENT)

    async def look_up(typed: str) -> httpx.Response:
        return await resident.post(f"{VOTES}/lookup", json={"code": typed})

    paper = (await look_up(code.lower().replace("-", ""))).json()
    assert (paper["id"], paper["at_most"], [one["title"] for one in paper["options"]]) == (
        vote,
        2,
        ["Koffietafel"],
    )
    await done(staff, f"{VOTES}/{vote}/cancellation")
    told = [(await look_up(typed)).json() for typed in (code, "0000-0000", "x")]
    assert {(one["status"], one["detail"]) for one in told} == {(404, told[0]["detail"])}
    answers = [(await look_up("0000-0000")).status_code for _ in range(TRIES - 2)]
    assert answers == [404] * (TRIES - 3) + [429]


async def test_a_vote_is_decided_by_itself_at_its_closing_time(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    session = await a_held_session(place)
    closes_at = place.clock() + timedelta(minutes=10)
    vote = await a_follow_up_vote(staff, session, closes_at=closes_at.isoformat())
    place.clock.move(timedelta(minutes=10))
    service = place.service("sessions")
    timer = next(one for one in service.service.timers if one.due.__name__ == "votes_to_decide")
    await asyncio.gather(*(service.timers.do_what_is_due(timer) for _ in range(3)))
    assert (await staff.get(f"{VOTES}/{vote}")).json()["state"] == "tied"
    assert event_types(await said(place)).count("follow-up-decided") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"options": []}, "/options"),
        ({"options": [COFFEE] * 21}, "/options"),
        ({"at_most": 11}, "/at_most"),
        ({"closes_at": "2018-11-12T20:00:00Z"}, "/closes_at"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_the_name_of_its_field(
    place: Playground, body: dict[str, Any], field: str
) -> None:
    asked = {"session_id": await a_held_session(place), "options": [COFFEE], "at_most": 1, **body}
    refused = await place.client(Role.STAFF).post(VOTES, json=asked)
    assert (refused.status_code in (400, 422), fields(refused)) == (True, [field])


async def test_a_copy_of_the_disk_never_tells_who_voted_nor_after_the_end_with_the_keys_who_marked_what(
    alone: Playground, servers: RealServers, settings: Settings
) -> None:
    """Dead rows and the write-ahead log lie there still: nothing is left that opens them or knows anybody."""
    staff, residents = alone.client(Role.STAFF), [uuid4() for _ in range(4)]
    session = await a_held_session(alone, walk_ins=4)
    vote = await a_follow_up_vote(staff, session, "Koffietafel", "Taalcafé")
    code, [coffee, language] = await code_of(staff, vote), await ids_of(staff, vote)
    for resident, option in zip(residents, (coffee, coffee, coffee, language), strict=True):
        assert (await cast(alone, code, [option], resident)).status_code == 201
    sessions, seals = alone.service("sessions"), Seals.of(settings)
    open_disk = await disk.everything(servers, sessions, log=True)
    assert not [one for one in residents if one.bytes in open_disk or str(one).encode() in open_disk]
    assert f'"{coffee}": 1'.encode() not in open_disk  # as counts are written in the clear
    secret = {*disk.unsealed(await disk.everything(servers, sessions), seals)}
    assert len(secret) == 2  # salts and key: else there would be nothing to burn
    await done(staff, f"{VOTES}/{vote}/decision")
    await alone.do_what_is_due()
    assert not secret & {*disk.unsealed(await disk.everything(servers, sessions), seals)}
    found = (await staff.get(f"{VOTES}/{vote}")).json()
    assert [one["marks"] for one in found["options"]] == [3, 1]


async def test_nothing_that_names_somebody_shares_a_transaction_with_their_vote(
    alone: Playground, servers: RealServers
) -> None:
    staff, residents = alone.client(Role.STAFF), [uuid4() for _ in range(3)]
    vote = await a_follow_up_vote(staff, await a_held_session(alone, *residents))
    code, options = await code_of(staff, vote), await ids_of(staff, vote)
    for resident in residents:
        assert (await cast(alone, code, options, resident)).status_code == 201
    assert await disk.beside(servers, alone.service("sessions"), "follow_up_voters", residents) == set()


async def said(place: Playground) -> list[dict[str, Any]]:
    async def published() -> list[dict[str, Any]]:
        return await place.events("sessions")

    await place.settled()
    return await eventually(published)


async def sql(place: Playground, statement: str, **values: Any) -> list[Any]:
    async with place.service("sessions").database.transaction("woonpartners") as session:
        result: Any = await session.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []
