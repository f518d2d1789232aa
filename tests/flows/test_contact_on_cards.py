"""Contact that was agreed to on a card is kept, where contacts are kept, and whoever wrote it hears what becomes of their idea."""

from typing import Any
from uuid import UUID

import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.flows.test_erasure import holding
from tests.people import HOUSE, a_campaign, done, made

pytestmark = pytest.mark.starts("surveys", "sessions", "notifications", "moderation")
DOOR = {"street": "Wingerd", "number": "12", "postcode": "2742 ZX", "town": "Waddinxveen"}
PERSON = {"door": DOOR, "telephone": "0182 123456", "another": True, "agreed": ["messages"], "language": "tr"}


async def told(place: Playground, resident: str) -> list[str]:
    """What they are told about ideas."""
    await place.settled()
    await place.do_what_is_due()
    client = place.client(Role.RESIDENT, subject=UUID(resident))
    messages: list[dict[str, Any]] = (await client.get("/notifications/v1/me/messages")).json()["items"]
    unsent = [one for one in messages if one["rule"].startswith("theme-")]
    assert not [one for one in unsent if one["state"] in ("sent", "suppressed")]
    return [one["rule"] for one in unsent]


async def test_whoever_agreed_on_a_card_hears_what_becomes_of_it_and_whoever_it_was_not_does_not(
    place: Playground,
) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    campaign = await a_campaign(staff, house_id=house)
    await done(staff, f"/surveys/v1/campaigns/{campaign}/start")
    cards = f"/surveys/v1/campaigns/{campaign}/cards"
    theme = await made(staff, cards, {"number": "1", "title": "Samen koffie drinken"})
    wrong, right = [
        await made(staff, "/notifications/v1/residents", {**PERSON, "house_id": house}) for _ in range(2)
    ]
    await place.settled()
    await done(staff, f"{cards}/1/claim", {"resident_id": wrong})
    await done(staff, f"/surveys/v1/themes/{theme}/admission")
    assert await told(place, wrong) == ["theme-admitted"]
    await done(staff, f"{cards}/1/claim/withdrawal")
    await done(staff, f"{cards}/1/claim", {"resident_id": right})
    await place.settled()
    await done(staff, f"/surveys/v1/themes/{theme}/selection")
    assert await told(place, wrong) == []
    assert await told(place, right) == ["theme-selected"]
    assert "contents" in await holding(place, "moderation", right)
    assert "contents" not in await holding(place, "moderation", wrong)
    assert not await holding(place, "surveys", "123456")
    asked = await staff.post(f"/notifications/v1/residents/{right}/erasure")
    assert asked.status_code == 201, asked.text
    await place.settled()
    assert (await staff.get(f"/surveys/v1/themes/{theme}")).json()["title"] is None
