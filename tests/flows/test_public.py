"""A house on the site of its corporation: what anybody reads of it without signing in, and what nobody does."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.moderation.people import a_page, guided
from tests.people import (
    HOUSE,
    PLAN,
    a_follow_up_vote,
    a_held_session,
    a_published_survey,
    a_session,
    a_survey,
    a_theme,
    an_idea,
    an_open_survey,
    done,
    made,
    problem,
    schedule,
)

pytestmark = pytest.mark.starts("surveys", "sessions", "moderation")
together = pytest.mark.starts("surveys", "sessions")

REMOVE = {"action": "remove", "rule": "privacy", "reason": "Dit gaat over iemand."}
TITLE = "Kookles bij mevrouw Jansen"


def at(service: str, house: str, corporation: str = "woonpartners") -> str:
    return f"/{service}/v1/public/{corporation}/houses/{house}"


async def pages(place: Playground, house: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What sessions and surveys tell of a house."""
    answers = [await place.client().get(at(service, house)) for service in ("sessions", "surveys")]
    assert [answer.status_code for answer in answers] == [200, 200]
    return answers[0].json(), answers[1].json()


async def a_planned_theme(place: Playground, house: str) -> tuple[str, str]:
    """A resident's idea that was chosen, and the session about it."""
    staff = place.client(Role.STAFF)
    _, theme = await an_idea(place, TITLE, house)
    for move in ("admission", "selection"):
        await done(staff, f"/surveys/v1/themes/{theme}/{move}")
    await place.settled()
    [draft] = (await staff.get("/sessions/v1/sessions", params={"theme": theme})).json()["items"]
    assert (await schedule(staff, draft["id"])).status_code == 200
    await place.settled()
    return theme, draft["id"]


async def decide(client: httpx.AsyncClient, case: str) -> None:
    version = (await client.get(f"/moderation/v1/cases/{case}")).headers["ETag"]
    path = f"/moderation/v1/cases/{case}/decision"
    answer = await client.post(path, json=REMOVE, headers={"If-Match": version})
    assert answer.status_code == 200, answer.text


async def test_words_that_moderators_remove_are_gone_from_what_everybody_reads(place: Playground) -> None:
    house = await a_page(place)
    theme, session = await a_planned_theme(place, house)
    on, asked = await pages(place, house)
    assert [(one["id"], one["title"], one["theme_id"]) for one in on["ahead"]] == [(session, TITLE, theme)]
    assert [(one["title"], one["state"]) for one in asked["ideas"]] == [(TITLE, "scheduled")]
    reader = place.client(Role.RESIDENT, subject=uuid4())
    complaint = {"category": "privacy", "words": "Dat ben ik."}
    assert (await reader.post(f"/moderation/v1/contents/{theme}/reports", json=complaint)).is_success
    guide, staff = await guided(place, house), place.client(Role.STAFF)
    [case] = (await staff.get(f"/moderation/v1/pages/{house}/cases")).json()["items"]
    for client in (staff, guide):
        await decide(client, case["id"])
    await place.settled()
    on, asked = await pages(place, house)
    assert [(one["id"], one["title"]) for one in on["ahead"]] == [(session, None)]
    assert asked["ideas"] == []
    for part in ("atom-feed", "embed", "agenda", "agenda.ics"):
        told = await place.client().get(f"{at('sessions', house)}/{part}")
        assert (told.status_code, TITLE in told.text) == (200, False)


@together
async def test_a_corporations_site_lists_its_houses_and_shows_what_is_on(place: Playground) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    session = await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Koffietafel"})
    await made(staff, "/sessions/v1/sessions", {"house_id": house, "title": "Nog een concept"})
    assert (await schedule(staff, session)).status_code == 200
    seats = f"/sessions/v1/sessions/{session}/seats"
    await made(staff, seats, {"resident_id": str(uuid4()), "plus_one": True, "needs": "Rollator"})
    await place.settled()
    listed = (await stranger.get("/sessions/v1/public/woonpartners/houses")).json()
    assert [one["title"] for one in listed["items"]] == ["BuurtThuis Wingerd"]
    assert listed["corporation"]["time_zone"] == "Europe/Amsterdam"
    assert listed["corporation"]["languages"][:2] == ["nl", "nl-x-b1"]
    page = (await stranger.get(at("sessions", house))).json()
    assert (page["label"], page["town"], page["state"]) == ("Praatmaatje", "Waddinxveen", "running")
    [ahead] = page["ahead"]
    assert (ahead["title"], ahead["capacity"], ahead["places_left"]) == ("Koffietafel", PLAN["capacity"], 10)
    assert (page["continuity"]["held"], page["continuity"]["presences"]) == (0, None)


@pytest.mark.starts("sessions")
async def test_everybody_reads_what_was_decided_and_how_many_came_unless_they_were_few(
    place: Playground,
) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    session = await a_held_session(place, walk_ins=5)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    vote = await a_follow_up_vote(staff, session, {"title": "Taalcafé"}, {"title": "Fietsen"})
    [language, _] = (await staff.get(f"/sessions/v1/follow-up-votes/{vote}")).json()["options"]
    assert (await stranger.get(at("sessions", house))).json()["decided"] == []
    counts = {"cards": 4, "marks": [{"option_id": language["id"], "marks": 4}], "stop": 0}
    path = f"/sessions/v1/follow-up-votes/{vote}"
    tag = {"If-Match": (await staff.get(path)).headers["ETag"]}
    assert (await staff.put(f"{path}/cards", json=counts, headers=tag)).status_code == 200
    await done(staff, f"/sessions/v1/follow-up-votes/{vote}/decision")
    page = (await stranger.get(at("sessions", house))).json()
    [decided] = page["decided"]
    assert [one["title"] for one in decided["winners"]] == ["Taalcafé"]
    assert (decided["session_id"], decided["voted"]) == (session, None)
    assert (page["continuity"]["held"], page["continuity"]["presences"]) == (1, 5)


@together
async def test_everybody_reads_what_is_asked_and_what_came_out_and_no_draft(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    _, asked = await pages(place, house)
    assert (asked["open"], asked["published"], asked["ideas"]) == ([], [], [])
    asked_now = await an_open_survey(staff, house_id=house)
    came_out = await a_published_survey(staff, house_id=house)
    await a_survey(staff, house_id=house)
    await a_theme(staff, "Nog niet op de lijst", house_id=house)
    _, asked = await pages(place, house)
    assert [one["id"] for one in asked["open"]] == [asked_now]
    assert [(one["id"], one["ballots"]) for one in asked["published"]] == [(came_out, None)]
    assert asked["ideas"] == []


@together
@pytest.mark.both_corporations
async def test_what_a_corporation_has_not_and_what_nobody_has_is_the_same_nothing(place: Playground) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    proposed = await made(
        staff, "/sessions/v1/houses/proposals", {name: HOUSE[name] for name in ("title", "town", "dwellings")}
    )
    await place.settled()
    for service in ("sessions", "surveys"):
        nothing = [
            at(service, house, "de-waterlelie"),
            at(service, house, "nobody"),
            at(service, str(uuid4())),
            at(service, proposed),
        ]
        answers = [await stranger.get(path) for path in nothing]
        assert {problem(answer) for answer in answers} == {"no-such-page"}
        assert {answer.status_code for answer in answers} == {404}
    theirs = (await stranger.get("/sessions/v1/public/de-waterlelie/houses")).json()
    assert theirs["items"] == []


@together
async def test_a_house_that_ended_is_there_until_its_data_goes(place: Playground) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    house = await made(staff, "/sessions/v1/houses", {**HOUSE, "retention_days": 0})
    ending = {"outcome": "handed_over", "reason": "De bewoners gaan verder.", "at_once": True}
    await done(staff, f"/sessions/v1/houses/{house}/ending", ending)
    await place.settled()
    assert (await pages(place, house))[0]["outcome"] == "handed_over"
    await place.do_what_is_due()
    await place.settled()
    paths = [at("sessions", house), f"{at('sessions', house)}/agenda", at("surveys", house)]
    assert [(await stranger.get(path)).status_code for path in paths] == [404, 404, 404]
    assert (await stranger.get("/sessions/v1/public/woonpartners/houses")).json()["items"] == []


@pytest.mark.starts("sessions")
async def test_news_of_a_house_can_be_subscribed_to_and_change_under_one_id(place: Playground) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    session = await a_session(staff)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    path = f"{at('sessions', house)}/json-feed?language=en"
    first = await stranger.get(path)
    assert first.headers["content-type"].startswith("application/feed+json")
    [planned] = first.json()["items"]
    assert (planned["id"], planned["title"]) == (f"urn:uuid:{session}", "Koffietafel")
    assert planned["content_text"] == "Thursday 10 January at 19:30. Ontmoetingsruimte Wingerd"
    place.clock.move(timedelta(hours=1))
    await done(staff, f"/sessions/v1/sessions/{session}/cancellation", {"reason": "De verwarming is kapot."})
    [off] = (await stranger.get(path)).json()["items"]
    assert (off["id"], off["content_text"].partition(".")[0]) == (planned["id"], "Cancelled")
    assert off["date_modified"] > off["date_published"] == planned["date_published"]
    assert "verwarming" not in off["content_text"]
    atom = await stranger.get(path.replace("json-feed", "atom-feed"))
    assert atom.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert ET.fromstring(atom.content).findtext(".//{*}entry/{*}id") == off["id"]


@pytest.mark.starts("sessions")
async def test_an_agenda_stands_in_any_page_without_a_script_and_loads_nothing(place: Playground) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    session = await a_session(staff, title="<b>Koffie & thee</b>")
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    page = await stranger.get(f"{at('sessions', house)}/embed", headers={"Accept-Language": "ar"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert (page.headers["content-language"], page.headers["cache-control"]) == ("ar", "public, max-age=60")
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "<bdi>&lt;b&gt;Koffie &amp; thee&lt;/b&gt;</bdi>" in page.text
    assert not re.findall(r"<script|src=|https?://|@import", page.text)
    [link] = re.findall(r'href="(/[^"]+)"', page.text)
    assert (await stranger.get(link)).headers["content-type"] == "text/calendar; charset=utf-8"


@together
async def test_everybody_reads_public_events_of_houses_that_everybody_may_know_of(place: Playground) -> None:
    staff, stranger = place.client(Role.STAFF), place.client()
    proposal = {name: HOUSE[name] for name in ("title", "town", "dwellings")}
    hidden = await made(staff, "/sessions/v1/houses/proposals", proposal)
    tag = {"If-Match": (await staff.get(f"/sessions/v1/houses/{hidden}")).headers["ETag"]}
    assert (await staff.put(f"/sessions/v1/houses/{hidden}", json=proposal, headers=tag)).status_code == 200
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    survey = await a_published_survey(staff, house_id=house)
    await place.settled()
    answers = [
        await stranger.get(f"/{service}/v1/public/woonpartners/events") for service in ("sessions", "surveys")
    ]
    told = [[(one["type"].rpartition(".")[0], one["subject"]) for one in answer.json()] for answer in answers]
    assert told == [
        [("nl.buurtthuis.sessions.house-opened", house)],
        [("nl.buurtthuis.surveys.results-published", survey)],
    ]
    after = httpx.URL(answers[0].links["next"]["url"])
    assert (await stranger.get(after)).json() == []
