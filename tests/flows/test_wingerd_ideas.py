"""Wingerd, 14 December 2018: forty bags of oliebollen, forty-seven ideas, and what became of them."""

from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.people import HOUSE, a_theme, done, event_types, made

BAGS, HANDED_OUT, CARDS, MERGED, REJECTED = 40, 34, 47, 12, 2
ADMITTED = CARDS - MERGED - REJECTED
#: On every card, so that whoever wrote it can claim it.
CODE = "K7QP-2MXD"
STAND = {"place": "Hal", "starts_at": "2018-12-14T15:00:00", "ends_at": "2018-12-14T18:00:00"}


class Oliebollen:
    """The day, and the days after it at the office."""

    def __init__(self, place: Playground) -> None:
        self.place = place
        self.staff = place.client(Role.STAFF)
        self.colleague = uuid4()

    async def happen(self, house: str | None = None) -> None:
        """In a house of its own, unless it is to be in this one."""
        self.house = house or await made(self.staff, "/sessions/v1/houses", HOUSE)
        await self._at_the_stand()
        await self._type_in_the_cards()
        await self._decide()
        await self._bring_in_more()
        await self.place.settled()
        self.events = await self.place.events("surveys")

    async def _at_the_stand(self) -> None:
        plan = {
            "house_id": self.house,
            "title": "Oliebollenactie",
            "incentive": "Een zak met zes oliebollen",
            "stock": BAGS,
            "stands": [STAND],
        }
        self.campaign = f"/surveys/v1/campaigns/{await made(self.staff, '/surveys/v1/campaigns', plan)}"
        await done(self.staff, f"{self.campaign}/start")
        await done(self.staff, f"{self.campaign}/handouts", {"count": HANDED_OUT + 1})
        await done(self.staff, f"{self.campaign}/handouts/undo", {})
        await done(self.staff, f"{self.campaign}/collections", {"count": CARDS})
        await done(self.staff, f"{self.campaign}/end")

    async def _type_in_the_cards(self) -> None:
        """One sheet by two members of staff, sent twice since the first answer seemed lost."""
        rows = [f"{n};Idee {n};{self.colleague if n % 2 else ''};{CODE}" for n in range(1, CARDS + 1)]
        sheet = "\r\n".join(["number;title;entered_by;code", *rows]).encode("utf-8-sig")
        self.reports = [await self._send(sheet), await self._send(sheet)]
        self.ideas = [one["id"] for one in await self.themes(source="campaign")]

    async def _send(self, sheet: bytes) -> dict[str, Any]:
        response = await self.staff.post(
            f"{self.campaign}/cards/sheet", content=sheet, headers={"Content-Type": "text/csv"}
        )
        return dict(response.json())

    async def _decide(self) -> None:
        admitted, rest = self.ideas[:ADMITTED], self.ideas[ADMITTED:]
        for theme in admitted:
            await done(self.staff, f"/surveys/v1/themes/{theme}/admission")
        for theme, into in zip(rest[:MERGED], admitted, strict=False):
            await done(self.staff, f"/surveys/v1/themes/{theme}/merge", {"into": into})
        for theme in rest[MERGED:]:
            reason = {"reason": "Dit gaat over één woning, niet over de buurt."}
            await done(self.staff, f"/surveys/v1/themes/{theme}/rejection", reason)

    async def _bring_in_more(self) -> None:
        partner = self.place.client(Role.CHAIN_PARTNER)
        for client in [self.staff] * 3 + [partner] * 2:
            theme = await a_theme(client, "Nog een idee", house_id=self.house)
            await done(self.staff, f"/surveys/v1/themes/{theme}/admission")

    async def themes(self, **query: str) -> list[dict[str, Any]]:
        """Everything that staff find by this."""
        page = {"house": self.house, "limit": "200", **query}
        return list((await self.staff.get("/surveys/v1/themes", params=page)).json()["items"])

    async def read(self, path: str, client: httpx.AsyncClient | None = None) -> Any:
        """One thing that staff, or somebody else, reads."""
        return (await (client or self.staff).get(path)).json()


class Replay:
    """What somebody knows who reads the journal from zero and nothing else."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.origins: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.admitted: set[str] = set()
        for kind, event in zip(event_types(events), events, strict=True):
            if kind.startswith("theme-"):
                self._hear(kind.removeprefix("theme-"), event["data"])

    def _hear(self, what: str, data: dict[str, Any]) -> None:
        theme = data["theme_id"]
        self.states[theme] = what
        if what == "proposed":
            self.origins[theme] = data["origin"]
        if what == "admitted":
            self.admitted.add(theme)

    @property
    def share(self) -> float:
        """Of what was admitted, how much came from residents, in percent."""
        theirs = [theme for theme in self.admitted if self.origins[theme] == "resident"]
        return round(100 * len(theirs) / len(self.admitted), 1)


async def test_the_oliebollen_campaign_has_the_figures_of_the_story(place: Playground) -> None:
    day = Oliebollen(place)
    await day.happen()

    campaign = await day.read(day.campaign)
    assert [campaign[key] for key in ("handed_out", "left", "collected", "entered")] == [34, 6, 47, 47]

    assert [(one["accepted"], one["duplicate"], one["invalid"]) for one in day.reports] == [
        (47, 0, 0),
        (0, 47, 0),
    ]
    states = Counter(one["state"] for one in await day.themes(source="campaign"))
    assert states == {"admitted": 33, "merged": 12, "rejected": 2}

    share = (await day.read(f"/surveys/v1/themes/share?house={day.house}"))["admitted"]
    assert share == {"resident": 33, "corporation": 3, "chain_partner": 2, "total": 38, "share": 86.8}

    said = Counter(event_types(day.events))
    assert [said[one] for one in ("theme-proposed", "theme-merged", "theme-rejected", "theme-admitted")] == [
        52,
        12,
        2,
        38,
    ]
    [ended] = [one["data"] for one in day.events if "campaign-ended" in one["type"]]
    assert [ended[key] for key in ("ideas", "handed_out", "left")] == [47, 34, 6]

    resident = place.client(Role.RESIDENT)
    assert len((await day.read(f"/surveys/v1/themes?house={day.house}&limit=200", resident))["items"]) == 38

    replay = Replay(day.events)
    assert replay.share == 86.8
    assert replay.states == {one["id"]: one["state"] for one in await day.themes()}
