"""People and what they do over HTTP, for tests that need a house, a theme or a session to start from."""

import asyncio
import csv
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
from buurtthuis.core.actor import SYSTEM
from buurtthuis.core.work import Cause
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from sqlalchemy import text

#: Services that know who belongs to a house.
KNOWING = ("surveys", "sessions", "moderation")
HOUSE = {"title": "BuurtThuis Wingerd", "town": "Waddinxveen", "dwellings": 96, "label": "Praatmaatje"}
PLAN = {
    "kind": "coffee_table",
    "starts_at": "2019-01-10T19:30:00",
    "ends_at": "2019-01-10T21:30:00",
    "place": "Ontmoetingsruimte Wingerd",
    "capacity": 12,
    "languages": ["nl-x-b1"],
}


#: Text of which letters that nobody sees are a part: what joins and keeps apart, marks of direction, pictures of several.
AS_TYPED = (
    "کتاب\u200cخانه",
    "क्\u200dष",
    "\u200fقهوة 12\u061c\u200e",
    "\u2067قهوة\u2069 thee",
    "👩\u200d🔧 ❤\ufe0f 👍🏽",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 1\ufe0f\u20e3",
)


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> str:
    """POST what makes something; its id."""
    response = await client.post(path, json=body)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def done(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> None:
    """POST what moves something."""
    response = await client.post(path, json=body)
    assert response.status_code == 200, response.text


async def a_theme(client: httpx.AsyncClient, title: str = "Ontmoeten", **more: Any) -> str:
    """A proposed theme, in a house of its own unless `house_id` says otherwise."""
    return await made(client, "/surveys/v1/themes", {"house_id": str(uuid4()), "title": title, **more})


async def a_neighbour(
    place: Playground, house: str, subject: UUID | None = None, corporation: str = "woonpartners"
) -> httpx.AsyncClient:
    """A resident who belongs to this house, as every service hears it from notifications."""
    resident = subject or uuid4()
    for one in place.process.running:
        if one.name in KNOWING:
            async with one.database.work(one.corporations[corporation], Cause(SYSTEM)) as work:
                await work.get_or_keep(Neighbour.of(UUID(house), resident, place.clock()))
    return place.client(Role.RESIDENT, subject=resident, corporation=corporation)


async def a_neighbour_of(
    place: Playground, session: str, subject: UUID | None = None, corporation: str = "woonpartners"
) -> httpx.AsyncClient:
    """A resident who belongs to the house of this session."""
    staff = place.client(Role.STAFF, corporation=corporation)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    return await a_neighbour(place, house, subject, corporation)


async def a_guest(
    place: Playground, session: str, subject: UUID | None = None, **body: Any
) -> httpx.AsyncClient:
    """A resident who belongs to the house of this session, and registers."""
    guest = await a_neighbour_of(place, session, subject)
    await made(guest, f"/sessions/v1/sessions/{session}/seats", body or None)
    return guest


async def an_idea(
    place: Playground, title: str = "Ontmoeten", house: str = "", subject: UUID | None = None, **more: Any
) -> tuple[httpx.AsyncClient, str]:
    """A resident of a house, of its own unless it is said, and the theme that they proposed."""
    house = house or str(uuid4())
    resident = await a_neighbour(place, house, subject)
    return resident, await a_theme(resident, title, house_id=house, **more)


async def a_campaign(staff: httpx.AsyncClient, **more: Any) -> str:
    """A planned campaign, in a house of its own unless `house_id` says otherwise."""
    plan = {"house_id": str(uuid4()), "title": "Oliebollenactie", "incentive": "Zes oliebollen", "stock": 40}
    return await made(staff, "/surveys/v1/campaigns", {**plan, **more})


async def a_draft(staff: httpx.AsyncClient) -> str:
    """A drafted session in a new house."""
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    return await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"})


async def a_session(staff: httpx.AsyncClient, **plan: Any) -> str:
    """A scheduled session in a new house."""
    session = await a_draft(staff)
    response = await schedule(staff, session, **plan)
    assert response.status_code == 200, response.text
    return session


WEEKLY = {
    "title": "Koffietafel",
    "kind": "coffee_table",
    "starts_at": "2018-12-05T10:00:00",
    "minutes": 120,
    "rule": "FREQ=WEEKLY;BYDAY=WE",
    "place": "Ontmoetingsruimte Wingerd",
    "capacity": 12,
}


async def a_series(staff: httpx.AsyncClient, **more: Any) -> str:
    """A weekly coffee table in a new house."""
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    return await made(staff, "/sessions/v1/series", {**WEEKLY, "house_id": house, **more})


async def a_held_session(place: Playground, *residents: UUID, walk_ins: int = 0, **plan: Any) -> str:
    """A session of today that is over now, to which these came."""
    staff, clock = place.client(Role.STAFF), place.clock
    today = {"starts_at": f"{clock():%Y-%m-%d}T20:00", "ends_at": f"{clock():%Y-%m-%d}T22:00"}
    session = await a_session(staff, **{**today, "capacity": 100, **plan})
    for resident in residents:
        await made(staff, f"/sessions/v1/sessions/{session}/seats", {"resident_id": str(resident)})
    clock.move_to(clock().replace(hour=21))
    came = {"attended": [str(resident) for resident in residents], "walk_ins": walk_ins}
    await done(staff, f"/sessions/v1/sessions/{session}/attendance", came)
    return session


async def a_follow_up_vote(staff: httpx.AsyncClient, session: str, *options: Any, **more: Any) -> str:
    """An open vote about a session that was held: two marks each, on these titles or whole options."""
    asked = [one if isinstance(one, dict) else {"title": one} for one in options or ("Koffietafel",)]
    body = {"session_id": session, "options": asked, "at_most": 2, **more}
    return await made(staff, "/sessions/v1/follow-up-votes", body)


async def a_date_poll(staff: httpx.AsyncClient) -> str:
    """Two dates for a draft."""
    dates = [{"starts_at": f"2030-01-1{day}T19:30", "ends_at": f"2030-01-1{day}T21:30"} for day in (0, 1)]
    return await made(staff, "/sessions/v1/date-polls", {"session_id": await a_draft(staff), "dates": dates})


async def a_room(staff: httpx.AsyncClient, **more: Any) -> str:
    """A room that is always open."""
    room = {"name": "Ontmoetingsruimte Wingerd", "address": "Wingerd 1, Waddinxveen", "capacity": 40}
    return await made(staff, "/sessions/v1/rooms", {**room, **more})


PLAIN = "nl-x-b1"


def asked(kind: str, words: str, *options: str, **more: Any) -> dict[str, Any]:
    """A question in plain Dutch."""
    return {
        "kind": kind,
        "texts": {PLAIN: words},
        "options": [{"texts": {PLAIN: option}} for option in options],
        **more,
    }


async def a_survey(staff: httpx.AsyncClient, *questions: dict[str, Any], **more: Any) -> str:
    """A drafted survey of one choice, or of these questions, in a house of its own."""
    body = {
        "house_id": str(uuid4()),
        "title": {PLAIN: "Wat wilt u?"},
        "questions": questions or [asked("single_choice", "Koffie of thee?", "Koffie", "Thee", top=1)],
        **more,
    }
    return await made(staff, "/surveys/v1/surveys", body)


async def an_open_survey(staff: httpx.AsyncClient, *questions: dict[str, Any], **more: Any) -> str:
    """The same, taking answers."""
    survey = await a_survey(staff, *questions, **more)
    await done(staff, f"/surveys/v1/surveys/{survey}/opening")
    return survey


async def codes_for(staff: httpx.AsyncClient, survey: str, count: int = 1) -> list[str]:
    """Codes for so many households."""
    body = {"count": count, "site": "https://buurtthuis.example/enquete"}
    response = await staff.post(f"/surveys/v1/surveys/{survey}/codes.csv", json=body)
    assert response.status_code == 201, response.text
    rows = response.content.decode("utf-8-sig").splitlines()
    return [row["code"] for row in csv.DictReader(rows, delimiter=";")]


async def options_of(client: httpx.AsyncClient, survey: str) -> list[dict[str, str]]:
    """For each question its options: words -> id."""
    form = (await client.get(f"/surveys/v1/public/woonpartners/surveys/{survey}")).json()
    return [{one["text"]["text"]: one["id"] for one in each["options"]} for each in form["questions"]]


async def a_ballot(
    client: httpx.AsyncClient, survey: str, *chosen: list[str] | str, **more: Any
) -> dict[str, Any]:
    """A ballot that answers the survey's questions in turn: with options by their words, or with words."""
    form = (await client.get(f"/surveys/v1/public/woonpartners/surveys/{survey}")).json()
    return {
        "answers": [_answered(*one) for one in zip(form["questions"], chosen, strict=False)],
        "retry": str(uuid4()),
        **more,
    }


def _answered(question: dict[str, Any], chosen: list[str] | str) -> dict[str, Any]:
    if isinstance(chosen, str):
        return {"question_id": question["id"], "text": chosen}
    options = {one["text"]["text"]: one["id"] for one in question["options"]}
    return {"question_id": question["id"], "options": [options[one] for one in chosen]}


async def a_published_survey(staff: httpx.AsyncClient, **more: Any) -> str:
    """A survey without answers whose results are out."""
    survey = await an_open_survey(staff, **more)
    for move in ("closing", "publication"):
        await done(staff, f"/surveys/v1/surveys/{survey}/{move}")
    return survey


async def schedule(staff: httpx.AsyncClient, session: str, **plan: Any) -> httpx.Response:
    """Fill in a draft's time and place."""
    return await staff.put(
        f"/sessions/v1/sessions/{session}/plan", json={**PLAN, **plan}, headers={"If-Match": '"1"'}
    )


def problem(response: httpx.Response) -> str:
    """The last part of a problem's type, once it is seen to be a whole problem document."""
    document = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert document["status"] == response.status_code
    assert document["type"].startswith("urn:problem-type:buurtthuis:")
    assert document["title"]
    assert document["detail"].endswith((".", "?"))
    assert "{" not in document["detail"]
    return str(document["type"].rpartition(":")[2])


def fields(response: httpx.Response) -> list[str]:
    """The fields that a problem names."""
    return [error["field"] for error in response.json().get("errors", [])]


def event_types(events: list[dict[str, Any]]) -> list[str]:
    """`theme-proposed` and so on, in order."""
    return [event["type"].split(".")[-2] for event in events]


async def at_once(count: int, request: Callable[[int], Any]) -> list[httpx.Response]:
    """So many requests at the same time."""
    return list(await asyncio.gather(*(request(number) for number in range(count))))


async def all_answered(count: int, request: Callable[[int], Any]) -> list[httpx.Response]:
    """The same, where whoever is told to come back, since too many came at once, comes back."""

    async def insist(number: int) -> httpx.Response:
        while (answer := await request(number)).status_code == 503:
            assert answer.headers["Retry-After"]
        return answer  # type: ignore[no-any-return]

    return await at_once(count, insist)


async def a_parked_event(place: Playground, service: str = "sessions") -> UUID:
    """A selected theme whose draft was made already, set aside as if it had failed: retrying drafts once more."""
    staff, id = place.client(Role.STAFF), uuid4()
    theme = await a_theme(staff)
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    await done(staff, f"/surveys/v1/themes/{theme}/selection")
    await place.settled()
    [event] = [
        one
        for one in await place.events("surveys")
        if ".theme-selected." in one["type"] and one["subject"] == theme
    ]
    position = int(event["sequence"])
    parked = {"id": id, "position": position, "at": place.clock(), "envelope": json.dumps(event)}
    async with place.service(service).database.transaction("woonpartners") as session:
        await session.execute(PARK, parked)
    return id


PARK = text(
    """
    INSERT INTO parked_events (id, source, position, reaction, parked_at, why, envelope)
    VALUES (:id, 'surveys', :position, 'draft_a_session', :at, 'a test', CAST(:envelope AS jsonb))
    """
)
