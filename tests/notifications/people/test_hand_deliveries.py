"""What people bring: rules in memory, and a list and its ticks on the real thing."""

import asyncio
import codecs
import csv
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from buurtthuis.core.errors import Refused
from buurtthuis.events.notifications import DeliveryChannel, FailureReason, HandDeliveryFailed
from buurtthuis.identity.principals import Role
from buurtthuis.testing import FakeWork, Playground
from buurtthuis_notifications.commands.hand_deliveries import (
    DropHandDelivery,
    MissAtDoor,
    TickHandDelivery,
    UntickHandDelivery,
    on,
)
from buurtthuis_notifications.domain.hand_deliveries import (
    UNDO,
    AlreadyBrought,
    HandDelivery,
    HandState,
    TooLateToUndo,
)
from buurtthuis_notifications.domain.messages import Message, MessageState
from buurtthuis_notifications.domain.rules import Urgency
from buurtthuis_notifications.domain.walking import order
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.conftest import emptied
from tests.notifications.post import queued
from tests.people import HOUSE, made
from tests.shared.test_policies import RESIDENT

place = emptied

NOW = datetime(2018, 12, 1, 12, tzinfo=UTC)
EXPIRES = NOW + timedelta(days=3)


def a_message() -> Message:
    """One that waits for somebody to bring it."""
    message = queued("session-cancelled", Urgency.URGENT, DeliveryChannel.VISIT, NOW, EXPIRES)
    message.hand_over(DeliveryChannel.VISIT)
    return message


def a_delivery(message: Message) -> HandDelivery:
    assert message.resident_id
    delivery, _ = HandDelivery.requested(
        message.id, message.resident_id, message.house_id, DeliveryChannel.VISIT, message.rule, EXPIRES, NOW
    )
    return delivery


class Caretaker(RuleBasedStateMachine):
    """Somebody with a list and a pencil, while time passes."""

    @initialize()
    def ask(self) -> None:
        self.now, self.tries = NOW, 0
        self.done_at: datetime | None = None
        self.delivery = a_delivery(a_message())

    @rule()
    def tick(self) -> None:
        open_ = self.delivery.state is HandState.REQUESTED
        try:
            self.delivery.tick(self.now)
            self.done_at = self.now
            assert open_
        except AlreadyBrought:
            assert not open_

    @rule()
    def untick(self) -> None:
        may = self.done_at is not None and self.now <= self.done_at + UNDO
        try:
            self.delivery.untick(self.now)
            self.done_at = None
            assert may
        except TooLateToUndo:
            assert not may

    @rule()
    def miss(self) -> None:
        try:
            self.delivery.miss()
            self.tries += 1
        except AlreadyBrought:
            assert self.delivery.state is not HandState.REQUESTED

    @rule()
    def cancel(self) -> None:
        self.delivery.cancel()

    @rule(hours=st.integers(0, 30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def what_is_done_has_a_time_and_nothing_else_has(self) -> None:
        if hasattr(self, "delivery"):
            assert (self.delivery.state is HandState.DONE) == (self.delivery.done_at is not None)
            assert self.delivery.done_at == self.done_at

    @invariant()
    def every_closed_door_is_counted(self) -> None:
        if hasattr(self, "delivery"):
            assert self.delivery.tries == self.tries


TestCaretaker = Caretaker.TestCase


async def after(*commands: type, at: datetime = NOW) -> tuple[HandState, MessageState]:
    """Where a delivery and its message are after these."""
    message = a_message()
    delivery = a_delivery(message)
    kept: list[Any] = [message, delivery]
    for command in commands:
        work = FakeWork(*kept, now=at)
        await on.commands[command](command(delivery.id), work)
        kept = [await work.get(Message, message.id), await work.get(HandDelivery, delivery.id)]
    return kept[1].state, kept[0].state


async def test_a_tick_is_where_its_message_ends() -> None:
    assert await after(TickHandDelivery) == (HandState.DONE, MessageState.DONE)


async def test_a_tick_that_is_taken_back_leaves_the_message_to_be_brought() -> None:
    found = await after(TickHandDelivery, UntickHandDelivery)
    assert found == (HandState.REQUESTED, MessageState.BY_HAND)


async def test_who_was_not_home_is_visited_again() -> None:
    assert await after(MissAtDoor) == (HandState.REQUESTED, MessageState.BY_HAND)


async def test_what_is_of_no_use_any_more_is_dropped_with_its_message() -> None:
    found = await after(DropHandDelivery, at=EXPIRES)
    assert found == (HandState.CANCELLED, MessageState.FAILED)


@pytest.mark.parametrize(
    ("before", "reason"), [((), FailureReason.TOO_LATE), ((MissAtDoor,), FailureReason.NOBODY_HOME)]
)
async def test_staff_hear_of_who_was_not_reached_at_all(
    before: tuple[type, ...], reason: FailureReason
) -> None:
    message = a_message()
    delivery = a_delivery(message)
    work = FakeWork(message, delivery, now=EXPIRES)
    said: Any = ()
    for command in (*before, DropHandDelivery):
        said = await on.commands[command](command(delivery.id), work)
    assert said.events == [
        HandDeliveryFailed(
            delivery_id=delivery.id, house_id=delivery.house_id, channel=DeliveryChannel.VISIT, reason=reason
        )
    ]


async def test_what_was_not_in_time_leads_to_nobody_who_it_was_for() -> None:
    """Its moment is the end of what stands on the list with an address."""
    message = a_message()
    delivery = a_delivery(message)
    said: Any = await on.commands[DropHandDelivery](
        DropHandDelivery(delivery.id), FakeWork(message, delivery, now=EXPIRES)
    )
    shown = json.dumps([one.model_dump(mode="json") for one in said.events])
    assert str(delivery.id) in shown
    assert str(message.resident_id) not in shown
    assert str(message.id) not in shown


async def test_what_was_read_meanwhile_was_not_too_late() -> None:
    message = a_message()
    delivery = a_delivery(message)
    message.see(NOW)
    delivery.cancel()
    said: Any = await on.commands[DropHandDelivery](
        DropHandDelivery(delivery.id), FakeWork(message, delivery, now=EXPIRES)
    )
    assert not said.events


AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@given(
    days=st.timedeltas(timedelta(), timedelta(days=800)),
    lasts=st.timedeltas(timedelta(minutes=1), timedelta(days=14)),
)
def test_no_moment_on_the_list_is_that_of_what_a_resident_did(days: timedelta, lasts: timedelta) -> None:
    """What ends fourteen days after somebody joined would say when they did, to the microsecond."""
    asked = NOW + days
    delivery, _ = HandDelivery.requested(
        uuid4(), uuid4(), uuid4(), DeliveryChannel.LETTER, "welcome", asked + lasts, asked
    )
    begun, ends = delivery.shown_from(AMSTERDAM), delivery.shown_until(AMSTERDAM)
    assert begun == begun.astimezone(AMSTERDAM).replace(hour=0, minute=0, second=0, microsecond=0)
    assert begun <= asked < begun + timedelta(hours=25)
    assert ends <= asked + lasts  # rather brought too early than too late
    assert ends.minute == ends.second == ends.microsecond == 0
    if lasts >= timedelta(days=3):
        assert ends == ends.astimezone(AMSTERDAM).replace(hour=0)
        assert asked + lasts - ends <= timedelta(hours=25)
    else:
        assert asked + lasts - ends < timedelta(hours=1)


async def test_what_is_still_of_use_is_not() -> None:
    found = await after(DropHandDelivery, at=EXPIRES - timedelta(seconds=1))
    assert found == (HandState.REQUESTED, MessageState.BY_HAND)


async def test_what_was_brought_is_not_dropped() -> None:
    message = a_message()
    delivery = a_delivery(message)
    delivery.tick(NOW)
    message.finish_by_hand()
    work = FakeWork(message, delivery, now=EXPIRES)
    await on.commands[DropHandDelivery](DropHandDelivery(delivery.id), work)
    assert (await work.get(HandDelivery, delivery.id)).state is HandState.DONE


async def test_it_cannot_be_brought_twice() -> None:
    with pytest.raises(Refused):
        await after(TickHandDelivery, TickHandDelivery)


async def test_of_many_ticks_at_once_one_counts_and_it_is_said_once(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    await made(staff, "/notifications/v1/residents", {"house_id": house, **RESIDENT})
    await place.do_what_is_due()
    answer = await staff.get(
        "/notifications/v1/hand-deliveries", params={"house": house, "channel": "letter"}
    )
    [letter] = answer.json()["items"]
    assert letter["to"]["street"] == RESIDENT["door"]["street"]
    ticks = await asyncio.gather(
        *(staff.post(f"/notifications/v1/hand-deliveries/{letter['id']}/done") for _ in range(20))
    )
    assert Counter(tick.status_code for tick in ticks) == {200: 1, 409: 19}
    await place.settled()
    said = [one["type"].split(".")[3] for one in await place.events("notifications")]
    assert said.count("hand-delivery-done") == 1
    assert (await staff.get("/notifications/v1/hand-deliveries", params={"house": house})).json()[
        "items"
    ] == []


async def test_no_pseudonym_stands_beside_a_name_and_an_address(place: Playground) -> None:
    """With it, all that the feed says a resident did would be theirs by name."""
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    resident = await made(staff, "/notifications/v1/residents", {"house_id": house, **RESIDENT})
    await place.do_what_is_due()
    answer = await staff.get("/notifications/v1/hand-deliveries", params={"house": house})
    [letter] = answer.json()["items"]
    assert (letter["to"]["street"], resident in answer.text) == (RESIDENT["door"]["street"], False)
    await staff.post(f"/notifications/v1/hand-deliveries/{letter['id']}/done")
    await place.settled()
    said = [json.dumps(one) for one in await place.events("notifications")]
    about = [one for one in said if letter["id"] in one]
    assert len(about) == len({"requested", "done"})
    assert not any(resident in one for one in about)
    of_them = [json.loads(one) for one in said if resident in one]
    fortnight = timedelta(days=14)  # as long as a letter is of use
    moments = {datetime.fromisoformat(letter[name]) for name in ("requested_at", "expires_at")}
    for one in of_them:
        assert {moment := datetime.fromisoformat(one["time"]), moment + fortnight}.isdisjoint(moments)


async def test_letters_and_the_list_come_on_paper(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    await made(staff, "/notifications/v1/residents", {"house_id": house, **RESIDENT})
    await place.do_what_is_due()
    for paper in ("letters.pdf", "list.pdf"):
        answer = await staff.get(f"/notifications/v1/hand-deliveries/{paper}", params={"house": house})
        found = (answer.headers["content-type"], answer.headers["cache-control"])
        assert found == ("application/pdf", "no-store")
        assert answer.content.count(b"/Type /Page\n") == 1


@pytest.mark.parametrize(
    "numbers", [("2", "2a", "10", "10-1", "10-2", "10-10", "10-a", "100"), ("9", "9 A", "9-b", "11")]
)
def test_somebody_walks_past_doors_by_their_numbers(numbers: tuple[str, ...]) -> None:
    doors = [{"street": "Wingerd", "number": one} for one in numbers]
    found = doors[::-1]
    found.sort(key=order)
    assert found == doors


def test_somebody_walks_street_by_street_and_calls_last() -> None:
    doors = [{"street": "Akker", "number": "20"}, {"street": "wingerd", "number": "1"}, None]
    found = doors[::-1]
    found.sort(key=order)
    assert found == doors


async def test_the_caretakers_list_is_in_walking_order_with_house_kind_and_day(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    house = await made(staff, "/sessions/v1/houses", HOUSE)
    await place.settled()
    for number in ("10-1", "2a", "10", "2"):
        door = {**RESIDENT["door"], "number": number, "name": "=1+1"}
        await made(
            staff,
            "/notifications/v1/residents",
            {"house_id": house, **RESIDENT, "door": door, "language": "ar"},
        )
    await place.do_what_is_due()
    at = "/notifications/v1/hand-deliveries/list"
    shown = await staff.get(at, params={"house": house})
    assert [one["door"]["number"] for one in shown.json()] == ["2", "2a", "10", "10-1"]
    assert {(one["house"], one["channel"]) for one in shown.json()} == {(HOUSE["title"], "letter")}
    sheet = await staff.get(f"{at}.csv", params={"house": house})
    assert (sheet.headers["cache-control"], sheet.content[:3]) == ("no-store", codecs.BOM_UTF8)
    head, *rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")), delimiter=";"))
    assert head == ["Huis", "Straat", "Nummer", "Naam", "Hoe", "Telefoon", "Wat", "Uiterlijk", "Niet thuis"]
    assert [row[:6] for row in rows] == [
        [HOUSE["title"], "Wingerd", number, "'=1+1", "Brief", ""] for number in ("2", "2a", "10", "10-1")
    ]
    assert all(re.fullmatch(r"\d\d-\d\d-20\d\d", row[7]) for row in rows)  # a day has no hour
    assert all(row[6].isascii() for row in rows)  # whoever goes there reads Dutch
