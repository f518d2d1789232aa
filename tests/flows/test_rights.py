"""A partner, a caretaker and a colleague of one house: what they see and do there, and that of another there is nothing."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import HOUSE, PLAN, a_campaign, a_guest, a_theme, done, made, problem, schedule

place = together
RIGHTS = "/notifications/v1/rights"


async def a_lively_house(place: Playground, staff: httpx.AsyncClient) -> dict[str, str]:
    """With a session that somebody comes to, an idea, a campaign, and a post on its page."""
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"})
    assert (await schedule(staff, session)).status_code == 200
    await place.settled()
    await a_guest(place, session, called="Annie")
    post = {"text": "Wie gaat er mee wandelen?", "language": "nl"}
    door = {"street": "Wingerd", "number": house[-4:], "postcode": "2742 ZX", "town": "Waddinxveen"}
    body = {"house_id": house, "door": door, "agreed": ["messages"]}
    resident = await made(staff, "/notifications/v1/residents", body)
    idea = await a_theme(staff, house_id=house)
    await done(staff, f"/surveys/v1/themes/{idea}/admission")
    return {
        "house": house,
        "session": session,
        "idea": idea,
        "campaign": await a_campaign(staff, house_id=house),
        "post": await made(staff, f"/moderation/v1/pages/{house}/posts", post),
        "resident": resident,
    }


def reads(there: dict[str, str]) -> list[str]:
    """Addresses at which something of a house is read, by one or the other."""
    house, session = there["house"], there["session"]
    return [
        f"/sessions/v1/houses/{house}",
        f"/sessions/v1/houses/{house}/continuity",
        f"/sessions/v1/sessions/{session}",
        f"/sessions/v1/sessions/{session}/check-ins",
        f"/sessions/v1/sessions/{session}/seats",
        f"/surveys/v1/themes/{there['idea']}",
        f"/surveys/v1/campaigns/{there['campaign']}",
        f"/moderation/v1/pages/{house}",
        f"/moderation/v1/pages/{house}/posts",
        f"/moderation/v1/posts/{there['post']}",
        f"/notifications/v1/houses/{house}/residents",
    ]


LISTS = (
    "/sessions/v1/houses?limit=200",
    "/sessions/v1/sessions?limit=200",
    "/surveys/v1/themes?limit=200",
    "/surveys/v1/themes/export?format=json",
    "/surveys/v1/campaigns?limit=200",
    "/notifications/v1/hand-deliveries?limit=200",
    "/notifications/v1/announcements?limit=200",
    *(f"/{service}/v1/events?limit=500" for service in installed_services()),
)


async def test_who_was_given_one_house_sees_it_and_nothing_of_another_by_any_address(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    here, there = [await a_lively_house(place, staff) for _ in range(2)]
    await place.settled()
    await place.do_what_is_due()
    for role in ("chain_partner", "guide", "caretaker", "staff"):
        somebody = uuid4()
        right = {"subject_id": str(somebody), "role": role, "house_id": here["house"]}
        given = await made(staff, RIGHTS, right)
        await place.settled()
        client = place.client(Role(role), subject=somebody)
        answers = [await client.get(path) for path in reads(here)]
        assert {answer.status_code for answer in answers} <= {200, 403}
        assert [answer.status_code for answer in answers].count(200) >= 3, role
        assert {(await client.get(path)).status_code for path in reads(there)} <= {403, 404}, role
        for path in LISTS:
            listed = (await client.get(path)).text
            assert not [id for id in there.values() if id in listed], (role, path)
        seen = [(await client.get(path)).text for path in LISTS]
        assert any(here["house"] in text for text in seen), role
        await done(staff, f"{RIGHTS}/{given}/withdrawal")
        await place.settled()
        assert problem(await client.get(f"/sessions/v1/houses/{here['house']}")) == "for-no-house"


async def test_every_service_says_what_the_caller_may(place: Playground) -> None:
    staff, somebody = place.client(Role.STAFF), uuid4()
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    ends = "2030-01-01T00:00:00Z"
    for role, until in (("guide", ends), ("caretaker", None)):
        right = {"subject_id": str(somebody), "role": role, "house_id": house, "until": until}
        await made(staff, RIGHTS, right)
    await place.settled()
    client = place.client(Role.RESIDENT, Role.GUIDE, subject=somebody)
    for service in installed_services():
        said = (await client.get(f"/{service}/v1/me/rights")).json()
        assert UUID(said["subject_id"]) == somebody
        assert said["corporation"] == "woonpartners"
        assert said["languages"]
        assert said["roles"] == [
            {"role": "guide", "houses": [house], "until": ends},
            {"role": "caretaker", "houses": [house], "until": None},
            {"role": "resident", "houses": None, "until": None},
        ]


async def test_a_caretaker_keeps_the_door_brings_what_is_to_be_brought_and_does_nothing_else(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    here, there = [await a_lively_house(place, staff) for _ in range(2)]
    await place.settled()
    await place.do_what_is_due()
    caretaker = place.client(Role.CARETAKER, houses=[here["house"]])
    [brought, *_] = (await caretaker.get("/notifications/v1/hand-deliveries?limit=200")).json()["items"]
    await done(caretaker, f"/notifications/v1/hand-deliveries/{brought['id']}/done")
    for house, status in ((here, 200), (there, 404)):
        session = f"/sessions/v1/sessions/{house['session']}"
        place.clock.move_to(place.clock().fromisoformat(f"{PLAN['starts_at']}+01:00"))
        walk_in = await caretaker.put(f"{session}/walk-ins/{uuid4()}")
        assert walk_in.status_code == status, walk_in.text
        assert (await caretaker.get(f"{session}/check-ins")).status_code == status
    session = f"/sessions/v1/sessions/{here['session']}"
    held = await caretaker.post(f"{session}/attendance", json={"attended": [], "walk_ins": 3})
    assert held.status_code == 200, held.text
    await done(caretaker, f"{session}/report", {"report": "Het was druk."})
    refused: list[tuple[str, str, Any]] = [
        ("POST", f"{session}/cancellation", {"reason": "x"}),
        ("PUT", f"{session}/title", {"title": "x"}),
        ("POST", f"{session}/seats", {"resident_id": here["resident"]}),
        ("POST", "/sessions/v1/sessions", {"house_id": here["house"], "title": "x"}),
        ("GET", f"/notifications/v1/houses/{here['house']}/residents", None),
        ("GET", f"/surveys/v1/themes/{here['idea']}", None),
        ("POST", f"/moderation/v1/pages/{here['house']}/posts", {"text": "x", "language": "nl"}),
    ]
    answers = [
        (await caretaker.request(method, path, json=body)).status_code for method, path, body in refused
    ]
    assert answers == [403] * len(refused)
