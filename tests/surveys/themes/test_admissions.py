"""Many ideas admitted at once."""

from uuid import uuid4

from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground

from tests.conftest import together
from tests.people import a_theme, at_once, done, event_types

place = together

PATH = "/surveys/v1/themes/admissions"


async def test_each_of_many_is_admitted_by_itself_and_each_has_an_answer(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    fresh, listed, merged, into = [await a_theme(staff, house_id=HOUSE) for _ in range(4)]
    await done(staff, f"/surveys/v1/themes/{listed}/admission")
    await done(staff, f"/surveys/v1/themes/{merged}/merge", {"into": into})
    unknown = str(uuid4())
    answer = await staff.post(PATH, json={"ids": [fresh, listed, merged, unknown, fresh]})
    assert answer.status_code == 200, answer.text
    found = [(one["id"], one["outcome"]) for one in answer.json()["items"]]
    assert found == [(fresh, "admitted"), (listed, "already"), (merged, "refused"), (unknown, "refused")]
    assert [bool(one["why"]) for one in answer.json()["items"]] == [False, True, True, True]
    assert (await staff.get(f"/surveys/v1/themes/{fresh}")).json()["state"] == "admitted"


async def test_sent_again_also_at_the_same_time_it_admits_each_once_with_one_event(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    ids = [await a_theme(staff) for _ in range(6)]
    answers = await at_once(
        4, lambda _: staff.post(PATH, json={"ids": ids}, headers={"Idempotency-Key": str(uuid4())})
    )
    outcomes = [one["outcome"] for answer in answers for one in answer.json()["items"]]
    assert (outcomes.count("admitted"), outcomes.count("already")) == (6, 18)
    await place.settled()
    for id in ids:
        said = [one for one in await place.events("surveys") if one["subject"] == id]
        assert event_types(said) == ["theme-proposed", "theme-admitted"]


async def test_only_staff_admit_and_two_hundred_at_most(place: Playground) -> None:
    ids = [str(uuid4()) for _ in range(201)]
    assert (await place.client(Role.STAFF).post(PATH, json={"ids": ids})).status_code == 400
    assert (await place.client(Role.STAFF).post(PATH, json={"ids": []})).status_code == 400
    assert (await place.client(Role.GUIDE).post(PATH, json={"ids": ids[:1]})).status_code == 403


HOUSE = str(uuid4())
