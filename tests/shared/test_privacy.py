"""Personal data in every field of every command, and nowhere that it should not be.

A real `buurtthuis up` that logs all it can is given a canary in everything that a person can type
or send, and is made to fail over it; then every place that something could leak to is searched.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from buurtthuis.domain.neighbours import Neighbour
from buurtthuis.embedded import servers_on
from buurtthuis.events import Event
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.testing import eventually
from buurtthuis_moderation.domain.cases import case_id

from tests.commands import Up, up
from tests.notifications.channels.browsers import Browser, vapid_key
from tests.people import KNOWING, PLAN, WEEKLY, a_ballot, an_open_survey, asked, done, made

CANARY = "jansen-0612345678"
MAILBOX = f"{CANARY}@voorbeeld.nl"
#: As the vault writes it.
NUMBER = "+31612345678"
BROWSER = Browser().subscription(f"https://push.example.org/send/{CANARY}")
DOOR = {name: f"{CANARY} at the door: {name}" for name in ("name", "street", "number", "town")} | {
    "postcode": "4711 QX"
}
#: Where somebody can be reached, as it is typed in: one canary for each field.
CONTACT = {
    **{
        f"{body}.{kind}": words
        for body in ("AskBody", "AddressBody")
        for kind, words in (("email", MAILBOX), ("mobile", NUMBER))
    },
    "RegisterResidentBody.email": f"home-{MAILBOX}",
    "RegisterResidentBody.mobile": "+31612345679",
    "RegisterResidentBody.telephone": "+31182123451",
    "RegisterResidentBody.called": f"{CANARY} at home",
    "NeighbourPhone.name": f"{CANARY} next door",
    "NeighbourPhone.telephone": "+31182123452",
    "CorrectionBody.email": f"right-{MAILBOX}",
    "CorrectionBody.mobile": "+31612345670",
    "CorrectionBody.telephone": "+31182123453",
    "CorrectionBody.called": f"{CANARY} all along",
    "AskBody.called": f"{CANARY} among two",
    "CalledBody.called": f"{CANARY} from now on",
    **{f"Door.{name}": words for name, words in DOOR.items()},
    "Subscription.endpoint": BROWSER["endpoint"],
    **{f"Keys.{name}": words for name, words in BROWSER["keys"].items()},
}
#: What else is typed in of words at notifications, and leads to nobody.
ELSE = {
    "SolvedBody.objection",
    "AskBody.joining_code",
    "AskBody.language",
    "GiveRightBody.issuer",
    "GiveRightBody.sub",
    "GiveRightBody.until",
    "JoinBody.joining_code",
    "JoiningCodeBody.code",
    "JoiningCodesBody.site",
    "LinkBody.token",
    "ReadingBody.language",
    "RefreshBody.refresh_token",
    "RegisterResidentBody.language",
    "RegisterWebhookBody.types",
    "RegisterWebhookBody.url",
    "UseBody.code",
    "UseBody.token",
    "WishesBody.digest_at",
    "WishesBody.quiet_from",
    "WishesBody.quiet_until",
}
#: What a house, a room and a session tell everybody on purpose, and names nobody.
PUBLIC = {
    ("nl.buurtthuis.sessions.house-changed.v1", "title"),
    ("nl.buurtthuis.sessions.house-changed.v1", "town"),
    ("nl.buurtthuis.sessions.house-changed.v1", "label"),
    ("nl.buurtthuis.sessions.house-opened.v1", "title"),
    ("nl.buurtthuis.sessions.house-opened.v1", "town"),
    ("nl.buurtthuis.sessions.house-opened.v1", "label"),
    ("nl.buurtthuis.sessions.session-scheduled.v1", "place"),
    ("nl.buurtthuis.sessions.session-rescheduled.v1", "place"),
    ("nl.buurtthuis.sessions.session-rescheduled.v1", "was_place"),
    ("nl.buurtthuis.sessions.room-added.v1", "title"),
}


#: Of each command in the append-only file: the services' user may not ask for keys.
FIRST_ARGUMENT = re.compile(rb"\*\d+\r\n\$\d+\r\n[A-Za-z]+\r\n\$\d+\r\n([^\r]+)\r\n")


@dataclass
class Leaks:
    """Everything that came out while canaries went in."""

    planted: set[str] = field(default_factory=set)
    provoked: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    typed_in: set[str] = field(default_factory=set)
    log: str = ""
    metrics: str = ""
    others: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    schemas: dict[str, Any] = field(default_factory=dict)
    redis_keys: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def provoke(self, answer: httpx.Response) -> None:
        """Note what is said about something that was wrong, or at least odd."""
        self.provoked.append(answer.status_code)
        if answer.is_error:
            self.errors.append(answer.text)

    def canary(self, body: str, name: str) -> str:
        """A word to plant in one field."""
        self.planted.add(f"{body}.{name}")
        return f"{CANARY} {name}"


@pytest.fixture(scope="module")
async def leaks(tmp_path_factory: pytest.TempPathFactory) -> Leaks:
    """One system, one day in its life, and what can be found afterwards."""
    folder = tmp_path_factory.mktemp("canary")
    settings = ("LOG_LEVEL=DEBUG", f"VAPID_KEY_FILE={vapid_key(folder)}", "MAIL_FROM=buurtthuis@example.nl")
    (folder / ".env").write_text("\n".join(settings))
    found = Leaks()
    async with up(folder) as system:
        written = asyncio.create_task(_read(system))
        async with _Day(system, found) as day:
            await day.plant()
            await day.send_canaries_about()
            await day.fail()
            await day.collect()
        system.process.terminate()
        found.log = await written
    return found


async def _read(system: Up) -> str:
    assert system.process.stdout
    return (await system.process.stdout.read()).decode()


class _Day:
    def __init__(self, system: Up, leaks: Leaks) -> None:
        self.system = system
        self.leaks = leaks
        self.issuer = LocalIssuer.in_file(system.data / "issuer.json")
        self.http = httpx.AsyncClient(base_url=system.url, timeout=30)
        servers = servers_on(system.data)
        assert servers
        self.servers = servers

    async def __aenter__(self) -> "_Day":
        self.staff, self.me = self.client(Role.STAFF), uuid4()
        self.resident = self.client(Role.RESIDENT, subject=self.me)
        return self

    async def _belong_to_the_house(self) -> None:
        """As these hear it from notifications."""
        for service in KNOWING:
            await self._belong_to(service)

    async def _belong_to(self, service: str) -> None:
        url = self.servers.database_url(service, service).replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            await connection.execute("SELECT set_config('buurtthuis.corporation', 'woonpartners', true)")
            neighbour = Neighbour.of(UUID(self.house), self.me)
            await connection.execute(
                "INSERT INTO neighbours (id, house_id, resident_id, version) VALUES ($1, $2, $3, 0)",
                neighbour.id,
                neighbour.house_id,
                neighbour.resident_id,
            )
        await connection.close()

    async def __aexit__(self, *_: object) -> None:
        for client in (self.http, self.staff, self.resident):
            await client.aclose()

    def client(self, *roles: Role, subject: UUID | None = None) -> httpx.AsyncClient:
        token = self.issuer.issue("woonpartners", roles, subject)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.system.url, timeout=30, headers=headers)

    async def plant(self) -> None:
        """A canary in every field of every command that succeeds."""
        canary = self.leaks.canary
        house = {name: canary("OpenHouseBody", name) for name in ("title", "town", "label")}
        self.house = await made(self.staff, "/sessions/v1/houses", {**house, "dwellings": 96})
        await self._belong_to_the_house()
        proposal = {"house_id": self.house, "title": canary("ProposeThemeBody", "title")}
        self.theme = await made(self.resident, "/surveys/v1/themes", proposal)
        rejected = await made(self.resident, "/surveys/v1/themes", proposal)
        reason = {"reason": canary("ReasonBody", "reason")}
        await done(self.staff, f"/surveys/v1/themes/{rejected}/rejection", reason)
        await done(self.staff, f"/surveys/v1/themes/{self.theme}/admission")
        await done(self.staff, f"/surveys/v1/themes/{self.theme}/selection")
        await self._plan(await self._drafted())
        draft = {"house_id": self.house, "title": canary("DraftSessionBody", "title")}
        session = await made(self.staff, "/sessions/v1/sessions", draft)
        await self._put(
            f"/sessions/v1/sessions/{session}/title", {"title": canary("TitleBody", "title")}, version=1
        )
        await done(self.staff, f"/sessions/v1/sessions/{session}/cancellation", reason)
        await self._answer_a_realised_theme()
        await self._come_back()
        await self._answer_a_survey()
        await self._write_letters()
        await self._campaign()
        await self._keep_a_template()
        await self._live_there()
        await self._write_on_the_page()
        await self._end_a_house()

    async def send_canaries_about(self) -> None:
        """In paths, queries, headers and tokens, where they are refused or make no difference."""
        word = CANARY.replace(" ", "-")
        token = self.issuer.issue("woonpartners", [Role.STAFF], subject=word)  # type: ignore[arg-type]
        for request in (
            self.staff.get(f"/surveys/v1/themes/{word}"),
            self.staff.get(f"/{word}/{word}"),
            self.staff.get("/surveys/v1/themes", params={"house": word, word: word}),
            self.staff.get("/surveys/v1/themes", params={"search": word}),
            self.staff.get("/surveys/v1/themes/look-alikes", params={"house": str(uuid4()), "title": word}),
            self.staff.get("/surveys/v1/events", params={"type": word}),
            self.staff.get(
                "/surveys/v1/themes", headers={"User-Agent": word, "X-Name": word, "Cookie": f"a={word}"}
            ),
            self.staff.get("/surveys/v1/themes", headers={"traceparent": word, "tracestate": f"name={word}"}),
            self.staff.post(f"/surveys/v1/themes/{uuid4()}/admission", headers={"If-Match": word}),
            self.http.get("/surveys/v1/themes", headers={"Authorization": f"Bearer {word}"}),
            self.http.get("/surveys/v1/themes", headers={"Authorization": f"Bearer {token}"}),
            self.resident.post("/surveys/v1/themes", json={"title": {word: word}, word: word}),
            self.resident.post(
                "/surveys/v1/themes", content=word, headers={"Content-Type": "application/json"}
            ),
            self.resident.post("/surveys/v1/themes", content=word, headers={"Content-Type": word}),
        ):
            self.leaks.provoke(await request)
        for _ in range(2):
            body = {"house_id": self.house, "title": f"{CANARY} again"}
            await self.resident.post("/surveys/v1/themes", json=body, headers={"Idempotency-Key": word})

    async def fail(self) -> None:
        """A reaction, a statement and a connection that fail over a canary."""
        await self._sql(
            "surveys",
            "INSERT INTO journal (corporation, event_id, type, subject, audience, actor, time, data) VALUES "
            "('woonpartners', gen_random_uuid(), 'nl.buurtthuis.surveys.theme-selected.v1', 'x', 1, 'staff', now(), "
            f"""'{{"theme_id": "{CANARY}", "house_id": {{"{CANARY}": "{CANARY}"}}, "title": "{CANARY}"}}')""",
        )
        await eventually(self._is_parked, "the event is parked")
        await self._sql("sessions", "ALTER TABLE houses ADD CONSTRAINT none CHECK (town <> town) NOT VALID")
        body = {"title": CANARY, "town": CANARY, "dwellings": 1}
        self.leaks.provoke(await self.staff.post("/sessions/v1/houses", json=body))
        parked = self.leaks.parked[0]["id"]
        self.leaks.provoke(await self.staff.post(f"/sessions/v1/parked-events/{parked}/retry"))

    async def collect(self) -> None:
        """Everything that anybody else can get to see."""
        self.leaks.metrics = (await self.http.get("/metrics")).text
        stranger = self.client(Role.RESIDENT)
        for path in (
            f"/surveys/v1/themes/{uuid4()}",
            "/surveys/v1/themes?limit=0",
            "/surveys/v1/parked-events",
            "/nothing",
            f"/sessions/v1/sessions/{uuid4()}",
        ):
            self.leaks.others.append((await stranger.get(path)).text)
        self.leaks.others.append((await stranger.post("/surveys/v1/themes", json={})).text)
        await stranger.aclose()
        operator = self.client(Role.OPERATOR)
        self.leaks.parked = []
        for service in installed_services():
            self.leaks.parked += (await self.staff.get(f"/{service}/v1/parked-events")).json()["items"]
            self.leaks.events += (await operator.get(f"/{service}/v1/events?limit=500")).json()
            rows = await self._sql(service, "SELECT answer::text FROM idempotency_keys")
            self.leaks.kept[service] = await self._kept(service)
            self.leaks.answers += [row[0] for row in rows]
            document = (await self.http.get(f"/{service}/v1/openapi.json")).json()
            self.leaks.schemas.update(document["components"]["schemas"])
            if service == "notifications":
                self.leaks.typed_in = set(typed_in(document))
        await operator.aclose()
        self.leaks.redis_keys = await eventually(self._names_on_redis, "names on Redis")

    async def _names_on_redis(self) -> list[str]:
        """None just after the file was written anew; readers note where they are every few seconds."""
        written = b"".join(path.read_bytes() for path in self.system.data.glob("**/appendonlydir/*.aof"))
        return sorted({str(key) for key in FIRST_ARGUMENT.findall(written)})

    async def _plan(self, session: str) -> None:
        body = {
            **PLAN,
            **{name: self.leaks.canary("PlanBody", name) for name in ("title", "place")},
        }
        body |= {"starts_at": "2100-01-10T19:30:00", "ends_at": "2100-01-10T21:30:00"}
        response = await self.staff.put(
            f"/sessions/v1/sessions/{session}/plan", json=body, headers={"If-Match": '"1"'}
        )
        assert response.status_code == 200
        wish = {name: self.leaks.canary("RegisterBody", name) for name in ("needs", "called")}
        await made(self.resident, f"/sessions/v1/sessions/{session}/seats", wish)
        await self._come_as_a_guest(session)
        await self._sql("sessions", f"UPDATE sessions SET begins = now() WHERE id = '{session}'")
        await done(self.staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": []})
        report = {"report": self.leaks.canary("ReportBody", "report")}
        await done(self.staff, f"/sessions/v1/sessions/{session}/report", report)
        await self._vote_on_what_is_next(session)

    async def _vote_on_what_is_next(self, session: str) -> None:
        room = {name: self.leaks.canary("RoomBody", name) for name in ("name", "address")}
        await made(self.staff, "/sessions/v1/rooms", {**room, "capacity": 12})
        options = [{"title": self.leaks.canary("ChoiceBody", "title")}]
        asked = {"session_id": session, "options": options, "at_most": 1}
        vote = await made(self.staff, "/sessions/v1/follow-up-votes", asked)
        wrong = await self.resident.post("/sessions/v1/follow-up-votes/ballots", json={"code": CANARY})
        self.leaks.provoke(wrong)
        await done(self.staff, f"/sessions/v1/follow-up-votes/{vote}/decision")

    async def _come_as_a_guest(self, session: str) -> None:
        """With the code of a letter; and somebody without reception notes what is no place."""
        code = (await self.staff.put(f"/sessions/v1/houses/{self.house}/guest-code")).json()["code"]
        wish = {name: self.leaks.canary("GuestSeatBody", name) for name in ("needs", "called")}
        path = f"/sessions/v1/public/woonpartners/sessions/{session}/seats"
        await made(self.http, path, {"guest": str(uuid4()), "code": code, **wish})
        note = {"seat": self.leaks.canary("NoteBody", "seat"), "at": "2018-12-12T19:30:00Z"}
        queue = {"notes": [note], "sent_at": "2018-12-12T20:00:00Z"}
        self.leaks.provoke(await self.staff.post(f"/sessions/v1/sessions/{session}/check-ins", json=queue))

    async def _come_back(self) -> None:
        """A series that starts, leaves a day out, and is otherwise from then on."""
        first = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=7)
        series = await made(self.staff, "/sessions/v1/series", self._weekly("StartSeriesBody", first))
        day = {"day": f"{first:%Y-%m-%d}", "reason": self.leaks.canary("ExceptionBody", "reason")}
        await made(self.staff, f"/sessions/v1/series/{series}/exceptions", day)
        version = (await self.staff.get(f"/sessions/v1/series/{series}")).headers["ETag"]
        later = self._weekly("ChangeSeriesBody", first + timedelta(days=8))
        del later["house_id"]
        url = f"/sessions/v1/series/{series}/plan"
        assert (await self.staff.put(url, json=later, headers={"If-Match": version})).status_code == 200

    def _weekly(self, body: str, first: datetime) -> dict[str, Any]:
        words = {name: self.leaks.canary(body, name) for name in ("title", "place")}
        when = {"starts_at": first.isoformat(), "rule": "FREQ=WEEKLY"}
        return {**WEEKLY, "house_id": self.house, **words, **when}

    async def _answer_a_realised_theme(self) -> None:
        await eventually(self._is_realised, "the theme is realised")
        reply = {"reply": self.leaks.canary("ReplyBody", "reply")}
        await done(self.staff, f"/surveys/v1/themes/{self.theme}/answer", reply)

    async def _answer_a_survey(self) -> None:
        question = asked("open_idea", CANARY)
        survey = await an_open_survey(
            self.staff, question, title={"nl-x-b1": CANARY}, voting="resident", house_id=self.house
        )
        ballot = await a_ballot(self.resident, survey, self.leaks.canary("AnswerBody", "text"))
        await self._counted(survey, ballot)
        wrong = {**ballot, "retry": str(uuid4()), "code": CANARY}
        for path in ("ballots", "typed-ballots"):
            answer = await self.staff.post(f"/surveys/v1/surveys/{survey}/{path}", json=wrong)
            self.leaks.provoke(answer)

    async def _write_letters(self) -> None:
        survey = await an_open_survey(self.staff, asked("open_idea", CANARY))
        words = {name: self.leaks.canary("LettersBody", name) for name in ("house", "contact")}
        body = {"count": 1, "site": "https://buurtthuis.example/enquete", **words}
        answer = await self.staff.post(f"/surveys/v1/surveys/{survey}/codes.pdf", json=body)
        assert answer.status_code == 201, answer.text
        await self._write_to_addresses()

    async def _write_to_addresses(self) -> None:
        sheet = {
            "content": "street,number,postcode\nWingerd,1,2741 AB",
            "headers": {"Content-Type": "text/csv"},
        }
        sent = await self.staff.post(f"/surveys/v1/houses/{self.house}/addresses/sheet", **sheet)  # type: ignore[arg-type]
        assert sent.status_code == 200, sent.text
        survey = await an_open_survey(self.staff, asked("open_idea", CANARY), house_id=self.house)
        words = {name: self.leaks.canary("LetterRunBody", name) for name in ("house", "contact")}
        body = {"site": "https://buurtthuis.example/enquete", **words}
        answer = await self.staff.post(f"/surveys/v1/surveys/{survey}/letters", json=body)
        assert answer.status_code == 202, answer.text

    async def _counted(self, survey: str, ballot: dict[str, Any]) -> None:
        answer = await self.resident.post(f"/surveys/v1/surveys/{survey}/ballots", json=ballot)
        assert answer.status_code == 201, answer.text

    async def _campaign(self) -> None:
        """With a card, and a sheet that has a contact in a row, in a wrong one and in a column's name."""
        canary, hours = self.leaks.canary, {"starts_at": "2018-12-14T15:00", "ends_at": "2018-12-14T18:00"}
        plan: dict[str, Any] = {name: canary("PlanCampaignBody", name) for name in ("title", "incentive")}
        stand = {"place": canary("StandBody", "place"), **hours}
        plan |= {"house_id": self.house, "stock": 40, "stands": [stand]}
        campaign = f"/surveys/v1/campaigns/{await made(self.staff, '/surveys/v1/campaigns', plan)}"
        await done(self.staff, f"{campaign}/start")
        card = {"number": "1", "title": canary("EnterCardBody", "title")}
        theme = await made(self.staff, f"{campaign}/cards", card)
        right = {"title": canary("CorrectThemeBody", "title"), "captured_via": "paper"}
        await self._put(f"/surveys/v1/themes/{theme}", right, version=1)
        for sheet in (
            f"number,title,contact,contact_consent\n2,{CANARY},{CANARY},ja\n{CANARY},x,{CANARY},{CANARY}",
            f"number,title,{CANARY}",
        ):
            answer = await self.staff.post(
                f"{campaign}/cards/sheet", content=sheet, headers={"Content-Type": "text/csv"}
            )
            self.leaks.provoke(answer)

    async def _keep_a_template(self) -> None:
        canary = self.leaks.canary
        keep = {"house_id": self.house, "title": canary("KeepTemplateBody", "title")}
        template = await made(self.staff, "/sessions/v1/templates", keep)
        entry = {"kind": "walk", "day": 0, "weekday": 1, "starts": "10:00", "minutes": 60, "capacity": 9}
        entry["title"] = canary("EntryBody", "title")
        body = {"title": canary("TemplateBody", "title"), "entries": [entry]}
        await self._put(f"/sessions/v1/templates/{template}", body, version=1)

    async def _object(self, resident: str) -> None:
        """What a clock asks after weeks, and what is said to it."""
        question = uuid4()
        asked = f"'{question}', '{self.theme}', '{self.house}', '{resident}', now() + interval '1 day', 1"
        for service, more, values in (("surveys", ", asked_at", ", now()"), ("notifications", "", "")):
            columns = f"corporation, id, theme_id, house_id, resident_id, closes_at, version{more}"
            row = f"'woonpartners', {asked}{values}"
            await self._sql(service, f"INSERT INTO closing_questions ({columns}) VALUES ({row})")
        answer = {"solved": False, "objection": self.leaks.canary("SolvedBody", "objection")}
        url = f"/notifications/v1/me/closing-questions/{question}/answer"
        async with self.client(Role.RESIDENT, subject=UUID(resident)) as client:
            said = await client.post(url, json=answer)
        assert said.status_code == 204, said.text

    async def _live_there(self) -> None:
        """Somebody at a door, and somebody who comes with the code that was sent to them, and has all else too."""
        at = "/notifications/v1"
        agreed = ["messages"]
        home = {"house_id": self.house, "agreed": agreed, "door": DOOR}
        await self._object(await made(self.staff, f"{at}/residents", home))
        online = {kind: CONTACT[f"RegisterResidentBody.{kind}"] for kind in ("email", "mobile")}
        await made(self.staff, f"{at}/residents", {**home, **online, "another": True})
        await self._know_by_telephone(home)
        self.leaks.planted |= {"RegisterResidentBody.email", "RegisterResidentBody.mobile"}
        self.leaks.planted |= {"AskBody.email", "AskBody.mobile", "AddressBody.email", "AddressBody.mobile"}
        public = f"{at}/public/woonpartners/codes"
        self.leaks.planted |= {"AskBody.called", "CalledBody.called"}
        wish = {
            "house_id": self.house,
            "agreed": agreed,
            "email": MAILBOX,
            "called": CONTACT["AskBody.called"],
        }
        asked = (await self.http.post(public, json=wish)).json()
        self.leaks.provoke(await self.http.post(public, json={"mobile": NUMBER}))
        self.leaks.planted |= {"UseBody.token", "LinkBody.token"}
        for step in ("use", "meaning"):
            wrong = {"token": f"{CANARY} {CANARY}"}
            self.leaks.provoke(await self.http.post(f"{public}/{asked['id']}/{step}", json=wrong))
        used = await self.http.post(f"{public}/{asked['id']}/use", json={"code": await self._code()})
        mine = {"Authorization": f"Bearer {used.json()['access_token']}"}
        for path, body in (
            ("codes", {"mobile": NUMBER}),
            ("codes", {"email": f"other-{MAILBOX}"}),
            ("browsers", BROWSER),
        ):
            answer = await self.http.post(f"{at}/me/addresses/{path}", json=body, headers=mine)
            assert answer.is_success, answer.text
        called = {"called": CONTACT["CalledBody.called"]}
        answer = await self.http.put(f"{at}/me/called", json=called, headers={**mine, "If-Match": "*"})
        assert answer.is_success, answer.text
        for path in ("", "/letters.pdf", "/list.pdf"):
            answer = await self.staff.get(f"{at}/hand-deliveries{path}", params={"house": self.house})
            assert answer.is_success, answer.text
        await self._mistype(home, mine)
        await self._mistype_joining_codes(mine)
        await self._give_a_right()

    async def _give_a_right(self) -> None:
        """To somebody whom the corporation's own sign-in service knows by a name; a wrong one is refused."""
        who = {
            "role": "chain_partner",
            "house_id": self.house,
            "sub": self.leaks.canary("GiveRightBody", "sub"),
        }
        elsewhere = {"issuer": self.leaks.canary("GiveRightBody", "issuer")}
        for body in (who, {**who, **elsewhere}):
            self.leaks.provoke(await self.staff.post("/notifications/v1/rights", json=body))

    async def _know_by_telephone(self, home: dict[str, Any]) -> None:
        """Somebody whom people call, at a neighbour's too, and whom staff wrote down wrongly."""
        self.leaks.planted |= {"RegisterResidentBody.telephone", "RegisterResidentBody.called"}
        reached = {kind: CONTACT[f"RegisterResidentBody.{kind}"] for kind in ("telephone", "called")}
        neighbour = {kind: CONTACT[f"NeighbourPhone.{kind}"] for kind in ("name", "telephone")}
        body = {**home, **reached, "neighbour": neighbour, "another": True}
        resident = await made(self.staff, "/notifications/v1/residents", body)
        right = {
            kind: CONTACT[f"CorrectionBody.{kind}"] for kind in ("email", "mobile", "telephone", "called")
        }
        await done(self.staff, f"/notifications/v1/residents/{resident}/corrections", right)

    async def _mistype_joining_codes(self, mine: dict[str, str]) -> None:
        """Of a letter that was read wrong."""
        at, canary = "/notifications/v1", self.leaks.canary
        wish = {"email": MAILBOX, "house_id": self.house, "joining_code": canary("AskBody", "joining_code")}
        other = {"joining_code": canary("JoinBody", "joining_code")}
        lost = {"code": canary("JoiningCodeBody", "code")}
        for request in (
            self.http.post(f"{at}/public/woonpartners/codes", json=wish),
            self.http.post(f"{at}/me/houses/{self.house}/joining", json=other, headers=mine),
            self.staff.post(f"{at}/houses/{self.house}/joining-codes/withdrawal", json=lost),
        ):
            answer = await request
            assert answer.status_code == 422, answer.text
            self.leaks.provoke(answer)

    async def _mistype(self, home: dict[str, Any], mine: dict[str, str]) -> None:
        """Every address, so that it is refused."""
        at = "/notifications/v1"
        addresses = [{"email": f"{MAILBOX} {CANARY}"}, {"mobile": f"{NUMBER} {CANARY}"}]
        doors = [{**DOOR, name: f"{words}\r\n{CANARY}"} for name, words in DOOR.items()]
        keys = {name: f"{words} {CANARY}" for name, words in BROWSER["keys"].items()}
        browsers = [{**BROWSER, "endpoint": f"{CANARY} {BROWSER['endpoint']}"}, {**BROWSER, "keys": keys}]
        for request in (
            *(self.http.post(f"{at}/public/woonpartners/codes", json=one) for one in addresses),
            *(self.staff.post(f"{at}/residents", json={**home, "door": one}) for one in doors),
            *(self.http.post(f"{at}/me/addresses/browsers", json=one, headers=mine) for one in browsers),
        ):
            answer = await request
            assert answer.status_code == 400, answer.text
            self.leaks.provoke(answer)

    async def _write_on_the_page(self) -> None:
        """Staff write what they like; a resident's number waits, and is no name."""
        canary, page = self.leaks.canary, f"/moderation/v1/pages/{self.house}"
        body = {"text": canary("PostBody", "text"), "language": "nl"}
        post = await made(self.staff, f"{page}/posts", body)
        await self._put(f"/moderation/v1/posts/{post}", {"text": canary("TextBody", "text")}, version=1)
        await made(self.resident, f"{page}/posts", body)
        name = await self.resident.post(f"{page}/name", json={"name": canary("NameBody", "name")})
        self.leaks.provoked.append(name.status_code)
        await self._look_after_the_page(post)

    async def _look_after_the_page(self, post: str) -> None:
        """A neighbour reports what a resident wrote; staff decide, and the resident disagrees."""
        canary, page, neighbour = (
            self.leaks.canary,
            f"/moderation/v1/pages/{self.house}",
            self.client(Role.RESIDENT),
        )
        await self._put(f"{page}/rules", {"first_posts": 0, "checks": {"contacts": "advice"}}, version=0)
        theirs = await made(self.resident, f"{page}/posts", {"text": CANARY, "language": "nl"})
        words = {"category": "unsafe", "urgent": True, "words": canary("ReportContentBody", "words")}
        await made(neighbour, f"/moderation/v1/contents/{theirs}/reports", words)
        await neighbour.aclose()
        case = f"/moderation/v1/cases/{case_id(UUID(theirs))}"
        await done(self.staff, f"{case}/ground", {"ground": canary("GroundBody", "ground")})
        version = (await self.staff.get(case)).headers["ETag"]
        verdict = {"action": "hide", "rule": "unsafe", "reason": canary("VerdictBody", "reason")}
        decided = await self.staff.post(f"{case}/decision", json=verdict, headers={"If-Match": version})
        assert decided.status_code == 200, decided.text
        [decision] = (await self.resident.get("/moderation/v1/decisions")).json()
        appeal = {"words": canary("AppealBody", "words")}
        filed = await made(self.resident, f"/moderation/v1/decisions/{decision['id']}/appeal", appeal)
        answer = {"upheld": True, "reason": canary("AppealAnswerBody", "reason")}
        colleague = self.client(Role.STAFF)
        path, match = f"/moderation/v1/appeals/{filed}/decision", {"If-Match": '"1"'}
        answered = await colleague.post(path, json=answer, headers=match)
        await colleague.aclose()
        assert answered.status_code == 200, answered.text

    async def _code(self) -> str:
        """As it would have come by e-mail."""

        async def sent() -> str | None:
            page = (await self.http.get(self.system.sink)).text
            found = re.search(r"Uw code is (\d{6})", page)
            return found[1] if found and MAILBOX in page else None

        return str(await eventually(sent, "the code is sent"))

    async def _end_a_house(self) -> None:
        """Another one, from its proposal on."""
        canary, names = self.leaks.canary, ("title", "town", "label")
        proposal = {name: canary("ProposeHouseBody", name) for name in names}
        house = await made(self.resident, "/sessions/v1/houses/proposals", {**proposal, "dwellings": 96})
        path = f"/sessions/v1/houses/{house}"
        changed = {name: canary("HouseBody", name) for name in names}
        await self._put(path, {**changed, "dwellings": 96}, version=1)
        for move in ("preparation", "opening"):
            await done(self.staff, f"{path}/{move}")
        await done(self.staff, f"{path}/pause", {"reason": CANARY})
        await done(
            self.staff,
            f"{path}/ending",
            {"outcome": "stopped", "reason": canary("EndingBody", "reason"), "at_once": True},
        )

    async def _kept(self, service: str) -> str:
        """All rows of all tables, as text."""
        names = await self._sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [await self._sql(service, f'SELECT t::text FROM "{name}" AS t') for (name,) in names]
        return str(tables)

    async def _put(self, path: str, body: dict[str, Any], version: int) -> None:
        answer = await self.staff.put(path, json=body, headers={"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text

    async def _drafted(self) -> str:
        async def drafted() -> str | None:
            found = (await self.staff.get("/sessions/v1/sessions", params={"theme": self.theme})).json()[
                "items"
            ]
            return str(found[0]["id"]) if found else None

        return str(await eventually(drafted, "sessions drafts a session"))

    async def _is_realised(self) -> bool:
        return bool((await self.staff.get(f"/surveys/v1/themes/{self.theme}")).json()["state"] == "realised")

    async def _is_parked(self) -> bool:
        self.leaks.parked = (await self.staff.get("/sessions/v1/parked-events")).json()["items"]
        return bool(self.leaks.parked)

    async def _sql(self, service: str, statement: str) -> list[Any]:
        connection = await asyncpg.connect(self.servers.postgres.replace("/postgres?", f"/{service}?"))
        try:
            await connection.execute("SET bytea_output = escape")  # in hex no word would be found
            return list(await connection.fetch(statement))
        finally:
            await connection.close()


def free_text(schemas: dict[str, Any]) -> set[str]:
    """Every field of every command in which a person can write what they like."""
    return {
        f"{name}.{field}"
        for name, schema in schemas.items()
        if name.endswith("Body")
        for field, kind in schema["properties"].items()
        if any(
            one.get("type") == "string" and not {"format", "enum", "pattern"} & set(one)
            for one in (kind, *kind.get("anyOf", ()))
        )
    }


def typed_in(document: dict[str, Any]) -> Iterator[str]:
    """Every field of a request's body that takes words, other than those that name a thing of ours."""
    schemas = document["components"]["schemas"]
    found = [
        body
        for path in document["paths"].values()
        for one in path.values()
        for body in _named(one.get("requestBody"))
    ]
    for name in found:
        found += [one for one in _named(schemas[name]) if one not in found]
        for key, kind in schemas[name].get("properties", {}).items():
            if any(_takes_words(one) for one in (kind, kind.get("items", {}), *kind.get("anyOf", ()))):
                yield f"{name}.{key}"


def _named(part: Any) -> list[str]:
    """The schemas that a part of the document stands on."""
    return re.findall(r"#/components/schemas/(\w+)", json.dumps(part))


def _takes_words(kind: dict[str, Any]) -> bool:
    return kind.get("type") == "string" and kind.get("format") != "uuid" and "enum" not in kind


def test_there_is_a_canary_in_every_field_that_leads_to_somebody(leaks: Leaks) -> None:
    assert leaks.typed_in - ELSE == CONTACT.keys()


def test_there_is_a_canary_in_every_field_that_a_person_writes_in(leaks: Leaks) -> None:
    assert free_text(leaks.schemas) == leaks.planted


def test_the_failures_happened(leaks: Leaks) -> None:
    """Else the tests below would search where nothing could be."""
    assert {200, 400, 401, 404, 409, 415, 422, 500} <= set(leaks.provoked)
    assert "request failed" in leaks.log
    assert "reaction failed" in leaks.log


def test_the_canary_is_in_what_it_belongs_in(leaks: Leaks) -> None:
    assert CANARY in json.dumps(leaks.events)


def test_the_log_holds_no_personal_data(leaks: Leaks) -> None:
    assert [line for line in leaks.log.splitlines() if CANARY in line] == []


def test_the_log_holds_no_token(leaks: Leaks) -> None:
    assert [line for line in leaks.log.splitlines() if "eyJ" in line] == []


def test_metrics_hold_no_personal_data(leaks: Leaks) -> None:
    assert "buurtthuis_request_seconds" in leaks.metrics
    assert CANARY not in leaks.metrics


def test_the_attributes_of_an_event_hold_no_personal_data(leaks: Leaks) -> None:
    attributes = [{name: event[name] for name in event if name != "data"} for event in leaks.events]
    assert CANARY not in json.dumps(attributes)


def test_only_what_can_be_taken_back_holds_what_a_person_wrote(leaks: Leaks) -> None:
    """Other than what a house and a session tell everybody on purpose."""
    holding = {
        (event["type"], name)
        for event in leaks.events
        if event["subject"] != "x"  # the event that was garbled on purpose
        for name, value in event["data"].items()
        if CANARY in json.dumps(value) and name not in Event.known[event["type"]].erasable()
    }
    assert holding == PUBLIC


def test_a_parked_event_does_not_quote_in_its_reason(leaks: Leaks) -> None:
    assert [one["why"] for one in leaks.parked if CANARY in one["why"]] == []


def test_answers_to_others_hold_no_personal_data(leaks: Leaks) -> None:
    assert [one for one in leaks.others if CANARY in one] == []


def test_remembered_answers_hold_no_personal_data(leaks: Leaks) -> None:
    assert leaks.answers
    assert [one for one in leaks.answers if CANARY in one] == []


@pytest.mark.parametrize("field", CONTACT)
def test_contact_data_is_sealed_wherever_it_is_kept(leaks: Leaks, field: str) -> None:
    assert [service for service, kept in leaks.kept.items() if CONTACT[field] in kept] == []


@pytest.mark.parametrize("field", CONTACT)
def test_contact_data_is_in_no_event_log_metric_or_error(leaks: Leaks, field: str) -> None:
    everywhere = {
        "log": leaks.log,
        "metrics": leaks.metrics,
        "errors": str(leaks.errors),
        "answers to others": str(leaks.others),
        "remembered answers": str(leaks.answers),
        "events": json.dumps(leaks.events),
        "parked events": json.dumps(leaks.parked),
        "names on Redis": str(leaks.redis_keys),
    }
    words = CONTACT[field].removeprefix("+")  # with or without, it is a number
    assert [where for where, text in everywhere.items() if words in text] == []


def test_names_on_redis_hold_no_personal_data(leaks: Leaks) -> None:
    assert leaks.redis_keys
    assert [one for one in leaks.redis_keys if CANARY in one] == []
