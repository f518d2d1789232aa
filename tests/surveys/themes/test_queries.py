"""What can be asked about themes, over HTTP."""

import csv
import io
from typing import Any
from uuid import uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground, eventually
from buurtthuis_surveys.queries.look_alikes import likeness

from tests.conftest import together
from tests.people import PLAN, a_campaign, a_neighbour, a_theme, an_idea, done, made

place = together

HOUSE = "01a204c1-fe22-7520-b7a9-199f15c86465"


async def admitted(staff: httpx.AsyncClient, title: str, **more: Any) -> str:
    theme = await a_theme(staff, title, **{"house_id": HOUSE, **more})
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    return theme


async def titles(client: httpx.AsyncClient, path: str, **query: str) -> list[str]:
    response = await client.get(f"/surveys/v1/themes{path}", params=query)
    assert response.status_code == 200, response.text
    found = response.json()
    return [one["title"] for one in (found if isinstance(found, list) else found["items"])]


# Look-alikes.


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Samen koffie drinken", "samen koffie drinken", True),
        ("Samen koffie drinken", "Koffie drinken, samen", True),
        ("Samen koffiedrinken", "Samen koffie drinken", True),
        ("Samen koffie drinken", "Koffie voor het bestuur", False),
    ],
)
def test_likeness_is_about_the_words_whatever_their_order(one: str, other: str, alike: bool) -> None:
    assert (likeness(one, other) >= 80) is alike


async def test_whoever_proposes_is_shown_what_is_there_already(place: Playground) -> None:
    staff, resident = place.client(Role.STAFF), place.client(Role.RESIDENT)
    for title in ("Samen koffie drinken", "Een moestuin", "Wandelen"):
        await admitted(staff, title)
    await admitted(staff, "Samen koffie drinken", house_id=str(uuid4()))
    await an_idea(place, "Koffie drinken", HOUSE)
    wanted = {"house": HOUSE, "title": "koffies samen drinken"}
    assert await titles(resident, "/look-alikes", **wanted) == ["Samen koffie drinken"]
    assert await titles(staff, "/look-alikes", **wanted) == ["Samen koffie drinken", "Koffie drinken"]


async def test_whoever_merges_is_shown_into_what(emptied: Playground) -> None:
    staff = emptied.client(Role.STAFF)
    theme = await admitted(staff, "Samen koffie drinken")
    gone, _ = (
        await a_theme(staff, "Samen koffie drinken!", house_id=HOUSE),
        await admitted(staff, "Koffie drinken"),
    )
    await done(staff, f"/surveys/v1/themes/{gone}/rejection", {"reason": "Dubbel."})
    assert await titles(staff, f"/{theme}/look-alikes") == ["Koffie drinken"]


@pytest.mark.parametrize(
    "title", ["de het een", "a & b | !c:* <-> (d", "'\\", "e-mail x@y.nl/a&b", "%", "☕"]
)
async def test_any_title_can_be_compared(place: Playground, title: str) -> None:
    staff = place.client(Role.STAFF)
    theme = await admitted(staff, title)
    assert await titles(staff, "/look-alikes", house=HOUSE, title=title) in ([], [title])
    assert await titles(staff, f"/{theme}/look-alikes") == []


# Filters, search and export.


FOUND: list[tuple[dict[str, str], list[str]]] = [
    ({"origin": "corporation"}, ["Parkeren"]),
    ({"capturedVia": "door"}, ["Wandelingen"]),
    ({"source": "campaign"}, ["Koffie"]),
    ({"search": "wandeling"}, ["Wandelingen"]),
    ({"search": "parkeren or koffie"}, ["Koffie", "Parkeren"]),
    ({"from": "2018-11-12", "to": "2018-11-12"}, ["Koffie", "Parkeren", "Wandelingen"]),
    ({"from": "2018-11-13"}, []),
    ({"to": "2018-11-11"}, []),
    ({"state": "admitted", "house": HOUSE}, ["Parkeren"]),
]


@pytest.mark.parametrize(("path", "more"), [("", {}), ("/export", {"format": "json"})])
async def test_staff_find_themes_by_what_is_known_of_them(
    emptied: Playground, path: str, more: dict[str, str]
) -> None:
    staff = emptied.client(Role.STAFF)
    campaign = await a_campaign(staff, house_id=HOUSE)
    await done(staff, f"/surveys/v1/campaigns/{campaign}/start")
    await made(staff, f"/surveys/v1/campaigns/{campaign}/cards", {"number": "1", "title": "Koffie"})
    await admitted(staff, "Parkeren")
    await a_theme(staff, "Wandelingen", captured_via="door")
    assert [(query, await titles(staff, path, **more, **query)) for query, _ in FOUND] == FOUND


async def test_an_export_is_csv_in_which_no_title_is_a_formula(emptied: Playground) -> None:
    staff = emptied.client(Role.STAFF)
    for title in ('=HYPERLINK("http://kwaad")', "Koffie; thee"):
        await a_theme(staff, title)
    response = await staff.get("/surveys/v1/themes/export")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert response.headers["content-disposition"] == 'attachment; filename="themes.csv"'
    assert [row["title"] for row in rows] == ['\'=HYPERLINK("http://kwaad")', "Koffie; thee"]


@pytest.mark.parametrize("query", ["from=0001-01-01", "to=9999-12-31", "search=" + "x" * 201, "state=x"])
async def test_a_filter_that_makes_no_sense_is_refused(place: Playground, query: str) -> None:
    response = await place.client(Role.STAFF).get(f"/surveys/v1/themes?{query}")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, f"?{query.split('=')[0]}")


# The residents' share.


async def test_the_share_counts_what_ever_was_admitted_selected_and_realised(emptied: Playground) -> None:
    staff, resident = emptied.client(Role.STAFF), await a_neighbour(emptied, HOUSE)
    theirs = [await a_theme(resident, f"Idee {n}", house_id=HOUSE) for n in range(3)]
    for theme in theirs[:2]:
        await done(staff, f"/surveys/v1/themes/{theme}/admission")
    await done(staff, f"/surveys/v1/themes/{theirs[0]}/selection")
    ours = await admitted(staff, "Parkeren")
    await done(staff, f"/surveys/v1/themes/{ours}/parking")
    await done(staff, f"/surveys/v1/themes/{ours}/answer", {"reply": "Volgend jaar."})
    share = (await staff.get("/surveys/v1/themes/share", params={"house": HOUSE})).json()
    assert share["admitted"] == {
        "resident": 2,
        "corporation": 1,
        "chain_partner": 0,
        "total": 3,
        "share": 66.7,
    }
    assert [share[step]["total"] for step in ("selected", "realised")] == [1, 0]
    assert share["realised"]["share"] is None


# What happened with my idea?


@pytest.mark.starts("sessions", "surveys")
async def test_a_proposer_is_told_what_became_of_an_idea_that_was_merged(alone: Playground) -> None:
    """From the card to the session, a cancelled one on the way."""
    staff = alone.client(Role.STAFF)
    house = await made(
        staff, "/sessions/v1/houses", {"title": "Wingerd", "town": "Waddinxveen", "dwellings": 96}
    )
    resident, idea = await an_idea(alone, "Koffie", house)
    theme = await admitted(staff, "Samen koffie drinken", house_id=house)
    await done(staff, f"/surveys/v1/themes/{idea}/merge", {"into": theme})
    await done(staff, f"/surveys/v1/themes/{theme}/selection")
    session = await _drafted(alone, staff, theme)
    plan = await staff.put(f"/sessions/v1/sessions/{session}/plan", json=PLAN, headers={"If-Match": '"1"'})
    assert plan.status_code == 200
    await alone.settled()
    await done(staff, f"/sessions/v1/sessions/{session}/cancellation", {"reason": "Ziek."})
    await alone.settled()
    steps = (await resident.get(f"/surveys/v1/themes/{idea}/timeline")).json()
    assert [(one["theme_id"] == idea, one["step"]) for one in steps] == [
        (True, "proposed"),
        (True, "merged"),
        (False, "admitted"),
        (False, "selected"),
        (False, "scheduled"),
        (False, "unscheduled"),
    ]
    assert steps[1]["into"] == theme
    assert (await staff.get(f"/surveys/v1/themes/{theme}")).json()["state"] == "selected"


async def test_a_timeline_tells_what_was_answered(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    theme = await admitted(staff, "Parkeren")
    await done(staff, f"/surveys/v1/themes/{theme}/parking")
    await done(staff, f"/surveys/v1/themes/{theme}/answer", {"reply": "Volgend jaar."})
    steps = (await place.client(Role.RESIDENT).get(f"/surveys/v1/themes/{theme}/timeline")).json()
    assert [one["step"] for one in steps] == ["proposed", "admitted", "parked", "answered"]
    assert (steps[3]["reply"], steps[3]["text"]) == ("Volgend jaar.", "De corporatie heeft geantwoord.")


@pytest.mark.parametrize(
    ("wanted", "language", "said"),
    [("ar-EG, en;q=0.5", "ar", "تم تقديم الفكرة."), ("fr", "nl-x-b1", "Het idee is ingediend.")],
)
async def test_a_timeline_is_in_the_readers_language_and_what_somebody_wrote_as_they_wrote_it(
    place: Playground, wanted: str, language: str, said: str
) -> None:
    staff = place.client(Role.STAFF)
    theme = await admitted(staff, "Parkeren")
    await done(staff, f"/surveys/v1/themes/{theme}/parking")
    await done(staff, f"/surveys/v1/themes/{theme}/answer", {"reply": "Volgend jaar."})
    resident = place.client(Role.RESIDENT)
    answer = await resident.get(f"/surveys/v1/themes/{theme}/timeline", headers={"Accept-Language": wanted})
    first, *_, last = answer.json()
    assert (first["text"], first["language"], last["language"], last["reply"]) == (
        said,
        language,
        language,
        "Volgend jaar.",
    )
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


async def test_nobody_is_told_what_happens_to_an_idea_that_they_may_not_see(place: Playground) -> None:
    _, theme = await an_idea(place)
    assert (await place.client(Role.RESIDENT).get(f"/surveys/v1/themes/{theme}/timeline")).status_code == 404


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"source": "survey", "source_id": str(uuid4())}, 201),
        ({"source": "survey"}, 422),
        ({"source_id": str(uuid4())}, 422),
    ],
)
async def test_a_source_comes_with_its_id(place: Playground, more: dict[str, str], status: int) -> None:
    body = {"house_id": HOUSE, "title": "Koffie", **more}
    assert (await place.client(Role.STAFF).post("/surveys/v1/themes", json=body)).status_code == status


async def _drafted(place: Playground, staff: httpx.AsyncClient, theme: str) -> str:
    async def drafted() -> str | None:
        found = (await staff.get("/sessions/v1/sessions", params={"theme": theme})).json()["items"]
        return str(found[0]["id"]) if found else None

    await place.settled()
    return str(await eventually(drafted))
