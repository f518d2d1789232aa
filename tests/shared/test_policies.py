"""Who may use what: every route of every installed service, every role, and somebody of another corporation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.core.api_version import path_of
from buurtthuis.http.policies import EVERYBODY, PUBLIC, Everybody, Policy, Public
from buurtthuis.http.requests import Visitor
from buurtthuis.http.sheets import TAKES_SHEET
from buurtthuis.identity.principals import OF_HOUSES, Role
from buurtthuis.runtime.application import add_routes, application
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.service import Service
from buurtthuis.testing import Playground
from buurtthuis_moderation.domain.cases import case_id
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from tests.conftest import together
from tests.moderation.people import a_post
from tests.people import (
    WEEKLY,
    a_campaign,
    a_date_poll,
    a_follow_up_vote,
    a_held_session,
    a_parked_event,
    a_published_survey,
    a_room,
    a_series,
    a_session,
    a_theme,
    asked,
    done,
    made,
)

place = together

#: What the framework itself serves to everybody: the shape of our API, and nothing of anybody.
FRAMEWORK = {"/openapi.json"}


@dataclass(frozen=True)
class Found:
    """A route as it is served, and the policies that guard it."""

    service: str
    method: str
    path: str
    policies: tuple[Policy, ...]
    queries: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.method} {path_of(self.service)}{self.path}"

    @property
    def roles(self) -> frozenset[Role]:
        """Who may use it."""
        return self.policies[0].roles if self.policies else frozenset()

    def asking(self, **query: str) -> dict[str, str]:
        """As much of a query as it knows."""
        return {name: value for name, value in query.items() if name in self.queries}


def every_route(service: str, app: FastAPI) -> Iterator[Found]:
    """All routes, also those inside routers, with what their dependencies are."""
    for route in iter_route_contexts(app.routes):
        path: Any = route.path
        if path not in FRAMEWORK:
            dependant: Any = getattr(route, "dependant", None)
            for method in sorted(route.methods or {"ANY"}):
                yield Found(service, method, path, tuple(policies(dependant)), frozenset(queries(dependant)))


def policies(dependant: Dependant | None) -> Iterator[Policy]:
    """The policies among a route's dependencies; a route that FastAPI does not know has none."""
    for below in dependant.dependencies if dependant else ():
        if isinstance(below.call, Policy):
            yield below.call
        yield from policies(below)


def queries(dependant: Dependant | None) -> Iterator[str]:
    """The names in a query that it knows."""
    if dependant:
        yield from (one.alias for one in dependant.query_params)
        for below in dependant.dependencies:
            yield from queries(below)


def at_rest(service: Service) -> FastAPI:
    """The service's routes, without a database."""
    app = FastAPI(docs_url=None, redoc_url=None)
    add_routes(app, service)
    return app


ROUTES = [
    found
    for service in installed_services().values()
    for found in every_route(service.name, at_rest(service))
]
GUARDED = [found for found in ROUTES if found.policies and found.roles]
OPEN = [found for found in ROUTES if any(isinstance(one, Public) for one in found.policies)]
#: Where a vote or a poll is found by the code in a room.
BY_CODE = ("/follow-up-votes/lookup", "/follow-up-votes/ballots", "/date-polls/lookup", "/date-polls/answers")
#: What somebody is given a link or a code for: who has none is told nothing, as the tests of notifications and of guests say.
BY_TOKEN = [found for found in OPEN if found.service == "notifications" or found.path.endswith(BY_CODE)]
PUBLISHED = [found for found in OPEN if found not in BY_TOKEN and found.path.count("{") > 1]
#: To take away what is not there is no mistake.
ALREADY_GONE = {"DELETE /notifications/v1/me/themes/{id}/following"}
#: Surveys asks nobody whether there is such a house: of another corporation's it has nothing, as of one that never was.
OF_ANY_HOUSE = "/houses/{id}/addresses"
WITH_ID = [found for found in GUARDED if "{id}" in found.path]


def unguarded(found: list[Found]) -> list[str]:
    """The routes without exactly one policy."""
    return [one.name for one in found if len(one.policies) != 1]


def test_every_route_has_a_policy() -> None:
    assert unguarded(ROUTES) == []


def test_the_routes_are_all_found() -> None:
    """Else the test above would pass with nothing to look at."""
    names = {found.name for found in ROUTES}
    assert {
        "POST /surveys/v1/themes",
        "GET /sessions/v1/houses/{id}",
        "GET /sessions/v1/events",
    } <= names
    assert len(GUARDED) > 30


def test_the_same_routes_are_in_the_running_app(place: Playground) -> None:
    served = {
        one.name
        for running in place.process.running
        for one in every_route(running.name, application(running))
    }
    assert served == {one.name for one in ROUTES}


@pytest.mark.parametrize("nested", [False, True])
def test_a_route_without_a_policy_is_found(nested: bool) -> None:
    app, inner, outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None), APIRouter(), APIRouter()

    @(inner if nested else app).get("/open")
    async def forgotten() -> None: ...

    outer.include_router(inner, prefix="/deep")
    app.include_router(outer, prefix="/very")
    assert unguarded(list(every_route("x", app))) == [
        "GET /x/v1/very/deep/open" if nested else "GET /x/v1/open"
    ]


def test_a_route_that_is_open_on_purpose_is_not_found() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/open", dependencies=[EVERYBODY])
    async def meant() -> None: ...

    assert unguarded(list(every_route("x", app))) == []


def test_a_route_that_takes_a_sheet_ends_so_and_the_gateway_lets_larger_bodies_through_there() -> None:
    apps = [at_rest(service) for service in installed_services().values()]
    paths = [
        str(route.path)
        for app in apps
        for route in iter_route_contexts(app.routes)
        if getattr(route, "openapi_extra", None) == TAKES_SHEET
    ]
    assert paths
    assert [path for path in paths if not path.endswith("/sheet")] == []


def test_only_these_are_open_to_everybody() -> None:
    assert {found.path for found in ROUTES if isinstance(found.policies[0], Everybody)} == {
        "/asyncapi",
        "/asyncapi.json",
        "/docs",
        "/docs/start.js",
        "/docs/{file}",
        "/sink/{secret}",
    }


def misplaced(found: list[Found]) -> list[str]:
    """Routes where a corporation is named in the path without the policy for that, or the other way about."""
    return [
        one.name
        for one in found
        if one.path.startswith("/public/{corporation}/") != isinstance(one.policies[0], Public)
    ]


def test_a_route_without_a_token_names_its_corporation() -> None:
    assert misplaced(ROUTES) == []


@pytest.mark.parametrize("path", ["/open/{corporation}", "/public/{corporation}"])
def test_a_route_that_hides_its_corporation_is_found(path: str) -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get(path)
    async def hidden(visitor: Annotated[Visitor, PUBLIC]) -> None: ...

    assert misplaced(list(every_route("x", app))) == [f"GET {path_of('x')}{path}"]


async def ask(client: httpx.AsyncClient, found: Found, id: UUID | str | None = None) -> httpx.Response:
    """The smallest request that gets as far as the policy."""
    return await client.request(found.method, _at(found, str(id or uuid4())))


async def test_without_a_token_nobody_gets_in(place: Playground) -> None:
    client = place.client()
    answers = {found.name: (await ask(client, found)).status_code for found in GUARDED}
    assert answers == dict.fromkeys(answers, 401)


@pytest.mark.parametrize("role", list(Role))
async def test_only_the_roles_of_the_policy_get_in(place: Playground, role: Role) -> None:
    answers = {  # each from somebody else: after some of these a token is no good any more
        found.name: (await ask(place.client(role), found)).status_code for found in GUARDED
    }
    admitted = {name: status not in (401, 403) for name, status in answers.items()}
    assert admitted == {found.name: role in found.roles for found in GUARDED}


async def test_a_role_that_is_refused_is_told_who_may(place: Playground) -> None:
    response = await place.client(Role.RESIDENT).get("/surveys/v1/parked-events")
    assert response.json()["detail"].startswith("This is for operator, staff;")


async def test_a_foreign_id_is_answered_exactly_as_an_unknown_one(
    place: Playground, ours: dict[str, str]
) -> None:
    """By every route that takes an id, whatever the role: the same status, and the same words but for the id."""
    different = []
    for found in WITH_ID:
        client = place.client(*found.roles, corporation="de-waterlelie")
        foreign_id, unknown_id = ours[kind(found)], str(uuid4())
        foreign, unknown = [await _full(client, found, id) for id in (foreign_id, unknown_id)]
        if _told(foreign, foreign_id) != _told(unknown, unknown_id):
            different.append(found.name)
        anyhow = found.name in ALREADY_GONE or found.path.startswith(OF_ANY_HOUSE)
        assert foreign.status_code == 404 or anyhow, (found.name, foreign.text)
    assert different == []


async def test_our_own_ids_are_known(place: Playground, ours: dict[str, str]) -> None:
    """Else the test above would compare unknown with unknown."""
    #: What somebody has themselves, who here has nothing; what is there only once somebody opens the door, or asks for letters.
    mine = (
        "/mine",
        "/mine/picture",
        "/decisions/{id}",
        "/door-code",
        "/door-code/picture",
        "/{run}",
        "/{run}/document",
    )
    reads = [found for found in WITH_ID if found.method == "GET" and not found.path.endswith(mine)]
    client = place.client(Role.STAFF)
    answers = {found.name: (await _full(client, found, ours[kind(found)])).status_code for found in reads}
    assert answers == dict.fromkeys(answers, 200)


async def test_without_a_token_a_foreign_id_and_a_foreign_corporation_are_answered_as_nothing_at_all(
    place: Playground, ours: dict[str, str]
) -> None:
    """The same words as for an address that does not exist."""
    visitor = place.client()
    nowhere = _told(await visitor.get("/surveys/v1/nowhere"), "nowhere")
    ballot = {**A_BALLOT, "code": "0000-0000-0000-0000"}
    guest = {"guest": A_BALLOT["retry"]}
    bodies = {"ballots": ballot, "seats": {**guest, "code": "0000"}, "lookup": guest, "withdrawal": guest}
    for found in PUBLISHED:
        id = ours[found.path.split("/")[3]]
        for corporation, at in (
            ("de-waterlelie", id),
            ("woonpartners", str(uuid4())),
            ("nobody", id),
            ("woonpartners'; --", id),
        ):
            there = _open(found, corporation, at)
            body = bodies[found.path.rpartition("/")[2]] if found.method == "POST" else None
            answer = await visitor.request(found.method, there, json=body)
            assert _told(answer, at) == nowhere, (found.name, corporation, answer.text)


async def test_without_a_token_there_is_nothing_of_a_corporation_that_is_none(place: Playground) -> None:
    visitor = place.client()
    nowhere = _told(await visitor.get("/surveys/v1/nowhere"), "nowhere")
    for found in OPEN:
        answer = await visitor.request(found.method, _open(found, "nobody", str(uuid4())))
        assert _told(answer, "nowhere") == nowhere, found.name


async def test_without_a_token_what_is_published_can_be_read(place: Playground, ours: dict[str, str]) -> None:
    """Else the test above would compare nothing with nothing."""
    visitor = place.client()
    reads = [one for one in PUBLISHED if one.method == "GET"]
    paths = [_open(one, "woonpartners", ours[one.path.split("/")[3]]) for one in reads]
    assert {path: (await visitor.get(path)).status_code for path in paths} == dict.fromkeys(paths, 200)


@pytest.mark.parametrize("query", ["house={house}", "theme={theme}"])
async def test_a_foreign_id_in_a_query_finds_nothing(
    place: Playground, ours: dict[str, str], query: str
) -> None:
    stranger = place.client(Role.STAFF, corporation="de-waterlelie")
    wanted = query.format(house=ours["houses"], theme=ours["themes"])
    assert (await stranger.get(f"/sessions/v1/sessions?{wanted}")).json()["items"] == []


async def test_a_foreign_house_in_a_body_is_answered_as_an_unknown_one(
    place: Playground, ours: dict[str, str]
) -> None:
    house = ours["houses"]
    stranger = place.client(Role.STAFF, corporation="de-waterlelie")
    answers = [
        await stranger.post("/sessions/v1/sessions", json={"house_id": id, "title": "x"})
        for id in (house, str(uuid4()))
    ]
    assert _told(answers[0], house) == _told(answers[1], house)
    assert answers[0].status_code == 404


@pytest.mark.usefixtures("ours")
async def test_a_list_shows_nothing_of_another_corporation(place: Playground) -> None:
    await place.settled()
    stranger = place.client(Role.STAFF, Role.OPERATOR, Role.SYSTEM, corporation="de-waterlelie")
    shown = {path: _listed(await stranger.get(path)) for path in LISTS}
    assert {path for path, found in shown.items() if found} == set()


# The third axis: a role for some houses


def limited(place: Playground, role: Role, *houses: str) -> httpx.AsyncClient:
    """Somebody who has the role for these houses only."""
    return place.client(role, houses=houses)


ELSEWHERE = "01a204c1-fe22-7520-b7a9-199f15c86400"


@pytest.mark.parametrize("role", sorted(OF_HOUSES))
async def test_what_is_of_another_house_is_answered_exactly_as_what_is_not_there(
    place: Playground, ours: dict[str, str], role: Role
) -> None:
    """By every route that takes an id: nothing is there for who has the role elsewhere, or the route is for all houses."""
    wrong = {}
    for found in WITH_ID:
        if role in found.roles and not is_shared(found):
            theirs, unknown_id = ours[kind(found)], str(uuid4())
            answers = [await _full(limited(place, role, ELSEWHERE), found, id) for id in (theirs, unknown_id)]
            told = [_told(answer, id) for answer, id in zip(answers, (theirs, unknown_id), strict=True)]
            if told[0] != told[1] or answers[0].status_code not in (403, 404):
                wrong[found.name] = told[0][0]
    assert wrong == {}


@pytest.mark.parametrize("role", sorted(OF_HOUSES))
async def test_what_is_of_ones_house_is_there(place: Playground, ours: dict[str, str], role: Role) -> None:
    """Else the test above would compare nothing with nothing: who has the role there reads what those of all houses do."""
    staff = place.client(Role.STAFF)
    houses = [house["id"] for house in _listed(await staff.get("/sessions/v1/houses?limit=200"))]
    different = {}
    for found in WITH_ID:
        if role in found.roles and found.method == "GET" and not is_shared(found):
            answers = [
                await _full(client, found, ours[kind(found)])
                for client in (place.client(role), limited(place, role, *houses))
            ]
            if problem_of(answers[1]) != "for-all-houses" and (
                answers[0].status_code != answers[1].status_code
            ):
                different[found.name] = answers[1].text
    assert different == {}


@pytest.mark.parametrize("role", sorted(OF_HOUSES))
async def test_what_is_read_without_an_id_shows_nothing_of_another_house(
    place: Playground, ours: dict[str, str], role: Role
) -> None:
    await place.settled()
    ids = {id for what, id in ours.items() if what not in OF_NO_HOUSE}
    shown, unknown = {}, str(uuid4())
    for found in GUARDED:
        if role in found.roles and found.method == "GET" and "{" not in found.path:
            reader, path = limited(place, role, ELSEWHERE), _at(found, ELSEWHERE)
            there = (await reader.get(path)).text
            asked_for, never_was = [
                _told(await reader.get(path, params=found.asking(house=house, title="x")), house)
                for house in (ours["houses"], unknown)
            ]
            if any(id in there for id in ids) or asked_for != never_was:
                shown[found.name] = there
    assert shown == {}


@pytest.mark.parametrize("role", sorted(OF_HOUSES))
async def test_nothing_is_made_for_another_house(place: Playground, ours: dict[str, str], role: Role) -> None:
    """By every route that makes or moves something and names it in its body: what names nothing there is for all houses."""
    done = {}
    for found in GUARDED:
        if role in found.roles and found.method != "GET" and "{id}" not in found.path:
            if found.path in ABOUT_ONESELF:
                continue
            body = {**(NAMED.get(found.path) or {}), **_ours_in(NAMED.get(found.path), ours)}
            client = limited(place, role, ELSEWHERE)
            answer = await client.request(found.method, _at(found, ELSEWHERE), json=body)
            if answer.status_code not in (403, 404):
                done[found.name] = answer.status_code
    assert done == {}


#: What houses share: everybody reads it, and it is changed by who has a role for all.
OF_NO_HOUSE = {"rooms"}
#: Nothing of a house: what lets a browser read events; and what answers for each of many, see `test_rights.py`.
ABOUT_ONESELF = {"/events/cookie", "/themes/admissions"}


def is_shared(found: Found) -> bool:
    """Whether it reads what is of no house in particular."""
    return found.method == "GET" and kind(found) in OF_NO_HOUSE


def problem_of(answer: httpx.Response) -> str:
    """The last part of a refusal's type."""
    return str(answer.json()["type"].rpartition(":")[2]) if answer.status_code >= 400 else ""


def _ours_in(body: Any, ours: dict[str, str]) -> dict[str, Any]:
    """With the ids that it names being ours."""
    return {name: ours[NAMES[name]] for name in body or {} if name in NAMES}


NAMES = {"house_id": "houses", "session_id": "sessions"}
#: Bodies that get past the form, by path; what is for all houses is refused before anybody looks at one.
NAMED: dict[str, dict[str, Any]] = {
    "/residents": {
        "house_id": "",
        "agreed": ["messages"],
        "door": {"street": "x", "number": "1", "postcode": "2742 ZX", "town": "x"},
    },
    "/sessions": {"house_id": "", "title": "x"},
    "/rights": {"house_id": "", "subject_id": ELSEWHERE, "role": "guide"},
    "/series": {"house_id": "", **WEEKLY},
    "/follow-up-votes": {"session_id": "", "options": [{"title": "x"}], "at_most": 1},
    "/date-polls": {
        "session_id": "",
        "dates": [
            {"starts_at": f"2030-01-1{day}T19:30", "ends_at": f"2030-01-1{day}T21:30"} for day in (0, 1)
        ],
    },
    "/themes": {"house_id": "", "title": "x", "captured_via": "paper"},
    "/campaigns": {"house_id": "", "title": "x", "incentive": "x", "stock": 1},
    "/surveys": {"house_id": "", "title": {"nl-x-b1": "x"}, "questions": [asked("open_idea", "x")]},
}


LISTS = (
    "/surveys/v1/themes",
    "/surveys/v1/themes/export?format=json",
    "/surveys/v1/campaigns",
    "/surveys/v1/surveys",
    "/sessions/v1/sessions",
    "/sessions/v1/houses",
    "/sessions/v1/templates",
    "/sessions/v1/templates?shared=true",
    "/sessions/v1/series",
    "/sessions/v1/rooms",
    "/sessions/v1/follow-up-votes",
    "/sessions/v1/tasks",
    "/surveys/v1/events",
)


def _listed(answer: httpx.Response) -> Any:
    found = answer.json()
    return found if isinstance(found, list) else found["items"]


async def _full(client: httpx.AsyncClient, found: Found, id: str) -> httpx.Response:
    """A request that would succeed for an id that is known, as far as its body goes."""
    path = _at(found, id)
    what = found.path.removesuffix("/{id}").rpartition("/")[2]
    if what in SHEETS:
        return await client.post(path, content=SHEETS[what], headers={"Content-Type": "text/csv"})
    return await client.request(found.method, path, json=_body(found, what), headers={"If-Match": '"2"'})


def _body(found: Found, what: str) -> Any:
    """Where two kinds of things have something of the same name, the kind comes first."""
    return BODIES.get(f"{kind(found)} {what}", BODIES.get(what))


def _at(found: Found, id: str) -> str:
    return (
        f"{path_of(found.service)}{found.path}".replace("{id}", id)
        .replace("{day}", "2018-12-12")
        .replace("{house}", NOWHERE)
        .replace("{run}", NOWHERE)
        .replace("{number}", "1")
        .replace("{address}", NOWHERE)
        .replace("{seat}", "1")
        .replace("{walk_in}", NOWHERE)
    )


SHEETS = {"sheet": "number,title\n1,x\n"}


NOWHERE = "01a204c1-fe22-7520-b7a9-199f15c86465"
A_BALLOT: dict[str, Any] = {"answers": [], "retry": "d9428888-122b-4b5e-8c3e-0f7f3f0a5b1d"}
BODIES: dict[str, Any] = {
    "hand-deliveries answer": {"solved": True},
    "my closing-questions answer": {"solved": True},
    "pages posts": {"text": "x", "language": "nl"},
    "posts": {"text": "x"},
    "rules": {},
    "name": {"name": "x"},
    "moderators": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "resignation": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "guide": {"guide_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "ballots": A_BALLOT,
    "stand-ballots": A_BALLOT,
    "typed-ballots": {**A_BALLOT, "channel": "paper", "card": "7"},
    "themes": {"title": "x", "captured_via": "paper"},
    "campaigns {number}": {"number": "1", "title": "x"},
    "campaigns claim": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "correction": {"title": {"nl-x-b1": "x"}},
    "corrections": {},
    "merging": {"into": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "preview": A_BALLOT,
    "surveys withdrawal": {"code": "0000-0000-0000-0000"},
    "codes.csv": {"count": 1, "site": "https://example.nl"},
    "codes.pdf": {"count": 1, "site": "https://example.nl"},
    "letters": {"site": "https://example.nl"},
    "copies": {"house_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "surveys": {"title": {"nl-x-b1": "x"}},
    "rejection": {"reason": "x"},
    "pause": {"reason": "x"},
    "houses ending": {"outcome": "stopped", "reason": "x"},
    "houses": {"title": "x", "town": "x", "dwellings": 1},
    "sharing": {"checked": True},
    "templates": {
        "title": "x",
        "entries": [
            {
                "title": "x",
                "kind": "walk",
                "day": 0,
                "weekday": 1,
                "starts": "10:00",
                "minutes": 60,
                "capacity": 1,
            }
        ],
    },
    "wishes": {"off": {}},
    "cancellation": {"reason": "x"},
    "rooms": {"name": "x", "address": "x", "capacity": 1},
    "answer": {"reply": "x"},
    "attendance": {"attended": []},
    "answers": {"answers": [{"date_id": "01a204c1-fe22-7520-b7a9-199f15c86465", "suits": "yes"}]},
    "check-ins": {
        "notes": [{"seat": "1", "at": "2019-01-10T19:30:00Z"}],
        "sent_at": "2019-01-10T19:30:00Z",
    },
    "merge": {"into": "ffffffff-ffff-7fff-bfff-ffffffffffff"},
    "handouts": {},
    "undo": {},
    "collections": {},
    "campaigns cards": {"number": "1", "title": "x"},
    "follow-up-votes cards": {"cards": 0},
    "claims": {"number": "1", "code": "K7QP-2MXD"},
    "seats": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "acceptance": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "confirmation": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "roles": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465", "role": "host"},
    "capacity": {"capacity": 3},
    "hosts": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "standing-seats": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "exceptions": {"day": "2018-12-12", "reason": "x"},
    "series ending": {"reason": "x"},
    "series plan": {
        "kind": "walk",
        "starts_at": "2019-01-10T19:30",
        "minutes": 60,
        "rule": "FREQ=WEEKLY",
        "place": "x",
        "capacity": 1,
    },
    "non-attendance": {"reason": "x"},
    "report": {"report": "x"},
    "reports": {"category": "spam"},
    "ground": {"ground": "x"},
    "cases decision": {"action": "approve", "reason": "x"},
    "appeals decision": {"upheld": True, "reason": "x"},
    "appeal": {"words": "x"},
    "title": {"title": "x"},
    "houses joining": {"joining": "code"},
    "joining-codes": {"count": 1, "site": "https://buurtthuis.example/meedoen"},
    "joining-codes.csv": {"count": 1, "site": "https://buurtthuis.example/meedoen"},
    "houses withdrawal": {"code": "0000-0000-0000-0000"},
    "withdrawal": {"resident_id": "01a204c1-fe22-7520-b7a9-199f15c86465"},
    "plan": {
        "kind": "walk",
        "starts_at": "2019-01-10T19:30",
        "ends_at": "2019-01-10T20:30",
        "place": "x",
        "capacity": 1,
    },
}


def _open(found: Found, corporation: str, id: str) -> str:
    """The address of what everybody can read: by an id, or by a key that nobody guesses."""
    path = f"{path_of(found.service)}{found.path}".replace("{corporation}", corporation)
    return path.replace("{id}", id).replace("{key}", id).replace("{token}", "x" * 40)


def _told(response: httpx.Response, id: str) -> tuple[int, dict[str, Any]]:
    """What an answer gives away, without what it echoes."""
    is_json = "json" in response.headers.get("content-type", "")  # a PDF says when it was made
    document = response.json() if is_json and response.content else {}
    if isinstance(document, list):
        document = {"items": document}
    document.pop("instance", None)
    return response.status_code, {key: str(value).replace(id, "{id}") for key, value in document.items()}


def kind(found: Found) -> str:
    """What the id in the path is of; events are parked in each service, and of one's own there are several kinds."""
    _, what, *rest = found.path.split("/")
    if what == "me":
        return f"my {rest[0]}"
    return f"{found.service} {what}" if what == "parked-events" else what


@pytest.fixture(scope="module")
async def ours(running: Playground) -> dict[str, str]:
    """One of everything that has an id, in woonpartners."""
    place, staff = running, running.client(Role.STAFF)
    session = await a_session(staff)
    house = (await staff.get(f"/sessions/v1/sessions/{session}")).json()["house_id"]
    link = (await place.client(Role.RESIDENT).post("/sessions/v1/agenda/link")).json()["path"]
    await place.settled()  # a house has a page once moderation has heard of it
    return {
        "pages": house,
        "posts": await a_post(staff, house),
        **await _moderated(place, house),
        "agendas": link.rpartition("/")[2].removesuffix(".ics"),
        "sessions": session,
        "series": await a_series(staff),
        "houses": house,
        "templates": await made(staff, "/sessions/v1/templates", {"house_id": house, "title": "x"}),
        "themes": await a_theme(staff, house_id=house),
        "surveys": await a_published_survey(staff, house_id=house),
        "campaigns": await a_campaign(staff, house_id=house),
        "rooms": await a_room(staff),
        "follow-up-votes": await a_follow_up_vote(staff, await a_held_session(place)),
        "date-polls": await a_date_poll(staff),
        "tasks": await _a_task(place),
        **await _contacts(place, house),
        **{f"{one} parked-events": str(await a_parked_event(place, one)) for one in installed_services()},
    }


async def _moderated(place: Playground, page: str) -> dict[str, str]:
    """What a resident wrote, a case about it, a decision that mutes them, and their appeal."""
    staff, author = place.client(Role.STAFF), place.client(Role.RESIDENT)
    post = await a_post(author, page)
    case = str(case_id(UUID(post)))
    version = (await staff.get(f"/moderation/v1/cases/{case}")).headers["ETag"]
    verdict = {"action": "mute", "rule": "spam", "reason": "x", "days": 1}
    path = f"/moderation/v1/cases/{case}/decision"
    assert (await staff.post(path, json=verdict, headers={"If-Match": version})).status_code == 200
    [decision] = (await author.get("/moderation/v1/decisions")).json()
    [mute] = (await staff.get(f"/moderation/v1/pages/{page}/mutes")).json()
    appeal = await made(author, f"/moderation/v1/decisions/{decision['id']}/appeal", {"words": "x"})
    return {
        "contents": post,
        "cases": case,
        "decisions": decision["id"],
        "appeals": appeal,
        "mutes": mute["id"],
    }


async def _a_task(place: Playground) -> str:
    """What a vote that decided nothing leaves to be discussed."""
    staff = place.client(Role.STAFF)
    place.clock.move(timedelta(hours=12))  # the next morning: there is one session an evening
    session = await a_held_session(place)
    vote = await a_follow_up_vote(staff, session)
    await done(staff, f"/sessions/v1/follow-up-votes/{vote}/decision")
    [task] = [
        one for one in (await staff.get("/sessions/v1/tasks")).json()["items"] if one["session_id"] == session
    ]
    return str(task["id"])


async def _contacts(place: Playground, house: str) -> dict[str, str]:
    """Somebody who is reached at the door, somebody who was forgotten, and what there is of them."""
    staff, at = place.client(Role.STAFF), "/notifications/v1"
    await place.settled()
    body = {"house_id": house, **RESIDENT}
    resident, forgotten = [await made(staff, f"{at}/residents", body | {"another": True}) for _ in range(2)]
    hook = {"url": "https://example.org/", "types": ["nl.buurtthuis.sessions.house-opened.v1"]}
    await place.do_what_is_due()
    lists = ("announcements", "hand-deliveries")
    one_of = {name: (await staff.get(f"{at}/{name}")).json()["items"][0] for name in lists}
    return {
        "residents": resident,
        "erasures": await made(staff, f"{at}/residents/{forgotten}/erasure"),
        "rights": await made(
            staff, f"{at}/rights", {"house_id": house, "subject_id": NOWHERE, "role": "guide"}
        ),
        "webhooks": await made(staff, f"{at}/webhooks", hook),
        "joining-codes": await made(staff, f"{at}/houses/{house}/joining-codes", BODIES["joining-codes"]),
        **{name: one["id"] for name, one in one_of.items()},
        "my messages": one_of["hand-deliveries"]["id"],
        "my addresses": resident,
        "my closing-questions": one_of["hand-deliveries"]["id"],
        "my houses": house,
        "my themes": await a_theme(staff),
    }


RESIDENT: dict[str, Any] = {
    "door": {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"},
    "agreed": ["messages"],
}
