"""A resident's idea becomes a held session, played through the public HTTP APIs as a front-end would.

The events are shown live as they arrive by server-sent events; at the end every figure is checked
against the services' own queries and against the feeds.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console

from buurtthuis.core.settings import Settings
from buurtthuis.identity.issuer import LocalIssuer
from buurtthuis.identity.principals import Role
from buurtthuis.runtime.installed import installed_services
from buurtthuis.runtime.serving import HttpServer, listen_on
from buurtthuis.runtime.system import system

CAPACITY = 12
SIGN_UPS = 14
ATTENDED = 11
WALK_INS = 1
#: Within this time of a session a place that comes free is given without asking.
STRAIGHT = timedelta(hours=2)
PATIENCE_SECONDS = 30.0
DOOR = {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"}

Say = Callable[[str], None]


class WrongFigure(Exception):
    """What the story promises is not what the system says."""


@dataclass
class Story:
    """One run of the story against a deployment at `url`, whose tokens `issuer` makes."""

    url: str
    issuer: LocalIssuer
    say: Say
    #: Makes it that moment, or waits until it is.
    until: Callable[[datetime], Awaitable[None]]
    now: Callable[[], datetime]
    starts_in: timedelta = timedelta(days=18)
    corporation: str = "woonpartners"
    stranger: str = "de-waterlelie"
    checked: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    async def play(self) -> None:
        """The whole story; raises WrongFigure at the first figure that is wrong."""
        async with self._following("surveys"), self._following("sessions"):
            staff = self._client(self.corporation, Role.STAFF)
            house = await self._open_house(staff)
            residents = await self._move_in(staff, house)
            ontmoeten, tuin, rejected = await self._propose_themes(staff, house)
            await self._choose(staff, ontmoeten, tuin, rejected)
            session = await self._the_draft(staff, ontmoeten)
            starts_at = await self._schedule(staff, session)
            residents = await self._register(residents, session)
            await self._hold(staff, session, residents, starts_at)
            await self._realised(staff, ontmoeten)
            await self._check_figures(staff, session)
            await self._check_strangers(house, ontmoeten, session)

    async def _open_house(self, staff: httpx.AsyncClient) -> str:
        self.say('Woonpartners opens the house "BuurtThuis Wingerd" in Waddinxveen, 96 dwellings.')
        body = {"title": "BuurtThuis Wingerd", "town": "Waddinxveen", "dwellings": 96, "label": "Praatmaatje"}
        return await self._make(staff, "/sessions/v1/houses", body)

    async def _move_in(self, staff: httpx.AsyncClient, house: str) -> list[UUID]:
        return [await self._resident(staff, house, number) for number in range(2, SIGN_UPS + 2)]

    async def _propose_themes(self, staff: httpx.AsyncClient, house: str) -> tuple[str, str, str]:
        self.say(
            'Staff register a resident, who proposes "Ontmoeten"; staff type in a card; a chain partner proposes a third.'
        )
        resident = self._client(self.corporation, Role.RESIDENT, await self._resident(staff, house, 1))
        partner = self._client(self.corporation, Role.CHAIN_PARTNER)
        ontmoeten = await self._propose(resident, house)
        card = {"house_id": house, "title": "Samen de tuin doen", "captured_via": "paper"}
        tuin = await self._make(staff, "/surveys/v1/themes", card)
        third = await self._make(
            partner, "/surveys/v1/themes", {"house_id": house, "title": "Nieuwe keukens"}
        )
        return ontmoeten, tuin, third

    async def _resident(self, staff: httpx.AsyncClient, house: str, number: int) -> UUID:
        """Somebody whom staff register in the house, at this number."""
        body = {"house_id": house, "door": {**DOOR, "number": str(number)}, "agreed": ["messages"]}

        async def registered() -> str | None:
            response = await staff.post("/notifications/v1/residents", json=body)
            return str(response.json()["id"]) if response.status_code == 201 else None

        return UUID(await self._soon("notifications hears of the house", registered))

    async def _propose(self, resident: httpx.AsyncClient, house: str) -> str:
        async def proposed() -> str | None:
            idea = {"house_id": house, "title": "Ontmoeten"}
            response = await resident.post("/surveys/v1/themes", json=idea)
            return str(response.json()["id"]) if response.status_code == 201 else None

        return str(await self._soon("surveys hears who belongs to the house", proposed))

    async def _choose(self, staff: httpx.AsyncClient, ontmoeten: str, tuin: str, rejected: str) -> None:
        self.say('Staff admit two and reject one with a reason; "Ontmoeten" is selected.')
        for theme in (ontmoeten, tuin):
            await self._admit(staff, theme)
        reason = {"reason": "Keukens horen bij het onderhoud van de woning, niet bij het samenleven."}
        await self._do(staff, f"/surveys/v1/themes/{rejected}/rejection", reason)
        await self._do(staff, f"/surveys/v1/themes/{ontmoeten}/selection")

    async def _admit(self, staff: httpx.AsyncClient, theme: str) -> None:
        """Where moderation was not there before."""
        response = await staff.post(f"/surveys/v1/themes/{theme}/admission")
        if response.status_code != 409 or await self._state(staff, theme) != "admitted":
            _expect(response, 200)

    async def _state(self, staff: httpx.AsyncClient, theme: str) -> str:
        return str((await self._get(staff, f"/surveys/v1/themes/{theme}"))["state"])

    async def _the_draft(self, staff: httpx.AsyncClient, theme: str) -> str:
        async def drafted() -> str | None:
            found = await self._get(staff, "/sessions/v1/sessions", theme=theme)
            return found["items"][0]["id"] if found["items"] else None

        session = str(await self._soon("sessions drafts a session by itself", drafted))
        self.say("ThemeSelected travelled: sessions drafted a session by itself.")
        return session

    async def _schedule(self, staff: httpx.AsyncClient, session: str) -> datetime:
        self.say(f"A host fills in time, place and a capacity of {CAPACITY}.")
        starts_at = (self.now() + self.starts_in).astimezone(ZoneInfo("Europe/Amsterdam"))
        wall_clock = starts_at.replace(tzinfo=None)
        plan = {
            "kind": "round_table",
            "starts_at": wall_clock.isoformat(),
            "ends_at": (wall_clock + timedelta(hours=2)).isoformat(),
            "place": "Ontmoetingsruimte Wingerd",
            "capacity": CAPACITY,
            "languages": ["nl-x-b1"],
        }
        version = (await staff.get(f"/sessions/v1/sessions/{session}")).headers["ETag"]
        response = await staff.put(
            f"/sessions/v1/sessions/{session}/plan", json=plan, headers={"If-Match": version}
        )
        _expect(response, 200)
        return starts_at.astimezone(UTC)

    async def _register(self, residents: list[UUID], session: str) -> list[UUID]:
        """Those who have a place in the end."""
        self.say(f"{SIGN_UPS} residents register; the last {SIGN_UPS - CAPACITY} wait.")
        clients = [self._client(self.corporation, Role.RESIDENT, resident) for resident in residents]
        for client in clients:
            await self._sign_up(client, session)
        positions = [(await self._seat(client, session))["position"] for client in clients[CAPACITY:]]
        self._check("their positions", positions, [1, 2])
        await self._do(clients[0], f"/sessions/v1/sessions/{session}/withdrawal")
        await self._take_the_place(clients[CAPACITY], session)
        return residents[1 : CAPACITY + 1]

    async def _sign_up(self, client: httpx.AsyncClient, session: str) -> None:
        async def signed_up() -> bool:
            return (await client.post(f"/sessions/v1/sessions/{session}/seats")).status_code == 201

        await self._soon("sessions hears who belongs to the house", signed_up)

    async def _take_the_place(self, first: httpx.AsyncClient, session: str) -> None:
        expected = "offered" if self.asks else "registered"
        self._check("what the first gets", (await self._seat(first, session))["state"], expected)
        if self.asks:
            self.say("One withdraws; the first on the waiting list is offered the place, and takes it.")
            await self._do(first, f"/sessions/v1/sessions/{session}/acceptance")
        else:
            self.say("One withdraws; so near the start, the first on the waiting list has the place.")

    @property
    def asks(self) -> bool:
        """Whether there is time to ask whoever waits."""
        return self.starts_in >= STRAIGHT

    async def _seat(self, client: httpx.AsyncClient, session: str) -> dict[str, Any]:
        return dict(await self._get(client, f"/sessions/v1/sessions/{session}/seats/mine"))

    async def _hold(
        self, staff: httpx.AsyncClient, session: str, residents: list[UUID], starts_at: datetime
    ) -> None:
        await self.until(starts_at + timedelta(seconds=1))
        self.say(f"The session is held: {ATTENDED} of them came, and {WALK_INS} who had not registered.")
        came = [str(resident) for resident in residents[:ATTENDED]]
        await self._do(
            staff, f"/sessions/v1/sessions/{session}/attendance", {"attended": came, "walk_ins": WALK_INS}
        )

    async def _realised(self, staff: httpx.AsyncClient, theme: str) -> None:
        async def realised() -> bool:
            return await self._state(staff, theme) == "realised"

        await self._soon("surveys marks the theme realised", realised)
        self.say("SessionHeld travelled: surveys marked the theme realised.")

    async def _check_figures(self, staff: httpx.AsyncClient, session: str) -> None:
        themes = (await self._get(staff, "/surveys/v1/themes"))["items"]
        states = Counter(theme["state"] for theme in themes)
        self._check("themes by state", dict(states), {"realised": 1, "admitted": 1, "rejected": 1})
        origins = Counter(theme["origin"] for theme in themes)
        self._check("themes by origin", dict(origins), {"resident": 2, "chain_partner": 1})
        held = await self._get(staff, f"/sessions/v1/sessions/{session}")
        present = held["attended"] + held["walk_ins"]
        self._check("people present", present, ATTENDED + WALK_INS)
        self._check("no-shows", held["no_shows"], CAPACITY - ATTENDED)
        expected = {
            "surveys": {
                "theme-proposed": 3,
                "theme-admitted": 2,
                "theme-rejected": 1,
                "theme-selected": 1,
                "theme-scheduled": 1,
                "theme-realised": 1,
            },
            "sessions": {
                "house-opened": 1,
                "session-drafted": 1,
                "session-scheduled": 1,
                "seat-registered": CAPACITY + 1,
                "seat-waitlisted": SIGN_UPS - CAPACITY,
                "seat-withdrawn": 1,
                **({"seat-offered": 1} if self.asks else {}),
                "places-changed": SIGN_UPS + (2 if self.asks else 1),
                "session-held": 1,
            },
        }
        for service, counts in expected.items():
            await self._check_feed(staff, service, counts)

    async def _check_feed(self, staff: httpx.AsyncClient, service: str, expected: dict[str, int]) -> None:
        page = await self._get(staff, f"/{service}/v1/events", limit=500)
        counts = Counter(event["type"].split(".")[-2] for event in page)
        self._check(f"events in the feed of {service}", dict(counts), expected)
        positions = [int(event["sequence"]) for event in page]
        self._check(f"positions of {service}", positions, list(range(1, len(page) + 1)))

        async def all_seen() -> bool:
            return self.seen[service] >= len(page)

        await self._soon(f"every event of {service} arrives live", all_seen)
        self._check(f"events of {service} seen live", self.seen[service], len(page))

    async def _check_strangers(self, house: str, theme: str, session: str) -> None:
        """Another corporation's staff see none of it, anywhere."""
        stranger = self._client(self.stranger, Role.STAFF, Role.OPERATOR)
        for path in (
            f"/sessions/v1/houses/{house}",
            f"/surveys/v1/themes/{theme}",
            f"/sessions/v1/sessions/{session}",
        ):
            self._check(f"{self.stranger} at {path[:16]}…", (await stranger.get(path)).status_code, 404)
        for path in ("/sessions/v1/houses", "/sessions/v1/sessions", "/surveys/v1/themes"):
            self._check(f"{self.stranger} at {path}", (await self._get(stranger, path))["items"], [])
        for service in ("surveys", "sessions"):
            self._check(
                f"{self.stranger} in the feed of {service}",
                await self._get(stranger, f"/{service}/v1/events"),
                [],
            )

    @asynccontextmanager
    async def _following(self, service: str) -> AsyncIterator[None]:
        opened = asyncio.Event()
        follower = asyncio.create_task(self._follow(service, opened))
        await asyncio.wait(
            {follower, asyncio.create_task(opened.wait())}, return_when=asyncio.FIRST_COMPLETED
        )
        if follower.done():
            await follower
        try:
            yield
        finally:
            follower.cancel()
            with suppress(asyncio.CancelledError):
                await follower

    async def _follow(self, service: str, opened: asyncio.Event) -> None:
        client = self._client(self.corporation, Role.STAFF)
        headers = {"Accept": "text/event-stream"}
        async with client.stream(
            "GET", f"/{service}/v1/events?after=0", headers=headers, timeout=None
        ) as response:
            _expect(response, 200)
            opened.set()
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    self._show(service, json.loads(line.removeprefix("data: ")))

    def _show(self, service: str, event: dict[str, Any]) -> None:
        self.seen[service] += 1
        name = "".join(part.capitalize() for part in event["type"].split(".")[-2].split("-"))
        self.say(f"[dim]    {service:<9} {int(event['sequence']):>3}  {name}[/dim]")

    async def _soon(self, what: str, check: Callable[[], Awaitable[Any]]) -> Any:
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not (found := await check()):
            if asyncio.get_running_loop().time() > deadline:
                raise WrongFigure(f"{what}: not within {PATIENCE_SECONDS:.0f} seconds")
            await asyncio.sleep(0.05)
        return found

    def _check(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            raise WrongFigure(f"{what}: {found}, and it should be {expected}")
        self.checked += 1

    def _client(self, corporation: str, role: Role, *more: Role | UUID) -> httpx.AsyncClient:
        subject = next((extra for extra in more if isinstance(extra, UUID)), None)
        roles = [role, *(extra for extra in more if isinstance(extra, Role))]
        token = self.issuer.issue(corporation, roles, subject)
        return httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    async def _make(self, client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> str:
        response = await client.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
        _expect(response, 201)
        return str(response.json()["id"])

    async def _do(self, client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> None:
        _expect(await client.post(path, json=body), 200)

    async def _get(self, client: httpx.AsyncClient, path: str, **query: Any) -> Any:
        response = await client.get(path, params=query)
        _expect(response, 200)
        return response.json()


def _expect(response: httpx.Response, status: int) -> None:
    if response.status_code != status:
        raise WrongFigure(f"{response.request.method} {response.request.url.path}: {response.status_code}")


class Calendar:
    """A clock that the story moves on by itself."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The moment in the story."""
        return datetime.now(UTC) + self._ahead

    async def until(self, moment: datetime) -> None:
        """Skip the days between."""
        self._ahead += max(moment - self.now(), timedelta())


async def play_on_a_fresh_system(folder: Path, port: int, console: Console) -> None:
    """Start everything in `folder`, play, check, stop; exits with 1 where a figure is wrong."""
    calendar = Calendar()
    fresh = Settings.read().model_copy(update={"database_url": "", "redis_url": "", "feed_url": ""})
    with listen_on("127.0.0.1", port) as listener:
        port = listener.getsockname()[1]
        async with system(
            folder, fresh, installed_services().values(), port=port, clock=calendar.now
        ) as process:
            server = HttpServer(process)
            async with process.work():
                serving = asyncio.create_task(server.serve(sockets=[listener]))
                story = Story(
                    f"http://127.0.0.1:{port}", process.issuer, console.print, calendar.until, calendar.now
                )
                try:
                    await story.play()
                except WrongFigure as wrong:
                    console.print(f"[red]Wrong: {wrong}[/red]")
                    raise typer.Exit(1) from None
                finally:
                    server.should_exit = True
                    await serving
    console.print(f"[green]The story is as it should be: {story.checked} figures checked.[/green]")
