"""Letters to the addresses of a house: printed meanwhile, with one code for each, and withdrawn when they are lost."""

import asyncio
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis_surveys import workers
from buurtthuis_surveys.queries import mailings as queries
from buurtthuis_surveys.rendering.letters import Stack

from tests import disk
from tests.conftest import together
from tests.people import a_ballot, a_survey, an_open_survey, done, fields, problem
from tests.servers import RealServers
from tests.surveys.ballots.test_storage import to

place = together

SITE = "https://buurtthuis.example/enquete"
WORDS = {"site": SITE, "house": "BuurtThuis Wingerd", "contact": "Woonpartners, 0182 123456"}
CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


async def a_list(staff: httpx.AsyncClient, house: str, count: int = 3, entrance: str = "A") -> dict[str, str]:
    """So many addresses; their ids, as the caretaker walks, by what stands on the envelope."""
    rows = "".join(f"Wingerd;{n};2741 AB;Waddinxveen;{entrance}\n" for n in range(1, count + 1))
    sheet = f"street;number;postcode;town;entrance\n{rows}"
    path = f"/surveys/v1/houses/{house}/addresses"
    sent = await staff.post(f"{path}/sheet", content=sheet, headers={"Content-Type": "text/csv"})
    assert sent.status_code == 200, sent.text
    found = (await staff.get(path, params={"limit": 200})).json()["items"]
    return {address["line"]: address["id"] for address in found}


async def a_mailed_survey(staff: httpx.AsyncClient, count: int = 3) -> tuple[str, dict[str, str]]:
    """An open survey in a house with so many addresses, which have no letters yet."""
    house = str(uuid4())
    return await an_open_survey(staff, house_id=house), await a_list(staff, house, count)


async def ask(staff: httpx.AsyncClient, survey: str, **more: Any) -> httpx.Response:
    return await staff.post(f"/surveys/v1/surveys/{survey}/letters", json={**WORDS, **more})


async def printed(place: Playground, staff: httpx.AsyncClient, survey: str, **more: Any) -> str:
    """Where letters are that were asked for and printed."""
    asked = await ask(staff, survey, **more)
    assert asked.status_code == 202, asked.text
    await place.do_what_is_due()
    where: str = asked.headers["Location"]
    run = (await staff.get(where)).json()
    assert (run["state"], run["percent"]) == ("printed", 100), run
    return where


async def letters(staff: httpx.AsyncClient, where: str, tmp_path: Path) -> list[str]:
    """What somebody else's program reads on each page."""
    program = shutil.which("pdftotext")
    if not program:
        pytest.skip("there is no pdftotext here")
    document = await staff.get(f"{where}/document")
    assert document.headers["Cache-Control"] == "no-store"
    (tmp_path / "letters.pdf").write_bytes(document.content)
    read = await asyncio.to_thread(
        subprocess.run,
        [program, "-layout", str(tmp_path / "letters.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    return read.stdout.split("\f")[:-1]


async def codes(staff: httpx.AsyncClient, where: str, tmp_path: Path) -> dict[str, str]:
    """The code in each letter, by the address on it."""
    found = {}
    for page in await letters(staff, where, tmp_path):
        [line] = re.findall(r"Wingerd \d+", page)[:1]
        found[line] = CODE.findall(page)[0]
    return found


async def answer(place: Playground, survey: str, code: str) -> httpx.Response:
    body = await a_ballot(place.client(), survey, ["Koffie"], code=code)
    return await place.client().post(to(survey), json=body)


async def invited(staff: httpx.AsyncClient, survey: str) -> int:
    found: int = (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["codes"]
    return found


async def test_each_address_gets_a_letter_with_a_code_of_its_own_as_the_caretaker_walks(
    place: Playground, tmp_path: Path
) -> None:
    staff = place.client(Role.STAFF)
    survey, _ = await a_mailed_survey(staff, 12)
    where = await printed(place, staff, survey)
    pages = await letters(staff, where, tmp_path)
    assert [re.findall(r"Wingerd \d+", page)[0] for page in pages] == [f"Wingerd {n}" for n in range(1, 13)]
    found = await codes(staff, where, tmp_path)
    assert (len(set(found.values())), await invited(staff, survey)) == (12, 12)
    assert (await answer(place, survey, found["Wingerd 7"])).status_code == 201
    assert problem(await answer(place, survey, found["Wingerd 7"])) == "already-answered"


async def test_printed_again_a_letter_has_its_code_and_who_comes_later_gets_one_too(
    place: Playground, tmp_path: Path
) -> None:
    staff = place.client(Role.STAFF)
    house = str(uuid4())
    survey = await an_open_survey(staff, house_id=house)
    first = await a_list(staff, house, 2)
    before = await codes(staff, await printed(place, staff, survey), tmp_path)
    again = await printed(place, staff, survey, addresses=[first["Wingerd 2"]])
    assert await codes(staff, again, tmp_path) == {"Wingerd 2": before["Wingerd 2"]}
    assert problem(await ask(staff, survey)) == "nothing-to-print"
    await a_list(staff, house, 3)
    later = await codes(staff, await printed(place, staff, survey), tmp_path)
    assert (list(later), await invited(staff, survey)) == (["Wingerd 3"], 3)


async def test_of_a_lost_letter_the_code_is_withdrawn_and_another_is_printed_and_nobody_learns_who_answered(
    place: Playground, tmp_path: Path
) -> None:
    staff = place.client(Role.STAFF)
    survey, addresses = await a_mailed_survey(staff, 2)
    old = await codes(staff, await printed(place, staff, survey), tmp_path)
    assert (await answer(place, survey, old["Wingerd 1"])).status_code == 201
    where = await printed(place, staff, survey, addresses=list(addresses.values()), anew=True)
    new = await codes(staff, where, tmp_path)
    assert set(new.values()).isdisjoint(old.values())
    assert await invited(staff, survey) == 2
    assert problem(await answer(place, survey, new["Wingerd 1"])) == "already-answered"
    assert problem(await answer(place, survey, old["Wingerd 2"])) == "code-withdrawn"
    assert (await answer(place, survey, new["Wingerd 2"])).status_code == 201
    assert (await staff.get(f"/surveys/v1/surveys/{survey}")).json()["ballots"] == 2


async def test_letters_that_came_back_open_nothing_and_it_reads_the_same_whether_or_not_they_were_answered(
    place: Playground, tmp_path: Path
) -> None:
    staff = place.client(Role.STAFF)
    survey, addresses = await a_mailed_survey(staff, 3)
    old = await codes(staff, await printed(place, staff, survey), tmp_path)
    await answer(place, survey, old["Wingerd 1"])
    path = f"/surveys/v1/surveys/{survey}/codes/withdrawal"
    left = [
        (await staff.post(path, json={"addresses": [addresses[f"Wingerd {n}"]]})).json()["codes"]
        for n in (1, 2)
    ]
    assert left == [2, 1]
    assert problem(await answer(place, survey, old["Wingerd 2"])) == "code-withdrawn"
    unknown = await staff.post(path, json={"addresses": [str(uuid4())]})
    assert (unknown.status_code, problem(unknown), fields(unknown)) == (422, "no-letter-yet", ["/addresses"])
    again = await codes(
        staff, await printed(place, staff, survey, addresses=[addresses["Wingerd 2"]]), tmp_path
    )
    assert again["Wingerd 2"] != old["Wingerd 2"]
    assert (await answer(place, survey, again["Wingerd 2"])).status_code == 201


async def test_what_was_typed_in_with_a_letter_is_put_right_with_the_one_in_its_place(
    place: Playground, tmp_path: Path
) -> None:
    staff = place.client(Role.STAFF)
    survey, addresses = await a_mailed_survey(staff, 1)
    [old] = (await codes(staff, await printed(place, staff, survey), tmp_path)).values()
    body = {**await a_ballot(place.client(), survey, ["Koffie"], code=old), "channel": "paper"}
    path = f"/surveys/v1/surveys/{survey}/typed-ballots"
    assert (await staff.post(path, json=body)).status_code == 201
    where = await printed(place, staff, survey, addresses=list(addresses.values()), anew=True)
    [new] = (await codes(staff, where, tmp_path)).values()
    assert (await staff.post(f"{path}/withdrawal", json={"code": new})).status_code == 200
    assert (await answer(place, survey, new)).status_code == 201


async def test_letters_that_are_cancelled_while_they_are_printed_make_no_codes(
    place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = place.client(Role.STAFF)
    survey, _ = await a_mailed_survey(staff, 3)
    monkeypatch.setattr(workers, "PIECE", 1)
    began, go_on = asyncio.Event(), asyncio.Event()
    loop, add = asyncio.get_running_loop(), Stack.add

    def wait(self: Stack, found: Any) -> None:
        loop.call_soon_threadsafe(began.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(30)
        add(self, found)

    monkeypatch.setattr(Stack, "add", wait)
    where = (await ask(staff, survey)).headers["Location"]
    await asyncio.wait_for(began.wait(), 30)
    assert (await staff.get(where)).json()["state"] == "printing"
    unread = await staff.get(f"{where}/document")
    assert (unread.status_code, problem(unread)) == (409, "not-printed")
    cancelled = await staff.post(f"{where}/cancellation")
    go_on.set()
    assert cancelled.json()["state"] == "cancelled"
    await place.do_what_is_due()
    assert ((await staff.get(where)).json()["state"], await invited(staff, survey)) == ("cancelled", 0)
    assert problem(await staff.post(f"{where}/cancellation")) == "run-cannot-move"


async def test_an_address_that_is_off_the_list_before_its_letter_is_printed_gets_no_code(
    place: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    survey = await an_open_survey(staff, house_id=house)
    await a_list(staff, house, 3)
    begin = queries.printing

    async def after_another_list(*begun: Any) -> Any:
        await a_list(staff, house, 2)
        return await begin(*begun)

    monkeypatch.setattr(workers, "printing", after_another_list)
    where = await printed(place, staff, survey)
    document = (await staff.get(f"{where}/document")).content
    assert ((await staff.get(where)).json()["letters"], document.count(b"/Type /Page\n")) == (2, 2)
    assert await invited(staff, survey) == 2


async def test_what_is_refused_says_why(place: Playground) -> None:
    staff = place.client(Role.STAFF)
    survey, _ = await a_mailed_survey(staff, 1)
    nowhere = await ask(staff, survey, addresses=[str(uuid4())])
    assert (nowhere.status_code, problem(nowhere), fields(nowhere)) == (
        422,
        "no-such-address",
        ["/addresses"],
    )
    whose = await ask(staff, survey, anew=True)
    assert (whose.status_code, fields(whose)) == (422, ["/addresses"])
    stand = await a_survey(staff, voting="stand")
    assert problem(await ask(staff, stand)) == "no-codes"
    where = (await ask(staff, survey)).headers["Location"]
    other = await an_open_survey(staff)
    assert (await staff.get(where.replace(survey, other))).status_code == 404
    for client, status in ((place.client(Role.RESIDENT), 403), (place.client(), 401)):
        assert {(await client.get(f"{where}{more}")).status_code for more in ("", "/document")} == {status}


async def test_when_a_survey_closes_its_letters_go_and_how_many_answered_by_entrance_stays(
    place: Playground, tmp_path: Path
) -> None:
    staff, house = place.client(Role.STAFF), str(uuid4())
    survey = await an_open_survey(staff, house_id=house)
    await a_list(staff, house, 8)
    where = await printed(place, staff, survey)
    found = list((await codes(staff, where, tmp_path)).values())
    path = f"/surveys/v1/surveys/{survey}/responses"
    assert (await staff.get(path)).json()["entrances"] == [{"entrance": "A", "letters": 8, "at_least": 0}]
    for code in found[:6]:
        await answer(place, survey, code)
    told = {"step": 5, "entrances": [{"entrance": "A", "letters": 8, "at_least": 5}]}
    assert (await staff.get(path)).json() == told
    await done(staff, f"/surveys/v1/surveys/{survey}/closing")
    assert (await staff.get(path)).json() == told
    assert (await staff.get(where)).status_code == 404
    assert problem(await ask(staff, survey)) == "no-codes"


async def test_a_day_later_the_file_is_gone_and_can_be_printed_again(
    place: Playground, tmp_path: Path
) -> None:
    staff = place.client(Role.STAFF)
    survey, addresses = await a_mailed_survey(staff, 1)
    where = await printed(place, staff, survey)
    before = await codes(staff, where, tmp_path)
    place.clock.move(timedelta(days=1, minutes=1))
    await place.do_what_is_due()
    assert (await staff.get(f"{where}/document")).status_code == 404
    where = await printed(place, staff, survey, addresses=list(addresses.values()))
    assert await codes(staff, where, tmp_path) == before


async def test_a_copy_of_the_disk_does_not_tell_which_address_a_code_was_of(
    alone: Playground, servers: RealServers
) -> None:
    """Not by what is kept, nor by which rows one transaction wrote: also where one lost letter was printed anew."""
    staff = alone.client(Role.STAFF)
    survey, addresses = await a_mailed_survey(staff, 9)
    await printed(alone, staff, survey)
    await printed(alone, staff, survey, addresses=[addresses["Wingerd 4"]], anew=True)
    surveys, ids = alone.service("surveys"), [UUID(id) for id in addresses.values()]
    assert await disk.beside(servers, surveys, "voters", ids) == set()
    for name in ("mailings", "letter_runs", "voters", "code_batches"):
        kept = await disk.table(servers, surveys, name)
        assert not [id for id in ids if id.bytes in kept or str(id).encode() in kept], name
        assert b"Wingerd" not in kept
        assert b"%PDF" not in kept
